"""Files of lines: their text, the JSON objects in them, and the fields of those.

This module owns decoding, and errors that name file, line and way out. Which fields there are is
left to those who ask for them.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from askdoc.errors import EvaluationError


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


_Named = TypeVar("_Named", bound=_HasId)


def text_of(file: Path) -> str:
    r"""The text of a file in UTF-8, with or without a mark at its beginning; lines end in "\n".

    A file whose name ends in .gz is unpacked.

    Raises:
        EvaluationError: The file cannot be read, or is not UTF-8.
    """
    try:
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = error.object[: error.start].count(b"\n") + 1
        raise EvaluationError(
            f"{file}, line {number} is not UTF-8. Save the file in UTF-8."
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        raise EvaluationError(f"{file} cannot be read: {error}.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def lines_of(file: Path) -> Iterator[tuple[str, str]]:
    r"""Each line that is not blank, after its place, as in ("topics.tsv, line 2", "q2\twhy?").

    Raises:
        EvaluationError: The file cannot be read, or is not UTF-8.
    """
    for number, line in enumerate(text_of(file).split("\n"), start=1):
        if line.strip():
            yield f"{file}, line {number}", line


def objects_of(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object of a JSON Lines file, after its place.

    Raises:
        EvaluationError: The file cannot be read, or a line is not a JSON object.
    """
    for place, line in lines_of(file):
        yield place, _object(line, place)


def rows(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file.

    Raises:
        EvaluationError: The file is missing or a line is not a JSON object.
    """
    yield from (row for _, row in objects_of(file))


def distinct(found: Iterable[tuple[str, _Named]]) -> Iterator[_Named]:
    """What stands at each place, without the place.

    Raises:
        EvaluationError: Two have the same id.
    """
    places: dict[str, str] = {}
    for place, one in found:
        if one.id in places:
            raise EvaluationError(
                f'{place} has the id "{one.id}", and so has {places[one.id]}. Give each its own.'
            )
        places[one.id] = place
        yield one


def id_in(row: Mapping[str, Any], name: str, place: str) -> str:
    """A field that must be there, a string or a whole number.

    Raises:
        EvaluationError: It is missing, empty, or something else.
    """
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return needed_text_in(row, name, place)


def needed_text_in(row: Mapping[str, Any], name: str, place: str) -> str:
    """A string that must be there.

    Raises:
        EvaluationError: It is missing, blank, or no string.
    """
    text = text_in(row, name, place)
    if not text.strip():
        raise EvaluationError(f'{place} lacks "{name}". Add it.')
    return text


def text_in(row: Mapping[str, Any], name: str, place: str) -> str:
    """A string, or "" where it is missing or null.

    Raises:
        EvaluationError: It is no string.
    """
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise EvaluationError(f'{place}: "{name}" must be a string. Put it in quotation marks.')
    return value or ""


def texts_in(row: Mapping[str, Any], name: str, place: str) -> tuple[str, ...]:
    """A list of strings, or none where it is missing or null.

    Raises:
        EvaluationError: It is something else.
    """
    value = row.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise EvaluationError(f'{place}: "{name}" must be a list of strings, like ["one", "two"].')
    return tuple(value)


def _object(line: str, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise EvaluationError(f"{place} is not JSON: {error}. Correct that line.") from error
    if not isinstance(row, dict):
        raise EvaluationError(f"{place} is not a JSON object. Correct that line.")
    return row
