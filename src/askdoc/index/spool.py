"""What grows with a collection, kept out of memory: vectors and rows in temporary files.

A spool is written once, in order, and read where it lies; its file has no name.
"""

import json
import mmap
import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Self, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
_REMEMBERED = 4096


class _Spool:
    def __init__(self) -> None:
        """Starts empty; the file is open until the `with` block ends."""
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Lets the file go; what is mapped of it stays readable."""
        self._file.close()


class VectorSpool(_Spool):
    """n rows of d float32 values, appended in blocks; the first one sets d."""

    width = 0
    _size = 0

    def __len__(self) -> int:
        """How many rows there are."""
        return self._size

    def append(self, rows: NDArray[np.float32]) -> None:
        """Adds (b, d) rows at the end."""
        self.width = rows.shape[1]
        self._size += len(rows)
        self._file.write(np.ascontiguousarray(rows, dtype=np.float32).data)

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Rows `start` to `stop`, in memory."""
        return np.array(self._mapped()[start:stop])

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Any rows, in the order given, in memory."""
        return np.asarray(self._mapped()[rows])

    def _mapped(self) -> NDArray[np.float32]:
        """The file as an array. Made anew each time, so that pages read are given back."""
        if not self._size:
            return np.empty((0, self.width), dtype=np.float32)
        self._file.flush()
        return np.memmap(self._file, np.float32, "r", shape=(self._size, self.width))


class Rows(Sequence[T]):
    """Records in a file of JSON Lines, each parsed when it is asked for; the last ones are kept."""

    def __init__(
        self, lines: bytes | mmap.mmap, ends: NDArray[np.int64], make: Callable[[Any], T]
    ) -> None:
        """Reads `lines`, of which row i ends before byte `ends[i]`, as `make` says."""
        self._lines = lines
        self._ends = ends
        self._make = make
        self._kept = lru_cache(maxsize=_REMEMBERED)(self._read)

    @classmethod
    def load(cls, file: Path, make: Callable[[Any], T]) -> "Rows[T]":
        """Opens what `save` wrote."""
        with file.open("rb") as stream:
            return cls(_mapped(stream), mapped_array(file.with_suffix(".ends.npy")), make)

    def save(self, file: Path) -> None:
        """Writes the lines to a file, and where each ends to another beside it."""
        with file.open("wb") as stream:
            stream.write(self._lines)
        np.save(file.with_suffix(".ends.npy"), self._ends, allow_pickle=False)

    def __len__(self) -> int:
        """How many records there are."""
        return len(self._ends)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...
    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        """One record, or several."""
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        return self._kept(range(len(self))[at])

    def __iter__(self) -> Iterator[T]:
        """All records, without pushing those kept in memory out."""
        read = self._kept if len(self) <= _REMEMBERED else self._read
        return map(read, range(len(self)))

    def _read(self, at: int) -> T:
        start = int(self._ends[at - 1]) if at else 0
        return self._make(json.loads(self._lines[start : int(self._ends[at])]))


class RowSpool(_Spool):
    """Records, dataclasses all, appended one by one."""

    def __init__(self) -> None:
        """Starts empty."""
        super().__init__()
        self._ends = array("q")

    def add(self, record: Any) -> None:
        """Adds one at the end."""
        values = {field.name: getattr(record, field.name) for field in fields(record)}
        self._file.write(json.dumps(values, ensure_ascii=False).encode() + b"\n")
        self._ends.append(self._file.tell())

    def rows(self, make: Callable[[Any], T]) -> Rows[T]:
        """All of them, to be read where they lie, as `make` says."""
        self._file.flush()
        return Rows(_mapped(self._file), np.array(self._ends, dtype=np.int64), make)


def mapped_array(file: Path) -> NDArray[Any]:
    """An array where it lies on disk, as a plain one: numpy's own kind of map is slow to slice."""
    return np.asarray(np.load(file, "r", allow_pickle=False))


def _mapped(stream: IO[bytes]) -> bytes | mmap.mmap:
    """A file's bytes where they lie. An empty file cannot be mapped."""
    if not stream.seek(0, 2):
        return b""
    return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
