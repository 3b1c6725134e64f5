"""An HTML tree to the canonical text: one writer for Markdown, HTML and Word.

This module owns what a block is, and how headings, lists, definitions and code are written. Which
parts of a page are the article is left to `html`, tables to `tables`, formulas to `formulas`.
"""

import re

from bs4.element import CData, NavigableString, PageElement, Tag

from askdoc.documents.extract import UnreadableError, without_invisible
from askdoc.documents.formulas import (
    after,
    is_ending,
    lowered,
    mathml_text,
    plain_fractions,
    raised_behind,
)
from askdoc.documents.tables import Cell, table_lines

_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_LISTS = ("ul", "ol", "menu", "dir")
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset "
    "figcaption figure footer form header hgroup hr legend main nav p pre search section "
    "summary table tbody tfoot thead".split()
) | {*_HEADINGS, *_LISTS, "li", "tr", "td", "th"}
_NEVER_SHOWN = frozenset(
    "audio canvas datalist embed iframe noscript object rp script style svg template "
    "textarea title video "
    "del s strike".split()  # what the author has struck out is not the article's word
)
_BOXES = ("askdoc-box",)
_LONG_CELL = 400  # characters
_MOST_CELLS = 200_000
_WIDEST_CELL = 100  # columns or rows
_BOX_END = re.compile(r" \| (?=[.,;!?)](?:\s|$))")
_SPACE = re.compile(r"[ \t\n\r\f\v]+")
_LABEL = re.compile(r"[A-Za-z]{1,8}|\d{1,4}(?:\.\d{1,4})+")
_LIST_STYLE = re.compile(
    r"list-style(?:-type)?\s*:\s*((?:lower|upper)-(?:alpha|latin|roman))", re.I
)
_CSS_KINDS = {
    "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A",
    "lower-roman": "i", "upper-roman": "I",
}  # fmt: skip
_ROMAN = (
    "- m mm mmm",
    "- c cc ccc cd d dc dcc dccc cm",
    "- x xx xxx xl l lx lxx lxxx xc",
    "- i ii iii iv v vi vii viii ix",
)
_LOOKS_LIKE_A_HEADING = re.compile(r"#{1,6}[ \t]")


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
        elif node.name not in _NEVER_SHOWN and writer.open(node):
            pending.append((node, False))
            pending.extend((child, True) for child in reversed(node.contents))
    return writer.text()


