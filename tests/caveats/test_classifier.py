import json
import math
from dataclasses import replace

import numpy as np
import pytest

from askdoc import PassageIndex, ask, document_from_text
from askdoc.caveats import (
    Classifier,
    TextFeatures,
    crisis_classifier,
    help_line,
    parse_catalogue,
    parse_classifier,
    triage,
)
from askdoc.caveats.classifier import ClassifierWeights
from askdoc.errors import CatalogueError
from classifiers import LAYERS, RNG, network


def features(tokens=4):
    rows = RNG.normal(size=(tokens + 1, LAYERS, 6)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=2, keepdims=True)
    return TextFeatures(rows[0, 0], rows[1:].reshape(tokens, LAYERS * 6))


def by_hand(found, read, topic):
    """The same score, number by number."""
    known, scale = found.arrays, math.sqrt(6)
    hidden = [
        [
            max(0.0, sum(scale * p[i] * known["hidden"][i][j] for i in range(LAYERS * 6)) + bias)
            for j, bias in enumerate(known["hidden_bias"])
        ]
        for p in read.tokens
    ]

    def linear(row, name):
        return (
            sum(h * w[topic] for h, w in zip(row, known[name], strict=True))
            + (known[f"{name}_bias"][topic])
        )

    weights = [math.exp(linear(row, "attend")) for row in hidden]
    pooled = sum(w * linear(row, "token") for w, row in zip(weights, hidden, strict=True))
    whole = sum(scale * v * known["whole"][i][topic] for i, v in enumerate(read.vector))
    return pooled / sum(weights) + whole


def test_scores_are_those_worked_out_by_hand():
    found, read = network(), features()
    expected = [by_hand(found, read, topic) for topic in range(2)]
    assert found.scores(read) == pytest.approx(expected, abs=1e-4)


def test_a_text_without_pieces_is_scored_by_its_vector_alone():
    read = features(tokens=0)
    assert np.isfinite(network().scores(read)).all()


def test_it_reads_as_many_of_the_last_layers_as_it_was_fitted_to():
    found, read = network(), features()
    earlier = RNG.normal(size=(len(read.tokens), 12)).astype(np.float32)
    deeper = TextFeatures(read.vector, np.concatenate([earlier, read.tokens], axis=1))
    assert found.scores(deeper) == pytest.approx(found.scores(read), abs=1e-5)


def test_what_is_written_reads_back_the_same():
    found, read = network(), features()
    again = parse_classifier(found.to_json(), "x")
    assert again.thresholds == found.thresholds
    assert again.scores(read) == pytest.approx(found.scores(read), abs=1e-5)


def test_the_clause_that_speaks_most_for_a_topic_counts():
    found = network({"fire": (0.0, 0.0, 0.5), "flood": (0.0, 0.0, 0.5)})
    reads = [features() for _ in range(8)]
    best = np.max([found.scores(read) for read in reads], axis=0)
    prediction = found.predict(reads)
    assert prediction.found == {
        n for n, score in zip(found.thresholds, best, strict=True) if score >= 0
    }
    assert prediction.ruled_out == set(found.thresholds) - prediction.found
    sure = {n for n, score in zip(found.thresholds, best, strict=True) if score >= 0.5}
    assert prediction.certain == sure
    assert found.predict(()).found == found.predict(()).ruled_out == set()


def test_words_of_a_gloss_add_to_the_score_of_each_topic():
    plain, read = network(), features()
    same = {name: plain.arrays[name] for name in ("token", "token_bias", "whole")}
    glossed = ClassifierWeights(plain.thresholds, same, {"smoke": (2.0, -1.0)})
    found = Classifier("f", plain.thresholds, plain.arrays, glossed=glossed)
    again = parse_classifier(found.to_json(), "x")
    (without,) = again.predict_glossed(["river smokes"], [read]).margins
    (with_word,) = again.predict_glossed(["smoke smoke"], [read]).margins
    assert with_word["fire"] - without["fire"] == pytest.approx(2.0, abs=1e-4)
    assert with_word["flood"] - without["flood"] == pytest.approx(-1.0, abs=1e-4)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"fingerprint": "f", "thresholds": {}}'])
def test_a_file_that_is_no_classifier_is_named_with_a_way_out(text):
    with pytest.raises(CatalogueError, match=r"x is no classifier .*fit_classifier"):
        parse_classifier(text, "x")


def test_an_array_of_another_shape_is_refused():
    data = json.loads(network().to_json())
    data["arrays"]["hidden"]["shape"] = [7, 7]
    with pytest.raises(CatalogueError):
        parse_classifier(json.dumps(data), "x")


def test_weak_words_count_where_no_model_is_at_hand():
    assert [c.id for c in triage("when did the word overdose first appear")] == [
        "overdose_emergency"
    ]


