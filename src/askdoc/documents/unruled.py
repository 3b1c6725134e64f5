"""Tables whose columns white space alone parts, among the rows of a page.

This module owns where such a table begins and ends, and its cells; how a row is written is left to
`tables`. Text that runs on, in lines whose gaps may look like columns, is told from it here too.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from askdoc.documents.lines import Stretch
from askdoc.documents.tables import Cell, table_lines

_RUNNING_ON = 0.6  # share of such lines
_NEXT_LINE = 1.4  # of the height, between lines of one cell
_WIDEST_CELL = 14.0  # times the height, on average
_LEADERS = re.compile(r"(?:\.\s?){4,}|…{2,}|_{4,}")
_MARK = re.compile(r"[•◦‣▪●○■·*–-]|\(?\w{1,3}[.)]|\[\w{1,6}\]")


def runs_on(rows: Sequence[Sequence[Stretch]]) -> bool:
    """Whether most lines continue the sentence of a line that had no room for the next word."""
    return len(rows) > 2 and running_on(rows) >= _RUNNING_ON


def running_on(rows: Sequence[Sequence[Stretch]]) -> float:
    """The share of lines, but the first, that continue the sentence of the line before so."""
    right = max(row[-1].x1 for row in rows)
    pairs = [(above[-1], below[0]) for above, below in pairwise(rows)]
    on = sum(_goes_on_in_words(above, below, right) for above, below in pairs)
    return on / max(len(pairs), 1)


def _goes_on_in_words(above: Stretch, below: Stretch, right: float) -> bool:
    open_end = above.text[-1:].isalnum() or above.text[-1:] in ",-"
    if not (open_end and below.text[:1].islower()):
        return False
    word = len(below.text.split()[0]) / len(below.text) * (below.x1 - below.x0)
    return right - above.x1 < word + 0.4 * above.size


def table_end(rows: Sequence[Sequence[Stretch]], start: int) -> int:
    """The row after a table that begins at `start`; `start` itself if none does."""
    if not _is_table_row(rows[start]):
        return start
    end, full = start + 1, 1
    while end < len(rows) and _follows(rows[end - 1], rows[end]):
        if _is_table_row(rows[end]):
            full += 1
        elif not (_goes_on(rows[start:end], rows[end]) or _is_row_of_one(rows, start, end)):
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


def _is_row_of_one(rows: Sequence[Sequence[Stretch]], start: int, at: int) -> bool:
    """Whether a row has a cell in a table's first column alone, and the table goes on below."""
    after = rows[at + 1] if at + 1 < len(rows) else rows[at]
    if len(rows[at]) > 1 or not (_is_table_row(after) and _follows(rows[at], after)):
        return False
    columns = _intervals([row for row in rows[start:at] if len(row) > 1])
    item = rows[at][0]
    return (
        len(columns) > 1
        and item.x0 >= columns[0][0] - item.size
        and item.x1 < columns[1][0]
        and after[0].x0 < columns[1][0] <= after[1].x1
    )


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
    if figures * 2 >= len(rows) or not runs_on([*rows, *behind]):
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


def rows_of_table(rows: Sequence[Sequence[Stretch]]) -> list[str]:
    """The lines of a table, a row of text each."""
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
        elif len(row) == 1 and row[0].bold and texts[0] and number:
            table.append([Cell(texts[0], columns=len(columns))])  # names the rows below it
        else:
            table.append([Cell(text, head) for text in texts])
    return table_lines(table)
