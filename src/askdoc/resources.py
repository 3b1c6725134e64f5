"""What is kept in memory: what is made of files that ship with askdoc, and values used last.

Owns fitted weights as text as well.
"""

import base64
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Made = TypeVar("Made")
K = TypeVar("K")
V = TypeVar("V")


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


class LRUCache(Generic[K, V]):
    """A cache of the values used last, for several threads."""

    def __init__(self, max_size: int, size_of: Callable[[V], int] = lambda _: 1) -> None:
        """Starts empty; the sizes of what it holds add up to `max_size` at most."""
        self._max_size = max_size
        self._size_of = size_of
        self._size = 0
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """The value of a key, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def __setitem__(self, key: K, value: V) -> None:
        """Caches a value; those used longest ago make room."""
        with self._lock:
            self._drop(key)
            self._values[key] = value
            self._size += self._size_of(value)
            while self._size > self._max_size:
                self._drop(next(iter(self._values)))

    def pop(self, key: K) -> None:
        """Drops a key."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: K) -> None:
        if key in self._values:
            self._size -= self._size_of(self._values.pop(key))

    def made(self, keys: Sequence[K], make: Callable[[Sequence[K]], Sequence[V]]) -> list[V]:
        """The values of some keys; of those that are not cached, `make` makes all at once."""
        known = {key: value for key in keys if (value := self.get(key)) is not None}
        if new := [key for key in dict.fromkeys(keys) if key not in known]:
            fresh = dict(zip(new, make(new), strict=True))
            for key, value in fresh.items():
                self[key] = value
            known |= fresh
        return [known[key] for key in keys]
