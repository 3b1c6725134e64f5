import json

import numpy as np
import pytest
from training import classifier_data, fit_classifier, fit_glossed
from training.calibrate_similarity import counts, nearest
from training.classifier_data import Row, normalised, read_rows
from training.classifier_network import Network
from training.classifier_thresholds import CERTAIN, GRID, SILENT, Scored, thresholds_of
from training.encodings import Encodings
from training.fit_classifier import labelled_topics

from askdoc.caveats import (
    Classifier,
    ExampleVectors,
    TextFeatures,
    parse_catalogue,
    parse_classifier,
)
from askdoc.caveats.classifier import ClassifierWeights

WIDTH, LAYERS = 6, 2
WORDS = ("fire", "flood", "tea", "help", "now", "please")


class Tokens:
    """An embedder of tokens: one axis a word, and a row for each word of a text."""

    def __init__(self):
        self.read = []

    def encode_tokens(self, texts, on_progress=None):
        self.read += texts
        return [self._pieces(text) for text in texts]

    def _pieces(self, text):
        from askdoc.embedding import TokenEmbeddings

        rows = np.array([np.eye(WIDTH)[WORDS.index(word)] for word in text.split()])
        rows = rows.reshape(-1, WIDTH).astype(np.float32)
        whole = rows.sum(axis=0) if len(rows) else np.ones(WIDTH, np.float32)
        whole = (whole / np.linalg.norm(whole)).astype(np.float32)
        spans = np.zeros((len(rows), 2), dtype=np.int64)
        return TokenEmbeddings(whole, spans, rows, np.concatenate([rows] * LAYERS, axis=1))


def test_a_text_is_encoded_once_and_read_from_disk_afterwards(tmp_path):
    first = Encodings(Tokens(), "model", tmp_path)
    first.read(["fire now", "tea"])
    again = Tokens()
    second = Encodings(again, "model", tmp_path)
    second.read(["fire now", "tea", "flood"])
    assert again.read == ["flood"]
    assert second["fire now"].tokens.shape == (2, LAYERS * WIDTH)
    assert np.array_equal(second["tea"].vector, first["tea"].vector)


def test_a_text_without_tokens_is_kept_beside_others(tmp_path):
    encodings = Encodings(Tokens(), "model", tmp_path)
    encodings.read(["", "fire now"])
    assert len(encodings[""].tokens) == 0


def test_encodings_of_another_model_are_not_taken(tmp_path):
    Encodings(Tokens(), "one", tmp_path).read(["tea"])
    with pytest.raises(KeyError):
        Encodings(Tokens(), "two", tmp_path)["tea"]


ROWS = (
    *[Row(f"{word} {more}", frozenset({word})) for word in ("fire", "flood") for more in WORDS],
    *[Row(f"tea {more}") for more in ("help", "now", "please")],
)


def test_a_fitted_network_finds_its_topics_and_ships_as_a_classifier(tmp_path):
    from training.classifier_network import fit

    encodings = Encodings(Tokens(), "model", tmp_path)
    encodings.read(row.question for row in ROWS)
    network = fit(ROWS * 40, ["fire", "flood"], encodings)
    thresholds = {"fire": (0.0, 0.0, 0.0), "flood": (0.0, 0.0, 0.0)}
    shipped = Classifier("model", thresholds, network.arrays([0, 1]))
    encodings.read(["help fire please", "flood tea", "tea"])
    assert shipped.predict([as_shipped(encodings["help fire please"])]).found == {"fire"}
    assert shipped.predict([as_shipped(encodings["flood tea"])]).found == {"flood"}
    assert shipped.predict([as_shipped(encodings["tea"])]).found == frozenset()


def as_shipped(features):
    return TextFeatures(features.vector, features.tokens.astype(np.float32))


def scores(on_it, everyday, near=()):
    values = [*on_it, *everyday, *near]
    places = np.repeat([0, 1, 2], [len(on_it), len(everyday), len(near)])
    nothing = np.zeros(len(values), dtype=bool)
    found = np.array(values, dtype=np.float32)
    return Scored(found, nothing, nothing, places == 0, places == 2, nothing, places == 1)


def test_an_emergency_is_found_before_all_else_and_trusted_only_above_everyday_questions():
    found = scores(on_it=[1, 2, 3, 4], everyday=[-3] * 999 + [3.1], near=[1.5])
    _, high, trusted = thresholds_of(found, "emergency")
    assert high <= 1
    assert (found.scores[found.everyday] >= trusted).mean() <= SILENT
    everyday_above = scores(on_it=[1, 2, 3, 4], everyday=[3.1] * 10)
    assert thresholds_of(everyday_above, "emergency")[2] > 3.1


