import numpy as np
import pytest

from askdoc.embedding import QueryAdapter, adapter_for, adapters_to_json, load_embedder
from askdoc.embedding import adapter as adapter_module
from askdoc.embedding.adapter import asks, claims
from askdoc.index import FUSION, build_index
from fakes import WordEmbedder, document

FERNBROW = [
    document(text, id=kind, title="Fernbrow fever")
    for kind, text in {
        "what": "Fernbrow fever is a rare disease of gardeners. A country doctor named it.",
        "cause": "Fernbrow fever is passed on by the bite of a tick in long grass.",
        "signs": "Gardeners have headaches, chills, aching joints and a rash on both arms.",
        "cure": "Rest, warmth, fluids and a course of antibiotics bring most back to work.",
        "count": "About one in ten thousand gardeners has the fever each year.",
    }.items()
]


@pytest.fixture(scope="module")
def rng():
    return np.random.default_rng(5)


def test_what_is_added_is_the_low_rank_map_of_the_vector(rng):
    read, add = (rng.normal(size=shape).astype(np.float32) for shape in ((8, 2), (2, 8)))
    vector = rng.normal(size=8).astype(np.float32)
    adapted = QueryAdapter(read, add).adapt(vector, 0.5)
    assert np.allclose(adapted, vector @ (np.eye(8) + 0.5 * read @ add), atol=1e-5)


def test_their_file_gives_both_back_each_for_its_form_of_query(rng, monkeypatch, tmp_path):
    maps = [rng.normal(size=shape).astype(np.float32) for shape in ((8, 2), (2, 8)) * 2]
    of_questions, of_claims = QueryAdapter(*maps[:2]), QueryAdapter(*maps[2:])
    text = adapters_to_json("any", of_questions, of_claims)
    (tmp_path / "adapter.json").write_text(text)
    monkeypatch.setattr(adapter_module, "ADAPTERS", tmp_path / "adapter.json")
    asked = adapter_for("any", "what upsets cats?")
    stated = adapter_for("any", "Milk upsets the stomach of most cats.")
    assert adapter_for("any", "milk cats") is None
    assert adapter_for("another", "what upsets cats?") is None
    vector = rng.normal(size=8).astype(np.float32)
    assert np.allclose(asked.adapt(vector), of_questions.adapt(vector), atol=0.02)
    assert np.allclose(stated.adapt(vector), of_claims.adapt(vector), atol=0.02)


@pytest.mark.model
def test_those_that_ship_are_for_the_default_model_and_for_no_other():
    assert adapter_for(load_embedder().fingerprint, "what is it?") is not None
    assert adapter_for(WordEmbedder.fingerprint, "what is it?") is None


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What are the treatments for Fernbrow fever?", "cure"),
        ("How many people are affected by Fernbrow fever?", "count"),
    ],
)
def test_what_answers_comes_before_what_is_merely_alike(question, answer):
    index = build_index(FERNBROW)
    alike = index.search(question, fusion=FUSION.adapted(0))
    assert alike[0].passage.document_id == "what"
    assert index.search(question)[0].passage.document_id == answer


def test_a_model_without_adapter_is_searched_as_it_is():
    index = build_index(FERNBROW, embedder=WordEmbedder())
    asked = "rare disease of gardeners"
    assert index.search(asked) == index.search(asked, fusion=FUSION.adapted(0))


@pytest.mark.parametrize(
    "query", ["What is it?", "whats the dose", "ok so how long", "is it legal", "and for pain?"]
)
def test_a_question_is_told_by_its_form(query):
    assert asks(query)
    assert not claims(query)


def test_a_claim_is_a_statement_of_some_length():
    assert claims("The fever is passed on by ticks.")
    assert not claims("fever ticks")


@pytest.mark.model
@pytest.mark.parametrize("query", ["fever ticks", "Issues"])
def test_key_words_are_searched_as_they_are(query):
    index = build_index(FERNBROW)
    assert index.search(query) == index.search(query, fusion=FUSION.adapted(0))


@pytest.mark.model
def test_a_claim_finds_what_bears_on_it():
    found = build_index(FERNBROW).search("The fever is passed on by ticks.")
    assert found[0].passage.document_id == "cause"
