"""What a content system sets off reaches a store, too."""

from askdoc.cli.app import open_index_or_build
from askdoc.cli.serving import refresher
from askdoc.milvus import ingest
from fakes import CATS, WordEmbedder


def test_the_refresh_of_a_server_fills_its_store(tmp_path, monkeypatch):
    for name in ("index.search.load_embedder", "milvus.rows.load_embedder"):
        monkeypatch.setattr(f"askdoc.{name}", lambda model=None: WordEmbedder())
    monkeypatch.setattr(
        "askdoc.milvus.ingestion.prepare_embedder", lambda model: (WordEmbedder(), "")
    )
    corpus, store, folder = tmp_path / "corpus", str(tmp_path / "store.db"), tmp_path / "index"
    corpus.mkdir()
    (corpus / "cats.md").write_text(CATS)
    ingest([corpus], store)
    (corpus / "dogs.md").write_text("# Dogs\n\nDogs bark at night.")
    assert refresher(folder, store, None)([]) == []
    index = open_index_or_build(folder, None, store)
    assert [hit.passage.document_id for hit in index.search("do dogs bark?", 1)] == ["dogs"]