class _Writer:
    """Gathers inline words in a line, and writes it as a block when a block begins or ends."""

    def __init__(self) -> None:
        self._blocks: list[tuple[str, bool]] = []
        self._line: list[str] = []
        self._mark = ""
        self._term = ""
        self._lists: list[tuple[int, int, str] | None] = []
        self._raised: list[tuple[str, int]] = []
        self._code = False

    def text(self) -> str:
        self._flush()
        self._write_term()
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
        self._add(words if self._code else _SPACE.sub(" ", words))

    def _add(self, words: str) -> None:
        if words:
            self._line.append(words)

    def open(self, tag: Tag) -> bool:
        """Begins a tag; returns whether its contents are still to be written."""
        name = tag.name
        if name == "br":
            self._add("\n")
        elif name == "img":
            self._add(_SPACE.sub(" ", without_invisible(str(tag.get("alt") or ""))))
        elif name == "math":
            self._add(after(self._before(), mathml_text(tag)))
        elif name == "q":
            self._add("“")
        elif name in ("sup", "sub"):
            self._raised.append((name, len(self._line)))
        elif name in _BOXES:
            self._separate()
        elif name == "table" and not is_layout(tag):
            self._table(tag)
            return False
        elif name in _BLOCKS:
            self._open_block(tag)
        return name != "math"

    def close(self, tag: Tag) -> None:
        name = tag.name
        if name == "q":
            self._add("”")
        elif name in ("sup", "sub"):
            self._close_raised()
        elif name in _BOXES:
            self._separate()
        elif name in _BLOCKS:
            self._close_block(name)

    def _before(self) -> str:
        return self._line[-1] if self._line else ""

    def _separate(self) -> None:
        """Keeps boxes that stand side by side apart."""
        if self._before().strip() and not self._before().endswith(" | "):
            self._add(" | ")

    def _close_raised(self) -> None:
        name, start = self._raised.pop()
        words = "".join(self._line[start:])
        del self._line[start:]
        if is_ending(self._before().rstrip(), words.strip()) or "\n" in words:
            self._add(words)
        elif name == "sub":
            written = lowered(words)
            self._add(written if written[:1] != "_" else words)
        else:
            self._add(raised_behind(self._before(), words))

    def _table(self, table: Tag) -> None:
        self._flush()
        self._write_term()
        mark, self._mark = self._mark, ""
        for caption in table.find_all("caption", limit=1):
            self._write([canonical_text(caption).replace("\n", " ")])
            caption.extract()
        if self._code:
            mark, self._code = "", False
        for line in table_lines(_cells(table)):
            self._write([line])
        self._mark = mark

    def _open_block(self, tag: Tag) -> None:
        name = tag.name
        if name == "dt" and self._line and tag.find_parent("dt"):
            self._close_term()  # an end tag that was left out
        self._flush()
        if name in _HEADINGS:
            self._write_term()
            self._mark = _HEADINGS[name]
        elif name in _LISTS:
            self._lists.append(_first_number(tag) if name == "ol" else None)
        elif name == "li":
            self._mark = self._item_mark(tag)
        elif name == "pre":
            self._code = True

    def _item_mark(self, tag: Tag) -> str:
        counted = self._lists[-1] if self._lists else None
        if counted is None:
            return "- "
        number, step, kind = counted
        stated = str(tag.get("value") or "")
        number = int(stated) if re.fullmatch(r"\d{1,6}", stated) else number
        self._lists[-1] = number + step, step, kind
        label = stated if _LABEL.fullmatch(stated) else numeral(number, kind)
        return f"{label}) " if label.isalpha() else f"{label}. "

    def _close_block(self, name: str) -> None:
        if name == "dt":
            self._close_term()
            return
        self._flush()
        if name == "pre":
            self._code = False
        elif name in _LISTS:
            self._lists.pop()
        elif name == "dl":
            self._write_term()
        elif name in _HEADINGS or name == "li":
            self._mark = ""

    def _close_term(self) -> None:
        """Keeps a term for its definition; a question stays a paragraph of its own."""
        words = _SPACE.sub(" ", "".join(self._line)).strip()
        if words.endswith(("?", "？")):
            self._flush()
            self._write_term()
            return
        self._line = []
        self._term = ", ".join(part for part in (self._term, words.rstrip(" :")) if part)

    def _write_term(self) -> None:
        term, self._term = self._term, ""
        if term:
            self._blocks.append((f"{term}:", False))

    def _flush(self) -> None:
        line, self._line = "".join(self._line), []
        if self._code:
            self._write([_indented(line)] if line.strip() else [])
            return
        line = _BOX_END.sub("", line)
        line = plain_fractions(re.sub(r" *\n *", "\n", re.sub(r" +", " ", line)).strip(" \n|"))
        if self._mark.startswith("#"):
            line = line.replace("\n", " ")
        if line:
            self._write(re.split(r"\n{2,}", line))

    def _write(self, paragraphs: list[str]) -> None:
        for paragraph in paragraphs:
            if self._term and (self._mark or self._code):
                self._write_term()
            term, self._term = self._term, ""
            # A space keeps words that begin with # from being taken for a heading.
            bare = not self._mark and _LOOKS_LIKE_A_HEADING.match(paragraph)
            is_item = bool(self._mark) and not self._mark.startswith("#")
            before = f"{term}: " if term else " " if bare else self._mark
            self._blocks.append((before + paragraph, is_item))
            self._mark = ""


