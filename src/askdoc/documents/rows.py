"""Characters of a page to printed rows: which share a line, with what is raised or lowered in it.

This module owns accents and bold type that are printed over letters, and watermarks under them.
Where a word ends is left to `lines`.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from askdoc.documents.glyphs import Glyph

SAME_LINE = 0.15
"""Of the height, between baselines."""
SMALL = 0.9
"""Of the height of what stands beside; an index is smaller."""
RAISED = (0.12, 0.75)
"""Of that height, between the baselines."""
_SMALLEST = 0.4  # of that height; what is smaller yet stands beside an initial
_WATERMARK = 2.5  # times the usual height
_ROWS_AROUND = 6  # of columns side by side, between an index and its line
_TOGETHER = 0.5  # of the height, between characters
_SHORT_RUN = 3  # characters
_FAR_BEHIND, _NEAR_BEHIND = 1.2, 0.4  # of the height, of what a few or many characters are behind
_UNDER = 0.5  # share of a small character's width
_HIGHEST_ACCENT = 0.5  # of the height, above where it stands over a small letter
# TeX's older fonts print an accent and then its letter; 7F is a dieresis there, elsewhere a bullet.
_ACCENTS = {
    "¨": "\u0308", "\x7f": "\u0308", "´": "\u0301", "`": "\u0300", "ˆ": "\u0302", "˜": "\u0303",
    "¸": "\u0327", "ˇ": "\u030c", "˚": "\u030a",
}  # fmt: skip
_OVERPRINT = 0.3  # of the height, between the same character printed twice


def rows_of(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """The rows of a page from the top, each from the left."""
    rows = _without_watermarks(list(_lines(glyphs)))
    lines = [_composed(sorted(line, key=lambda g: (g.x0, g.at))) for line in rows]
    return [line for line in map(_without_overprints, lines) if line]


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


def _lines(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Characters by their lines. Small ones beside a line's belong to it, raised or lowered."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda g: -g.y):
        if rows and rows[-1][0].y - glyph.y <= SAME_LINE * min(glyph.size, rows[-1][0].size):
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    return list(_with_raised(rows))


def _with_raised(rows: list[list[Glyph]]) -> Iterator[list[Glyph]]:
    """Joins small characters to the row above or below whose characters they touch."""
    extra: dict[int, list[Glyph]] = {}
    for number, row in enumerate(rows):
        gone: set[int] = set()
        for run in _runs(row):
            for other in _rows_near(run[0], number, rows):
                if _touches(run, rows[other]) or _is_accent_of(run, rows[other]):
                    extra.setdefault(other, []).extend(run)
                    gone.update(map(id, run))
                    break
        if gone:
            row[:] = [glyph for glyph in row if id(glyph) not in gone]
    for number, row in enumerate(rows):
        if row or number in extra:
            yield row + extra.get(number, [])


def _runs(row: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    """Characters of a row that stand together."""
    run: list[Glyph] = []
    for glyph in sorted(row, key=lambda g: g.x0):
        if run and glyph.x0 - run[-1].x1 > _TOGETHER * glyph.size:
            yield run
            run = []
        run.append(glyph)
    if run:
        yield run


def _rows_near(glyph: Glyph, number: int, rows: Sequence[Sequence[Glyph]]) -> list[int]:
    """The rows that a character may be raised or lowered from, the nearest first."""
    reach = RAISED[1] * glyph.size / _SMALLEST
    around = range(max(number - _ROWS_AROUND, 0), min(number + _ROWS_AROUND + 1, len(rows)))
    far = {at: abs(rows[at][0].y - glyph.y) for at in around if at != number and rows[at]}
    return sorted((at for at in far if far[at] <= reach), key=far.__getitem__)


def _touches(run: Sequence[Glyph], row: Sequence[Glyph]) -> bool:
    """Whether small characters stand right behind or before a larger one, off its line.

    What stands under or over larger ones belongs to another line.
    """
    first, last = run[0], run[-1]
    larger = [other for other in row if first.size <= SMALL * other.size]
    if any(
        min(last.x1, other.x1) - max(first.x0, other.x0) > _UNDER * (first.x1 - first.x0)
        for other in larger
    ):
        return False
    behind = _FAR_BEHIND if len(run) <= _SHORT_RUN else _NEAR_BEHIND
    return any(
        _SMALLEST * other.size <= first.size
        and RAISED[0] * other.size <= abs(first.y - other.y) <= RAISED[1] * other.size
        and (
            -0.3 * other.size <= first.x0 - other.x1 <= behind * other.size
            or -0.3 * other.size <= other.x0 - last.x1 <= 0.2 * other.size
        )
        for other in larger
    )


def _is_accent_of(run: Sequence[Glyph], row: Sequence[Glyph]) -> bool:
    """Whether an accent stands over a tall letter of a row below."""
    if len(run) > 1 or run[0].text not in _ACCENTS:
        return False
    accent, middle = run[0], (run[0].x0 + run[0].x1) / 2
    return any(
        letter.text.isalpha()
        and letter.x0 <= middle <= letter.x1
        and 0 < accent.y - letter.y <= _HIGHEST_ACCENT * letter.size
        for letter in row
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
