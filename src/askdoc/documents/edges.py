"""Where cells begin in the printed rows of a page, where no drawn line says so.

This module owns the gaps that part cells: white space that runs down several rows, pieces of text
that begin at one place, and pieces that no written space parts. Tables that are drawn with lines
are left to `rules`.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from askdoc.documents.glyphs import Glyph
from askdoc.documents.rows import SAME_LINE

WORD_GAP = 0.14
"""Of the height, between words where no space is written."""
_CELL_GAP = 0.6  # of the height: wider than between words
_CELL_WHITE = 0.4  # of the height: wider than most spaces
_NARROWEST_WHITE = 0.15  # of the height, of white space that runs down a table
_NARROWEST_UNWRITTEN = 0.05  # of the height, where a space would be written between words
_FEWEST_SPACES = 10
_MOST_SPACES = 0.95
_FEW_GAPS = 4  # in a line; of more, those between words are the narrower ones
_WIDER_THAN_A_LETTER = 1.1  # times the usual letter of a line
_AT_ONE_PLACE = 0.3  # points
_NEXT_ROW = 3.2  # of the height, between rows of a table
_FEWEST_ROWS = 3
_WIDER = 1.5  # times the narrowest gap of a line


def edges_of(lines: Sequence[Sequence[Glyph]]) -> list[set[int]]:
    """In each line, which characters begin a cell."""
    white = _white_edges(lines, spaces=_writes_spaces(lines))
    return [cuts | more for cuts, more in zip(_cell_edges(lines), white, strict=True)]


def _writes_spaces(lines: Sequence[Sequence[Glyph]]) -> bool:
    """Whether all words of a piece of text are parted by written spaces, as browsers print."""
    written = [
        right.spaced
        for line in lines
        for left, right in pairwise(line)
        if left.drawn == right.drawn and right.x0 - left.x1 > WORD_GAP * right.size
    ]
    return len(written) >= _FEWEST_SPACES and sum(written) >= _MOST_SPACES * len(written)


def _cell_edges(lines: Sequence[Sequence[Glyph]]) -> list[set[int]]:
    """In each line, which characters begin a cell that touches, or nearly, the cell before.

    It is a piece of text of its own, and the lines around have one that begins at the same place,
    or a gap there, as rows of a table have.
    """
    starts = [_starts_of_pieces(line) for line in lines]
    gaps = [_gaps(line) for line in lines]

    def supports(number: int, x: float) -> bool | None:
        """Whether another line has an edge at this place; None where it does not reach so far."""
        if lines[number][-1].x1 < x - _AT_ONE_PLACE:
            return None
        if _begins_at(starts[number], x):
            return True
        return any(left <= x <= right for left, right in gaps[number])

    def rows_around(number: int, x: float) -> list[int]:
        block = [number]
        for step in (-1, 1):
            for near in _rows_beside(lines, number, step):
                found = supports(near, x)
                if found is False:
                    break
                block += [near] if found else []
        return block

    edges: list[set[int]] = [set() for _ in lines]
    for number, found in enumerate(starts):
        for x, at in found if len(found) * 2 <= len(lines[number]) else ():
            block = rows_around(number, x) if at else []
            is_table = len(block) >= _FEWEST_ROWS and sum(bool(gaps[row]) for row in block) >= 2
            # Pieces of one number may begin at one place in many rows, and touch in all of them.
            parted = any(_is_parted_at(lines[row], starts[row], gaps[row], x) for row in block)
            touch = any(_touches_at(lines[row], starts[row], x) for row in block)
            if is_table and parted and touch:
                begun = sum(_begins_at(starts[row], x) for row in block)
                if begun >= _FEWEST_ROWS or not are_one_number(*lines[number][at - 1 : at + 1]):
                    edges[number].add(at)
    return edges


def _white_edges(lines: Sequence[Sequence[Glyph]], *, spaces: bool) -> list[set[int]]:
    """In each line, which characters begin a cell behind white space that runs down three lines.

    It is wider than between words, though not so wide that it parts stretches by itself; where
    `spaces` are written, what no space parts from the piece before may stand nearer.
    """
    gaps = [_gaps_of_cells(line, spaces=spaces) for line in lines]
    narrowest = _NARROWEST_UNWRITTEN if spaces else _NARROWEST_WHITE

    def is_down(number: int, left: float, right: float) -> bool:
        rows = 1
        for step in (-1, 1):
            for near in _rows_beside(lines, number, step):
                if lines[near][-1].x1 < left:
                    continue
                met = [(max(left, a), min(right, b)) for a, b, _ in gaps[near]]
                found = max(met, key=lambda ends: ends[1] - ends[0], default=(0.0, 0.0))
                if found[1] - found[0] <= narrowest * lines[near][0].size:
                    break
                (left, right), rows = found, rows + 1
        return rows >= _FEWEST_ROWS

    return [
        {at for a, b, at in found if is_down(number, a, b)} for number, found in enumerate(gaps)
    ]


def _gaps_of_cells(line: Sequence[Glyph], *, spaces: bool) -> list[tuple[float, float, int]]:
    """Gaps that may part cells, and which character is behind each.

    They are wider than a letter, as no space of fixed-width type is, and are none between leaders;
    or they part pieces of text where `spaces` would be written between words.
    """
    letter = median(glyph.x1 - glyph.x0 for glyph in line)
    found = [
        (a, b, at, b.x0 - a.x1)
        for at, (a, b) in enumerate(pairwise(line), start=1)
        if b.x0 - a.x1 > _NARROWEST_UNWRITTEN * b.size and not a.text == b.text == "."
    ]
    words = [gap[3] for gap in found if gap[3] > WORD_GAP * max(gap[0].size, gap[1].size)]
    few, least = len(words) <= _FEW_GAPS, min(words, default=0.0)
    return [
        (a.x1, b.x0, at)
        for a, b, at, wide in found
        if (spaces and a.drawn != b.drawn and not b.spaced)
        or (
            wide > max(_CELL_WHITE * b.size, _WIDER_THAN_A_LETTER * letter)
            and (few or wide >= _WIDER * least)
        )
    ]


def _rows_beside(lines: Sequence[Sequence[Glyph]], number: int, step: int) -> Iterator[int]:
    """The up to four lines above one (step -1) or below it (1) that may be rows of its table."""
    for near in range(number + step, number + 5 * step, step):
        if not (0 <= near < len(lines) and _is_next(lines[near - step], lines[near])):
            return
        yield near


def _is_next(one: Sequence[Glyph], other: Sequence[Glyph]) -> bool:
    """Whether two lines may be rows of one table."""
    return abs(one[0].y - other[0].y) <= _NEXT_ROW * max(one[0].size, other[0].size)


def _starts_of_pieces(line: Sequence[Glyph]) -> list[tuple[float, int]]:
    """Where pieces of text begin in a line, and with which of its characters."""
    begun = (
        at
        for at, (a, b) in enumerate(pairwise(line), start=1)
        if a.drawn != b.drawn
        and b.text not in ".,;:"
        and abs(a.y - b.y) <= SAME_LINE * b.size
        and abs(a.size - b.size) <= SAME_LINE * b.size
    )
    return [(line[at].x0, at) for at in (0, *begun)]


def _begins_at(starts: Sequence[tuple[float, int]], x: float) -> bool:
    """Whether a piece of text begins at a place."""
    begun = bisect_left(starts, (x - _AT_ONE_PLACE, 0))
    return begun < len(starts) and starts[begun][0] <= x + _AT_ONE_PLACE


def _touches_at(line: Sequence[Glyph], starts: Sequence[tuple[float, int]], x: float) -> bool:
    """Whether words or figures of two pieces touch at a place; a letter goes on with its word."""
    return any(
        at
        and abs(begun - x) <= _AT_ONE_PLACE
        and line[at].x0 - line[at - 1].x1 <= WORD_GAP * line[at].size
        and _are_two_words(line[at - 1].text, line[at].text)
        for begun, at in starts
    )


def _is_parted_at(
    line: Sequence[Glyph],
    starts: Sequence[tuple[float, int]],
    gaps: Sequence[tuple[float, float]],
    x: float,
) -> bool:
    """Whether white space stands before what begins at a place of a line, or there is a gap."""
    return any(left <= x <= right for left, right in gaps) or any(
        at
        and abs(begun - x) <= _AT_ONE_PLACE
        and line[at].x0 - line[at - 1].x1 > WORD_GAP * line[at].size
        for begun, at in starts
    )


def are_one_number(left: Glyph, right: Glyph) -> bool:
    """Whether two figures touch, as those of two cells hardly ever do."""
    figures = left.text.isdigit() and right.text.isdigit() and not right.spaced
    return figures and abs(right.x0 - left.x1) < _NARROWEST_UNWRITTEN * right.size


def _are_two_words(left: str, right: str) -> bool:
    figure = left.isdigit() or right.isdigit()
    return left.isalnum() and right.isalnum() and (figure or (left.islower() and right.isupper()))


def _gaps(line: Sequence[Glyph]) -> list[tuple[float, float]]:
    """The gaps of a line that are wider than those between words."""
    return [
        (a.x1, b.x0) for a, b in pairwise(line) if b.x0 - a.x1 > _CELL_GAP * max(a.size, b.size, 4)
    ]
