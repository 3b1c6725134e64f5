"""Fitted weights as text: what the files of recognisers, adapters and models hold."""

import base64
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Fitted = TypeVar("Fitted")


def array_to_json(rows: NDArray[np.float32]) -> dict[str, Any]:
    """An array in half precision, as JSON holds it."""
    halves = rows.astype("<f2").tobytes()
    return {"shape": list(rows.shape), "float16": base64.b64encode(halves).decode("ascii")}


def array_from_json(row: dict[str, Any]) -> NDArray[np.float32]:
    """What `array_to_json` made.

    Raises:
        ValueError, KeyError, TypeError: It is something else.
    """
    values = np.frombuffer(base64.b64decode(row["float16"], validate=True), dtype="<f2")
    return values.reshape(row["shape"]).astype(np.float32)


def fitted(parse: Callable[[str], Fitted], file: Path) -> Fitted:
    """What a file of fitted weights holds, read and parsed once."""
    found: Fitted = _parsed(parse, file)
    return found


@cache
def _parsed(parse: Callable[[str], Any], file: Path) -> Any:
    return parse(file.read_text(encoding="utf-8"))
