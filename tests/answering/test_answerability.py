"""Evidence becomes a probability, and unknown words are named."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdoc import build_index
from askdoc.answering import answerability
from askdoc.answering.answerability import (
    COEFFICIENTS,
    Logistic,
    Prior,
    confidence,
    evidence,
    prior_for,
    unknown_words,
)
from askdoc.answering.selection import Weighed, weigh
from askdoc.embedding import load_embedder
from fakes import CATS, WordEmbedder, document


@pytest.fixture(scope="module")
def index():
    return build_index([document(CATS)], embedder=WordEmbedder())


def sure(index, question):
    return confidence(question, index, weigh(index, question, index.search(question)))


def test_a_question_the_article_answers_is_surer_than_a_strange_one(index):
    assert sure(index, "how many hours a day do cats sleep?") > sure(index, "is Texas far?")


def test_nothing_found_is_no_confidence(index):
    assert confidence("cats?", index, Weighed("cats?", (), (), ())) == 0.0


@given(st.text(min_size=1, max_size=60))
def test_any_question_gets_a_probability(question):
    index = build_index([document(CATS)], embedder=WordEmbedder())
    assert 0 <= sure(index, question) <= 1


def test_more_evidence_never_makes_an_answer_less_likely():
    for model in json.loads(COEFFICIENTS.read_text()).values():
        assert all(weight >= 0 for weight in model["weights"].values())


def test_the_logistic_model_by_hand(index):
    found = evidence("cats sleep", index, weigh(index, "cats sleep", index.search("cats sleep")))
    assert Logistic({"held": 2.0}, -2.0).probability(found) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("Are lawyers taxed in Texas?", ("lawyers", "taxed", "Texas")),
        ("do cats sleeping hunt?", ()),
        ("how do I trimm the claws?", ()),
        ("is it so?", ()),
        ("tigers, tigers, tigers", ("tigers",)),
        ("wat shud I do til tigers come, becuase?", ("tigers",)),
    ],
)
def test_words_the_article_never_mentions_are_named_once(index, question, unknown):
    assert unknown_words(question, index) == unknown


def test_a_prior_is_a_linear_reading_and_its_file_gives_it_back(monkeypatch, tmp_path):
    weights, vector = np.array([1.0, -2.0], np.float32), np.array([0.6, 0.8], np.float32)
    file = tmp_path / "prior.json"
    file.write_text(Prior("any", weights, 0.25).to_json())
    monkeypatch.setattr(answerability, "PRIOR", file)
    found = prior_for("any")
    assert prior_for("another") is None
    assert found.log_odds(vector) == pytest.approx(0.6 - 1.6 + 0.25, abs=1e-3)


@pytest.mark.model
def test_the_prior_that_ships_is_for_the_default_model_and_for_no_other(index):
    assert (
        evidence(
            "what are cats?", index, weigh(index, "what are cats?", index.search("cats"))
        ).prior
        == 0
    )
    shipped = prior_for(load_embedder().fingerprint)
    brand, kind = load_embedder().encode(["which brand should i buy?", "what is it?"])
    assert shipped.log_odds(brand) < 0 < shipped.log_odds(kind)
