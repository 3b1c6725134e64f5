"""Tables to lines of text: each row with the heads of its columns.

This module owns which cells are heads, and how a row is written. Where the cells come from is left
to the formats.

Example: the rows Time, Adults, Children / Evening, 30 mg, none, the first one of heads, are written
"Time: Evening | Adults: 30 mg | Children: none".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
# Share of a column's cells that hold figures, where its first one is taken for a head.
_MOSTLY = 0.6
_LONG_HEAD = 12  # words
_MOST_HEADS = 4  # rows of heads on each other
_GROUP_WORDS = 10
_COLONS = (":", "：")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's words, whether the source calls it a head, and how far it reaches."""

    text: str
    head: bool = False
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True)
class _Place:
    """One place of the grid: its words, whether it is a head, and which cell fills it."""

    text: str
    head: bool
    cell: int


_EMPTY = _Place("", False, -1)


def table_lines(rows: Sequence[Sequence[Cell]]) -> list[str]:
    """The lines of a table, one for each row below the heads.

    Cells that reach over several rows or columns are repeated in each. A row of one cell over all
    columns names the rows below it, or is a note. Without heads, a row is "cell | cell".
    """
    return table_part(rows, [])[0]


def table_part(
    rows: Sequence[Sequence[Cell]], heads: Sequence[str]
) -> tuple[list[str], Sequence[str]]:
    """The lines of a table that may go on with heads, and the heads that hold at its end."""
    grid = [row for row in _grid(rows) if any(place.text for place in row)]
    depths = _depths_of_heads(grid)
    last_row = max((at for at, row in enumerate(grid) if not _is_group(row)), default=-1)
    lines: list[str] = []
    group = ""
    number = 0
    while number < len(grid):
        row = grid[number]
        if _is_group(row):
            lines += [group] if number and _is_group(grid[number - 1]) else []  # it names no row
            group = "" if number > last_row or not _names(row[0].text) else row[0].text
            lines += [] if group else [row[0].text]
            number += 1
        elif (depth := depths[number]) and number + depth < len(grid):
            heads = _joined_heads(grid[number : number + depth])
            if all(map(_is_group, grid[number + depth :])):
                lines.append(" | ".join(filter(None, heads)))  # heads of no row, which are not lost
            group = group if number and _is_group(grid[number - 1]) else ""
            number += depth
        else:
            lines.append(_line(row, heads, group))
            number += 1
    return [line for line in lines if line], heads


def _grid(rows: Sequence[Sequence[Cell]]) -> list[list[_Place]]:
    """The rows with each cell at all the places it covers, all of one width."""
    filled: dict[tuple[int, int], _Place] = {}
    number = 0
    for y, row in enumerate(rows):
        x = 0
        for cell in row:
            while (y, x) in filled:
                x += 1
            place = _Place(cell.text, cell.head, number)
            number += 1
            for down in range(min(cell.rows, len(rows) - y)):
                for right in range(cell.columns):
                    filled[y + down, x + right] = place
            x += cell.columns
    width = 1 + max((x for _, x in filled), default=-1)
    return [[filled.get((y, x), _EMPTY) for x in range(width)] for y in range(len(rows))]


def _is_group(row: Sequence[_Place]) -> bool:
    """Whether one cell fills a row of several columns."""
    return len(row) > 1 and row[0].cell >= 0 and len({place.cell for place in row}) == 1


def _names(words: str) -> bool:
    return len(words.split()) <= _GROUP_WORDS and not words.endswith((".", "!", "?"))


def _depths_of_heads(grid: Sequence[Sequence[_Place]]) -> list[int]:
    """How many rows from each one on are heads of columns."""
    depths = [0] * (len(grid) + 1)
    for number in reversed(range(len(grid))):
        depths[number] = depths[number + 1] + 1 if _all_heads(grid[number]) else 0
    whole = [at for at, row in enumerate(grid) if not _is_group(row)]
    # A table that is bold throughout, or in many rows, calls no row a head.
    alike = len(whole) > 1 and all(depths[at] for at in whole)
    if alike or max(depths) > _MOST_HEADS:
        depths = [0] * len(depths)
    first = whole[0] if whole else 0
    plain = not any(depths) and (alike or not any(place.head for row in grid for place in row[1:]))
    if grid and plain:
        depths[first] = _depth_of_spans(grid[first:]) or _depth_of_plain_heads(grid[first:])
    return depths


