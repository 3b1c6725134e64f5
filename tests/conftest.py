import os
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

# How long an example takes says something of the machine, not of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).parents[1]


SLOW = {"browser", "model"}


def pytest_collection_modifyitems(items):
    """Files with slow tests come first, so that no worker begins one when the others are done."""
    slow = {item.path for item in items if SLOW & {mark.name for mark in item.iter_markers()}}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def _no_reader_beside_a_fake_model(request, monkeypatch):
    """The reader is real: tests with a fake embedding model answer without it."""
    if not SLOW & {mark.name for mark in request.node.iter_markers()}:
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
