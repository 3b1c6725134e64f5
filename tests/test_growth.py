"""Many vectors: the kinds they are held in, what is taken over, and what stays on disk."""

import json
from pathlib import Path

import numpy as np
import pytest

from askdoc.errors import DocumentError
from askdoc.index import PassageIndex, build_index, kinds
from askdoc.index.kinds import gather, kind_for
from askdoc.index.spool import RowSpool, VectorSpool
from askdoc.records import Caveat
from askdoc.refresh import open_index, refresh
from fakes import CATS, WordEmbedder, document

MAPS = Path("/proc/self/maps")
ARTICLE = "\n\n".join(f"# T{n}\n\nAnimal {n} eats food {n % 70} at {n % 11}." for n in range(400))


@pytest.fixture
def few_is_many(monkeypatch):
    """Half precision from 300 vectors on, lists from 500 on."""
    monkeypatch.setattr(kinds, "EXACT_UP_TO", 300)
    monkeypatch.setattr(kinds, "HALF_UP_TO", 500)


@pytest.fixture
def words_model(monkeypatch):
    monkeypatch.setattr("askdoc.refresh.prepare_embedder", lambda model: (WordEmbedder(), ""))
    monkeypatch.setattr("askdoc.index.search.load_embedder", lambda model=None: WordEmbedder())


def clustered(count, width=64):
    random = np.random.default_rng(7)
    topics = random.standard_normal((20, width))
    rows = topics[random.integers(20, size=count)] + 0.5 * random.standard_normal((count, width))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def gathered(rows, **options):
    with VectorSpool() as spool:
        spool.append(rows)
        return gather(spool, 0, len(rows), **options)


def kind_names(index):
    return {part: kind.name for part, kind in index.manifest.kinds.items()}


@pytest.mark.parametrize(
    ("size", "name"),
    [(0, "flat"), (20_000, "flat"), (20_001, "sq-fp16"), (100_000, "sq-fp16"), (10**6, "ivf-sq8")],
)
def test_the_kind_follows_the_number_of_vectors(size, name):
    assert kind_for(size) == name
    assert kind_for(size, exact=True) == "flat"


@pytest.mark.parametrize("count", [200, 400, 1500])
def test_each_kind_finds_what_an_exhaustive_search_finds(few_is_many, count):
    rows = clustered(count)
    index, kind = gathered(rows)
    queries = clustered(count + 50)[count:]
    _, found = index.search(queries, 10)
    truth = np.argsort(-queries @ rows.T, axis=1)[:, :10]
    shared = [len(set(a) & set(b)) for a, b in zip(found, truth, strict=True)]
    assert np.mean(shared) / 10 > 0.97
    assert kind.recall >= kinds.ENOUGH_RECALL


@pytest.mark.parametrize("count", [200, 400, 1500])
def test_vectors_are_given_back_nearly_as_they_were(few_is_many, count):
    rows = clustered(count)
    index, _ = gathered(rows)
    chosen = np.array([count - 1, 0, 7])
    np.testing.assert_allclose(index.reconstruct_batch(chosen), rows[chosen], atol=4e-3)


def test_vectors_rounded_once_are_rounded_to_themselves(few_is_many):
    rows = clustered(1500)
    once = gathered(rows)[0].reconstruct_n(0, 1500)
    held = once
    for _ in range(5):
        held = gathered(held)[0].reconstruct_n(0, 1500)
    assert np.abs(np.sum(held * rows, axis=1) - np.sum(once * rows, axis=1)).max() < 2e-3


def test_only_a_part_of_the_spool_is_gathered():
    rows = clustered(30)
    with VectorSpool() as spool:
        spool.append(rows)
        index, _ = gather(spool, 10, 25)
    np.testing.assert_array_equal(index.reconstruct_n(0, 15), rows[10:25])


def test_a_large_index_names_its_kinds_and_finds_as_an_exact_one(
    few_is_many, tmp_path, words_model
):
    exact = build_index([document(ARTICLE)], embedder=WordEmbedder(), exact=True)
    index = build_index([document(ARTICLE), document(ARTICLE, id="again")], embedder=WordEmbedder())
    assert kind_names(exact) == {"passages": "flat", "sentences": "flat"}
    assert kind_names(index) == {"passages": "ivf-sq8", "sentences": "ivf-sq8"}
    index.save(tmp_path)
    loaded = PassageIndex.load(tmp_path)
    assert loaded.manifest.kinds == index.manifest.kinds
    for query in ["animal 12", "food 3 at 4"]:
        ours, theirs = loaded.search(query, 3), exact.search(query, 1)
        assert theirs[0].passage.text in {hit.passage.text for hit in ours}
        assert ours[0].score == pytest.approx(theirs[0].score, abs=0.02)


def test_fewer_neighbours_than_asked_for_are_no_harm(few_is_many, monkeypatch):
    monkeypatch.setattr(kinds, "ENOUGH_RECALL", 0)
    monkeypatch.setattr(kinds, "_FIRST_PROBES", 1)
    index = build_index([document(ARTICLE), document(ARTICLE, id="again")], embedder=WordEmbedder())
    assert {hit.passage.document_id for hit in index.search("animal 12 eats")} <= {"cats", "again"}


def test_exact_is_kept_when_files_change(few_is_many, tmp_path, words_model):
    (tmp_path / "corpus").mkdir()
    file = tmp_path / "corpus" / "animals.md"
    file.write_text(ARTICLE)
    refresh([file], tmp_path / "index", exact=True)
    file.write_text(ARTICLE + "\n\nOne more.\n")
    index = open_index(tmp_path / "index")
    assert kind_names(index) == {"passages": "flat", "sentences": "flat"}
    index = refresh([file], tmp_path / "index", exact=False).index
    assert kind_names(index) == {"passages": "sq-fp16", "sentences": "sq-fp16"}


def test_rounded_vectors_are_not_taken_over_into_an_exact_index(few_is_many):
    twice = [document(ARTICLE), document(ARTICLE, id="again")]
    rounded = build_index(twice, embedder=WordEmbedder())
    embedder = WordEmbedder()
    build_index(twice, embedder=embedder, previous=rounded)
    assert embedder.encoded == []
    build_index(twice, embedder=embedder, previous=rounded, exact=True)
    assert len(embedder.encoded) == 800


def test_equal_texts_are_encoded_once_however_far_apart(monkeypatch):
    monkeypatch.setattr("askdoc.index.encoding._BLOCK", 3)
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


def test_rows_are_read_from_any_place():
    with RowSpool() as spool:
        for n in range(5):
            spool.add(Caveat(f"C{n}", "topic", "info", "naïve\n“text”"))
        rows = spool.rows(lambda row: Caveat(**{**row, "sources": tuple(row["sources"])}))
    assert [row.id for row in rows] == ["C0", "C1", "C2", "C3", "C4"]
    assert rows[-1] == rows[4] == Caveat("C4", "topic", "info", "naïve\n“text”")
    assert [row.id for row in rows[1:3]] == ["C1", "C2"]
    with pytest.raises(IndexError):
        rows[5]


def test_the_manifest_says_what_each_kind_costs_in_recall(few_is_many, tmp_path):
    build_index([document(ARTICLE)], embedder=WordEmbedder()).save(tmp_path)
    data = json.loads((tmp_path / "manifest.json").read_text())
    assert data["exact"] is False
    assert data["kinds"]["passages"]["name"] == "sq-fp16"
    assert data["kinds"]["passages"]["recall"] >= 0.98
