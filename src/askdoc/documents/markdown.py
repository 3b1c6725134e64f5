"""Markdown (CommonMark with tables, footnotes and definition lists).

This module owns what Markdown means, and the marks of its dialects that are no words of a text;
front matter is left to `frontmatter`, the words are written by `markup`.
"""

import html
import re
from collections.abc import Iterator

from bs4.element import NavigableString, Tag
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from askdoc.documents.decoding import decode
from askdoc.documents.extract import Extract, UnreadableError, checked_length
from askdoc.documents.formulas import is_ending, lowered, raised, write_tex
from askdoc.documents.frontmatter import split_front_matter
from askdoc.documents.html import drop_marks, first_heading, parse, write_formulas
from askdoc.documents.markup import canonical_text

_DEEPEST = 100
_MOST_MARKS = 100_000  # a cell or a mark of emphasis takes some 4 KB of memory
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_DIALECT = re.compile(
    r"[ \t]*(?:\[TOC\]|\[\[_?TOC_?\]\]|:{3,}.*|import [^\"']+ from [\"'][^\"']+[\"'];?"
    r"|export (?:const|let|default|function)\b.*"
    r"|\{:[^{}]*\}|\{%.*%\}|\{\{[<%].*[>%]\}\}|<!--\s*(?:more|toc)\s*-->)[ \t]*"
)
_GRID_TABLE = re.compile(r"(?m)^\+[-=:+]{3,}\+[ \t]*\n(?:[+|].*[+|][ \t]*(?:\n|\Z)){2,}")
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|\n]{1,200}\|)?([^\[\]|\n]{1,200})\]\]")
_FOLDED = re.compile(r"""(?:(===)[+!]?|!!!\+?|\?\?\?\+?)(?: [\w -]+)?(?: "(.*)")?[ \t]*""")
_ANCHOR = re.compile(r"(?<=\S)[ \t]*\{:?[ \t]*[#.][\w-][^{}\n]{0,80}\}[ \t]*$")
_ABBREVIATION = re.compile(r"\*\[([^\[\]\n]{1,60})\]:[ \t]*")
_TIMES = re.compile(r"(?<=\d)(\*{1,2})(?=\d)")  # no mark of emphasis, though it is one by the book
_HIGHLIGHT = re.compile(r"(?<![=\w])==(?=[^\s=])([^=\n]{1,200})(?<=\S)==(?![=\w])")
_TASK = re.compile(r"^([ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+)\[[ xX]\][ \t]+")
_HIDDEN = re.compile(r"(?<![\d%])%%[^%\n]*%%|(?<=\S)[ \t]+\^[A-Za-z][\w-]*[ \t]*$")  # Obsidian's
_SPAN = re.compile(r"\[([^\[\]\n]{1,200})\]\{[.#][^{}\n]{0,80}\}")  # Pandoc's, as are the next
_RAISED = re.compile(r"(?<=(\w))\^([\w+−-]{1,10})\^")
_LOWERED = re.compile(r"(?<=\w)~(\d{1,3})~(?!~)")
_INSERTED = re.compile(r"(?<![\w+])\+\+(?=[^\s+])([^+\n]{1,200})(?<=\S)\+\+(?![\w+])")
_KRAMDOWN_TOC = re.compile(r"(?m)^[*-][ \t].*\n\{:\s*toc[^{}\n]*\}[ \t]*$")
_NOTE = re.compile(r"^[ ]{0,3}\[\^([^\]\s]+)\]:[ \t]*")
_NOTE_MARK = re.compile(r"[ \t]?\[\^[^\]\s]{1,40}\](?!:)")
_CALLOUT = re.compile(r"\s*\[!\w+\][+-]?[ \t]*")


def extract_markdown(data: bytes) -> Extract:
    """Reads a Markdown file; `id`, `title` and `url` come from its front matter.

    Raises:
        UnreadableError: The file is not text, or too large or too deep to be read.
    """
    stated, body = split_front_matter(checked_length(decode(data)))
    if sum(body.count(mark) for mark in "|*_[`<") > _MOST_MARKS:
        raise UnreadableError(f"holds more than {_MOST_MARKS:,} cells and marks. Split it.")
    tree = parse(_html(_plain(body)))
    write_formulas(tree)
    drop_marks(tree)
    _drop_dialect(tree)
    title = stated.title or first_heading(tree)
    return Extract(canonical_text(tree), title, stated.id, stated.url)


def _html(text: str) -> str:
    reader = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    reader.use(footnote_plugin).use(deflist_plugin)
    tokens = reader.parse(text)
    # The library leaves out what lies deeper, without a word.
    if any(token.level >= _DEEPEST - 2 for token in tokens):
        raise UnreadableError("nests lists or quotes too deep to be read. Make them flatter.")
    return str(reader.renderer.render(tokens, reader.options, {}))


