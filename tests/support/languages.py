"""Every fixed text of askdoc, and a language in which all of them stand in brackets: ⟦ ⟧."""

import ast
import re
from pathlib import Path

from babel.messages.extract import extract_from_file

import askdoc

SOURCE = Path(askdoc.__file__).parent
PSEUDO = "qq"


def texts():
    """Every fixed text of the code, as translators' tools find it."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"_", "N_"}:
                yield node.args[0].value if isinstance(node.args[0], ast.Constant) else None
    for file in sorted(SOURCE.rglob("*.js")):
        yield from (text for _, text, _, _ in extract_from_file("javascript", file))


TEXTS = sorted(set(filter(None, texts())))


def speak_pseudo(monkeypatch):
    """Makes it one of askdoc's languages."""
    from askdoc import i18n

    words = {text: f"⟦{text}⟧" for text in TEXTS}
    known = i18n.translations

    def translated(code):
        return words if code == PSEUDO else known(code)

    monkeypatch.setattr(i18n, "languages", lambda: ("en", PSEUDO))
    monkeypatch.setattr(i18n, "translations", translated)
    monkeypatch.setattr("askdoc.server.headers.translations", translated)


def outside_brackets(shown):
    """The lines of what is shown that hold words outside all brackets, which may be nested."""
    rest, before = "\n".join(shown), ""
    while rest != before:
        rest, before = re.sub(r"⟦[^⟦⟧]*⟧", "", rest), rest
    return [line for line in rest.splitlines() if re.search(r"[A-Za-z]{2,}", line)]


VISIBLE = """() => {
  const english = "[lang=en], [role=status].unseen, h2.question, .offers, #chips, option, " +
    "script, style, textarea";
  const shown = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const held = walker.currentNode.parentElement;
    const own = held.closest("[lang]").lang;
    if (own !== "en" && !held.closest(english) && held.checkVisibility()) {
      shown.push(walker.currentNode.data);
    }
  }
  for (const named of document.querySelectorAll("[aria-label]")) {
    if (named.checkVisibility() && !named.closest(english)) shown.push(named.ariaLabel);
  }
  return shown;
}"""
"""What a browser shows, but for articles, reviewed texts and what readers wrote themselves."""
