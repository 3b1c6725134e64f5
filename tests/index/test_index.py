import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askdoc.errors import (
    CatalogueError,
    DocumentError,
    IndexDamagedError,
    IndexFolderError,
    IndexMismatchError,
    IndexMissingError,
    IndexStaleError,
)
from askdoc.index import Fusion, PassageIndex, build_index
from askdoc.refresh import open_index, refresh
from fakes import CATS, WordEmbedder, document


def index_of(*texts, previous=None, embedder=None):
    documents = [document(text, id=f"d{n}") for n, text in enumerate(texts)]
    return build_index(documents, embedder=embedder or WordEmbedder(), previous=previous)


@pytest.fixture
def cats():
    return index_of(CATS)


@pytest.fixture
def words_model(monkeypatch):
    """Every model asked for is the readable one."""
    monkeypatch.setattr("askdoc.refresh.prepare_embedder", lambda model: (WordEmbedder(), ""))
    monkeypatch.setattr("askdoc.index.search.load_embedder", lambda model=None: WordEmbedder())


def test_the_passage_that_shares_the_question_s_words_is_first(cats):
    assert "vet" in cats.search("how often must a vet see it?")[0].passage.text


def test_hits_are_ranked_from_one_by_falling_score(cats):
    hits = cats.search("cats eat meat", k=3)
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_the_best_sentence_of_a_hit_comes_first(cats):
    hit = cats.search("milk upsets")[0]
    assert hit.passage.sentence(hit.best_sentences[0].span) == "Milk upsets most cats."


def test_a_passage_scores_the_weighted_sum_of_its_signals(cats):
    for hit in cats.search("cats eat meat"):
        told = hit.signals
        expected = 0.5 * told.passage + 0.5 * told.sentence + 0.03 * told.lexical
        assert hit.score == pytest.approx(expected, abs=1e-6)


def test_a_stretch_is_given_the_whole_sentences_that_it_touches(cats):
    hunt = CATS.index("They hunt")

    def touched(start, end):
        _, span = cats.whole_sentences("d0", (start, end))
        return CATS[slice(*span)]

    assert touched(hunt, hunt + 1) == "They hunt at dusk."
    assert touched(hunt - 2, hunt) == "Cats sleep sixteen hours a day."
    assert touched(hunt - 2, hunt + 1) == "Cats sleep sixteen hours a day. They hunt at dusk."
    with pytest.raises(KeyError):
        touched(hunt - 1, hunt)


def test_k_limits_the_hits(cats):
    assert len(cats.search("cats", k=2)) == 2
    assert cats.search("cats", k=0) == ()


def test_a_query_of_unknown_words_still_returns_ranked_hits(cats):
    assert len(cats.search("zzz qqq")) == 3


def test_cosines_agree_with_brute_force_in_numpy(cats):
    query = "cats eat meat"
    vector = cats.embedder.encode([query])[0]
    for hit in cats.search(query):
        rows = cats.embedder.encode([hit.passage.sentence(s) for s in hit.passage.sentences])
        assert hit.signals.sentence == pytest.approx(float((rows @ vector).max()), abs=1e-6)


def animals(count):
    return [f"# T{n}\n\nAnimal {n} eats food {n % 7} at {n % 11}." for n in range(count)]


def test_candidates_of_a_large_index_are_those_of_an_exhaustive_search():
    index = index_of(*animals(300))
    few, all_of_them = Fusion(candidates=50), Fusion(candidates=1000)
    for query in ["animal 12", "food 3 at 4", "at 10"]:
        best = [hit.score for hit in index.search(query, 3, fusion=all_of_them)]
        assert [hit.score for hit in index.search(query, 3, fusion=few)] == pytest.approx(best)


class Blind(WordEmbedder):
    """Finds all texts alike, so that words alone can find anything."""

    def encode(self, texts, on_progress=None):
        return np.full((len(texts), 4), 0.5, dtype=np.float32)


def test_the_passages_with_the_rarest_words_are_candidates_where_meaning_says_nothing():
    texts = [*animals(60), "# Last\n\nThe animal eats quinces at noon."]
    index = index_of(*texts, embedder=Blind())
    [best] = index.search("which animal eats quinces?", 1, fusion=Fusion(candidates=3))
    assert "quinces" in best.passage.text


