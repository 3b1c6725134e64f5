"""Evidence becomes a probability, and unknown words are named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdoc import build_index
from askdoc.answering.answerability import (
    COEFFICIENTS,
    Logistic,
    confidence,
    evidence,
    unknown_words,
)
from fakes import CATS, WordEmbedder, document


@pytest.fixture(scope="module")
def index():
    return build_index([document(CATS)], embedder=WordEmbedder())


def sure(index, question):
    return confidence(question, index.search(question), index)


def test_a_question_the_article_answers_is_surer_than_a_strange_one(index):
    assert sure(index, "how many hours a day do cats sleep?") > sure(index, "is Texas far?")


def test_nothing_found_is_no_confidence(index):
    assert confidence("cats?", (), index) == 0.0


def test_evidence_by_hand(index):
    query = "do cats drive lorries at dusk?"
    found = evidence(query, index.search(query), index)
    assert found.known == pytest.approx(2 / 4)
    assert found.covered == pytest.approx(2 / 4)
    assert found.pieces == 0


def test_a_question_without_content_words_has_no_words_covered(index):
    assert evidence("is it?", index.search("is it?"), index).covered == 0


@given(st.text(min_size=1, max_size=60))
def test_any_question_gets_a_probability(question):
    index = build_index([document(CATS)], embedder=WordEmbedder())
    assert 0 <= sure(index, question) <= 1


def test_more_evidence_never_makes_an_answer_less_likely():
    for model in json.loads(COEFFICIENTS.read_text()).values():
        assert all(weight >= 0 for weight in model["weights"].values())


def test_the_logistic_model_by_hand(index):
    found = evidence("cats sleep", index.search("cats sleep"), index)
    assert Logistic({"known": 2.0}, -2.0).probability(found) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("Are lawyers taxed in Texas?", ("lawyers", "taxed", "Texas")),
        ("do cats sleeping hunt?", ()),
        ("how do I trimm the claws?", ()),
        ("is it so?", ()),
        ("tigers, tigers, tigers", ("tigers",)),
    ],
)
def test_words_the_article_never_mentions_are_named_once(index, question, unknown):
    assert unknown_words(question, index) == unknown