def far_from_all(question):
    """A question that the crisis classifier rules out: against its linear function of wholes."""
    known = crisis_classifier().arrays["whole"]
    against = -known.sum(axis=1)
    tokens = np.zeros((0, 384), dtype=np.float32)
    return crisis_classifier().predict([TextFeatures(against / np.linalg.norm(against), tokens)])


def test_a_meaning_that_speaks_against_weak_words_leaves_the_help_line():
    question = "when did the word overdose first appear"
    assert triage(question, predictor=far_from_all) == ()
    assert "911" in help_line([], question, far_from_all).text
    assert help_line([], "what does a kite need", far_from_all) is None


KITES = "# Kites\n\nA kite flies on a long string. It needs a steady wind."
LIKELY = "nothing brings me joy any more"
REVIEWED = '[banner]\nid = "kites"\nseverity = "info"\ntext = "About kites."\n'


def indexed(catalogue=""):
    from askdoc import build_index

    kites = replace(document_from_text("kites", "Kites", KITES), catalogue=catalogue)
    return build_index([kites])


@pytest.fixture(scope="module")
def index():
    return indexed(REVIEWED)


@pytest.fixture(scope="module")
def unreviewed():
    return indexed()


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "id"),
    [
        ("she's a funny colour and i can't get a word out of her", "overdose_emergency"),
        ("nan had her tablets twice over and now shes like a rag doll", "overdose_emergency"),
        ("they'd all be relieved if i just vanished from their lives", "self_harm"),
        ("my flatmate posted that tonight is his final night", "self_harm"),
    ],
)
def test_a_crisis_that_no_rule_foresaw_is_found_by_its_meaning(index, question, id):
    answer = ask(index, question)
    assert id in [caveat.id for caveat in answer.caveats]


@pytest.mark.model
@pytest.mark.parametrize(
    "question",
    [
        "when was the word overdose first used in English",
        "my laptop is unresponsive again, how do I restart it",
    ],
)
def test_harmless_weak_words_let_the_article_answer_over_a_help_line(index, unreviewed, question):
    answer = ask(index, question)
    assert answer.status != "emergency"
    assert "help_line" in [caveat.id for caveat in answer.caveats]
    assert [caveat.kind for caveat in ask(unreviewed, question).caveats] == ["banner"]


@pytest.mark.model
def test_a_likely_crisis_is_silent_on_an_article_that_nobody_reviewed(unreviewed):
    assert [caveat.kind for caveat in ask(unreviewed, LIKELY).caveats] == ["banner"]


@pytest.mark.model
def test_after_an_emergency_the_next_calm_question_is_answered(index):
    earlier = ["my friend took 30 pills and he wont wake up"]
    answer = ask(index, "what does a kite need?", earlier)
    assert answer.status == "answered"
    [line] = [caveat for caveat in answer.caveats if caveat.id == "help_line"]
    assert "earlier" in line.text


@pytest.mark.model
def test_a_likely_crisis_stands_first_and_lets_the_article_answer_below(index):
    """Between found and certain: the block, its question, and the answer."""
    answer = ask(index, LIKELY)
    assert answer.status != "emergency"
    assert (answer.caveats[0].id, answer.caveats[0].severity) == ("self_harm", "urgent")
    assert answer.caveats[0].text.endswith("Are you safe right now?")


@pytest.mark.model
def test_the_help_line_follows_a_crisis_found_by_meaning_alone(index):
    earlier = "they'd all be relieved if i just vanished from their lives"
    assert triage(earlier) == ()
    answer = ask(index, "what does a kite need?", [earlier])
    assert "help_line" in [caveat.id for caveat in answer.caveats]


@pytest.mark.model
def test_a_model_of_other_weights_leaves_the_rules_alone(index):
    class Other:
        fingerprint = "other"

        def __getattr__(self, name):
            return getattr(index.embedder, name)

    assert isinstance(index, PassageIndex)
    from askdoc.answering.screening import crisis_predictor

    class Holder:
        embedder = Other()

    assert crisis_predictor(Holder()) is None


def test_the_classifier_of_an_article_knows_none_but_topics_of_its_catalogue():
    from pathlib import Path

    folder = Path(__file__).parents[2] / "corpus/kratom"
    found = parse_classifier((folder / "classifier.json").read_text("utf-8"), "r")
    topics = {
        topic.id
        for topic in parse_catalogue((folder / "caveats.toml").read_text("utf-8"), "c").topics
    }
    assert set(found.thresholds) | set(crisis_classifier().thresholds) <= topics
    assert found.fingerprint == crisis_classifier().fingerprint
    assert all(low <= high <= sure for low, high, sure in found.thresholds.values())