def test_two_documents_of_one_id_are_refused():
    twice = [document("One cat.", id="same"), document("Two cats.", id="same")]
    with pytest.raises(DocumentError, match="same"):
        build_index(twice, embedder=WordEmbedder())


def test_saving_and_loading_changes_no_hit(cats, tmp_path, words_model):
    cats.save(tmp_path)
    loaded = PassageIndex.load(tmp_path)
    assert loaded.search("when do cats hunt?") == cats.search("when do cats hunt?")
    assert loaded.documents == cats.documents


TEXT = st.text("abc de.\n#", min_size=1).filter(lambda text: "a" in text)


@settings(max_examples=15, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=3))
def test_any_index_survives_the_folder(tmp_path_factory, texts):
    index = index_of(*texts)
    folder = tmp_path_factory.mktemp("index")
    index.save(folder)
    assert list(PassageIndex.load(folder).passages) == list(index.passages)


def test_only_changed_passages_are_encoded_again(cats):
    embedder = WordEmbedder()
    index_of(CATS.replace("once a year", "twice a year"), previous=cats, embedder=embedder)
    assert [text for text in embedder.encoded if "twice a year" not in text] == []
    assert len(embedder.encoded) == 2


def test_vectors_taken_over_are_the_vectors_of_their_texts(cats):
    again = index_of(CATS.replace("Claws", "Nails"), previous=cats)
    fresh = index_of(CATS.replace("Claws", "Nails"))
    for part in ("passages", "sentences"):
        ours, theirs = getattr(again.store.vectors, part), getattr(fresh.store.vectors, part)
        rows = (ours.reconstruct_n(0, ours.ntotal), theirs.reconstruct_n(0, theirs.ntotal))
        np.testing.assert_allclose(*rows, atol=1e-6)


def test_vectors_of_another_model_are_not_taken_over(cats):
    other = WordEmbedder()
    other.fingerprint = "words-2"
    index_of(CATS, previous=cats, embedder=other)
    assert len(other.encoded) > 5


def test_a_missing_index_says_how_to_build_one(tmp_path):
    with pytest.raises(IndexMissingError, match="askdoc index"):
        PassageIndex.load(tmp_path)


def part(folder, name):
    [build] = (folder / "builds").iterdir()
    return build / name


@pytest.mark.parametrize(
    "name", ["passages.jsonl", "documents.jsonl", "passages.faiss", "lexical/data.npy"]
)
@pytest.mark.parametrize("harm", ["truncated", "altered", "removed"])
def test_a_harmed_file_is_noticed(cats, tmp_path, name, harm):
    cats.save(tmp_path)
    file = part(tmp_path, name)
    data = file.read_bytes()
    if harm == "removed":
        file.unlink()
    else:
        file.write_bytes(data[: len(data) // 2] if harm == "truncated" else b"\x00" + data[1:])
    with pytest.raises(IndexDamagedError, match=r"[Rr]ebuild"):
        PassageIndex.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "another program"}', "\x00\xff"])
def test_a_foreign_or_broken_manifest_is_refused(cats, tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(IndexDamagedError, match=r"manifest\.json"):
        PassageIndex.load(tmp_path)


def test_a_foreign_manifest_is_never_overwritten(cats, tmp_path):
    (tmp_path / "manifest.json").write_text('{"name": "another program"}')
    with pytest.raises(IndexDamagedError):
        cats.save(tmp_path)
    assert "another program" in (tmp_path / "manifest.json").read_text()


@pytest.mark.parametrize("name", ["builds/release1/app.bin", "builds/0123456789ab/app", "a.txt"])
def test_a_folder_of_other_files_is_refused_and_left_as_it_is(corpus, tmp_path, words_model, name):
    file = tmp_path / "p" / name
    file.parent.mkdir(parents=True)
    file.write_text("x")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(IndexFolderError, match="holds other files and no index"):
        refresh([corpus], tmp_path / "p")
    with pytest.raises(IndexFolderError, match="--index a folder of its own"):
        index_of(CATS).save(tmp_path / "p")
    assert sorted(tmp_path.rglob("*")) == before


def test_only_builds_of_askdoc_are_removed(cats, tmp_path):
    cats.save(tmp_path)
    for name in ("release1", "0123456789ab"):
        (tmp_path / "builds" / name).mkdir()
        (tmp_path / "builds" / name / "app.bin").write_text("x")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "builds" / "ba9876543210").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".manifest.json.mine").write_text("x")
    cats.save(tmp_path)
    assert (tmp_path / "builds" / "release1" / "app.bin").exists()
    assert (tmp_path / "builds" / "0123456789ab" / "app.bin").exists()
    assert (tmp_path / "elsewhere").is_dir()
    assert (tmp_path / ".manifest.json.mine").exists()
    assert len(list((tmp_path / "builds").iterdir())) == 4


