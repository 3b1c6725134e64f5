"""What a model takes of memory, in large pages where Linux has them.

Each question reads all the weights once. In pages of 4 KiB they have ten thousand addresses that
the processor must look up, in pages of 2 MiB twenty, and ONNX Runtime asks for none of these.
`madvise(2)` moves to them what is there already, from Linux 6.1 on; elsewhere all stays as it is.
`docs/performance.md` says what it gains.
"""

import ctypes
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Timer
from typing import TypeVar

_LARGE = 2 << 20
_WORTH_IT = 16 << 20
"""Bytes: what is smaller stays in the processor's cache anyway."""
_COLLAPSE = 25
"""MADV_COLLAPSE of `asm-generic/mman-common.h`, which Python does not name before 3.13."""
_SOON = 0.5
"""Seconds: a single question from the command line is answered by then, and waits for nothing."""
_MAPS = Path("/proc/self/maps")

Area = tuple[int, int]
Loaded = TypeVar("Loaded")


def in_large_pages(load: Callable[[], Loaded]) -> Loaded:
    """Loads something, and soon moves the memory that this took to large pages."""
    before = _areas()
    loaded = load()
    taken = [part for area in _areas() for part in _beyond(area, before)]
    later = Timer(_SOON, _move, (taken,))
    later.daemon = True
    later.start()
    return loaded


def _areas() -> list[Area]:
    """Where this process holds memory of its own, which is no file's; nothing but on Linux."""
    try:
        lines = _MAPS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    fields = [line.split() for line in lines]
    own = [words[0] for words in fields if words[1] == "rw-p" and words[5:] in ([], ["[heap]"])]
    return [(int(start, 16), int(end, 16)) for start, end in (area.split("-") for area in own)]


def _beyond(area: Area, others: Sequence[Area]) -> Iterator[Area]:
    """The parts of an area that lie in none of others, which are in order."""
    start, end = area
    for first, past in others:
        if first < end and start < past:
            yield start, first
            start = past
    yield start, end


def _move(parts: Sequence[Area]) -> None:
    """Only advice: where the kernel cannot follow it, nothing happens."""
    if sys.platform != "linux":
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in parts:
        first, past = -(-start // _LARGE) * _LARGE, end // _LARGE * _LARGE
        if past - first >= _WORTH_IT:
            madvise(first, past - first, _COLLAPSE)
