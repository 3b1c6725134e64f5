"""What a model takes of memory, in large pages where Linux has them.

Each question reads the weights of all layers once. In pages of 4 KiB they have ten thousand
addresses that the processor must look up, in pages of 2 MiB twenty, and ONNX Runtime asks for none
of these. `madvise(2)` copies to them what is there already, from Linux 6.1 on, where large pages
are not switched off; elsewhere all stays as it is. `docs/performance.md` says what it gains.
"""

import ctypes
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Timer
from typing import TypeVar

_LARGE = 2 << 20
_WORTH_IT = 16 << 20
"""Bytes: what is smaller gains too little."""
_COLLAPSE = 25
"""MADV_COLLAPSE of `asm-generic/mman-common.h`, which Python's `mmap` does not name."""
_SOON = 0.5
"""Seconds: a single question from the command line is answered by then, and waits for nothing."""
_MAPS = Path("/proc/self/maps")
_SWITCH = Path("/sys/kernel/mm/transparent_hugepage/enabled")
# The memory of no file; the rest of a line is rights, offset, device and inode, as in proc(5).
_OWN = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ 0 *(?:\[heap\])?$", re.MULTILINE)

Area = tuple[int, int]
Loaded = TypeVar("Loaded")


def in_large_pages(load: Callable[[], Loaded]) -> Loaded:
    """Loads something, and soon moves the memory that this took to large pages."""
    if not _are_had():
        return load()
    before = _areas()
    loaded = load()
    taken = [part for area in _areas() for part in _beyond(area, before)]
    if worth_it := [(start, end) for start, end in taken if end - start >= _WORTH_IT]:
        later = Timer(_SOON, _move, (worth_it,))
        later.daemon = True
        later.start()
    return loaded


def _are_had() -> bool:
    """Whether this is Linux, and nobody has switched large pages off."""
    try:
        return sys.platform == "linux" and "[never]" not in _SWITCH.read_text(encoding="ascii")
    except OSError:
        return False


def _areas() -> list[Area]:
    """Where this process holds memory of its own, in order."""
    try:
        maps = _MAPS.read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    return [(int(start, 16), int(end, 16)) for start, end in _OWN.findall(maps)]


def _beyond(area: Area, others: Sequence[Area]) -> Iterator[Area]:
    """The parts of an area that lie in none of others, which are in order."""
    start, end = area
    for first, past in others:
        if first < end and start < past:
            if start < first:
                yield start, first
            start = past
    if start < end:
        yield start, end


def _move(areas: Sequence[Area]) -> None:
    """As far as it goes: what the kernel refuses stays where it is."""
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in areas:
        first, past = -(-start // _LARGE) * _LARGE, end // _LARGE * _LARGE
        madvise(first, past - first, _COLLAPSE)
