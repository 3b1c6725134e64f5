"""The reading order of a page: columns, tables, lines.

This module finds columns and tables among the text of a page. `layout` joins lines to paragraphs.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from askdoc.documents.lines import Stretch
from askdoc.documents.tables import Cell, table_lines

_MOST_GUTTERS = 30
_DEEPEST = 12
_NARROWEST_COLUMN = 9.0  # times the height of the text, on average
_NARROWEST_PROSE = 4.0  # times the height, of lines that run on
_RUNNING_ON = 0.6  # share of such lines
_FILLED = 0.6  # share of a column's width that its lines fill on average
_FEWEST_LINES = 3
_FEWEST_NUMBERS = 4
_GUTTER = 0.6  # of the height
_SAME_HEIGHT = 0.2  # of the height, between the rows of columns set apart from each other
_SAME_ROW = 0.4  # of the height, between baselines
_NEXT_LINE = 1.4  # of the height, between lines of one cell
_WIDEST_CELL = 14.0  # times the height, on average
_LEADERS = re.compile(r"(?:\.\s?){4,}|…{2,}|_{4,}")
_MARK = re.compile(r"[•◦‣▪●○■·*–-]|\(?\w{1,3}[.)]|\[\w{1,6}\]")


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
            run = _trimmed(items, start, end, gutter)
            if run and (best is None or run[1] - run[0] > best[0]):
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
        apart = upper.y - lower.y > 1.9 * upper.size
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
    prose = _is_prose(left, size) and (_is_prose(right, size) or (beside and _is_note(right, size)))
    return top - bottom >= 0.5 * shorter and prose


def _share_a_line(left: Sequence[Stretch], right: Sequence[Stretch], size: float) -> bool:
    """Whether any row of one column stands at the height of one of the other, as in a table."""
    heights = [item.y for item in left]
    return any(abs(item.y - y) <= _SAME_HEIGHT * size for item in right for y in heights)


def _is_prose(column: Sequence[Stretch], size: float) -> bool:
    """Whether lines fill the width of a column, unlike the cells of a table."""
    if any(item.rows for item in column):
        return True
    rows = list(_rows(column))
    widths = [sum(item.x1 - item.x0 for item in row) for row in rows]
    mean = sum(widths) / len(widths)
    whole = max(item.x1 for item in column) - min(item.x0 for item in column)
    if mean >= _NARROWEST_COLUMN * size and mean >= _FILLED * whole:
        return True
    words = sum(len(item.text.split()) for item in column)
    return mean >= _NARROWEST_PROSE * size and words >= 2 * len(rows) and _runs_on(rows)


def _is_note(column: Sequence[Stretch], size: float) -> bool:
    """Whether a few lines beside a text are of words, as its formulas are not."""
    words = [word for item in column for word in item.text.split() if len(word) > 1]
    wide = all(item.x1 - item.x0 >= _NARROWEST_PROSE * size for item in column)
    return wide and sum(word[0].isalpha() for word in words) >= 2 * len(column)


def _runs_on(rows: Sequence[Sequence[Stretch]]) -> bool:
    """Whether most lines continue the sentence of a line that had no room for the next word."""
    right = max(row[-1].x1 for row in rows)
    pairs = [(above[-1], below[0]) for above, below in pairwise(rows)]
    on = sum(_goes_on_in_words(above, below, right) for above, below in pairs)
    return len(pairs) >= 2 and on >= _RUNNING_ON * len(pairs)


def _goes_on_in_words(above: Stretch, below: Stretch, right: float) -> bool:
    open_end = above.text[-1:].isalnum() or above.text[-1:] in ",-"
    if not (open_end and below.text[:1].islower()):
        return False
    word = len(below.text.split()[0]) / len(below.text) * (below.x1 - below.x0)
    return right - above.x1 < word + 0.4 * above.size


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
        end = _table_end(rows, number)
        if end > number:
            yield from _table(rows[number:end], right)
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
    return bare if _runs_on(bare) else rows


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


def _table_end(rows: Sequence[Sequence[Stretch]], start: int) -> int:
    """The row after a table that begins at `start`; `start` itself if none does."""
    if not _is_table_row(rows[start]):
        return start
    end, full = start + 1, 1
    while end < len(rows) and _follows(rows[end - 1], rows[end]):
        if _is_table_row(rows[end]):
            full += 1
        elif not _goes_on(rows[start:end], rows[end]):
            break
        end += 1
    while end > start and not _is_table_row(rows[end - 1]) and len(rows[end - 1]) < 2:
        if _goes_on(rows[start : end - 1], rows[end - 1]):
            break
        end -= 1
    found = rows[start:end]
    is_table = full >= 2 and _is_table(found) and not _is_justified(found, rows[end : end + 1])
    return end if is_table else start


def _is_table_row(row: Sequence[Stretch]) -> bool:
    return (
        len(row) > 1
        and not any(item.rows for item in row)
        and not _MARK.fullmatch(row[0].text)
        and not any(_LEADERS.search(item.text) for item in row)
    )


def _follows(above: Sequence[Stretch], row: Sequence[Stretch]) -> bool:
    return above[0].y - row[0].y < 3.2 * max(above[0].size, row[0].size)


def _goes_on(above: Sequence[Sequence[Stretch]], row: Sequence[Stretch]) -> bool:
    """Whether a row of few cells, none in the first column, continues the rows above."""
    first = max(line[0].x1 for line in above if len(line) > 1)
    near = above[-1][0].y - row[0].y < _NEXT_LINE * row[0].size
    return near and not row[0].rows and row[0].x0 >= first


def _is_table(rows: Sequence[Sequence[Stretch]]) -> bool:
    columns = _intervals(rows)
    if len(columns) < 2:
        return False
    cells = [item for row in rows if len(row) > 1 for item in row]
    mean = sum(item.x1 - item.x0 for item in cells) / len(cells)
    return mean <= _WIDEST_CELL * cells[0].size


def _is_justified(rows: Sequence[Sequence[Stretch]], behind: Sequence[Sequence[Stretch]]) -> bool:
    """Whether rows are justified running text, whose wide gaps look like columns."""
    figures = sum(row[-1].text[-1:].isdigit() for row in rows)  # as rows of a table end
    if figures * 2 >= len(rows) or not _runs_on([*rows, *behind]):
        return False
    ends = [row[-1].x1 for row in rows]
    starts = [row[1].x0 for row in rows if len(row) > 1]
    return max(ends) - min(ends) < 1.5 and max(starts) - min(starts) > rows[0][0].size


def _intervals(rows: Sequence[Sequence[Stretch]]) -> list[tuple[float, float]]:
    """The columns of some rows: the merged extents of their cells."""
    columns: list[tuple[float, float]] = []
    for item in sorted((item for row in rows for item in row), key=lambda s: s.x0):
        if columns and item.x0 < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], item.x1))
        else:
            columns.append((item.x0, item.x1))
    return columns


def _under_heads(
    columns: list[tuple[float, float]], rows: Sequence[Sequence[Stretch]]
) -> list[tuple[float, float]]:
    """Merges the column of a head with that of its cells, where they do not overlap."""

    def held(column: tuple[float, float], row: Sequence[Stretch]) -> bool:
        return any(column[0] <= item.x0 < column[1] for item in row)

    def head_alone(column: tuple[float, float]) -> bool:
        return held(column, rows[0]) and not any(held(column, row) for row in rows[1:])

    found, columns, at = columns, list(columns), 0
    while at < len(columns):
        beside = [n for n in (at - 1, at + 1) if 0 <= n < len(columns)]
        free = [n for n in beside if not held(columns[n], rows[0])]
        if head_alone(columns[at]) and free:
            near = min(free, key=lambda n: _gap(columns[at], columns[n]))
            first, last = sorted((at, near))
            columns[first : last + 1] = [(columns[first][0], columns[last][1])]
            at = 0
        else:
            at += 1
    return columns if len(columns) - len(rows[0]) in (0, 1) else found


def _gap(one: tuple[float, float], other: tuple[float, float]) -> float:
    return max(one[0], other[0]) - min(one[1], other[1])


def _spread(row: Sequence[Stretch], columns: Sequence[tuple[float, float]]) -> list[Cell]:
    """The cells of a first row of heads, some of which are centred over several columns."""
    own = [next(i for i, (_, end) in enumerate(columns) if item.x0 < end) for item in row]
    cells: list[Cell] = []
    for number, item in enumerate(row):
        first = sum(cell.columns for cell in cells)
        last = own[number + 1] if number + 1 < len(row) else len(columns)
        reach = [(a, b) for a in range(first, own[number] + 1) for b in range(own[number], last)]
        middle = (item.x0 + item.x1) / 2
        if not reach:
            return []  # two heads over one column
        best = min(reach, key=lambda r: abs(middle - (columns[r[0]][0] + columns[r[1]][1]) / 2))
        cells += [Cell("")] * (best[0] - first)
        cells.append(Cell(item.text, columns=best[1] - best[0] + 1))
    return cells + [Cell("")] * (len(columns) - sum(cell.columns for cell in cells))


def _table(rows: Sequence[Sequence[Stretch]], right: float) -> Iterator[Line]:
    columns = _under_heads(_intervals(rows), rows)
    table: list[list[Cell]] = []
    for number, row in enumerate(rows):
        texts = ["" for _ in columns]
        for item in row:
            at = next(i for i, (_, end) in enumerate(columns) if item.x0 < end)
            texts[at] = f"{texts[at]} {item.text}".strip()
        head = all(item.bold for item in row) and number < len(rows) - 1
        spread = _spread(row, columns) if number == 0 and 1 < len(row) < len(columns) else []
        over_several = len(table) == 1 and len(table[0]) < len(columns)
        if any(cell.columns > 1 for cell in spread):
            table.append([replace(cell, head=head) for cell in spread])
        elif (
            number and not over_several and len(row) < len(columns) and _goes_on(rows[:number], row)
        ):
            above = table[-1]
            table[-1] = [
                Cell(f"{cell.text} {text}".strip(), cell.head)
                for cell, text in zip(above, texts, strict=True)
            ]
        else:
            table.append([Cell(text, head) for text in texts])
    first = rows[0][0]
    for words in table_lines(table):
        yield Line(words, first.x0, first.y, first.size, False, rows[0][-1].x1, right, True)
