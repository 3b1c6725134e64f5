"""Printed lines back to paragraphs: what a page's look says about its text.

This module owns running heads, headings, paragraph ends and hyphens at line ends. It works on
lines with a place and a size, and knows nothing of PDF.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from askdoc.documents.extract import without_invisible


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: its words, where it begins (points, y upwards), its height, its weight."""

    text: str
    x: float
    y: float
    height: float
    bold: bool


@dataclass(frozen=True, slots=True)
class _Print:
    """How a document's running text is set."""

    height: float
    leading: float
    width: float
    words: frozenset[str]


_SPELLED_OUT = str.maketrans(
    {
        "\x7f": "•",
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
        "ﬅ": "st",
        "ﬆ": "st",
        "\u00ad": "\u2010",
    }
)
_BULLET = re.compile(r"^(?:[•◦‣▪●○■·\uf0b7\uf0a7]\s*|[-–*]\s+)(?=\S)")
_NUMBERED = re.compile(r"^\d{1,2}[.)]\s+(?=\S)")
_PAGE_NUMBER = re.compile(
    r"(?:page\s+|[-–]\s*)?\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?(?:\s*[-–])?", re.I
)
_SENTENCE_END = re.compile(r"[.!?:。！？…][\"'”’)\]\d⁰¹²³⁴⁵⁶⁷⁸⁹]*$")
_BROKEN_WORD = re.compile(r"([^\W\d_]+)(?:-|\u2010)$")
_BEGINS_SMALL = re.compile(r"([a-zß-öø-ÿ]+)")
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_LARGER = 1.12  # a line this much higher than running text is a heading
_SHORT = 0.85  # a sentence ending where the next word had room, to this share, ends its paragraph
_VERY_SHORT = 0.7  # as does any line, before a capital letter
_WIDE_GAP = 1.35  # as is one with this much more space below than usual
_HEADING_WORDS = 20


def words_of_line(text: str) -> str:
    """A line's words and single spaces; what stands for other characters in print is spelled out.

    Ligatures are letters, a soft hyphen is shown as a hyphen, and 7F is a bullet (PDF 1.7, annex
    D.2: codes WinAnsiEncoding leaves unused show one).
    """
    return " ".join(text.translate(_SPELLED_OUT).split(" ")).strip()


def canonical_text(pages: Sequence[Sequence[Line]]) -> str:
    """Paragraphs, `## headings` and `- items` of some printed pages, a blank line between."""
    lines = [_with_bullet(line) for page in _without_running_heads(pages) for line in page]
    if not lines:
        return ""
    look = _look(lines)
    blocks: list[str] = []
    for paragraph in _paragraphs(lines, look):
        words = without_invisible(_joined([line.text for line in paragraph], look.words))
        blocks.append(f"## {words}" if _is_heading(paragraph[0], look) else words)
    return re.sub(r"(?m)^(- .*)\n\n(?=- )", r"\1\n", "\n\n".join(blocks))


def _with_bullet(line: Line) -> Line:
    text = _BULLET.sub("- ", line.text)
    return Line(text, line.x, line.y, line.height, line.bold)


def _without_running_heads(pages: Sequence[Sequence[Line]]) -> Iterator[list[Line]]:
    """Drops page numbers and what stands at the same place of many pages, figures aside.

    At the edge of a page, twice is many.
    """
    seen = Counter(place for page in pages for place in {_place(line) for line in page})
    often = len(pages) * 0.3
    for page in pages:
        heights = sorted({line.y for line in page})
        edges = {*heights[:2], *heights[-2:]}
        outermost = {*heights[:1], *heights[-1:]}
        yield [
            line
            for line in page
            if seen[_place(line)] < max(often, 2 if line.y in edges else 3)
            and not (line.y in outermost and _PAGE_NUMBER.fullmatch(line.text))
        ]


def _place(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "0", line.text), round(line.y)


def _look(lines: Sequence[Line]) -> _Print:
    heights = Counter[float]()
    for line in lines:
        heights[round(line.height, 1)] += len(line.text)
    height = heights.most_common(1)[0][0]
    running = [line for line in lines if abs(line.height - height) < 0.2]
    gaps = [a.y - b.y for a, b in pairwise(running) if 0 < a.y - b.y < 4 * max(height, 1)]
    widths = sorted(len(line.text) for line in running)
    inner = (word for line in lines for word in _WORD.findall(_inside(line.text)))
    return _Print(
        height=height,
        leading=median(gaps) if gaps else 0,
        width=widths[len(widths) * 9 // 10],
        words=frozenset(word.lower().replace("\u2010", "-") for word in inner),
    )


def _inside(line: str) -> str:
    """A line without a word that a hyphen cuts at its end."""
    return _BROKEN_WORD.sub("", line)


def _paragraphs(lines: Sequence[Line], look: _Print) -> Iterator[list[Line]]:
    paragraph = [lines[0]]
    for above, line in pairwise(lines):
        if _begins_paragraph(above, line, look):
            yield paragraph
            paragraph = []
        paragraph.append(line)
    yield paragraph


def _begins_paragraph(above: Line, line: Line, look: _Print) -> bool:
    if _is_heading(above, look) or _is_heading(line, look):
        return not _is_heading_going_on(above, line, look)
    if line.text.startswith("- ") or _NUMBERED.match(line.text):
        return True
    gap = above.y - line.y
    if look.leading and 0 < gap < 20 * look.leading and gap > _WIDE_GAP * look.leading:
        return True
    filled = (len(above.text) + 1 + len(line.text.split()[0])) / look.width
    if not _SENTENCE_END.search(above.text):
        return filled < _VERY_SHORT and line.text[0].isupper()
    indented = gap > 0 and look.height * 0.8 < line.x - above.x < look.height * 5
    return indented or filled < _SHORT


def _is_heading(line: Line, look: _Print) -> bool:
    if line.text.startswith("- ") or len(line.text.split()) > _HEADING_WORDS:
        return False
    if not any(character.isalpha() for character in line.text):
        return False
    if line.height > _LARGER * look.height:
        return True
    same = line.height > 0.95 * look.height
    return line.bold and same and not _SENTENCE_END.search(line.text)


def _is_heading_going_on(above: Line, line: Line, look: _Print) -> bool:
    return (
        _is_heading(above, look)
        and _is_heading(line, look)
        and abs(above.height - line.height) < 0.5
        and 0 < above.y - line.y < 1.5 * line.height
    )


def _joined(lines: Sequence[str], words: frozenset[str]) -> str:
    text = lines[0]
    for line in lines[1:]:
        broken = _BROKEN_WORD.search(text)
        if not broken:
            text += " " + line
        elif _hyphen_was_the_printers(text, broken[1], line, words):
            text = text[:-1] + line
        else:
            text = text[:-1] + "-" + line
    return text


def _hyphen_was_the_printers(text: str, head: str, line: str, words: frozenset[str]) -> bool:
    """Whether a word was cut at a line's end, rather than being written with a hyphen.

    The document itself decides where it can: by the word whole, by the word with its hyphen, or
    by both halves being words of it.
    """
    tail = _BEGINS_SMALL.match(line)
    if tail is None:
        return False
    head, end = head.lower(), tail[1].lower()
    if text.endswith("\u2010") or head + end in words:
        return True
    return f"{head}-{end}" not in words and not (head in words and end in words)
