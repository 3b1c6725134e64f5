"""Formulas in a line of text: ½ is 1/2, and never 12.

This module owns how MathML and simple TeX are written; finding them is left to the formats.
"""

import re

from bs4.element import CData, NavigableString, Tag

_SUPERSCRIPT = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_HIDDEN = frozenset(("annotation", "annotation-xml", "mphantom", "none", "mprescripts"))
_DEEPEST = 60
_SPACED = re.compile(r"\s*([=<>≤≥≈≠±×·÷→∈]|(?<=[\w)])\s*[+−])\s*")
# No possessive groups: Python before 3.11.5 loses matches of theirs.
_TEX = re.compile(
    r"\$\$([^$\n]+)\$\$|\$\$?((?:[^$\n\\]|\\(?![a-zA-Z]))*\\[a-zA-Z][^$\n]*)\$\$?"
    r"|\\\(((?:[^\\\n]|\\(?![()]))+)\\\)"
    r"|\\\[((?:[^\\\n]|\\(?![\[\]a-zA-Z]))*\\[a-zA-Z](?:[^\\\n]|\\(?![\[\]]))*)\\\]"
)
_RAISED_FRACTION = re.compile(r"([^\W_]?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+) ?[/⁄∕] ?([₀₁₂₃₄₅₆₇₈₉]+)")
_ORDINAL = re.compile(r"st|nd|rd|th|er|re|e|è|ème|o|a|°", re.I)
_SIGN = re.compile(r"tm|sm|®|™|©|\*+|†|‡|°", re.I)
_NOTE_NUMBERS = re.compile(r"\d+(?: ?[,–-] ?\d+)+")
_FIGURES = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
_TEX_SYMBOLS = {
    "times": "×", "cdot": "·", "pm": "±", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥",
    "approx": "≈", "neq": "≠", "mu": "μ", "alpha": "α", "beta": "β", "gamma": "γ", "pi": "π",
    "degree": "°", "circ": "°", "percent": "%", "infty": "∞", "to": "→",
}  # fmt: skip


def raised(words: str) -> str:
    """Words written above the line.

    Example: raised("6") -> "⁶"; raised("n+k") -> "^(n+k)"
    """
    return _moved(words, _SUPERSCRIPT, "^")


def raised_behind(before: str, words: str) -> str:
    """Words written above the line behind others: a power of a number, or the numbers of notes.

    Example: raised_behind("10", "2,5") -> "^(2,5)"; raised_behind("much", "2,5") -> "²,⁵"
    """
    if not before[-1:].isdigit() and _NOTE_NUMBERS.fullmatch(words.strip()):
        return words.strip().translate(_SUPERSCRIPT)
    written = raised(words)
    return written if before[-1:].isalnum() or written[:1] != "^" else words


def lowered(words: str) -> str:
    """Words written below the line.

    Example: lowered("2") -> "₂"; lowered("max") -> "_max"
    """
    return _moved(words, _SUBSCRIPT, "_")


def is_ending(before: str, words: str) -> bool:
    """Whether words above the line end what stands before them, as in 1st, 2e, Nº and Foo™.

    Example: is_ending("1", "st") -> True; is_ending("5 mg", "a") -> False
    """
    behind = before[-1:].isdigit() or before[-1:].isupper() or before[-1:] in ("n", ".")
    return bool(_SIGN.fullmatch(words) or (behind and _ORDINAL.fullmatch(words)))


def fraction(above: str, below: str) -> str:
    """A fraction in a line.

    Example: fraction("a+b", "2") -> "(a+b)/2"
    """
    return f"{_grouped(above)}/{_grouped(below)}"


def plain_fractions(text: str) -> str:
    """A text whose fractions of a raised and a lowered figure are written in a line.

    Example: plain_fractions("Take 1¹⁄₂ tablets.") -> "Take 1 1/2 tablets."
    """
    return _RAISED_FRACTION.sub(
        lambda found: f"{found[1]} {found[2]}/{found[3]}".lstrip().translate(_FIGURES), text
    )


