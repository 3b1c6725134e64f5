"""The prior and the adapter, and the judged questions that both are fitted on."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from training import asked, fit_adapter
from training.fit_prior import Sample, fit_prior, question_forms

from askdoc import build_index
from fakes import CATS, WordEmbedder, document

FLU = {
    "id": "health/1",
    "focus": "Flu",
    "sections": [
        {"qtype": "causes", "question": "What causes Flu ?", "text": "A virus causes it."},
        {"qtype": "cures", "question": "How is Flu treated ?", "text": "Rest helps."},
    ],
}


def test_about_half_of_all_articles_are_held_out_and_always_the_same():
    names = [f"article {number}" for number in range(400)]
    held_out = [name for name in names if asked.is_held_out(name)]
    assert 160 < len(held_out) < 240
    assert held_out == [name for name in names if asked.is_held_out(name)]


def test_a_section_begins_where_it_stands_in_the_joined_article():
    article, starts = asked.joined(FLU)
    assert [article.text[start:].split()[0] for start in starts] == ["A", "Rest"]


def test_a_section_is_a_document_without_its_heading_and_answers_its_question():
    found = asked.sections(FLU)
    assert [one.text for one in found.documents] == ["A virus causes it.", "Rest helps."]
    assert found.qrels == {"0": {"0": 1}, "1": {"1": 1}}


def test_the_form_of_a_question_is_its_commonest_wording():
    other = {**FLU, "focus": "Gout", "sections": [{**FLU["sections"][0]}]}
    other["sections"][0]["question"] = "What causes Gout ?"
    assert question_forms([FLU, other])["causes"] == "What causes {} ?"


def test_the_prior_tells_questions_that_articles_answer():
    rng = np.random.default_rng(0)
    towards = np.eye(8, dtype=np.float32)[0]
    samples = [
        Sample("k", "a", False, answerable, unit(rng.normal(size=8) + sign * 4 * towards))
        for answerable, sign in ((True, 1), (False, -1))
        for _ in range(40)
    ]
    prior = fit_prior(samples, "model")
    assert prior.fingerprint == "model"
    assert prior.log_odds(towards) > 0 > prior.log_odds(-towards)


def unit(vector):
    return (vector / np.linalg.norm(vector)).astype(np.float32)


@pytest.fixture(scope="module")
def sample():
    index = build_index([document(CATS)], embedder=WordEmbedder())
    return fit_adapter.sample(
        index,
        "readers",
        False,
        "how many hours do cats sleep",
        lambda passage, span: "sixteen" in passage.sentence(span),
    )


def test_every_sentence_of_a_sample_has_its_passage_vector_and_score(sample):
    assert len(sample.owners) == len(sample.sentences) == len(sample.fixed)
    assert len(sample.passages) == len(sample.right) == len(sample.worded)
    assert sample.right_sentences.sum() == 1


def test_the_right_passage_is_the_one_with_the_right_sentence(sample):
    assert sample.right[sample.owners[sample.right_sentences.argmax()]]
    assert sample.right.sum() == 1


def test_what_pads_a_batch_is_never_the_best(sample):
    short = replace(
        sample,
        **{name: getattr(sample, name)[:1] for name in ("passages", "worded", "right")},
        **{name: getattr(sample, name)[:1] for name in ("sentences", "fixed", "owners")},
        right_sentences=sample.right_sentences[:1],
    )
    batch = fit_adapter.batch_of([sample, short])
    passages, sentences = fit_adapter.Network(512, 4)(batch)
    assert (int(passages[1].argmax()), int(sentences[1].argmax())) == (0, 0)


def test_an_adapter_is_learned_from_what_is_right(sample):
    wrong = replace(sample, right=~sample.right, right_sentences=~sample.right_sentences)
    learned = fit_adapter.fit([sample] * 32, 4, seed=0)
    unlearned = fit_adapter.fit([wrong] * 32, 4, seed=0)
    gains = [sample.sentences @ (sample.vector @ matrix) for matrix in (learned, unlearned)]
    at = sample.right_sentences.argmax()
    assert gains[0][at] > gains[1][at]


def test_the_loss_is_nothing_where_only_what_is_right_has_weight():
    right = torch.tensor([[True, False]])
    assert float(fit_adapter.missed(torch.tensor([[50.0, -50.0]]), right)) == pytest.approx(0)
