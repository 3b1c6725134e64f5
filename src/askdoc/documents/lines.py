"""Printed rows to stretches of text: words, and what is raised or lowered.

This module owns where a word and a cell end. Which characters share a row is left to `rows`, in
which order stretches are read to `columns`.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median

from askdoc.documents.formulas import fraction, is_ending, lowered, raised
from askdoc.documents.glyphs import Glyph
from askdoc.documents.rows import RAISED, SAME_LINE, SMALL, rows_of

WORD_GAP = 0.14
"""Of the height, between words where no space is written."""
_SPACE_GAP = 0.20  # of the height, where spaces are written
_BEHIND_A_COMMA = 0.10  # of the height: within a number figures stand nearer
_LETTER_SPACED_GAP = 0.30  # of the height, beyond the usual gap
_STRETCH_GAP = 0.8  # of the height: more ends a stretch
_CELL_GAP = 0.6  # of the height: wider than between words
_CELL_WHITE = 0.4  # of the height: wider than most spaces
_NARROWEST_WHITE = 0.15  # of the height, of white space that runs down a table
_NARROWEST_UNWRITTEN = 0.05  # of the height, where a space would be written between words
_LETTERS_OF_A_WORD = 3  # on average, in a line whose letters are set apart
_FEWEST_SPACES = 10
_MOST_SPACES = 0.95
_FEW_GAPS = 4  # in a line; of more, those between words are the narrower ones
_WIDER_THAN_A_LETTER = 1.1  # times the usual letter of a line
_WIDER = 1.5  # times the narrowest gap of a line
_AT_ONE_PLACE = 0.3  # points
_NEXT_ROW = 3.2  # of the height, between rows of a table
_FEWEST_ROWS = 3
_INITIAL = 1.8  # times the height of the line that an initial letter begins
_FRACTION = 2  # a level: figures under figures
_IN_A_STACK = 0.5  # of the height, between characters of a fraction
_FEWEST_SPACED = 6  # gaps between letters in a row, in a line that is not all set so
_LETTER_SPACED = 0.10  # of the height, between most letters
_WIDEST_SPACED = 0.5  # of the height; single letters that are words stand further apart


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words in one line without a wide gap: their box, the height of their font, its weight."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    rows: tuple[str, ...] = ()
    """The lines of a table that stands in this place."""
    depth: float = 0.0
    """How far it reaches below its first baseline."""


def stretches_of(glyphs: Sequence[Glyph]) -> list[Stretch]:
    """The stretches of a page, line by line from the top, in a line from the left."""
    lines = [_with_spaced_words(line) for line in rows_of(glyphs)]
    white = _white_edges(lines, spaces=_writes_spaces(lines))
    edges = [cuts | more for cuts, more in zip(_cell_edges(lines), white, strict=True)]
    return _with_initials(
        [found for line, cuts in zip(lines, edges, strict=True) for found in _stretches(line, cuts)]
    )


def _with_initials(stretches: list[Stretch]) -> list[Stretch]:
    """Joins a large first letter to the line beside its top."""
    for initial in [item for item in stretches if len(item.text) == 1 and item.text.isalpha()]:
        for at, line in enumerate(stretches):
            top = initial.y + initial.size - line.y - line.size
            if (
                initial.size >= _INITIAL * line.size
                and -0.2 * line.size <= line.x0 - initial.x1 <= 1.5 * line.size
                and abs(top) <= 0.3 * initial.size
                and line.text[:1].isalpha()
            ):
                stretches[at] = replace(line, text=initial.text + line.text, x0=initial.x0)
                stretches.remove(initial)
                break
    return stretches


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
        begun = bisect_left(starts[number], (x - _AT_ONE_PLACE, 0))
        if begun < len(starts[number]) and starts[number][begun][0] <= x + _AT_ONE_PLACE:
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
            if (
                is_table
                and parted
                and touch
                and not are_one_number(*lines[number][at - 1 : at + 1])
            ):
                edges[number].add(at)
    return edges


def _with_spaced_words(line: Sequence[Glyph]) -> list[Glyph]:
    """A line whose words are set with a space behind each letter, without these spaces.

    Between its words are wider ones, which A B C D E of a list has not.
    """
    pairs = list(pairwise(line))
    if len(pairs) < _FEWEST_SPACED or not all(b.spaced and a.text.isalpha() for a, b in pairs):
        return list(line)
    gaps = [right.x0 - left.x1 for left, right in pairs]
    wide = {at for at, gap in enumerate(gaps, start=1) if gap > _WIDER * median(gaps)}
    if not wide or len(line) < _LETTERS_OF_A_WORD * (len(wide) + 1):
        return list(line)
    return [
        glyph if at in wide or not at else replace(glyph, spaced=False)
        for at, glyph in enumerate(line)
    ]


def _writes_spaces(lines: Sequence[Sequence[Glyph]]) -> bool:
    """Whether all words of a piece of text are parted by written spaces, as browsers print."""
    written = [
        right.spaced
        for line in lines
        for left, right in pairwise(line)
        if left.drawn == right.drawn and right.x0 - left.x1 > WORD_GAP * right.size
    ]
    return len(written) >= _FEWEST_SPACES and sum(written) >= _MOST_SPACES * len(written)


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
    """Whether two figures touch, as those of two cells never do."""
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


def _stretches(line: Sequence[Glyph], edges: set[int]) -> Iterator[Stretch]:
    gaps = _word_gaps(line)
    start = 0
    for at, (left, right) in enumerate(pairwise(line), start=1):
        if at in edges or right.x0 - left.x1 > _STRETCH_GAP * max(left.size, right.size, 4):
            found = _stretch(line[start:at], gaps)
            yield replace(found, x1=min(found.x1, right.x0 - _AT_ONE_PLACE))
            start = at
    yield _stretch(line[start:], gaps)


def _stretch(glyphs: Sequence[Glyph], gaps: dict[int, float]) -> Stretch:
    size = median(g.size for g in glyphs)
    main = [g for g in glyphs if g.size > SMALL * max(o.size for o in glyphs)] or list(glyphs)
    base, largest = median(g.y for g in main), max(g.size for g in main)
    words: list[str] = []
    previous = glyphs[0]
    for level, group in _by_level(glyphs, base, largest):
        if level == _FRACTION:
            above, below = _parted(group, base)
            words.append(f" {fraction(_spelled(above, gaps), _spelled(below, gaps))} ")
        else:
            apart = bool(words) and _is_apart(previous, group[0], gaps)
            words.append(_at_level(level, _spelled(group, gaps), words, apart))
        previous = group[-1]
    bold = sum(g.bold for g in main) * 2 > len(main)
    all_bold = bold and all(g.bold for g in main if g.text.isalpha())
    text = "".join(words).strip().replace("  ", " ")
    return Stretch(text, glyphs[0].x0, glyphs[-1].x1, base, max(size, 0.1), all_bold)


def _at_level(level: int, text: str, words: Sequence[str], apart: bool) -> str:
    """Words behind others, written as raised or lowered where they are."""
    if level and not (level > 0 and is_ending(words[-1] if words else "", text.strip())):
        written = raised(text) if level > 0 else lowered(text)
        behind = bool(words) and not apart and words[-1][-1:].isalnum()
        text = written if behind or written[:1] not in "^_" else text
        apart = apart and written[:1] not in "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉"
    return f" {text}" if apart else text


def _by_level(
    glyphs: Sequence[Glyph], base: float, size: float
) -> Iterator[tuple[int, list[Glyph]]]:
    """Characters in groups that are raised (1), on the line (0), lowered (-1), or a fraction."""
    group: list[Glyph] = []
    for glyph in glyphs:
        off = _level(glyph, base, size) != 0
        wide = bool(group) and off and glyph.x0 - group[-1].x1 > _IN_A_STACK * glyph.size
        if group and (wide or off != (_level(group[-1], base, size) != 0)):
            yield from _levels(group, base, size)
            group = []
        group.append(glyph)
    yield from _levels(group, base, size)


def _levels(group: Sequence[Glyph], base: float, size: float) -> Iterator[tuple[int, list[Glyph]]]:
    """One group on the line; off it a fraction, or what is raised and what is lowered."""
    above, below = _parted(group, base)
    if not _level(group[0], base, size):
        yield 0, list(group)
    elif above and below and above[0].x0 < below[-1].x1 and below[0].x0 < above[-1].x1:
        if _are_a_fraction(above, below):
            yield _FRACTION, list(group)
        else:
            yield from ((1, above), (-1, below))
    else:
        yield from ((1 if run[0].y > base else -1, run) for run in _by_side(group, base))


def _parted(group: Sequence[Glyph], base: float) -> tuple[list[Glyph], list[Glyph]]:
    return [g for g in group if g.y > base], [g for g in group if g.y <= base]


def _by_side(group: Sequence[Glyph], base: float) -> Iterator[list[Glyph]]:
    for _, run in groupby(group, lambda glyph: glyph.y > base):
        yield list(run)


def _are_a_fraction(above: Sequence[Glyph], below: Sequence[Glyph]) -> bool:
    """Whether figures stand right over figures, or terms of unlike width with one middle."""
    if all(glyph.text.isdigit() for glyph in [*above, *below]):
        return True
    size = min(above[0].size, below[0].size)
    ends = above[0].x0 - below[0].x0, above[-1].x1 - below[-1].x1
    return abs(sum(ends)) < 0.2 * size and abs(ends[0]) > 0.1 * size


def _level(glyph: Glyph, base: float, size: float) -> int:
    if glyph.size > SMALL * size or abs(glyph.y - base) < RAISED[0] * size:
        return 0
    return 1 if glyph.y > base else -1


def _spelled(glyphs: Sequence[Glyph], gaps: dict[int, float]) -> str:
    text = glyphs[0].text
    for left, right in pairwise(glyphs):
        text += (" " if _is_apart(left, right, gaps) else "") + right.text
    return text


def _is_apart(left: Glyph, right: Glyph, gaps: dict[int, float]) -> bool:
    size = max(min(left.size, right.size), 0.1)
    distance = (right.x0 - left.x1) / size
    if left.text in ",;" and right.text.isdigit() and gaps[-1] <= _SPACE_GAP:
        return right.spaced or distance > _BEHIND_A_COMMA
    return (right.spaced and distance > -0.2) or distance > gaps.get(left.at, gaps[-1])


def _word_gaps(line: Sequence[Glyph]) -> dict[int, float]:
    """How wide a gap parts words: in the line, under -1, and behind letters that are set apart."""
    gaps = {-1: _word_gap(line)}
    run: list[tuple[Glyph, float]] = []
    for left, right in [*pairwise(line), (line[-1], line[-1])]:
        distance = (right.x0 - left.x1) / max(left.size, 0.1)
        letters = left.text.isalpha() and right.text.isalpha()
        if letters and distance > _LETTER_SPACED and not right.spaced:
            run.append((left, distance))
            continue
        usual = median(apart for _, apart in run) if len(run) >= _FEWEST_SPACED else 1.0
        if usual <= _LETTER_SPACED_GAP:
            gaps |= {glyph.at: max(gaps[-1], usual + _LETTER_SPACED_GAP) for glyph, _ in run}
        run = []
    return gaps


def _word_gap(glyphs: Sequence[Glyph]) -> float:
    """How wide a gap between two characters parts words, as a share of their height."""
    inner = [
        (left, right)
        for left, right in pairwise(glyphs)
        if left.text.isalnum() and right.text.isalnum()
    ]
    close = [(left, right) for left, right in inner if not right.spaced]
    if not close:
        return WORD_GAP
    usual, nearest = _usual_gap(close)
    if _LETTER_SPACED < usual < _WIDEST_SPACED and len(close) > 3 and nearest > WORD_GAP / 3:
        return usual + _LETTER_SPACED_GAP
    spaces = len(inner) - len(close)
    return _SPACE_GAP if spaces * 8 >= len(inner) else WORD_GAP


def _usual_gap(pairs: Sequence[tuple[Glyph, Glyph]]) -> tuple[float, float]:
    """The usual gap between letters, and that of the nearest quarter, as shares of their height.

    Between figures alone it is never that of two numbers.
    """
    letters = [(a, b) for a, b in pairs if a.text.isalpha() and b.text.isalpha()]
    gaps = sorted((b.x0 - a.x1) / max(a.size, 0.1) for a, b in letters or pairs)
    usual = median(gaps)
    return (usual if letters or usual < _SPACE_GAP else 0.0), gaps[len(gaps) // 4]
