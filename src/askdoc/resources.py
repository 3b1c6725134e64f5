"""What is made of files that ship with askdoc, each once in a process; fitted weights as text."""

import base64
from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Made = TypeVar("Made")


def array_to_json(rows: "NDArray[np.float32]") -> dict[str, Any]:
    """An array in half precision, as JSON holds it."""
    halves = rows.astype("<f2").tobytes()
    return {"shape": list(rows.shape), "float16": base64.b64encode(halves).decode("ascii")}


def array_from_json(row: dict[str, Any]) -> "NDArray[np.float32]":
    """What `array_to_json` made.

    Raises:
        ValueError, KeyError, TypeError: It is something else.
    """
    import numpy as np  # the command line's help needs no arrays

    values = np.frombuffer(base64.b64decode(row["float16"], validate=True), dtype="<f2")
    return values.reshape(row["shape"]).astype(np.float32)


def loaded(make: Callable[..., Made], *args: Hashable, **named: Hashable) -> Made:
    """What a function makes of files that ship with askdoc: made once for the same arguments."""
    found: Made = _made(make, *args, **named)
    return found


@cache
def _made(make: Callable[..., Any], *args: Hashable, **named: Hashable) -> Any:
    return make(*args, **named)


def fitted(parse: Callable[[str], Made], file: Path) -> Made:
    """What a file of fitted weights holds, read and parsed once."""
    found: Made = loaded(_parsed, parse, file)
    return found


def _parsed(parse: Callable[[str], Made], file: Path) -> Made:
    return parse(file.read_text(encoding="utf-8"))