def write_tex(text: str) -> str:
    r"""A text whose simple TeX between dollar signs or `\(` and `\)` is written in a line.

    Example: write_tex(r"Take $1\frac{1}{2}$, for $5.") -> "Take 1 1/2, for $5."
    """
    return _TEX.sub(lambda found: tex_text(next(filter(None, found.groups()), "")), text)


def after(before: str, words: str) -> str:
    """Words with a space before them where a figure would join what stands before.

    Example: after("1", "1/2") -> " 1/2"
    """
    return f" {words}" if before[-1:].isalnum() and words[:1].isdigit() else words


def mathml_text(root: Tag) -> str:
    """A MathML formula in a line."""
    return " ".join(_SPACED.sub(r" \1 ", _written(root, 0)).split())


def tex_text(tex: str) -> str:
    r"""Simple TeX in a line; what is not understood stays as it is written.

    Example: tex_text(r"1\frac{1}{2}") -> "1 1/2"
    """
    tex = re.sub(r"\\(?:text|mathrm|mathbf|operatorname|mbox)\s*\{([^{}]*)\}", r"\1", tex)
    tex = re.sub(r"(\d)\s*(?=\\[dt]?frac)", r"\1 ", tex)
    for _ in range(_DEEPEST):
        changed = re.sub(
            r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", lambda m: fraction(m[1], m[2]), tex
        )
        changed = re.sub(r"\^\{([^{}]*)\}|\^(\w)", lambda m: raised(m[1] or m[2]), changed)
        changed = re.sub(r"_\{([^{}]*)\}|_(\w)", lambda m: lowered(m[1] or m[2]), changed)
        if changed == tex:
            break
        tex = changed
    tex = re.sub(r"\\([A-Za-z]+)\s?", lambda m: _TEX_SYMBOLS.get(m[1], m[0]), tex)
    return " ".join(re.sub(r"\\[,;:! ]|~", " ", tex).replace("\\%", "%").split())


def _moved(words: str, table: dict[int, int], sign: str) -> str:
    words = words.strip()
    if words and all(ord(character) in table for character in words):
        return words.translate(table)
    return f"{sign}{_grouped(words)}" if words else ""


def _grouped(words: str) -> str:
    words = words.strip()
    return words if re.fullmatch(r"[\w.,°%′]+|\(.*\)", words) else f"({words})"


def _written(node: Tag, depth: int) -> str:
    if node.name in _HIDDEN or depth > _DEEPEST:
        return ""
    inner = [
        _written(child, depth + 1)
        for child in node.children
        if isinstance(child, Tag) and child.name not in _HIDDEN
    ]
    if node.name == "mfrac" and len(inner) == 2:
        return fraction(*inner)
    if node.name in ("msup", "mover") and len(inner) == 2:
        return inner[0] + raised(inner[1])
    if node.name in ("msub", "munder") and len(inner) == 2:
        return inner[0] + lowered(inner[1])
    if node.name in ("msubsup", "munderover") and len(inner) == 3:
        return inner[0] + lowered(inner[1]) + raised(inner[2])
    if node.name == "msqrt":
        return f"√{_grouped(_chained(inner))}"
    if node.name == "mroot" and len(inner) == 2:
        return f"{raised(inner[1])}√{_grouped(inner[0])}"
    if node.name == "mfenced":
        return f"{node.get('open') or '('}{', '.join(inner)}{node.get('close') or ')'}"
    if node.name in ("mtr", "mtd", "mtable"):
        return " ".join(inner)
    if inner:
        return _chained(inner)
    if node.name == "mspace":
        return " "
    words = "".join(str(s) for s in node.children if type(s) in (NavigableString, CData))
    return words if node.name == "mtext" else words.strip()


def _chained(parts: list[str]) -> str:
    """Parts in a row; a fraction after a number is not joined to it."""
    text = ""
    for part in parts:
        text += after(text, part) if "/" in part else part
    return text