def test_a_build_of_another_format_is_removed_once_it_is_replaced(cats, tmp_path):
    cats.save(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (part(tmp_path, "phrases.npy").parent / "vectors.old").write_text("x")
    manifest["files"]["vectors.old"] = "0"
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "askdoc_index": 0}))
    cats.save(tmp_path)
    assert len(list((tmp_path / "builds").iterdir())) == 1


def test_a_readme_and_hidden_files_do_not_make_a_folder_foreign(cats, tmp_path):
    (tmp_path / "README.md").write_text("What this folder is for.")
    (tmp_path / ".gitignore").write_text("*")
    cats.save(tmp_path)
    assert PassageIndex.load(tmp_path).documents == cats.documents


@pytest.mark.parametrize("link", [False, True])
def test_an_index_is_not_put_among_the_articles(corpus, tmp_path, words_model, link):
    folder = corpus
    if link:
        folder = tmp_path / "link"
        folder.symlink_to(corpus)
    with pytest.raises(IndexFolderError, match="a folder of its own"):
        refresh([corpus], folder)
    (corpus / "manifest.json").write_text('{"askdoc_index": 4}')
    for paths in ([corpus], [corpus / "cats.md"], [tmp_path]):
        with pytest.raises(IndexFolderError, match="holds the articles themselves"):
            refresh(paths, folder)
    assert not (corpus / "builds").exists()


def test_an_index_may_lie_in_a_folder_of_its_own_below_the_articles(corpus, words_model):
    refresh([corpus], corpus / "index")
    assert list(refresh([corpus], corpus / "index").index.documents) == ["cats"]


def test_an_older_format_is_refused_with_the_command_to_run(cats, tmp_path):
    cats.save(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "askdoc_index": 0}))
    with pytest.raises(IndexMismatchError, match="askdoc index"):
        PassageIndex.load(tmp_path)


def test_another_model_than_the_index_s_is_refused(cats, tmp_path, monkeypatch):
    cats.save(tmp_path)
    other = WordEmbedder()
    other.name, other.fingerprint = "other", "words-2"
    monkeypatch.setattr("askdoc.index.search.load_embedder", lambda model=None: other)
    with pytest.raises(IndexMismatchError, match='"other"'):
        PassageIndex.load(tmp_path, "other").search("cats")


def test_a_second_save_leaves_one_build(cats, tmp_path):
    cats.save(tmp_path)
    cats.save(tmp_path)
    assert len(list((tmp_path / "builds").iterdir())) == 1
    PassageIndex.load(tmp_path)


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "cats.md").write_text(CATS)
    return folder


def test_a_changed_file_makes_its_index_stale(corpus, tmp_path, words_model):
    refresh([corpus], tmp_path / "index")
    (corpus / "cats.md").write_text(CATS + "\nCats purr.\n")
    with pytest.raises(IndexStaleError, match=r"cats\.md has changed"):
        PassageIndex.load(tmp_path / "index")


def test_a_catalogue_that_appears_makes_the_index_stale(corpus, tmp_path, words_model):
    refresh([corpus], tmp_path / "index")
    (corpus / "caveats.toml").write_text("")
    with pytest.raises(IndexStaleError, match=r"caveats\.toml"):
        PassageIndex.load(tmp_path / "index")


def test_an_index_carried_away_from_its_files_is_whole(corpus, tmp_path, words_model):
    refresh([corpus], tmp_path / "index")
    corpus.rename(tmp_path / "elsewhere")
    assert PassageIndex.load(tmp_path / "index").search("cats")


def test_opening_a_stale_index_refreshes_it_and_says_why(corpus, tmp_path, words_model):
    refresh([corpus], tmp_path / "index")
    (corpus / "cats.md").write_text(CATS.replace("dusk", "dawn"))
    told = []
    index = open_index(tmp_path / "index", on_refresh=told.append)
    assert "dawn" in index.documents["cats"].text
    assert "has changed" in told[0]


