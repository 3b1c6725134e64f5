"""Tables that are drawn with lines, and bullets that are drawn as dots.

This module owns what the shapes on a PDF's page say of its text.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median

from askdoc.documents.edges import WORD_GAP, are_one_number
from askdoc.documents.glyphs import Glyph
from askdoc.documents.lines import Stretch, stretches_of
from askdoc.documents.rows import rows_of
from askdoc.documents.shapes import Shape
from askdoc.documents.tables import Cell, table_part

_THIN = 2.5  # points
_NEAR = 3.0  # points, between lines that meet
_SHORTEST_RULE = 7.0  # points; what is shorter is a tick at an axis
_RUNNING_HEAD = 150  # characters above a table that goes on from the page before, at most
_LONGEST_LABEL = 160  # characters beside several rows; what is longer is no label of them all
_FEWEST_RULED = 3  # lines across, of a table with lines between its rows
_FRAMED, _FRAMED_LINES = 100, 5  # characters and lines, of a frame around rows
_NEARLY_ALL = 0.75  # share of columns
_CELLS_APART = 1.0  # of the height, between cells that no line parts
_FRAMED_GAP = 2.0  # of the height, between their cells
_PADDING = 1.0  # of the height, between a word and the edge of its box
_MOST_RULES = 2_000
_LARGEST_TABLE = 200  # rows or columns


@dataclass(frozen=True, slots=True)
class OpenTable:
    """The last table of a page, which may go on at the top of the next: its columns and heads."""

    xs: Sequence[float] = ()
    heads: Sequence[str] = ()

    def goes_on(self, xs: Sequence[float]) -> bool:
        """Whether a table of such columns is the rest of this one."""
        return len(xs) == len(self.xs) and all(
            abs(x - other) <= _NEAR for x, other in zip(xs, self.xs, strict=True)
        )


@dataclass(frozen=True, slots=True)
class _Box:
    """What lines are drawn around: its characters, its width, and how far it reaches."""

    glyphs: Sequence[Glyph]
    width: float
    rows: int
    columns: int


def ruled_tables(
    glyphs: Sequence[Glyph], shapes: Sequence[Shape], before: OpenTable
) -> tuple[list[Stretch], list[Glyph], OpenTable]:
    """The tables that lines are drawn around, the characters outside, and the last table."""
    tables: list[Stretch] = []
    rest = list(glyphs)
    groups = sorted(
        _groups(*_rules(shapes)), key=lambda group: -max(r.y1 for r in group[1] or group[0])
    )
    for across, down in groups:
        xs, ys = _places([rule.x0 for rule in down]), _places([rule.y0 for rule in across])
        if not (3 <= len(xs) <= _LARGEST_TABLE and 3 <= len(ys) <= _LARGEST_TABLE):
            continue
        xs = _places([*xs, *_ends((rule.x0, rule.x1) for rule in across)])
        ys = _places([*ys, *_ends((rule.y0, rule.y1) for rule in down)])
        inside = list(_inside(rest, xs, ys))
        rows = _cells(inside, xs, ys, across, down)
        first = not tables and sum(g.y > ys[-1] for g in glyphs) <= _RUNNING_HEAD
        heads = before.heads if first and before.goes_on(xs) else ()
        lines, heads = table_part(rows, heads)
        filled = sum(bool(cell.text) for row in rows for cell in row)
        if filled < 2 or (filled < 3 and len(lines) < 2):
            continue
        taken = set(map(id, inside))
        rest = [g for g in rest if id(g) not in taken]
        size = max((g.size for g in inside), default=1.0)
        before = OpenTable(xs, heads)
        tables.append(
            Stretch("", xs[0], xs[-1], ys[-1] - size, size, False, tuple(lines), ys[-1] - ys[0])
        )
    return tables, rest, before if tables else OpenTable()


def with_bullets(stretches: Sequence[Stretch], shapes: Sequence[Shape]) -> list[Stretch]:
    """Writes a bullet before each stretch that has a dot drawn before it."""
    dots = [shape for shape in shapes if _is_dot(shape)]
    return [
        replace(item, text=f"• {item.text}") if any(_is_bullet(d, item) for d in dots) else item
        for item in stretches
    ]


def _is_dot(shape: Shape) -> bool:
    wide, high = shape.x1 - shape.x0, shape.y1 - shape.y0
    return 1.5 <= wide <= 9 and 1.5 <= high <= 9 and abs(wide - high) <= 0.3 * max(wide, high)


def _is_bullet(dot: Shape, item: Stretch) -> bool:
    return (
        0.1 * item.size < item.x0 - dot.x1 < 2.5 * item.size
        and dot.x1 - dot.x0 < 0.7 * item.size
        and item.y - 0.1 * item.size < dot.y0
        and dot.y1 < item.y + 0.9 * item.size
    )


def _middle(glyph: Glyph) -> float:
    return (glyph.x0 + glyph.x1) / 2


def _inside(glyphs: Sequence[Glyph], xs: Sequence[float], ys: Sequence[float]) -> Iterator[Glyph]:
    """The characters within a table; a word that an edge cuts is in where most of it is."""
    for word in _words(g for g in glyphs if ys[0] < g.y < ys[-1]):
        within = sum(xs[0] < _middle(g) < xs[-1] for g in word)
        if within * 2 >= len(word):
            yield from word


def _words(glyphs: Iterable[Glyph]) -> Iterator[list[Glyph]]:
    """The words of some lines; what is written over another word is a word of its own."""
    for _, line in groupby(sorted(glyphs, key=lambda g: (g.y, g.drawn, g.x0)), lambda g: g.y):
        yield from _words_of(line)


def _words_of(line: Iterable[Glyph]) -> Iterator[list[Glyph]]:
    word: list[Glyph] = []
    for glyph in line:
        if word and (
            glyph.spaced
            or (glyph.drawn != word[-1].drawn and not are_one_number(word[-1], glyph))
            or abs(glyph.x0 - word[-1].x1) > WORD_GAP * glyph.size
        ):
            yield word
            word = []
        word.append(glyph)
    yield word


def _rules(shapes: Sequence[Shape]) -> tuple[list[Shape], list[Shape]]:
    """Lines across and lines down."""
    across: list[Shape] = []
    down: list[Shape] = []
    for shape in shapes[:_MOST_RULES]:
        wide, high = shape.x1 - shape.x0, shape.y1 - shape.y0
        if max(wide, high) < _SHORTEST_RULE:
            continue
        if high <= _THIN < wide:
            across.append(shape)
        elif wide <= _THIN < high:
            down.append(shape)
    return across, down


def _groups(across: list[Shape], down: list[Shape]) -> Iterator[tuple[list[Shape], list[Shape]]]:
    """Lines that meet each other, a group for each table."""
    left = [*across, *down]
    turned = {id(rule) for rule in across}
    while left:
        group, frontier = [], [left.pop()]
        while frontier:
            rule = frontier.pop()
            group.append(rule)
            met = [other for other in left if _meet(rule, other)]
            frontier += met
            gone = set(map(id, met))
            left = [other for other in left if id(other) not in gone]
        yield (
            [rule for rule in group if id(rule) in turned],
            [rule for rule in group if id(rule) not in turned],
        )


def _meet(one: Shape, other: Shape) -> bool:
    return (
        one.x0 - _NEAR <= other.x1
        and other.x0 - _NEAR <= one.x1
        and one.y0 - _NEAR <= other.y1
        and other.y0 - _NEAR <= one.y1
    )


def _ends(lines: Iterable[tuple[float, float]]) -> list[float]:
    """How far some lines reach, where at least two of them end: the edges of an open frame."""
    begun, ended = zip(*lines, strict=True) if (lines := list(lines)) else ((), ())
    found = [min(begun), max(ended)] if lines else []
    return [
        end
        for end, ends in zip(found, (begun, ended), strict=False)
        if sum(abs(end - other) <= _NEAR for other in ends) > 1
    ]


def _places(values: Sequence[float]) -> list[float]:
    """Different values in order; those that are near are one."""
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > _NEAR:
            places.append(value)
    return places


def _cells(
    glyphs: Sequence[Glyph],
    xs: Sequence[float],
    ys: Sequence[float],
    across: Sequence[Shape],
    down: Sequence[Shape],
) -> list[list[Cell]]:
    """The rows of a table from the top; cells reach as far as no line parts them.

    None where one of them is a frame around rows of their own.
    """
    held: dict[tuple[int, int], list[Glyph]] = {}
    for word in _words(glyphs):
        middle = median(map(_middle, word))  # a word too long for its cell is not cut
        x = min(max(bisect_right(xs, middle) - 1, 0), len(xs) - 2)
        held.setdefault((bisect_right(ys, word[0].y) - 1, x), []).extend(word)
    rows: list[list[Cell]] = []
    taken: set[tuple[int, int]] = set()
    unruled: set[tuple[int, int]] = set()
    for y in reversed(range(len(ys) - 1)):
        row: list[_Box] = []
        for x in range(len(xs) - 1):
            if (y, x) in taken:
                continue
            wide, high = _reach(x, y, xs, ys, across, down)
            columns = [held.get((y, x + at), []) for at in range(wide)]
            step = 1 if high == 1 and _are_cells(columns) else wide
            for at in range(x, x + wide, step):
                places = [(y - i, at + j) for i in range(high) for j in range(step)]
                if _is_many_rows(places, held):
                    unruled.update(places)
                if (y, at) in unruled:
                    high, places = 1, places[:step]
                taken.update(places)
                inside = [g for p in places for g in held.get(p, [])]
                if _is_frame(inside):
                    return []
                row.append(_Box(inside, xs[at + step] - xs[at], high, step))
        rows += _rows_within(row, len(ys) - 1)
    return rows


def _are_cells(columns: Sequence[Sequence[Glyph]]) -> bool:
    """Whether wide gaps part what stands in columns that no line parts in this row.

    Nearly all hold something: heads that are centred over several columns leave more empty.
    """
    filled = [column for column in columns if column]
    return 1 < len(filled) >= _NEARLY_ALL * len(columns) and all(
        min(g.x0 for g in right) - max(g.x1 for g in left) > _CELLS_APART * right[0].size
        for left, right in pairwise(filled)
    )


def _is_frame(glyphs: Sequence[Glyph]) -> bool:
    """Whether wide gaps part most lines of a cell, so that it holds a table of its own."""
    if len(glyphs) < _FRAMED:
        return False
    lines = rows_of(glyphs)
    parted = sum(
        any(b.x0 - a.x1 > _FRAMED_GAP * b.size for a, b in pairwise(line)) for line in lines
    )
    return len(lines) >= _FRAMED_LINES and parted * 2 >= len(lines)


def _is_many_rows(
    places: Sequence[tuple[int, int]], held: dict[tuple[int, int], list[Glyph]]
) -> bool:
    """Whether a box over several rows holds long text of its own beside most of them."""
    bands = {
        y: sum(len(held.get((y, x), ())) for other, x in places if other == y) for y, _ in places
    }
    beside = sum(map(bool, bands.values()))
    return 1 < len(bands) <= 2 * beside and sum(bands.values()) > _LONGEST_LABEL


def _rows_within(row: Sequence[_Box], ruled: int) -> list[list[Cell]]:
    """The rows of text between two lines across: several, where lines part only the heads.

    So it is where most lines end though the next word had room, or each box has as many, three or
    more; and all lines stand beside those of the first box.
    """
    lines = [rows_of(box.glyphs) for box in row]
    first = next((found for found in lines if found), [])
    beside = [_baseline(line) for line in first]
    fewest = 2 if ruled <= _FEWEST_RULED else 3
    broken = [
        _goes_on(above, below, box.width)
        for found, box in zip(lines, row, strict=True)
        for above, below in pairwise(found)
    ]
    whole = len(beside) > 2 and all(len(found) in (0, len(beside)) for found in lines)
    if (
        len(beside) < fewest
        or len(broken) < len(beside)
        or (sum(broken) * 2 >= len(broken) and not whole)
        or any(box.rows > 1 for box in row)
        or any(_place(line, beside) is None for found in lines for line in found)
    ):
        return [[_cell(box.glyphs, box.rows, box.columns) for box in row]]
    return [
        [
            _cell([g for line in found if _place(line, beside) == at for g in line], 1, box.columns)
            for found, box in zip(lines, row, strict=True)
        ]
        for at in range(len(beside))
    ]


def _baseline(line: Sequence[Glyph]) -> float:
    return median(glyph.y for glyph in line)


def _place(line: Sequence[Glyph], baselines: Sequence[float]) -> int | None:
    """Beside which of some baselines a line stands."""
    near = (at for at, y in enumerate(baselines) if abs(y - _baseline(line)) < 0.3 * line[0].size)
    return next(near, None)


def _goes_on(above: Sequence[Glyph], below: Sequence[Glyph], width: float) -> bool:
    """Whether a line had no room for the first word of the next, and they are not two figures."""
    words = list(_words_of(above)), list(_words_of(below))
    if all(len(line) == 1 and any(g.text.isdigit() for g in line[0]) for line in words):
        return False
    word = words[1][0]
    taken = above[-1].x1 - above[0].x0 + word[-1].x1 - word[0].x0
    return width - taken < _PADDING * below[0].size


def _reach(
    x: int,
    y: int,
    xs: Sequence[float],
    ys: Sequence[float],
    across: Sequence[Shape],
    down: Sequence[Shape],
) -> tuple[int, int]:
    """How many columns and rows a cell covers, to the right and downwards."""
    middle_y, middle_x = (ys[y] + ys[y + 1]) / 2, (xs[x] + xs[x + 1]) / 2
    wide = high = 1
    while x + wide < len(xs) - 1 and not any(
        abs(rule.x0 - xs[x + wide]) <= _NEAR and rule.y0 <= middle_y <= rule.y1 for rule in down
    ):
        wide += 1
    while y - high >= 0 and not any(
        abs(rule.y0 - ys[y - high + 1]) <= _NEAR and rule.x0 <= middle_x <= rule.x1
        for rule in across
    ):
        high += 1
    return wide, high


def _cell(glyphs: Sequence[Glyph], rows: int, columns: int) -> Cell:
    text = " ".join(stretch.text for stretch in stretches_of(glyphs))
    return Cell(text, bool(glyphs) and all(g.bold for g in glyphs), rows, columns)
