"""On which line of a catalogue's text something stands, so that a mistake can be gone to.

This module owns the way from a table, a key or an id to its line. What a TOML text means is left to
`tomllib`; here only heads, keys and ids are looked for, outside of texts over several lines.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeAlias

Place: TypeAlias = tuple[int | str, ...]
"""Names of tables and keys, and which of several, from 0, as in ("topics", 2, "text")."""

_HEAD = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([\w-]+|\"[^\"]+\"|'[^']+')\s*=\s*(.*)")
_ID = re.compile(r"""["'](\w+)["']""")
_NAMED = re.compile(r"""["“'](.+?)["”']|: (\w+): |entry: (\w+)|source (\w+)""")
_LONG_TEXT = re.compile(r'"""|\'\'\'')


def line_of(text: str, place: Place) -> int | None:
    r"""The line, from 1, of a table or key; of what holds it if it has none itself.

    Example: line_of('[banner]\ntext = ""', ("banner", "text")) -> 2
    """
    lines = _places(text)
    held = (place[:length] for length in range(len(place), 0, -1))
    return next((lines[part] for part in held if part in lines), None)


def line_of_id(text: str, id: str) -> int | None:
    """The line of the table that has some id, or of the source of a name ("source NAME")."""
    if id.startswith("source "):
        return line_of(text, ("sources", id.removeprefix("source ")))
    return _ids(text).get(id)


def line_named(text: str, message: str) -> int | None:
    """The line of the first id that a message names, or of the first words that it quotes."""
    named = [word for found in _NAMED.findall(message) for word in found if word]
    ids = (line_of_id(text, word) for word in named)
    lines = text.splitlines()
    quoted = (n for word in named for n, line in enumerate(lines, 1) if word in line)
    return next((line for line in (*ids, *quoted) if line), None)


def _places(text: str) -> Mapping[Place, int]:
    found: dict[Place, int] = {}
    for number, place, _ in _scan(text):
        found.setdefault(place, number)
    return found


def _ids(text: str) -> Mapping[str, int]:
    stated = (
        (_ID.match(value), number) for number, place, value in _scan(text) if place[-1] == "id"
    )
    return {found[1]: number for found, number in reversed(list(stated)) if found}


def _scan(text: str) -> Iterator[tuple[int, Place, str]]:
    """The line, the place and the value of every head and key."""
    counts: Counter[Place] = Counter()
    table: Place = ()
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not fence:
            if head := _HEAD.match(line):
                table = _table(head[2], counts, repeated=head[1] == "[[")
                yield number, table, ""
            elif key := _KEY.match(line):
                yield number, (*table, key[1].strip("\"'")), key[2]
        fence = _fence_after(line, fence)


def _table(name: str, counts: Counter[Place], *, repeated: bool) -> Place:
    """The place of a table whose head names it; the latest of those it belongs to."""
    place: Place = ()
    parts = [part.strip().strip("\"'") for part in name.split(".")]
    for part in parts[:-1]:
        place = (*place, part)
        if counts[place]:
            place = (*place, counts[place] - 1)
    place = (*place, parts[-1])
    if repeated:
        counts[place] += 1
        place = (*place, counts[place] - 1)
    return place


def _fence_after(line: str, fence: str) -> str:
    """The quotation marks of the text over several lines that a line ends in, or ""."""
    for mark in _LONG_TEXT.findall(line):
        if not fence:
            fence = mark
        elif mark == fence:
            fence = ""
    return fence
