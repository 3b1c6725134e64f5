"""An HTML tree to the canonical text: one writer for Markdown, HTML and Word.

This module owns what a block is, and how headings, lists, tables and code are written. Which
parts of a page are the article is left to `html`.
"""

import re
from collections.abc import Iterator

from bs4.element import CData, NavigableString, PageElement, Tag

from askdoc.documents.extract import without_invisible

_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_LISTS = ("ul", "ol", "menu", "dir")
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset "
    "figcaption figure footer form header hgroup hr legend main nav p pre search section "
    "summary table tbody tfoot thead".split()
) | {*_HEADINGS, *_LISTS, "li", "tr", "td", "th"}
_NEVER_SHOWN = frozenset(
    "audio canvas datalist embed head iframe noscript object rp script style svg template "
    "textarea title video "
    "del s strike".split()  # what the author has struck out is not the article's word
)
_LONG_CELL = 400  # characters
_SPACE = re.compile(r"[ \t\n\r\f\v]+")
_LOOKS_LIKE_A_HEADING = re.compile(r"#{1,6}[ \t]")
# 10<sup>6</sup> must not become 106.
_RAISED = {
    "sup": str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾"),
    "sub": str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎"),
}


def canonical_text(root: Tag) -> str:
    r"""The words of a tree, block by block.

    Walks without recursion, so no depth of nesting is too deep.

    Example: `<h2>Food</h2><ul><li>Dry <b>food</b></ul>` -> "## Food\n\n- Dry food"
    """
    writer = _Writer()
    pending: list[tuple[PageElement, bool]] = [(root, True)]
    while pending:
        node, opening = pending.pop()
        if not isinstance(node, Tag):
            writer.string(node)
        elif not opening:
            writer.close(node)
        elif node.name not in _NEVER_SHOWN:
            writer.open(node)
            pending.append((node, False))
            pending.extend((child, True) for child in reversed(node.contents))
    return writer.text()


class _Writer:
    """Gathers inline words in a line, and writes it as a block when a block begins or ends."""

    def __init__(self) -> None:
        self._blocks: list[tuple[str, bool]] = []
        self._line: list[str] = []
        self._mark = ""
        self._lists: list[Iterator[int] | None] = []
        self._tables: list[bool] = []
        self._cells: int | None = None
        self._raised: list[str] = []
        self._code = False

    def text(self) -> str:
        self._flush()
        out: list[str] = []
        was_item = False
        for block, is_item in self._blocks:
            out += ["" if not out else "\n" if was_item and is_item else "\n\n", block]
            was_item = is_item
        return "".join(out)

    def string(self, node: PageElement) -> None:
        if type(node) not in (NavigableString, CData):
            return  # comments, doctypes, scripts
        words = without_invisible(str(node))
        if not self._code:
            words = _SPACE.sub(" ", words)
        raised = _RAISED[self._raised[-1]] if self._raised else {}
        if raised and all(ord(character) in raised for character in words.strip()):
            words = words.translate(raised)
        self._line.append(words)

    def open(self, tag: Tag) -> None:
        name = tag.name
        if name == "br":
            self._line.append("\n" if self._cells is None else " ")
        elif name == "img":
            self._line.append(_SPACE.sub(" ", without_invisible(str(tag.get("alt") or ""))))
        elif name in _RAISED:
            self._raised.append(name)
        elif name in _BLOCKS:
            self._open_block(tag)

    def close(self, tag: Tag) -> None:
        name = tag.name
        if name in _RAISED:
            self._raised.pop()
        elif name in _BLOCKS:
            self._close_block(name)

    def _open_block(self, tag: Tag) -> None:
        name = tag.name
        self._break()
        if name in _HEADINGS:
            self._mark = _HEADINGS[name]
        elif name in _LISTS:
            self._lists.append(_numbers(tag) if name == "ol" else None)
        elif name == "li":
            numbers = self._lists[-1] if self._lists else None
            self._mark = "- " if numbers is None else f"{next(numbers)}. "
        elif name == "pre" and self._cells is None:
            self._code = True
        elif name == "table":
            self._tables.append(_is_layout(tag))
        elif name == "tr" and self._tables and not self._tables[-1]:
            self._cells = 0
        elif name in ("td", "th") and self._cells is not None:
            self._line.append(" | " if self._cells else "")
            self._cells += 1

    def _close_block(self, name: str) -> None:
        if name == "tr":
            self._cells = None
        self._break()
        if name == "pre":
            self._code = False
        elif name == "table":
            self._tables.pop()
        elif name in _LISTS:
            self._lists.pop()
        elif name in _HEADINGS or name == "li":
            self._mark = ""

    def _break(self) -> None:
        if self._cells is not None:
            self._line.append(" ")
        else:
            self._flush()

    def _flush(self) -> None:
        line, self._line = "".join(self._line), []
        if self._code:
            self._write([_indented(line)] if line.strip() else [])
            return
        line = re.sub(r" *\n *", "\n", re.sub(r" +", " ", line)).strip(" \n")
        if self._mark.startswith("#"):
            line = line.replace("\n", " ")
        if line.strip("| "):
            self._write(re.split(r"\n{2,}", line))

    def _write(self, paragraphs: list[str]) -> None:
        for paragraph in paragraphs:
            # A space keeps words that begin with # from being taken for a heading.
            bare = not self._mark and _LOOKS_LIKE_A_HEADING.match(paragraph)
            is_item = bool(self._mark) and not self._mark.startswith("#")
            self._blocks.append(((" " if bare else self._mark) + paragraph, is_item))
            self._mark = ""


def _numbers(tag: Tag) -> Iterator[int]:
    start = str(tag.get("start") or "")
    number = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
    while True:
        yield number
        number += 1


def _indented(code: str) -> str:
    lines = [line.rstrip() for line in code.strip("\n").split("\n")]
    return "\n".join("    " + line if line else "" for line in lines).rstrip()


def _is_layout(table: Tag) -> bool:
    """Whether a table only lays out a page: its cells hold headings, lists, tables, long text."""
    if table.get("role") in ("presentation", "none"):
        return True
    if table.find(["table", "pre", *_HEADINGS, *_LISTS]):
        return True
    return any(
        len(cell.find_all("p", limit=2)) > 1 and len(cell.get_text()) > _LONG_CELL
        for cell in table.find_all(["td", "th"])
    )
