import sys
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says something of the machine, not of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

sys.path.insert(0, str(Path(__file__).parent))

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _no_reader_beside_a_fake_model(request, monkeypatch):
    """The reader is real: tests with a fake embedding model answer without it."""
    if not {"model", "browser"} & {mark.name for mark in request.node.iter_markers()}:
        monkeypatch.setenv("ASKDOC_READER", "off")


@pytest.fixture(scope="session")
def kratom_index():
    """The real article under the real model; built once."""
    from askdoc import build_index, read_documents

    return build_index(read_documents(ROOT / "corpus" / "kratom"))
