"""Printed rows to stretches of text: words, and what is raised or lowered.

This module owns where a word ends. Where a cell begins is left to `edges`, which characters share
a row to `rows`, in which order stretches are read to `columns`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median

from askdoc.documents.edges import WORD_GAP, edges_of
from askdoc.documents.formulas import fraction, is_ending, lowered, raised
from askdoc.documents.glyphs import Glyph
from askdoc.documents.rows import RAISED, SMALL, rows_of

_SPACE_GAP = 0.20  # of the height, where spaces are written
_BEHIND_A_COMMA = 0.10  # of the height: within a number figures stand nearer
_LETTER_SPACED_GAP = 0.30  # of the height, beyond the usual gap
_STRETCH_GAP = 0.8  # of the height: more ends a stretch
_LETTERS_OF_A_WORD = 3  # on average, in a line whose letters are set apart
_WIDER = 1.5  # times the narrowest gap of a line
_AT_ONE_PLACE = 0.3  # points
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
    edges = edges_of(lines)
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
