"""The reading order of a page: columns, tables, lines.

This module finds columns and tables among the text of a page. `layout` joins lines to paragraphs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from askdoc.documents.lines import Stretch
from askdoc.documents.unruled import rows_of_table, running_on, runs_on, table_end

_MOST_GUTTERS = 30
_DEEPEST = 12
_NARROWEST_COLUMN = 9.0  # times the height of the text, on average
_NARROWEST_PROSE = 4.0  # times the height, of lines that run on
_FILLED = 0.6  # share of a column's width that its lines fill on average
_FEWEST_LINES = 3
_FEWEST_NUMBERS = 4
_GUTTER = 0.6  # of the height
_SAME_HEIGHT = 0.2  # of the height, between the rows of columns set apart from each other
_PARAGRAPH_GAP = 1.9  # of the height: more is white space across columns
_MANY_ROWS = 20
_WIDE_GUTTER = 1.2  # of the height, between columns that are no prose
_NARROWEST_CARD = 5.0  # times the height, the words of a row in such a column
_ONE_BASELINE = 0.05  # of the height
_FILLED_ROWS = 0.85  # the same share, where many rows stand side by side
_MANY_PROSE_ROWS = 8
_SOME_RUN_ON = 0.4  # share of lines
_MOSTLY_SHARED = 0.6  # share of the rows of two columns, as of a table
_SHARED = 0.3  # share of the rows of such a column
_SAME_ROW = 0.4  # of the height, between baselines


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is read: words, box, height, weight, and where its column ends.

    `whole` marks a line that is a paragraph by itself, such as a row of a table.
    """

    text: str
    x: float
    y: float
    height: float
    bold: bool
    x1: float = 0.0
    right: float = 0.0
    whole: bool = False


def lines_in_order(stretches: Sequence[Stretch]) -> list[Line]:
    """The lines of a page, a column at a time."""
    items = sorted(stretches, key=lambda s: (-s.y, s.x0))
    return [line for region in _regions(items, 0) for line in _region_lines(region)]


def _regions(items: list[Stretch], depth: int) -> Iterator[list[Stretch]]:
    """Yields the regions of a page in reading order, each of a single column."""
    found = _columns(items) if depth < _DEEPEST else None
    if found is None:
        if items:
            yield items
        return
    for part in found:
        yield from _regions(part, depth + 1)


def _columns(items: list[Stretch]) -> tuple[list[Stretch], ...] | None:
    """Splits items: above two columns, the left one, the right one, below; None without columns."""
    lefts = Counter(round(item.x0) for item in items)
    best: tuple[int, int, int, float] | None = None
    for left, _ in lefts.most_common(_MOST_GUTTERS):
        gutter = left - 1.0
        start = 0
        for end in [*_crossing(items, gutter), len(items)]:
            for run in _runs_with_columns(items, start, end, gutter):
                if best is None or run[1] - run[0] > best[0]:
                    best = (run[1] - run[0], *run, gutter)
            start = end + 1
    if best is None:
        return None
    _, start, end, gutter = best
    zone = items[start:end]
    return (
        items[:start],
        [item for item in zone if item.x1 <= gutter + 0.5],
        [item for item in zone if item.x1 > gutter + 0.5],
        items[end:],
    )


def _runs_with_columns(
    items: Sequence[Stretch], start: int, end: int, gutter: float
) -> Iterator[tuple[int, int]]:
    """A run of items, or what wide gaps part it into, where it has columns beside a gutter."""
    if whole := _trimmed(items, start, end, gutter):
        yield whole
        return
    apart = [
        at
        for at in range(start + 1, end)
        if items[at - 1].y - items[at].y > _PARAGRAPH_GAP * items[at].size
    ]
    for first, last in pairwise([start, *apart, end]) if apart else ():
        if part := _trimmed(items, first, last, gutter):
            yield part


def _crossing(items: Sequence[Stretch], gutter: float) -> list[int]:
    return [at for at, item in enumerate(items) if item.x0 < gutter and item.x1 > gutter + 0.5]


