"""What all tests share: marks by room, the fast set, and an index of the real article."""

import gc
import os
import re
from collections import defaultdict
from itertools import zip_longest
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

# Each core has a test process of its own: further threads in it would only wait for each other.
# NumPy, FAISS and PyTorch read these when they are first imported.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

# What is imported stays: to look through it for garbage, again and again, takes a quarter of the
# time of importing it, and later of many a test.
gc.disable()

HERE = Path(__file__).parent
ROOT = HERE.parent
ROOM_MARKS = {
    "chat": "server",
    "evaluation": "slow",
    "own": "server",
    "server": "server",
    "milvus": "milvus",
    "training": "slow",
}
"""The mark that each test of a room has; `--fast` does not even import these files."""
REAL_MODEL = {"browser", "model"}
LEFT_OUT = {"browser", "milvus", "milvus_server", "model", "server", "slow"}
"""The marks that `--fast` leaves out."""
MARKED = re.compile(rf"^pytestmark = pytest\.mark\.(?:{'|'.join(sorted(LEFT_OUT))})$", re.M)
"""In a file whose every test has such a mark."""

# How long an example takes says something of the machine, not of the code.
settings.register_profile("gate", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=500)
settings.load_profile("gate")


def pytest_addoption(parser):
    parser.addoption(
        "--fast", action="store_true", help=f"leave out: {', '.join(sorted(LEFT_OUT))}"
    )


def pytest_xdist_auto_num_workers(config):
    """One more than there are cores, since browsers and servers are often waited for."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return cores if config.getoption("fast") else cores + 1


def marks(item):
    return {mark.name for mark in item.iter_markers()}


def pytest_ignore_collect(collection_path, config):
    """The rooms and files that the fast set leaves out are not imported."""
    if not config.getoption("fast"):
        return None
    if collection_path.suffix == ".py":
        return True if MARKED.search(collection_path.read_text("utf-8")) else None
    return True if collection_path.parent == HERE and collection_path.name in ROOM_MARKS else None


def pytest_itemcollected(item):
    room = item.path.relative_to(HERE).parts[0]
    if room in ROOM_MARKS:
        item.add_marker(ROOM_MARKS[room])


def pytest_collection_modifyitems(items, config):
    """Slow files come first, so that no worker begins one when the others are done.

    Of these, every other drives a browser: one that waits goes with one that computes.
    """
    if config.getoption("fast"):
        config.hook.pytest_deselected(items=[item for item in items if marks(item) & LEFT_OUT])
        items[:] = [item for item in items if not marks(item) & LEFT_OUT]
    tests = defaultdict(list)
    for item in items:
        tests[item.path].append(marks(item))
    found = {path: set().union(*each) for path, each in tests.items()}
    most_first = sorted(tests, key=lambda path: -len(tests[path]))
    browsing = [path for path in most_first if "browser" in found[path]]
    computing = [path for path in most_first if "model" in found[path] and path not in browsing]
    slow = [path for path in most_first if found[path] & LEFT_OUT]
    pairs = (path for pair in zip_longest(browsing, computing) for path in pair if path)
    place = {path: at for at, path in enumerate(dict.fromkeys([*pairs, *slow, *tests]))}
    items.sort(key=lambda item: place[item.path])


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def _no_reader_beside_a_fake_model(request, monkeypatch):
    """The reader is real: tests with a fake embedding model answer without it."""
    if not marks(request.node) & REAL_MODEL:
        monkeypatch.setenv("ASKDOC_READER", "off")


@pytest.fixture(scope="session")
def kratom_folder(tmp_path_factory):
    """An index folder of the real article under the real model; built once for all workers."""
    from askdoc import build_index, read_documents

    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "kratom-index"
    with FileLock(shared / "kratom-index.lock"):
        if not (folder / "manifest.json").exists():
            build_index(read_documents(ROOT / "corpus" / "kratom")).save(folder)
    return folder


@pytest.fixture(scope="session")
def kratom_index(kratom_folder):
    """The index of that folder."""
    from askdoc import PassageIndex

    return PassageIndex.load(kratom_folder)
