"""What all tests share: marks by room, the fast set, and an index of the real article."""

import os
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

# Each core has a test process of its own: further threads in it would only wait for each other.
# NumPy, FAISS and PyTorch read these when they are first imported.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

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

# How long an example takes says something of the machine, not of the code.
settings.register_profile("gate", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=500)
settings.load_profile("gate")


def pytest_addoption(parser):
    parser.addoption(
        "--fast", action="store_true", help=f"leave out: {', '.join(sorted(LEFT_OUT))}"
    )


def marks(item):
    return {mark.name for mark in item.iter_markers()}


def pytest_ignore_collect(collection_path, config):
    """The rooms that the fast set leaves out are not imported."""
    if config.getoption("fast") and collection_path.parent == HERE:
        return True if collection_path.name in ROOM_MARKS else None
    return None


def pytest_itemcollected(item):
    room = item.path.relative_to(HERE).parts[0]
    if room in ROOM_MARKS:
        item.add_marker(ROOM_MARKS[room])


def pytest_collection_modifyitems(items, config):
    """Slow files come first, so that no worker begins one when the others are done."""
    if config.getoption("fast"):
        config.hook.pytest_deselected(items=[item for item in items if marks(item) & LEFT_OUT])
        items[:] = [item for item in items if not marks(item) & LEFT_OUT]
    slowest = {item.path for item in items if marks(item) & REAL_MODEL}
    slow = {item.path for item in items if marks(item) & LEFT_OUT}
    items.sort(key=lambda item: (item.path not in slowest, item.path not in slow))


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