def _trimmed(
    items: Sequence[Stretch], start: int, end: int, gutter: float
) -> tuple[int, int] | None:
    """A run of items with columns on both sides of a gutter, or None.

    Items on the left alone, beyond a wide gap above or below the right column, are excluded.
    """
    run = items[start:end]
    left = [item for item in run if item.x1 <= gutter + 0.5]
    right = [item for item in run if item.x1 > gutter + 0.5]
    if not (left and right):
        return None
    highest, lowest = right[0].y, right[-1].y
    first, last = 0, len(left)
    for at, (upper, lower) in enumerate(pairwise(left), start=1):
        apart = upper.y - lower.y > _PARAGRAPH_GAP * upper.size
        if apart and upper.y > highest + upper.size:
            first = at
        if apart and lower.y < lowest:
            last = at
            break
    if not _are_columns(left[first:last], right):
        return None
    above = run.index(left[first]) if first else 0
    below = run.index(left[last]) if last < len(left) else len(run)
    return start + min(above, run.index(right[0])), start + below


def _are_columns(left: Sequence[Stretch], right: Sequence[Stretch]) -> bool:
    few, many = sorted((_row_count(left), _row_count(right)))
    size = max(Counter(round(item.size, 1) for item in [*left, *right]).most_common(1)[0][0], 1)
    beside = many >= _FEWEST_LINES and not _share_a_line(left, right, size)
    if few < (2 if beside or many >= 2 * _FEWEST_LINES else _FEWEST_LINES):
        return False
    if min(i.x0 for i in right) - max(i.x1 for i in left) < _GUTTER * size:
        return False
    top, bottom = min(left[0].y, right[0].y), max(left[-1].y, right[-1].y)
    shorter = min(left[0].y - left[-1].y, right[0].y - right[-1].y)
    in_rows = min(_shared(left, right, size)) >= _MOSTLY_SHARED
    in_rows = in_rows and not any(_runs_on_well(side) for side in (left, right))
    on_left, on_right = (_is_prose(side, size, in_rows=in_rows) for side in (left, right))
    prose = on_left and (on_right or (beside and _is_note(right, size)))
    prose = prose or _are_set_apart(left, right, size)
    return top - bottom >= 0.5 * shorter and prose


def _runs_on_well(column: Sequence[Stretch]) -> bool:
    rows = list(_rows(column))
    return len(rows) >= _FEWEST_LINES and running_on(rows) >= _FILLED


def _are_set_apart(left: Sequence[Stretch], right: Sequence[Stretch], size: float) -> bool:
    """Whether many rows on both sides hardly ever share a baseline, as a reference card's do."""
    rows = [_row_count(side) for side in (left, right)]
    widths = [sum(i.x1 - i.x0 for i in side) for side in (left, right)]
    return (
        min(rows) >= _MANY_ROWS
        and min(i.x0 for i in right) - max(i.x1 for i in left) >= _WIDE_GUTTER * size
        and all(w >= _NARROWEST_CARD * size * n for w, n in zip(widths, rows, strict=True))
        and max(_shared(left, right, size)) < _SHARED
    )


def _share_a_line(left: Sequence[Stretch], right: Sequence[Stretch], size: float) -> bool:
    """Whether any row of one column stands at the height of one of the other, as in a table."""
    heights = [item.y for item in left]
    return any(abs(item.y - y) <= _SAME_HEIGHT * size for item in right for y in heights)


def _shared(left: Sequence[Stretch], right: Sequence[Stretch], size: float) -> tuple[float, float]:
    """The shares of the rows of two columns that stand at the height of one of the other."""
    ys, others = ([row[0].y for row in _rows(side)] for side in (left, right))
    near = _ONE_BASELINE * size
    found = [
        sum(any(abs(y - z) <= near for z in theirs) for y in own) / len(own)
        for own, theirs in ((ys, others), (others, ys))
    ]
    return found[0], found[1]


