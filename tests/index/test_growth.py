"""Many vectors: how they are held, what is taken over, and what stays on disk."""

from pathlib import Path

import faiss
import numpy as np
import pytest

from askdoc.errors import DocumentError
from askdoc.index import PassageIndex, build_index
from askdoc.index.library import Rows, _save_rows
from askdoc.index.vectors import faiss_index
from askdoc.records import Caveat
from askdoc.refresh import open_index, refresh
from fakes import CATS, WordEmbedder, document

MAPS = Path("/proc/self/maps")
ARTICLE = "\n\n".join(f"# T{n}\n\nAnimal {n} eats food {n % 70} at {n % 11}." for n in range(400))


@pytest.fixture
def few_is_many(monkeypatch):
    """Half precision from 300 vectors on."""
    monkeypatch.setattr("askdoc.index.vectors.EXACT_UP_TO", 300)


@pytest.fixture
def words_model(monkeypatch):
    monkeypatch.setattr("askdoc.refresh.prepare_embedder", lambda model: (WordEmbedder(), ""))
    monkeypatch.setattr("askdoc.index.search.load_embedder", lambda model=None: WordEmbedder())


def clustered(count, width=64):
    random = np.random.default_rng(7)
    topics = random.standard_normal((20, width))
    rows = topics[random.integers(20, size=count)] + 0.5 * random.standard_normal((count, width))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def kind(index):
    return type(faiss.downcast_index(index)).__name__


def kinds_of(index):
    return {kind(index.store.vectors.passages), kind(index.store.vectors.sentences)}


FLAT, HALF = "IndexFlatIP", "IndexScalarQuantizer"


@pytest.mark.parametrize(("count", "name"), [(300, FLAT), (301, HALF)])
def test_many_vectors_are_held_in_half_precision_unless_exact_is_asked_for(
    few_is_many, count, name
):
    rows = clustered(count)
    assert kind(faiss_index(rows)) == name
    assert kind(faiss_index(rows, exact=True)) == FLAT


@pytest.mark.parametrize("count", [200, 400])
def test_either_form_finds_what_an_exhaustive_search_finds(few_is_many, count):
    rows = clustered(count)
    queries = clustered(count + 50)[count:]
    _, found = faiss_index(rows).search(queries, 10)
    truth = np.argsort(-queries @ rows.T, axis=1)[:, :10]
    shared = [len(set(a) & set(b)) for a, b in zip(found, truth, strict=True)]
    assert np.mean(shared) / 10 > 0.99


def test_vectors_are_given_back_nearly_as_they_were(few_is_many):
    rows = clustered(400)
    chosen = np.array([399, 0, 7])
    back = faiss_index(rows).reconstruct_batch(chosen)
    np.testing.assert_allclose(back, rows[chosen], atol=5e-4)


def test_a_large_index_finds_as_an_exact_one(few_is_many, tmp_path, words_model):
    exact = build_index([document(ARTICLE)], embedder=WordEmbedder(), exact=True)
    index = build_index([document(ARTICLE), document(ARTICLE, id="again")], embedder=WordEmbedder())
    assert (kinds_of(exact), kinds_of(index)) == ({FLAT}, {HALF})
    index.save(tmp_path)
    loaded = PassageIndex.load(tmp_path)
    assert kinds_of(loaded) == {HALF}
    for query in ["animal 12", "food 3 at 4"]:
        ours, theirs = loaded.search(query, 3), exact.search(query, 1)
        assert theirs[0].passage.text in {hit.passage.text for hit in ours}
        assert ours[0].score == pytest.approx(theirs[0].score, abs=0.02)


def test_exact_is_kept_when_files_change(few_is_many, tmp_path, words_model):
    (tmp_path / "corpus").mkdir()
    file = tmp_path / "corpus" / "animals.md"
    file.write_text(ARTICLE)
    refresh([file], tmp_path / "index", exact=True)
    file.write_text(ARTICLE + "\n\nOne more.\n")
    assert kinds_of(open_index(tmp_path / "index")) == {FLAT}
    assert kinds_of(refresh([file], tmp_path / "index", exact=False).index) == {HALF}


def test_equal_texts_are_encoded_once_however_far_apart(monkeypatch):
    monkeypatch.setattr("askdoc.index.build._BLOCK_TEXTS", 3)
    embedder = WordEmbedder()
    index = build_index(
        [document("Cats purr.", id=f"d{n}", title="") for n in range(8)], embedder=embedder
    )
    assert embedder.encoded == ["Cats purr."]
    vectors = index.store.vectors.sentences.reconstruct_n(0, 8)
    np.testing.assert_array_equal(vectors, np.repeat(vectors[:1], 8, axis=0))


def test_documents_are_taken_one_by_one():
    taken = []

    def documents():
        for n in range(3):
            taken.append(n)
            yield document(CATS, id=f"d{n}" if n < 2 else "d0")

    with pytest.raises(DocumentError, match="d0"):
        build_index(documents(), embedder=WordEmbedder())
    assert taken == [0, 1, 2]


@pytest.mark.skipif(not MAPS.exists(), reason="needs Linux's list of what is mapped")
def test_vectors_stay_on_disk_when_an_index_is_loaded(tmp_path, words_model):
    build_index([document(CATS)], embedder=WordEmbedder()).save(tmp_path)
    index = PassageIndex.load(tmp_path)
    mapped = MAPS.read_text().splitlines()
    names = {line.rsplit("/", 1)[1] for line in mapped if str(tmp_path) in line}
    assert {"passages.faiss", "sentences.faiss", "passages.jsonl", "documents.jsonl"} <= names
    assert len(index.passages) == 3


def test_rows_are_read_from_any_place(tmp_path):
    caveats = [Caveat(f"C{n}", "topic", "info", "naïve\n“text”") for n in range(5)]
    _save_rows(tmp_path / "rows.jsonl", caveats)
    rows = Rows(
        tmp_path / "rows.jsonl", lambda row: Caveat(**{**row, "sources": tuple(row["sources"])})
    )
    assert list(rows) == caveats
    assert rows[-1] == rows[4] == caveats[4]
    assert rows[1:3] == tuple(caveats[1:3])
    with pytest.raises(IndexError):
        rows[5]
