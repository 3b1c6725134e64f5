"""Tables that are drawn with lines, and bullets that are drawn as dots.

This module owns what the shapes on a PDF's page say of its text.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from askdoc.documents.glyphs import Glyph, Shape
from askdoc.documents.lines import Stretch, stretches_of
from askdoc.documents.tables import Cell, table_part

_THIN = 2.5  # points
_NEAR = 3.0  # points, between lines that meet
_RUNNING_HEAD = 150  # characters above a table that goes on from the page before, at most
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
        inside = [g for g in rest if xs[0] < _middle(g) < xs[-1] and ys[0] < g.y < ys[-1]]
        rows = _cells(inside, xs, ys, across, down)
        first = not tables and sum(g.y > ys[-1] for g in glyphs) <= _RUNNING_HEAD
        heads = before.heads if first and before.goes_on(xs) else ()
        lines, heads = table_part(rows, heads)
        if len(lines) < 2 and sum(bool(cell.text) for row in rows for cell in row) < 3:
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


def _rules(shapes: Sequence[Shape]) -> tuple[list[Shape], list[Shape]]:
    """Lines across and lines down; a box of some size counts as its four edges."""
    across: list[Shape] = []
    down: list[Shape] = []
    for shape in shapes[:_MOST_RULES]:
        wide, high = shape.x1 - shape.x0, shape.y1 - shape.y0
        if high <= _THIN < wide:
            across.append(shape)
        elif wide <= _THIN < high:
            down.append(shape)
        elif wide > 8 and high > 8:
            across += [replace(shape, y1=shape.y0), replace(shape, y0=shape.y1)]
            down += [replace(shape, x1=shape.x0), replace(shape, x0=shape.x1)]
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
    """The rows of a table from the top; cells reach as far as no line parts them."""
    held: dict[tuple[int, int], list[Glyph]] = {}
    for glyph in glyphs:
        place = (bisect_right(ys, glyph.y) - 1, bisect_right(xs, _middle(glyph)) - 1)
        held.setdefault(place, []).append(glyph)
    rows: list[list[Cell]] = []
    taken: set[tuple[int, int]] = set()
    for y in reversed(range(len(ys) - 1)):
        row: list[Cell] = []
        for x in range(len(xs) - 1):
            if (y, x) in taken:
                continue
            wide, high = _reach(x, y, xs, ys, across, down)
            places = [(y - i, x + j) for i in range(high) for j in range(wide)]
            taken.update(places)
            row.append(_cell([g for p in places for g in held.get(p, [])], high, wide))
        rows.append(row)
    return rows


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
