"""No note is lost in silence, whatever happens to the sentence it speaks of."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdoc import ask, build_index
from askdoc.answering import notes_complete
from askdoc.caveats import misplaced_claims, notes_in, parse_catalogue
from askdoc.caveats.locating import find_all, find_near, fold
from askdoc.refresh import open_index, refresh
from fakes import CATS, WordEmbedder, document

CATALOGUE = """
[review]
review_by = 2030-01-01
[[claims]]
id = "C1"
quote = "Cats sleep sixteen hours a day"
section = ""
sentence_start = ""
classification = "overstated"
note = "Overstated: twelve to sixteen."
sources = []
"""
KRATOM = Path(__file__).parents[2] / "corpus/kratom"
SENTENCE = "Cats sleep sixteen hours a day."
CHANGED = {
    "a word joiner": "Cats sl\u2060eep sixteen hours a day.",
    "a zero-width non-joiner": "Cats sleep six\u200cteen hours a day.",
    "a right-to-left mark": "Cats \u200fsleep sixteen hours a day.",
    "a soft hyphen": "Cats sleep six\u00adteen hours a day.",
    "a combining accent": "Cats sleep sixte\u0301en hours a day.",
    "a precomposed accent": "Cats sleep sixt\u00e9en hours a day.",
    "capitals": "CATS sleep Sixteen hours a day.",
    "a hyphen at a line's end": "Cats sleep six-\nteen hours a day.",
    "a comma": "Cats sleep, sixteen hours a day.",
    "full-width letters": "Cats sleep ｓｉｘteen hours a day.",
    "a no-break space": "Cats sleep\u00a0sixteen hours a day.",
}
NEARLY = {
    "a slip": "Cats sleep sixten hours a day.",
    "a word put in": "Cats sleep sixteen long hours a day.",
    "a plural": "Cat sleep sixteen hours a day.",
}


def article(sentence, **more):
    return document(CATS.replace(SENTENCE, sentence), catalogue=CATALOGUE, **more)


def noted(made):
    catalogue = parse_catalogue(CATALOGUE, "cats")
    return [made.text[n.start : n.end] for n in notes_in(made, 0, len(made.text), catalogue)]


@pytest.mark.parametrize("sentence", CHANGED.values(), ids=CHANGED)
def test_a_change_of_no_word_loses_no_note(sentence):
    made = article(sentence)
    assert noted(made) == [sentence]
    assert misplaced_claims([made]) == {}


@pytest.mark.parametrize("sentence", NEARLY.values(), ids=NEARLY)
def test_a_small_change_keeps_the_note_and_is_told(sentence):
    made = article(sentence)
    assert noted(made) == [sentence]
    (claims,) = misplaced_claims([made]).values()
    assert [(claim.claim, claim.nearly) for claim in claims] == [("C1", True)]


@pytest.mark.parametrize("sentence", ["They are kept indoors.", "Dogs bark at night for hours."])
def test_another_sentence_takes_no_note_over(sentence):
    assert noted(article(sentence)) == []


@pytest.mark.parametrize("mark", ["\u2060\u200c\u200f\u0301\u00ad"])
def test_the_kratom_article_keeps_every_note_with_a_mark_in_every_word(mark):
    text = (KRATOM / "article.md").read_text("utf-8").split("---\n", 2)[2]
    catalogue = (KRATOM / "caveats.toml").read_text("utf-8")
    marked = "".join(f"{c}{mark}" if c.isalpha() else c for c in text)
    assert misplaced_claims([document(marked.title(), catalogue=catalogue)]) == {}


def test_a_claim_may_stand_in_any_article_of_its_catalogue():
    other = document("Dogs bark.", id="dogs", catalogue=CATALOGUE)
    assert misplaced_claims([article(SENTENCE), other]) == {}


@given(st.text(max_size=60), st.text(max_size=20))
def test_a_quote_is_found_where_it_stands(before, after):
    text = f"{before} it’s a ca\u00adt {after}"
    assert any("ca\u00adt" in text[a:b] for a, b in find_all(text, "It's a cat"))


@given(st.text(max_size=200))
def test_folding_a_fold_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


def test_a_short_quote_never_stands_nearly():
    assert find_near("Cats sleep by day. " * 3, "Cats sleep by bay") is None


def test_a_lost_note_is_told_over_every_answer():
    index = build_index([article("They doze.")], embedder=WordEmbedder())
    assert not notes_complete(index)
    banners = [c.id for c in ask(index, "when do they hunt?").caveats if c.kind == "banner"]
    assert "notes_incomplete" in banners


def test_with_every_note_in_its_place_nothing_is_told():
    index = build_index([article(SENTENCE)], embedder=WordEmbedder())
    assert notes_complete(index)
    assert "notes_incomplete" not in {c.id for c in ask(index, "when do they hunt?").caveats}


@pytest.mark.server
def test_the_server_tells_that_notes_are_incomplete():
    from starlette.testclient import TestClient

    from answers import built
    from askdoc.server import Service
    from askdoc.server.app import assemble

    service = Service(lambda: build_index([article("They doze.")], embedder=WordEmbedder()))
    service.start()
    assert service.wait(60)
    with TestClient(built(assemble, service)) as client:
        assert "notes incomplete" in client.get("/readyz").text
    assert "notes_incomplete" in {banner.id for banner in service.about().banners}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for target in ("askdoc.refresh.prepare_embedder",):
        monkeypatch.setattr(target, lambda name=None: (WordEmbedder(), ""))
    monkeypatch.setattr("askdoc.index.search.load_embedder", lambda name=None: WordEmbedder())
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats/caveats.toml").write_text(CATALOGUE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("sentence", ["They doze.", *NEARLY.values()])
def test_building_and_opening_an_index_name_each_claim_that_is_not_found(folder, sentence):
    (folder / "cats/cats.md").write_text(CATS.replace(SENTENCE, sentence), encoding="utf-8")
    told = []
    refresh([folder / "cats"], folder / "index", on_error=told.append)
    open_index(folder / "index", on_error=told.append)
    assert ['claim "C1"' in str(error) for error in told] == [True, True]