def test_refreshing_encodes_only_what_is_new(corpus, tmp_path, words_model):
    assert refresh([corpus], tmp_path / "index").encoded > 5
    assert refresh([corpus], tmp_path / "index").encoded == 0


def test_a_failed_build_leaves_the_old_index(corpus, tmp_path, words_model):
    refresh([corpus], tmp_path / "index")
    before = (tmp_path / "index" / "manifest.json").read_bytes()
    (tmp_path / "empty").mkdir()
    with pytest.raises(DocumentError):
        refresh([tmp_path / "empty"], tmp_path / "index")
    assert (tmp_path / "index" / "manifest.json").read_bytes() == before


def test_one_bad_file_does_not_keep_the_others_out(corpus, tmp_path, words_model):
    (corpus / "bad.pdf").write_bytes(b"not a pdf")
    told = []
    index = refresh([corpus], tmp_path / "index", on_error=told.append).index
    assert "cats" in index.documents
    assert "bad.pdf" in str(told[0])


CATALOGUE = """\
[sources.VET]
name = "A vet"
url = "https://vet.example/milk"
date = "2024"

[[topics]]
id = "milk"
topic = "Milk"
severity = "caution"
text = "Ask a vet before you give milk."
sources = ["VET"]
covered = true
fires = ["milk"]
examples = ["may a cat drink milk?"]
"""


@pytest.fixture
def two(corpus, tmp_path, words_model):
    """Two articles in folders of their own, the first with a catalogue, and their index."""
    for name, text in {"milk": "# Milk\n\nMilk upsets most cats.", "dogs": "A dog barks."}.items():
        (corpus / name).mkdir()
        (corpus / name / "article.md").write_text(text)
    (corpus / "milk" / "caveats.toml").write_text(CATALOGUE)
    refresh([corpus], tmp_path / "index")
    return corpus


BAD_CATALOGUES = [
    CATALOGUE.replace("caution", "cautoin").encode(),
    CATALOGUE.encode() + b'\nx = "',
    b"\xff\xfe\x00",
    b"",
]


@pytest.mark.parametrize(
    ("name", "data"),
    [("article.md", b"\x00\x01\xff" * 99), ("article.md", b"")]
    + [("caveats.toml", data) for data in BAD_CATALOGUES]
    + [("classifier.json", b"{}")],
)
def test_asking_goes_on_without_a_file_that_went_bad_and_names_it(two, tmp_path, name, data):
    before = PassageIndex.load(tmp_path / "index").documents["milk"]
    (two / "milk" / name).write_bytes(data)
    (two / "dogs" / "article.md").write_text("A dog wags its tail.")
    told = []
    index = open_index(tmp_path / "index", on_error=told.append)
    assert index.documents["dogs"].text == "A dog wags its tail."
    assert index.documents["milk"] == before
    assert index.search("upsets")[0].passage.document_id == "milk"
    assert str(told[0]).count(str(two / "milk")) == 1
    assert f"milk/{name}" in str(told[0])
    assert "milk/article.md: answers come from its last good version" in str(told[-1])
    assert len(told) == 2


def test_an_older_version_is_told_of_until_its_file_can_be_read_again(two, tmp_path):
    (two / "milk" / "caveats.toml").write_text("[[")
    open_index(tmp_path / "index", on_error=lambda error: None)
    told, reasons = [], []
    open_index(tmp_path / "index", on_error=told.append, on_refresh=reasons.append)
    assert len(told) == 1
    assert reasons == []
    (two / "milk" / "caveats.toml").write_text(CATALOGUE.replace("a vet", "your vet"))
    index = open_index(tmp_path / "index", on_error=told.append)
    assert "your vet" in index.documents["milk"].catalogue
    assert len(told) == 1


def test_an_article_that_never_had_a_readable_catalogue_stays_out_until_it_has(
    corpus, tmp_path, words_model
):
    (corpus / "milk").mkdir()
    (corpus / "milk" / "article.md").write_text("Milk upsets most cats.")
    (corpus / "milk" / "caveats.toml").write_text(CATALOGUE.replace("caution", "urgnt"))
    told = []
    assert list(refresh([corpus], tmp_path / "index", on_error=told.append).index.documents) == [
        "cats"
    ]
    assert [str(error).partition(":")[0] for error in told] == [str(corpus / "milk/caveats.toml")]
    (corpus / "milk" / "caveats.toml").write_text(CATALOGUE)
    assert set(open_index(tmp_path / "index", on_error=told.append).documents) == {"cats", "milk"}


