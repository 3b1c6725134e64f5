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
    for_timers()
    told = []

    def madvise(start, length, advice):
        told.append((start, start + length, advice))

    monkeypatch.setattr(large_pages, "_SOON", 0)
    monkeypatch.setattr(large_pages, "_are_had", lambda: True)
    monkeypatch.setattr(large_pages.ctypes, "CDLL", lambda name: SimpleNamespace(madvise=madvise))
    return told


def for_timers():
    """Waits for all of them, those of models that were loaded a moment ago, too."""
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join()


def memory():
    """Some megabytes, and where they are."""
    taken = mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    start = ctypes.addressof(ctypes.c_char.from_buffer(taken))
    return taken, (start, start + SIZE)


def moved(load):
    loaded = in_large_pages(load)
    for_timers()
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


@pytest.mark.parametrize("name", [b"caf\xe9.bin", b"a b\x0cc", b"\xc2\x85 rw-p"])
def test_files_of_any_name_may_be_mapped(advised, monkeypatch, tmp_path, name):
    maps = tmp_path / "maps"
    file = b"7f0000000000-7f0010000000 rw-p 00000000 fe:01 12 /data/" + name + b"\n"
    maps.write_bytes(file)
    monkeypatch.setattr(large_pages, "_MAPS", maps)

    def load():
        own = b"7e0000000000-7e0010000000 rw-p 00000000 00:00 0 \n"
        maps.write_bytes(own + file)

    moved(load)
    assert advised == [(0x7E0000000000, 0x7E0010000000, 25)]


@pytest.mark.parametrize("switch", ["always madvise [never]", None])
def test_where_large_pages_are_switched_off_or_unknown_none_are_asked_for(
    monkeypatch, tmp_path, switch
):
    told = []
    monkeypatch.setattr(large_pages, "_move", told.append)
    monkeypatch.setattr(large_pages, "_SOON", 0)
    monkeypatch.setattr(large_pages, "_SWITCH", tmp_path / "enabled")
    if switch:
        (tmp_path / "enabled").write_text(switch)
    _taken, _ = moved(memory)
    assert not told


def test_what_fails_to_load_fails_as_before(advised):
    with pytest.raises(ZeroDivisionError):
        moved(lambda: 1 / 0)
    assert not advised