def numeral(number: int, kind: str) -> str:
    """A number as lists count: "1", "a", "A", "i", "I" tell the kind by their first item.

    Example: numeral(4, "i") -> "iv"; numeral(28, "a") -> "ab"
    """
    if kind in "aA" and number > 0:
        letters = ""
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(97 + rest) + letters
        return letters if kind == "a" else letters.upper()
    if kind in "iI" and 0 < number < 4000:
        written = "".join(
            digits.split()[int(figure)].strip("-")
            for digits, figure in zip(_ROMAN, f"{number:04}", strict=True)
        )
        return written if kind == "i" else written.upper()
    return str(number)


def _first_number(tag: Tag) -> tuple[int, int, str]:
    """The number of a list's first item, by how much the next one differs, and its kind."""
    start = str(tag.get("start") or "")
    backwards = tag.has_attr("reversed")
    first = len(tag.find_all("li", recursive=False)) if backwards else 1
    style = _LIST_STYLE.search(str(tag.get("style") or ""))
    kind = _CSS_KINDS[style[1].lower()] if style else str(tag.get("type") or "1")
    number = int(start) if re.fullmatch(r"\d{1,6}", start) else first
    return number, -1 if backwards else 1, kind if kind in ("a", "A", "i", "I") else "1"


def _indented(code: str) -> str:
    lines = [line.rstrip() for line in code.strip("\n").split("\n")]
    return "\n".join("    " + line if line else "" for line in lines).rstrip()


def is_layout(table: Tag) -> bool:
    """Whether a table only lays out a page: its cells hold headings, lists, tables, long text."""
    if table.get("role") in ("presentation", "none"):
        return True
    if table.find(["table", "pre", *_HEADINGS]):
        return True
    if table.find("th") is None and table.find([*_LISTS]):
        return True
    return any(
        len(cell.find_all("p", limit=2)) > 1 and len(cell.get_text()) > _LONG_CELL
        for cell in table.find_all(["td", "th"])
    )


def _cells(table: Tag) -> list[list[Cell]]:
    """The rows of a data table; rows and cells outside the usual tags count as well."""
    heads = {id(row) for head in table.find_all("thead") for row in head.find_all("tr")}
    rows = table.find_all("tr")
    if sum(len(row.contents) for row in rows) > _MOST_CELLS:
        raise UnreadableError(f"holds a table of more than {_MOST_CELLS:,} cells. Split it.")
    return [
        [
            Cell(
                _cell_text(cell),
                cell.name == "th" or id(row) in heads or cell.has_attr("scope") or _is_bold(cell),
                _rows_covered(cell),
                _span(cell, "colspan"),
            )
            for cell in row.contents
            if isinstance(cell, Tag) and cell.name in ("td", "th")
        ]
        for row in rows
    ]


def _is_bold(cell: Tag) -> bool:
    """Whether all words of a cell are bold, as the heads of many tables are."""
    if not any(isinstance(child, Tag) for child in cell.contents):
        return False
    words = [string for string in cell.find_all(string=True) if string.strip()]
    return bool(words) and all(string.find_parent(["b", "strong"]) for string in words)


def _cell_text(cell: Tag) -> str:
    if all(type(child) is NavigableString for child in cell.children):
        words = "".join(map(str, cell.children))
        return _SPACE.sub(" ", without_invisible(words)).strip(" |").removeprefix("- ").strip()
    lines = (line.strip().removeprefix("- ") for line in canonical_text(cell).split("\n"))
    return " ".join(line for line in lines if line).strip()


def _rows_covered(cell: Tag) -> int:
    """How many rows a cell reaches over; 0 in the source means all that follow in its part."""
    if str(cell.get("rowspan") or "1").strip() == "1" or cell.parent is None:
        return 1
    left = 1 + len(cell.parent.find_next_siblings("tr", limit=_WIDEST_CELL))
    return left if str(cell["rowspan"]).strip() == "0" else min(left, _span(cell, "rowspan"))


def _span(cell: Tag, name: str) -> int:
    stated = str(cell.get(name) or "").strip()
    return max(1, min(int(stated), _WIDEST_CELL)) if re.fullmatch(r"\d{1,4}", stated) else 1