def _is_prose(column: Sequence[Stretch], size: float, *, in_rows: bool) -> bool:
    """Whether lines fill the width of a column, unlike the cells of a table, or run on.

    Those that stand side by side `in_rows` fill it, and some of a few run on.
    """
    if any(item.rows for item in column):
        return True
    rows = list(_rows(column))
    widths = [sum(item.x1 - item.x0 for item in row) for row in rows]
    mean = sum(widths) / len(widths)
    whole = max(item.x1 for item in column) - min(item.x0 for item in column)
    if mean >= _NARROWEST_COLUMN * size and mean >= _FILLED * whole:
        many = len(rows) >= _MANY_PROSE_ROWS and mean >= _FILLED_ROWS * whole
        return not in_rows or many or running_on(rows) >= _SOME_RUN_ON
    words = sum(len(item.text.split()) for item in column)
    starts = Counter(round(row[0].x0) for row in rows).most_common(1)[0][1]
    flush = starts >= _FILLED * len(rows)
    return flush and mean >= _NARROWEST_PROSE * size and words >= 2 * len(rows) and runs_on(rows)


def _is_note(column: Sequence[Stretch], size: float) -> bool:
    """Whether a few lines beside a text are of words, as its formulas are not."""
    words = [word for item in column for word in item.text.split() if len(word) > 1]
    wide = all(item.x1 - item.x0 >= _NARROWEST_PROSE * size for item in column)
    return wide and sum(word[0].isalpha() for word in words) >= 2 * len(column)


def _row_count(items: Sequence[Stretch]) -> int:
    return sum(1 for _ in _rows(items))


def _rows(items: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    """Groups items by baseline: rows from the top, each from the left."""
    row: list[Stretch] = []
    for item in items:
        apart = row and row[0].y - item.y > _SAME_ROW * max(row[0].size, item.size)
        if apart or (row and (item.rows or row[0].rows)):
            yield sorted(row, key=lambda s: s.x0)
            row = []
        row.append(item)
    if row:
        yield sorted(row, key=lambda s: s.x0)


def _region_lines(items: Sequence[Stretch]) -> Iterator[Line]:
    rows = _without_line_numbers(list(_rows(items)))
    right = max(item.x1 for item in items)
    number = 0
    while number < len(rows):
        end = table_end(rows, number)
        if end > number:
            first = rows[number][0]
            for words in rows_of_table(rows[number:end]):
                x1 = rows[number][-1].x1
                yield Line(words, first.x0, first.y, first.size, False, x1, right, True)
            number = end
        else:
            yield from _lines(rows[number], right)
            number += 1


def _without_line_numbers(rows: list[list[Stretch]]) -> list[list[Stretch]]:
    """Leaves out the numbers of lines in the margin of text that runs on."""
    numbered = [row for row in rows if len(row) > 1 and row[0].text.isdecimal()]
    values = [int(row[0].text) for row in numbered]
    steps = {later - earlier for earlier, later in pairwise(values)}
    if len(numbered) < _FEWEST_NUMBERS or steps not in ({1}, {5}):
        return rows
    bare = [row[1:] if row in numbered else row for row in rows]
    return bare if runs_on(bare) else rows


def _lines(row: Sequence[Stretch], right: float) -> Iterator[Line]:
    if row[0].rows:
        for words in row[0].rows:
            yield Line(words, row[0].x0, row[0].y, row[0].size, False, row[0].x1, right, True)
    else:
        if row[0].text == "o" and len(row) > 1:  # Word's bullet of the second level
            row = [replace(row[0], text="•"), *row[1:]]
        largest = max(row, key=lambda s: len(s.text))
        text = " ".join(item.text for item in row)
        bold = all(item.bold for item in row if any(map(str.isalpha, item.text)))
        bold = bold and any(item.bold for item in row)
        yield Line(text, row[0].x0, largest.y, largest.size, bold, row[-1].x1, right)