def test_of_a_lesser_topic_near_misses_keep_the_bound_above_them():
    found = scores(on_it=[1, 2, 3, 4], everyday=[-3] * 9, near=[0.4] * 9)
    _, high, certain = thresholds_of(found, "info")
    assert 0.4 < high <= 1
    assert certain == CERTAIN
    assert high in GRID


def test_case_punctuation_and_spaces_make_no_new_question():
    assert normalised("Who  DIED first?!") == normalised("who died first")
    assert normalised("¿Qué es?") == "qué es"


def test_a_twin_of_a_held_out_question_is_not_fitted_to(tmp_path, monkeypatch):
    def write(name, *asked):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        row = {"history": [], "caveats": [], "forbid": [], "kind": "everyday", "language": "en"}
        row["source"] = "readers"
        path.write_text("\n".join(json.dumps({"question": q, **row}) for q in asked))

    write("train.jsonl", "Tea now", "fire, please")
    write("dev.jsonl", "fire please")
    write("test/any.jsonl", "tea NOW?", "flood")
    monkeypatch.setattr(classifier_data, "SAFETY", tmp_path)
    monkeypatch.setattr(classifier_data, "_typed_anywhere", list)
    monkeypatch.setattr(classifier_data, "_calm", lambda _: [Row("help now")])
    monkeypatch.setattr(classifier_data, "_of_collections", lambda _: ["flood!"])
    rows = classifier_data.train_rows(tmp_path, [])
    assert [row.question for row in rows] == ["help now"]
    assert [row.question for row in read_rows(tmp_path / "dev.jsonl")] == ["fire please"]


TOPIC = """
[[topics]]
id = "{id}"
topic = "{id}"
severity = "info"
text = "x."
fires = ["{id}"]
"""


def test_a_topic_that_no_english_row_is_on_is_left_to_the_rules():
    known = parse_catalogue("".join(TOPIC.format(id=id) for id in ("tea", "fire", "flood")), "c")
    train = [Row(id, frozenset({id})) for id in ("tea", "fire", "flood")]
    dev = [Row("fire", frozenset({"fire"})), Row("té", frozenset({"tea"}), language="es")]
    assert labelled_topics(known, train, dev) == {"fire": "info"}


def test_an_example_is_compared_with_the_others_and_never_with_itself():
    vectors = np.eye(3, dtype=np.float32)
    examples = ExampleVectors(vectors[:2], ("a", "b"), vectors[2:], ("a",))
    assert nearest(vectors[0], examples)[0] == "b"


def test_what_is_near_counts_as_right_other_or_fired():
    rows = [Row("x", frozenset({"a"})), Row("y", frozenset({"b"})), Row("z")]
    near = [("a", 0.9)] * 3
    assert counts(rows, near, {"a": "info"}, "info", 0.5) == (1, 1, 1)
    assert counts(rows, near, {"a": "info"}, "info", 0.95) == (0, 0, 0)


def test_crises_are_written_with_what_is_fitted_further_to_the_same_network(tmp_path, monkeypatch):
    def with_glosses(found, _):
        weights = ClassifierWeights(found.thresholds, found.arrays, {"fire": (1.0,)})
        return Classifier(found.fingerprint, found.thresholds, found.arrays, weights)

    monkeypatch.setattr(fit_glossed, "refitted", with_glosses)
    monkeypatch.setattr(fit_classifier, "ROOT", tmp_path)
    monkeypatch.setattr(fit_classifier, "CATALOGUE", tmp_path / "caveats.toml")
    written = tmp_path / "src/askdoc/caveats/classifier.json"
    written.parent.mkdir(parents=True)
    thresholds = {"fire": (0.0, 1.0, 2.0), "tea": (0.0, 1.0, 2.0)}
    grades = {"fire": "emergency", "tea": "info"}
    encodings = Encodings(Tokens(), "model", tmp_path)
    fit_classifier.write(Network(LAYERS, WIDTH, 2), thresholds, grades, encodings)
    crises = parse_classifier(written.read_text("utf-8"), "crises")
    topics = parse_classifier((tmp_path / "classifier.json").read_text("utf-8"), "topics")
    assert list(crises.thresholds) == ["fire"]
    assert crises.glossed.words == {"fire": (1.0,)}
    assert (list(topics.thresholds), topics.glossed) == (["tea"], None)