def test_a_broken_catalogue_is_told_once_for_all_articles_beside_it(corpus, tmp_path, words_model):
    (corpus / "more").mkdir()
    for name in "abc":
        (corpus / "more" / f"{name}.md").write_text(f"A cat named {name}.")
    (corpus / "more" / "caveats.toml").write_text("[[")
    told = []
    refresh([corpus], tmp_path / "index", on_error=told.append)
    assert len(told) == 1


def test_an_empty_path_is_not_the_working_directory(corpus, tmp_path, words_model, monkeypatch):
    monkeypatch.chdir(corpus)
    with pytest.raises(DocumentError, match="A path is empty"):
        refresh([""], tmp_path / "index")


def test_an_article_that_became_a_link_out_of_its_folder_is_not_kept(two, tmp_path):
    secret = tmp_path / "secret.md"
    secret.write_text("The key is under the mat.")
    (two / "milk" / "article.md").unlink()
    (two / "milk" / "article.md").symlink_to(secret)
    told = []
    index = open_index(tmp_path / "index", on_error=told.append)
    assert set(index.documents) == {"cats", "dogs"}
    assert ["leads out of" in str(error) for error in told] == [True]


def test_a_removed_article_is_not_kept_in_an_older_version(two, tmp_path):
    (two / "milk" / "article.md").unlink()
    told = []
    assert set(open_index(tmp_path / "index", on_error=told.append).documents) == {"cats", "dogs"}
    assert told == []


def test_without_a_listener_a_broken_catalogue_raises(two, tmp_path):
    (two / "milk" / "caveats.toml").write_text("[[")
    with pytest.raises(CatalogueError, match=r"milk/caveats\.toml: not valid TOML"):
        refresh([two], tmp_path / "index")


def test_a_damaged_index_is_built_anew(corpus, tmp_path, words_model):
    refresh([corpus], tmp_path / "index")
    part(tmp_path / "index", "passages.faiss").write_bytes(b"")
    refresh([corpus], tmp_path / "index")
    assert PassageIndex.load(tmp_path / "index").search("cats")


BUILDER = """
    import sys
    sys.path.insert(0, {tests!r})
    import faiss
    from fakes import CATS, WordEmbedder, document
    from askdoc.index import build_index
    index = build_index([document(CATS + " More. " * n) for n in [1]], embedder=WordEmbedder())
    real = faiss.write_index
    def slow(index, file):
        real(index, file)
        print("writing", flush=True)
        import time; time.sleep(60)
    faiss.write_index = slow
    index.save({folder!r})
"""


def kill_while_writing(folder):
    program = BUILDER.format(tests=str(Path(__file__).parents[1] / "support"), folder=str(folder))
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    ) as builder:
        assert builder.stdout.readline() == "writing\n"
        os.kill(builder.pid, signal.SIGKILL)


@pytest.mark.slow
def test_a_killed_build_leaves_the_old_index_whole(cats, tmp_path):
    cats.save(tmp_path)
    kill_while_writing(tmp_path)
    assert PassageIndex.load(tmp_path).documents == cats.documents
    cats.save(tmp_path)
    assert len(list((tmp_path / "builds").iterdir())) == 1


@pytest.mark.slow
def test_what_a_killed_first_build_left_is_taken_over(cats, tmp_path):
    folder = tmp_path / "index"
    kill_while_writing(folder)
    assert not (folder / "manifest.json").exists()
    cats.save(folder)
    assert len(list((folder / "builds").iterdir())) == 1
    assert PassageIndex.load(folder).documents == cats.documents


@pytest.mark.slow
def test_a_reader_during_swaps_always_gets_a_whole_index(cats, tmp_path):
    cats.save(tmp_path)
    until = time.monotonic() + 1
    writer = textwrap.dedent(BUILDER.split("real = ")[0]) + (
        f"\nwhile True: index.save({str(tmp_path)!r})"
    )
    program = writer.format(tests=str(Path(__file__).parents[1] / "support"), folder="")
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        try:
            while time.monotonic() < until:
                assert len(PassageIndex.load(tmp_path).passages) == 3
        finally:
            process.kill()


def test_faiss_is_exact_at_this_size(cats):
    assert isinstance(cats.store.vectors.passages, faiss.IndexFlatIP)