def _depth_of_spans(grid: Sequence[Sequence[_Place]]) -> int:
    """How many rows the corner of a table covers, beside a head over several columns; else 0."""
    cells = [place.cell for place in grid[0]]
    depth = sum(row[0].cell == cells[0] for row in grid)
    over_several = len(set(cells)) < len(cells) and cells.count(cells[0]) == 1
    return depth if over_several and 1 < depth < len(grid) else 0


def _depth_of_plain_heads(grid: Sequence[Sequence[_Place]]) -> int:
    """How many of the first rows look like heads: two, where one of the first covers several."""
    cells = [place.cell for place in grid[0]]
    if len(grid) > 2 and len(set(cells)) < len(cells):
        joined = _joined_heads(grid[:2])
        under = [_Place(text, False, at) for at, text in enumerate(joined)]
        words = not any(_is_figure(place.text) for row in grid[:2] for place in row)
        return 2 if words and _looks_like_heads([under, *grid[2:]]) else 0
    return int(_looks_like_heads(grid))


def _all_heads(row: Sequence[_Place]) -> bool:
    shown = [place for place in row if place.text]
    if len(row) < 2 or _is_group(row):
        return False
    return all(place.head for place in shown) and len(shown) * 2 >= len(row)


def _looks_like_heads(grid: Sequence[Sequence[_Place]]) -> bool:
    """Whether the first row is all words, above figures or beside an empty corner.

    So it is where each row begins with a head, as in a table that is turned on its side.
    """
    first, rest = grid[0], [row for row in grid[1:] if not _is_group(row)]
    texts = [place.text for place in first]
    if len(first) < 2 or not rest or any(_is_figure(text) for text in texts):
        return False
    if all(row[0].text.endswith(_COLONS) for row in grid):
        return False  # each row has its own head
    if not all(texts[1:]) or len(set(texts)) < len(texts):
        return False
    if any(len(text.split()) > _LONG_HEAD for text in texts):
        return False
    if len(first) > 2 and all(row[0].head for row in grid):
        return any(_is_figure(place.text) for row in rest for place in row[1:])
    if not texts[0] and all(row[0].text for row in rest):
        return True
    below = [[row[x].text for row in rest if row[x].text] for x in range(len(first))]
    return any(
        column and sum(map(_is_figure, column)) >= _MOSTLY * len(column) for column in below[1:]
    )


def _is_figure(text: str) -> bool:
    """Whether a cell gives a number; a year alone may be a head."""
    return any(character.isdigit() for character in text) and not _YEAR.fullmatch(text)


def _joined_heads(rows: Sequence[Sequence[_Place]]) -> list[str]:
    return [
        ", ".join(dict.fromkeys(place.text for place in column if place.text))
        for column in zip(*rows, strict=True)
    ]


def _line(row: Sequence[_Place], heads: Sequence[str], group: str) -> str:
    parts = [group] if group else []
    if not heads and len(row) == 2 and row[0].text and _heads_its_row(row):
        return " | ".join([*parts, f"{row[0].text.rstrip(' :')}: {row[1].text}"]).rstrip(": ")
    parts += [
        f"{head.rstrip(' :')}: {place.text}" if head and head != place.text else place.text
        for place, head in _with_heads(row, heads)
        if place.text
    ]
    return " | ".join(parts)


def _heads_its_row(row: Sequence[_Place]) -> bool:
    return (row[0].head and not row[1].head) or row[0].text.endswith(_COLONS)


def _with_heads(row: Sequence[_Place], heads: Sequence[str]) -> Iterator[tuple[_Place, str]]:
    """Each cell of a row once, with the heads of all columns it covers."""
    x = 0
    while x < len(row):
        end = x + 1
        while end < len(row) and row[end].cell == row[x].cell and row[x].cell >= 0:
            end += 1
        above = dict.fromkeys(head for head in heads[x:end] if head)
        yield row[x], ", ".join(above)
        x = end
