import pytest
from typer.testing import CliRunner

from fakes import WordEmbedder
from judged import beir, cats

__all__ = ["beir", "cats"]


@pytest.fixture
def command(monkeypatch):
    monkeypatch.setattr(
        "askdoc.evaluation.pipeline.load_embedder", lambda model=None: WordEmbedder()
    )
    from askdoc.cli import app

    return lambda *arguments: CliRunner().invoke(app, ["evaluate", *map(str, arguments)])
