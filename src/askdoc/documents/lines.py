"""Characters of a page to stretches of text: words, and what is raised or lowered.

This module owns where a word ends and which characters share a line. In which order stretches are
read is left to `columns`.
"""

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from askdoc.documents.formulas import is_ending, lowered, raised
from askdoc.documents.glyphs import Glyph

_SAME_LINE = 0.15  # of the height, between baselines
_WORD_GAP = 0.14  # of the height, where no space is written
_SPACE_GAP = 0.20  # of the height, where spaces are written
_LETTER_SPACED_GAP = 0.30  # of the height, beyond the usual gap
_STRETCH_GAP = 0.8  # of the height: more ends a stretch
_CELL_GAP = 0.6  # of the height: wider than between words
_AT_ONE_PLACE = 0.3  # points
_FEWEST_ROWS = 3
_SMALL = 0.85  # of the height of what stands beside
_SMALLEST = 0.4  # of that height; what is smaller yet stands beside an initial
_WATERMARK = 2.5  # times the usual height
_INITIAL = 1.8  # times the height of the line that an initial letter begins
_RAISED = (0.12, 0.75)  # of that height, between the baselines
_FEWEST_SPACED = 6  # gaps between letters in a row, in a line that is not all set so
_LETTER_SPACED = 0.10  # of the height, between most letters
# TeX's older fonts print an accent and then its letter; 7F is a dieresis there, elsewhere a bullet.
_ACCENTS = {
    "¨": "\u0308", "\x7f": "\u0308", "´": "\u0301", "`": "\u0300", "ˆ": "\u0302", "˜": "\u0303",
    "¸": "\u0327", "ˇ": "\u030c", "˚": "\u030a",
}  # fmt: skip
_OVERPRINT = 0.3  # of the height, between the same character printed twice


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
    rows = _without_watermarks(list(_lines(glyphs)))
    lines = [_composed(sorted(line, key=lambda g: (g.x0, g.at))) for line in rows]
    lines = [line for line in map(_without_overprints, lines) if line]
    edges = _cell_edges(lines)
    return _with_initials(
        [found for line, cuts in zip(lines, edges, strict=True) for found in _stretches(line, cuts)]
    )


def _without_watermarks(rows: list[list[Glyph]]) -> list[list[Glyph]]:
    """Leaves out large letters that smaller ones are printed over."""
    sizes = [glyph.size for row in rows for glyph in row]
    if not sizes or max(sizes) < _WATERMARK * (usual := median(sizes)):
        return rows
    small = [glyph for row in rows for glyph in row if glyph.size < _WATERMARK * usual]
    kept: list[list[Glyph]] = []
    for row in rows:
        large = [glyph for glyph in row if glyph.size >= _WATERMARK * usual]
        under = sum(any(_is_over(glyph, other) for glyph in small) for other in large)
        gone = set(map(id, large)) if under * 2 > len(large) else set()
        kept.append([glyph for glyph in row if id(glyph) not in gone])
    return [row for row in kept if row]


def _is_over(glyph: Glyph, large: Glyph) -> bool:
    middle = (glyph.x0 + glyph.x1) / 2
    return large.x0 < middle < large.x1 and large.y <= glyph.y < large.y + 0.7 * large.size


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