def _plain(text: str) -> str:
    """The text without lines that only steer a generator of pages, formulas in plain signs."""
    marks = set(re.findall(r"\[\^([^\]\s]{1,200})\](?!:)", text))
    text = _KRAMDOWN_TOC.sub("", _unfolded(text))
    text = _GRID_TABLE.sub(lambda found: _grid_table(found[0]), text)
    return "\n".join(_plain_line(line, marks) for line in _outside_code(text))


def _grid_table(text: str) -> str:
    """A table drawn with plus signs, dashes and bars, as HTML; cells reach as far as no line is."""
    lines = [line.rstrip() for line in text.rstrip().split("\n")]
    width = max(map(len, lines))
    lines = [line.ljust(width) for line in lines]
    ys = [y for y, line in enumerate(lines) if re.match(r"[+|].*\+[-=:]+\+", line)]
    xs = sorted({x for y in ys for x, sign in enumerate(lines[y]) if sign == "+"})
    head_end = next((y for y in ys if "=" in lines[y]), 0)
    taken: set[tuple[int, int]] = set()
    rows: list[str] = []
    for top in range(len(ys) - 1):
        cells: list[str] = []
        for left in range(len(xs) - 1):
            if (top, left) in taken:
                continue
            right, low = left + 1, top + 1
            while right < len(xs) - 1 and lines[ys[top] + 1][xs[right]] not in "|+":
                right += 1
            while low < len(ys) - 1 and lines[ys[low]][xs[left] + 1] not in "-=:":
                low += 1
            taken.update((y, x) for y in range(top, low) for x in range(left, right))
            inside = (line[xs[left] + 1 : xs[right]] for line in lines[ys[top] + 1 : ys[low]])
            words = html.escape(" ".join(" ".join(inside).replace("**", "").split()))
            name = "th" if ys[top] < head_end else "td"
            cells.append(f"<{name} rowspan={low - top} colspan={right - left}>{words}</{name}>")
        rows.append("<tr>" + "".join(cells) + "</tr>")
    return "<table>" + "".join(rows) + "</table>\n\n"


def _unfolded(text: str) -> str:
    """The text with the tabs and notes of MkDocs as headings and paragraphs."""
    if not re.search(r"(?m)^(?:===|!!!|\?\?\?)", text):
        return text
    lines: list[str] = []
    inside = fenced = False
    for line in text.split("\n"):
        found = None if fenced else _FOLDED.fullmatch(line)
        if found and (found[1] is None or found[2]):
            inside = True
            lines += [
                "",
                f"#### {found[2]}" if found[1] else f"**{found[2]}**" * bool(found[2]),
                "",
            ]
            continue
        inside = inside and (not line.strip() or line.startswith(("    ", "\t")))
        line = re.sub(r"^(?: {4}|\t)", "", line) if inside else line
        fenced ^= bool(_FENCE.match(line))
        lines.append(line)
    return "\n".join(lines)


def _outside_code(text: str) -> Iterator[tuple[str, bool]]:
    """Lines, and whether they are code."""
    fenced = False
    for line in text.split("\n"):
        fence = bool(_FENCE.match(line))
        yield line, fenced or fence or line.startswith(("    ", "\t"))
        fenced ^= fence


def _plain_line(numbered: tuple[str, bool], marks: set[str]) -> str:
    line, code = numbered
    if code:
        return line
    if _DIALECT.fullmatch(line):
        return ""
    if (note := _NOTE.match(line)) and note[1] not in marks:
        line = "\n" + line[note.end() :]  # the library leaves out a note that nothing refers to
    line = _ABBREVIATION.sub(r"\n\1: ", _ANCHOR.sub("", write_tex(_WIKI_LINK.sub(r"\1", line))))
    parts = _TASK.sub(r"\1", line).split("`")  # every other one is code
    parts[::2] = [_plain_part(part) for part in parts[::2]]
    return "`".join(parts)


def _plain_part(part: str) -> str:
    part = _SPAN.sub(r"\1", _HIDDEN.sub("", _TIMES.sub(_escaped, part)))
    part = _INSERTED.sub(r"\1", part)
    part = _LOWERED.sub(lambda found: lowered(found[1]), part)
    return _HIGHLIGHT.sub(r"\1", _RAISED.sub(_above, part))


def _above(found: re.Match[str]) -> str:
    return found[2] if is_ending(found[1], found[2]) else raised(found[2])


def _escaped(stars: re.Match[str]) -> str:
    return "\\*" * len(stars[0])


def _drop_dialect(tree: Tag) -> None:
    for tab in tree.find_all(["tabitem", "tab"], label=True):
        name = Tag(name="h4")
        name.string = str(tab["label"])
        tab.insert(0, name)
    for node in tree.find_all(string=re.compile(r"\[[\^!]")):
        if node.find_parent(["code", "pre"]) is None:
            words = _NOTE_MARK.sub("", str(node))
            if node.find_parent("blockquote"):
                words = _CALLOUT.sub("", words, count=1)
            node.replace_with(NavigableString(words))
