"""The reader reads question and passage together, offline, and says so when it cannot."""

import numpy as np
import pytest

from askdoc.embedding import default_model_folder
from askdoc.errors import ReaderError
from askdoc.passages import sentence_spans
from askdoc.reading import Text, load_reader
from askdoc.reading.by_onnx import MAX_TOKENS
from askdoc.reading.encoder import word_embeddings

FERRY = (
    "The ferry crosses the lake four times a day. A ticket for adults costs three euros. "
    "Dogs travel free of charge if they wear a muzzle."
)


def text(words, heading="The ferry"):
    return Text(heading, words, sentence_spans(words, 0, len(words)))


@pytest.fixture(scope="module")
def reader():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ASKDOC_READER", raising=False)
        yield load_reader()


def likeliest(reader, question, words):
    [reading] = reader.read(question, [text(words)])
    spans = text(words).sentences
    start, end = spans[int(np.argmax(reading.sentences))]
    return words[start:end]


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("how much does an adult pay?", "A ticket for adults costs three euros."),
        ("how many crossings are there a day?", "The ferry crosses the lake four times a day."),
        ("can I bring my dog?", "Dogs travel free of charge if they wear a muzzle."),
    ],
)
def test_the_sentence_that_answers_is_the_likeliest(reader, question, answer):
    assert likeliest(reader, question, FERRY) == answer


@pytest.mark.model
def test_a_question_that_the_passage_answers_is_likelier_than_a_near_miss(reader):
    answered, near_miss = (
        reader.read(question, [text(FERRY)])[0].passage
        for question in ("How much is a ticket for adults?", "Who built the ferry?")
    )
    assert answered > near_miss


@pytest.mark.model
def test_a_passage_reads_the_same_alone_and_beside_others(reader):
    other = text("Cats sleep sixteen hours a day.")
    [alone] = reader.read("can I bring my dog?", [text(FERRY)])
    beside = reader.read("can I bring my dog?", [other, text(FERRY)])[1]
    assert alone == beside


@pytest.mark.model
def test_a_passage_beyond_the_window_is_read_as_far_as_it_fits(reader):
    [reading] = reader.read("how much?", [text("It costs three euros a day. " * MAX_TOKENS)])
    assert len(reading.sentences) == MAX_TOKENS
    assert np.isfinite(reading.sentences).all()


@pytest.mark.model
def test_a_text_without_words_is_read(reader):
    [reading] = reader.read("?", [Text("", "", ())])
    assert reading.sentences == ()


@pytest.mark.model
def test_word_embeddings_are_those_of_the_packaged_model():
    from safetensors.numpy import load_file

    file = default_model_folder() / "model.safetensors"
    expected = load_file(file)["embeddings.word_embeddings.weight"]
    np.testing.assert_array_equal(word_embeddings(file), expected)


def test_there_is_no_reader_where_it_is_switched_off(monkeypatch):
    monkeypatch.setenv("ASKDOC_READER", "off")
    assert load_reader() is None


def test_a_switch_of_another_word_is_named(monkeypatch):
    monkeypatch.setenv("ASKDOC_READER", "maybe")
    with pytest.raises(ReaderError, match=r'"maybe".*"on" or "off"'):
        load_reader()