def _lines(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Characters by their lines. Small ones beside a line's belong to it, raised or lowered."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda g: -g.y):
        if rows and rows[-1][0].y - glyph.y <= _SAME_LINE * min(glyph.size, rows[-1][0].size):
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    return list(_with_raised(rows))


def _with_raised(rows: list[list[Glyph]]) -> Iterator[list[Glyph]]:
    """Joins each small character to the row above or below whose characters it touches."""
    extra: dict[int, list[Glyph]] = {}
    for number, row in enumerate(rows):
        for glyph in list(row):
            near = (number - 2, number - 1, number + 1, number + 2)
            for other in near:
                if 0 <= other < len(rows) and _touches(glyph, rows[other]):
                    extra.setdefault(other, []).append(glyph)
                    row.remove(glyph)
                    break
    for number, row in enumerate(rows):
        if row or number in extra:
            yield row + extra.get(number, [])


def _touches(glyph: Glyph, row: Sequence[Glyph]) -> bool:
    """Whether a small character stands right behind or before a larger one, off its line."""
    return any(
        _SMALLEST * other.size <= glyph.size <= _SMALL * other.size
        and _RAISED[0] * other.size <= abs(glyph.y - other.y) <= _RAISED[1] * other.size
        and (
            -0.3 * other.size <= glyph.x0 - other.x1 <= 1.2 * other.size
            or -0.3 * other.size <= other.x0 - glyph.x1 <= 0.2 * other.size
        )
        for other in row
    )


def _composed(line: Sequence[Glyph]) -> list[Glyph]:
    """Joins each accent to the letter that is printed under it."""
    kept = list(line)
    for accent in [glyph for glyph in line if glyph.text in _ACCENTS]:
        middle = (accent.x0 + accent.x1) / 2
        for at, letter in enumerate(kept):
            if (
                letter.text not in _ACCENTS
                and letter.text.isalpha()
                and letter.x0 <= middle <= letter.x1
            ):
                whole = unicodedata.normalize("NFC", letter.text + _ACCENTS[accent.text])
                kept[at] = replace(letter, text=whole, spaced=letter.spaced or accent.spaced)
                kept.remove(accent)
                break
    return [replace(glyph, text="•") if glyph.text == "\x7f" else glyph for glyph in kept]


def _without_overprints(line: Sequence[Glyph]) -> list[Glyph]:
    """Drops a character that is printed twice to look bold."""
    kept: list[Glyph] = []
    for glyph in line:
        near = (other for other in kept[-3:] if other.text == glyph.text)
        if not any(
            abs(other.x0 - glyph.x0) < _OVERPRINT * min(other.x1 - other.x0, glyph.size)
            and abs(other.y - glyph.y) < 0.1 * glyph.size
            and abs(other.at - glyph.at) > 1  # the two letters of a ligature have one place
            for other in near
        ):
            kept.append(glyph)
    return kept


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
            for near in range(number + step, number + 5 * step, step):
                found = supports(near, x) if 0 <= near < len(lines) else False
                if found is False:
                    break
                block += [near] if found else []
        return block

    edges: list[set[int]] = [set() for _ in lines]
    for number, found in enumerate(starts):
        for x, at in found if len(found) * 2 <= len(lines[number]) else ():
            block = rows_around(number, x) if at else []
            is_table = len(block) >= _FEWEST_ROWS and sum(bool(gaps[row]) for row in block) >= 2
            if is_table and any(_touches_at(lines[row], starts[row], x) for row in block):
                edges[number].add(at)
    return edges


def _starts_of_pieces(line: Sequence[Glyph]) -> list[tuple[float, int]]:
    """Where pieces of text begin in a line, and with which of its characters."""
    begun = (
        at
        for at, (a, b) in enumerate(pairwise(line), start=1)
        if a.drawn != b.drawn
        and b.text not in ".,;:"
        and abs(a.y - b.y) <= _SAME_LINE * b.size
        and abs(a.size - b.size) <= _SAME_LINE * b.size
    )
    return [(line[at].x0, at) for at in (0, *begun)]


def _touches_at(line: Sequence[Glyph], starts: Sequence[tuple[float, int]], x: float) -> bool:
    """Whether letters or figures of two pieces touch at a place, so that words would join."""
    return any(
        at
        and abs(begun - x) <= _AT_ONE_PLACE
        and line[at].x0 - line[at - 1].x1 <= _WORD_GAP * line[at].size
        and line[at - 1].text.isalnum()
        and line[at].text.isalnum()
        for begun, at in starts
    )


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
    main = [g for g in glyphs if g.size > _SMALL * max(o.size for o in glyphs)] or list(glyphs)
    base = median(g.y for g in main)
    words: list[str] = []
    previous = glyphs[0]
    groups = list(_by_level(glyphs, base, max(g.size for g in main)))
    above: list[Glyph] = []
    for number, (_, group) in enumerate(groups):
        text = _spelled(group, gaps)
        if above or _are_a_fraction(groups[number : number + 2]):
            words.append(f"/{text} " if above else f" {text}")
            above, previous = ([] if above else group), group[-1]
            continue
        level = _level(group[0], base, max(g.size for g in main))
        apart = bool(words) and _is_apart(previous, group[0], gaps)
        if level and not (level > 0 and is_ending(words[-1] if words else "", text.strip())):
            written = raised(text) if level > 0 else lowered(text)
            behind = bool(words) and not apart and words[-1][-1:].isalnum()
            text = written if behind or written[:1] not in "^_" else text
            apart = apart and written[:1] not in "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉"
        words.append(" " + text if apart else text)
        previous = group[-1]
    bold = sum(g.bold for g in main) * 2 > len(main)
    all_bold = bold and all(g.bold for g in main if g.text.isalpha())
    text = "".join(words).strip().replace("  ", " ")
    return Stretch(text, glyphs[0].x0, glyphs[-1].x1, base, max(size, 0.1), all_bold)


def _are_a_fraction(groups: Sequence[tuple[int, list[Glyph]]]) -> bool:
    """Whether a raised figure stands right over a lowered one."""
    if [level for level, _ in groups] != [1, -1]:
        return False
    (_, above), (_, below) = groups
    figures = all(glyph.text.isdigit() for glyph in [*above, *below])
    return figures and above[0].x0 < below[-1].x1 and below[0].x0 < above[-1].x1


def _by_level(
    glyphs: Sequence[Glyph], base: float, size: float
) -> Iterable[tuple[int, list[Glyph]]]:
    groups: list[tuple[int, list[Glyph]]] = []
    for glyph in glyphs:
        level = _level(glyph, base, size)
        if groups and groups[-1][0] == level:
            groups[-1][1].append(glyph)
        else:
            groups.append((level, [glyph]))
    return groups


def _level(glyph: Glyph, base: float, size: float) -> int:
    if glyph.size > _SMALL * size or abs(glyph.y - base) < _RAISED[0] * size:
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
    gaps = [(b.x0 - a.x1) / max(a.size, 0.1) for a, b in inner if not b.spaced]
    if not gaps:
        return _WORD_GAP
    usual = max(median(gaps), 0.0)
    spaces = len(inner) - len(gaps)
    if usual > _LETTER_SPACED and len(gaps) > 3:
        return usual + _LETTER_SPACED_GAP
    return _SPACE_GAP if spaces * 8 >= len(inner) else _WORD_GAP
