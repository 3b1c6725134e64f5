"""Printed lines back to paragraphs: what a page's look says about its text.

This module owns running heads, headings, paragraph ends and hyphens at line ends. It works on
lines with a place and a size, and knows nothing of PDF.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from askdoc.documents.columns import Line
from askdoc.documents.extract import without_invisible
from askdoc.documents.formulas import plain_fractions


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page in the order in which they are read, and its height in points."""

    lines: Sequence[Line]
    height: float


@dataclass(frozen=True, slots=True)
class _Print:
    """How a document's running text is set."""

    height: float
    leading: float
    words: frozenset[str]
    headings: tuple[float, ...] = ()
    """The heights of headings larger than running text, the largest first."""


_BULLET = re.compile(r"^(?:[•◦‣▪●○■·\uf0b7\uf0a7]\s*|[-–*]\s+)(?=\S)")
_NUMBERED = re.compile(r"^(?:\d{1,2}[.)]|\(?(?:[a-z]|[ivx]{1,5})[.)]|\(\d{1,2}\))\s+(?=\S)")
_PAGE_NUMBER = re.compile(
    r"(?:page\s+|[-–]\s*)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:of|/)\s*\d{1,4})?(?:\s*[-–])?", re.I
)
_SENTENCE_END = re.compile(r"[.!?:。！？…][\"'”’)\]\d⁰¹²³⁴⁵⁶⁷⁸⁹]*$")
_STATEMENT = re.compile(r"(?:\S+\s+){3,}\S*[.!?][\"'”’)]*$")
_CONTENTS = re.compile(r"(?:(?:\.\s?){4,}|…{2,}|_{4,})\s*\S.{0,40}$")
_BROKEN_WORD = re.compile(r"([^\W\d_]+)(?:-|\u2010|\u00ad)$")
_BEGINS_SMALL = re.compile(r"([a-zß-öø-ÿ]+)")
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_RANGE = re.compile(r"\d[-–‐\u00ad]$")
_PRINTED_HYPHEN = re.compile(r"(?<=\d)\u00ad(?=\d)")  # no word breaks there
_QUANTITY = re.compile(
    r"\d\s?(?:[mµμnk]?g|[mcd]?l|m[mM]ol|IU|mm|cm|km|%|‰|°|[€$£]|(?:euro|dollar|pound|tablet|capsule|drop|"
    r"pill|dose|time|day|hour|minute|year|percent)s?)(?![^\W\d_])|[€$£]\s?\d"
)
_KEEPS_ITS_HYPHEN = frozenset(
    "well self half high low long short all full ill one two three four five six twice".split()
)
# Chinese and Japanese, which put no spaces between words, as Korean does.
_CJK = re.compile(r"[\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff\uff00-\uff9f\uffe0-\uffef]")
_LONGEST_WORD = 100  # characters, of what a hyphen at a line's end may cut
_EDGE = 0.12  # share of a page's height where running heads stand
_MOST_OF_A_PAGE = 0.3  # share of a page's characters that is never taken for running heads
_LARGEST_RUNNING_HEAD = 1.3  # times running text; a title that each page repeats is larger
_LARGER = 1.12  # a line this much higher than running text is a heading
_LETTER = 0.5  # of the height, the width of a letter on average
_ROOM = 0.3  # of a column's width: a line that leaves this much more ends its paragraph
_WIDE_GAP = 1.35  # as is one with this much more space below than usual
_OTHER_HEIGHT = 0.87  # of the height: what is smaller is a note, no more of the paragraph
_HEADING_WORDS = 20
_DEEPEST_HEADING = 6


def canonical_text(pages: Sequence[Page]) -> str:
    """Paragraphs, `## headings` and `- items` of some printed pages, a blank line between."""
    height = _usual_height([line for page in pages for line in page.lines])
    kept = _without_running_heads(pages, height)
    lines = [_with_bullet(line) for page in kept for line in page]
    if not lines:
        return ""
    look = _look(lines, height)
    blocks: list[str] = []
    for paragraph in _paragraphs(lines, look):
        joined = _joined([line.text for line in paragraph], look.words)
        words = plain_fractions(without_invisible(_PRINTED_HYPHEN.sub("-", joined)))
        mark = "#" * _level(paragraph[0], look) + " " if _is_heading(paragraph[0], look) else ""
        blocks.append(mark + words)
    return re.sub(r"(?m)^(- .*)\n\n(?=- )", r"\1\n", "\n\n".join(blocks))


def _with_bullet(line: Line) -> Line:
    return line if line.whole else replace(line, text=_BULLET.sub("- ", line.text))


