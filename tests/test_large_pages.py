"""Memory that a model takes is moved to large pages, and no other."""

import ctypes
import mmap
import sys
import threading
from types import SimpleNamespace

import pytest

from askdoc.embedding import large_pages
from askdoc.embedding.large_pages import in_large_pages

SIZE = 64 << 20


@pytest.fixture
def advised(monkeypatch):
    """The stretches of memory that the kernel is told about, instead of it."""
    told = []

    def madvise(start, length, advice):
        told.append((start, start + length, advice))

    monkeypatch.setattr(large_pages, "_SOON", 0)
    monkeypatch.setattr(large_pages.ctypes, "CDLL", lambda name: SimpleNamespace(madvise=madvise))
    return told


def memory():
    """Some megabytes, and where they are."""
    taken = mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    start = ctypes.addressof(ctypes.c_char.from_buffer(taken))
    return taken, (start, start + SIZE)


def moved(load):
    loaded = in_large_pages(load)
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join()
    return loaded


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is told")
def test_only_what_loading_took_is_moved_in_whole_large_pages(advised):
    _earlier, old = memory()
    _taken, new = moved(memory)
    assert all(end <= old[0] or old[1] <= start for start, end, _ in advised)
    assert all(start % (2 << 20) == end % (2 << 20) == 0 for start, end, _ in advised)
    inside = [max(0, min(end, new[1]) - max(start, new[0])) for start, end, _ in advised]
    assert sum(inside) > SIZE - (4 << 20)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is told")
def test_a_small_load_is_left_where_it_is(advised):
    assert moved(lambda: bytearray(1 << 20)) == bytearray(1 << 20)
    assert not advised


def test_where_memory_cannot_be_looked_at_loading_goes_on(advised, monkeypatch, tmp_path):
    monkeypatch.setattr(large_pages, "_MAPS", tmp_path / "none")
    assert moved(lambda: "model") == "model"
    assert not advised


def test_what_fails_to_load_fails_as_before(advised):
    with pytest.raises(ZeroDivisionError):
        moved(lambda: 1 / 0)
    assert not advised