def _without_running_heads(pages: Sequence[Page], height: float) -> Iterator[list[Line]]:
    """Drops what stands at the same edge of many pages and is alike but for a page number.

    What is larger than running text or states something is kept, and so is a page of which it
    would be much.
    """
    places: dict[tuple[str, int], list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
    for number, page in enumerate(pages):
        for line in _outermost(page):
            places[_place(line)].append((number, _numbers(line.text)))
    running = {place for place, seen in places.items() if _is_running(seen, len(pages))}
    for page in pages:
        edges = set(map(id, _outermost(page)))
        heads = [
            line
            for line in page.lines
            if id(line) in edges
            and _place(line) in running
            and line.height <= _LARGEST_RUNNING_HEAD * height
            and not _STATEMENT.search(line.text)
            and not _QUANTITY.search(line.text)
        ]
        dropped = set(map(id, heads))
        whole = sum(len(line.text) for line in page.lines)
        if sum(len(line.text) for line in heads) > max(_MOST_OF_A_PAGE * whole, 12):
            dropped = set()
        yield [line for line in page.lines if id(line) not in dropped]


def _outermost(page: Page) -> list[Line]:
    """The two uppermost and the two lowest rows, where they stand at the page's edge."""
    rows = sorted({round(line.y) for line in page.lines})
    edges = {*rows[:2], *rows[-2:]}
    return [
        line
        for line in page.lines
        if round(line.y) in edges
        and not line.whole
        and not _EDGE * page.height < line.y < (1 - _EDGE) * page.height
    ]


def _is_running(seen: Sequence[tuple[int, tuple[int, ...]]], pages: int) -> bool:
    """Whether lines of several pages are alike, or each number in them counts the pages."""
    if len({number for number, _ in seen}) < max(2, min(3, pages)):
        return False
    for column in zip(*(numbers for _, numbers in seen), strict=False):
        counts = {value - number for value, (number, _) in zip(column, seen, strict=True)}
        if len(set(column)) > 1 and len(counts) > 1 + len(seen) // 8:
            return False
    return True


def _place(line: Line) -> tuple[str, int]:
    if _PAGE_NUMBER.fullmatch(line.text.strip()):
        return "0", round(line.y / 4)
    return re.sub(r"\d+", "0", line.text), round(line.y / 4)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(digits[:9]) for digits in re.findall(r"\d+", text, re.ASCII))


def _usual_height(lines: Sequence[Line]) -> float:
    heights = Counter[float]()
    for line in lines:
        heights[round(line.height, 1)] += len(line.text)
    return heights.most_common(1)[0][0] if heights else 1.0


def _look(lines: Sequence[Line], height: float) -> _Print:
    running = [line for line in lines if abs(line.height - height) < 0.2]
    gaps = [a.y - b.y for a, b in pairwise(running) if 0 < a.y - b.y < 4 * max(height, 1)]
    larger = {round(line.height) for line in lines if line.height > _LARGER * height}
    inner = (word for line in lines for word in _WORD.findall(_inside(line.text)))
    return _Print(
        height=height,
        leading=median(gaps) if gaps else 0,
        words=frozenset(word.lower().replace("\u2010", "-") for word in inner),
        headings=tuple(sorted(larger, reverse=True)),
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
    if above.whole or line.whole or _CONTENTS.search(above.text):
        return True
    if _is_heading(above, look) or _is_heading(line, look):
        return not _is_heading_going_on(above, line, look)
    if line.text.startswith("- ") or _NUMBERED.match(line.text):
        return True
    gap = above.y - line.y
    if gap < _WIDE_GAP * look.leading and _is_cut(above.text, line.text):
        return False
    if look.leading and gap > _WIDE_GAP * look.leading:
        return True
    if min(above.height, line.height) < _OTHER_HEIGHT * max(above.height, line.height):
        return True
    if _hangs(above, line):
        return False
    return _ends_early(above, line, look)


def _hangs(above: Line, line: Line) -> bool:
    """Whether a line stands under the words of a list's item that is not at its end."""
    indented = 0.4 * line.height < line.x - above.x < 3 * line.height
    return above.text.startswith("- ") and indented and not _SENTENCE_END.search(above.text)


def _is_cut(above: str, line: str) -> bool:
    """Whether a hyphen at a line's end shows that the next line goes on with it."""
    word = _BROKEN_WORD.search(above) and line[:1].isalnum()
    return bool(word) or bool(_RANGE.search(above) and line[:1].isdigit())


def _ends_early(above: Line, line: Line, look: _Print) -> bool:
    """Whether a line ends though the next word had room, so that a paragraph ends with it."""
    first = re.match(r"\S*", line.text)
    letters = len(first[0]) + 1 if first else 1
    room = above.right - above.x1 - letters * _LETTER * above.height
    width = max(above.right - above.x, 1)
    if not _SENTENCE_END.search(above.text):
        return room > _ROOM * width
    gap = above.y - line.y
    indented = gap > 0 and look.height * 0.8 < line.x - above.x < look.height * 5
    return indented or room > 0.03 * width


def _is_heading(line: Line, look: _Print) -> bool:
    if line.whole or line.text.startswith("- ") or len(line.text.split()) > _HEADING_WORDS:
        return False
    if not any(character.isalpha() for character in line.text):
        return False
    if line.height > _LARGER * look.height:
        return True
    same = line.height > 0.95 * look.height
    return line.bold and same and not _SENTENCE_END.search(line.text)


def _level(line: Line, look: _Print) -> int:
    """A heading's level by its size: the largest is 1, one that is only bold the last."""
    sizes = look.headings
    rank = sizes.index(round(line.height)) if round(line.height) in sizes else len(sizes)
    return min(rank + 1, _DEEPEST_HEADING)


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
        end = text[-_LONGEST_WORD:]
        broken = _BROKEN_WORD.search(end)
        left, right = _CJK.match(text[-1:]), _CJK.match(line[:1])
        cjk = (left and (right or line[:1].isdigit())) or (right and text[-1].isdigit())
        if cjk or (_RANGE.search(end) and line[:1].isdigit()):
            text += line
        elif not broken:
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
    if len(head) == 1 or head in _KEEPS_ITS_HYPHEN:
        return False
    if text.endswith(("\u2010", "\u00ad")) or head + end in words:
        return True
    return f"{head}-{end}" not in words and not (head in words and end in words)
