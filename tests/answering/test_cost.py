"""No request that is permitted holds a core for long, whatever it is made of."""

import random
import string
import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnxruntime import InferenceSession

from askdoc import ask, build_index
from askdoc.answering.screening import crisis_predictor
from askdoc.answering.selection import READ as MOST_READ
from askdoc.caveats import crisis_classifier, help_line, triage
from askdoc.caveats.classifier import Prediction
from askdoc.caveats.matcher import Matcher
from askdoc.caveats.patterns import parse_rules
from askdoc.errors import QuestionError
from askdoc.question import Encoding, bounded, clean_question
from askdoc.question.question import (
    CLASSIFIED_NOISE_TOKENS,
    CLASSIFIED_TOKENS,
    MAX_HISTORY,
    MAX_HISTORY_CHARACTERS,
    SEARCHED_TOKENS,
)
from askdoc.reading.by_onnx import MAX_TOKENS
from askdoc.text import MAX_CHARACTERS, both_ends
from fakes import CATS, WordEmbedder, document

CPU_S = 2
"""Above what any of these takes on a slow machine; growth with the square took tens."""
COSTLY = {
    "one pattern over and over": "k m s ",
    "a rule's words apart": "he cant took wake blue ",
    "odd words": "qzorl xkwyt brwvn ",
    "statements of one letter": "a. ",
    "no spaces": "x",
}


@pytest.fixture(scope="module")
def index():
    made = build_index([document(CATS)], embedder=WordEmbedder())
    ask(made, "how long do cats sleep?")
    return made


def is_quick(act):
    """Whether one of three is, since others use the machine, too."""

    def spent_s():
        began = time.process_time()
        act()
        return time.process_time() - began

    return any(spent_s() < CPU_S for _ in range(3))


@pytest.mark.slow
@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY)
def test_rules_read_the_largest_request_quickly(text):
    largest = text * (65536 // len(text))
    number = iter(range(3))
    assert is_quick(lambda: triage(f"{next(number)} {largest}"))


@pytest.mark.slow
@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY)
def test_a_history_of_the_largest_request_is_read_quickly(index, text):
    entry = text * (65536 // MAX_HISTORY // len(text))
    number = iter(range(3 * MAX_HISTORY))

    def asked():
        ask(index, "how long do cats sleep?", [f"{next(number)} {entry}"] * MAX_HISTORY)

    assert is_quick(asked)


@pytest.mark.slow
def test_thousands_of_earlier_questions_cost_no_more_than_fifty(index):
    history = [f"what is number {n}?" for n in range(7000)]
    assert is_quick(lambda: ask(index, "how long do cats sleep?", history))


@given(st.lists(st.text(max_size=3000), max_size=60))
def test_what_is_read_of_a_history_is_bounded(history):
    read = bounded(history)
    assert len(read) == min(len(history), MAX_HISTORY)
    assert sum(map(len, read)) <= MAX_HISTORY_CHARACTERS + MAX_CHARACTERS


def test_a_history_that_fits_is_read_as_it_is():
    history = ["what is kratom?", "a long one " * 100, "is it legal?"]
    assert bounded(history) == tuple(history)


def test_of_a_long_text_both_ends_are_read():
    assert both_ends("0123456789", 5) == "01\n89"
    assert both_ends("0123456789", 10) == "0123456789"


@pytest.mark.parametrize("at", ["start", "end"])
def test_a_crisis_at_either_end_of_an_endless_message_is_found(at):
    crisis, padding = "i want to kill myself", " and so on" * 6000
    text = f"{crisis}{padding}" if at == "start" else f"{padding} {crisis}"
    assert [caveat.id for caveat in triage(text)] == ["self_harm"]


def test_a_text_far_too_long_is_refused_before_it_is_read():
    with pytest.raises(QuestionError, match="1,000,000 characters"):
        clean_question("\u200b" * 1_000_000)


def test_the_model_classifies_as_much_of_a_history_as_of_one_question():
    classified = []

    def predictor(text):
        classified.append(text)
        return Prediction()

    history = ["x" * 900, "y" * 900, "z" * 900]
    help_line(history, "and now?", predictor)
    assert set(classified) == {"y" * 900, "z" * 900, "and now?"}


FAR = " word" * 40


@pytest.mark.parametrize(
    ("question", "fires"),
    [
        ("liver and a pain", True),
        (f"liver {FAR} pain", False),
        (f"liver {FAR} liver pain {FAR}", True),
        (f"pain. {FAR} so. my liver. and pain.", True),
    ],
)
def test_parts_that_stand_a_page_apart_do_not_speak_of_one_thing(question, fires):
    rules = parse_rules(["liver + pain"])
    assert Matcher({}, [rules]).match(question).fires(rules) is fires


def test_a_phrase_that_does_not_count_hides_no_words_a_page_away():
    rules = parse_rules(["took"], ["took + photo"])
    matcher = Matcher({}, [rules])
    assert not matcher.match("i took a photo").fires(rules)
    assert matcher.match(f"i took a photo {FAR} he took it all").fires(rules)


@given(st.lists(st.sampled_from(["a", "b", "c", "x", "."]), max_size=30))
def test_a_sequence_matches_as_trying_all_ways_would(words):
    rules = parse_rules(["a .. b c"])
    joined = " ".join(words)
    expected = any(
        w == "a" and "." not in words[i:j] and words[j : j + 2] == ["b", "c"]
        for i, w in enumerate(words)
        for j in range(i + 1, min(i + 7, len(words)))
    )
    assert Matcher({}, [rules]).match(joined).fires(rules) is expected


def noise(seed, characters=2000):
    """Words of five letters that no language has."""
    letters = random.Random(seed).choices(string.ascii_lowercase, k=characters)
    return " ".join("".join(letters[at : at + 5]) for at in range(0, characters, 6))[:characters]


class Counting:
    """An embedder that has a token for each ordinary word, and for each letter of any other."""

    fingerprint = crisis_classifier().fingerprint
    window = 256
    known = frozenset("my friend took too many pills and wont wake up the is it safe to".split())

    def count(self, texts):
        return [sum(map(self.tokens_of, text.split())) for text in texts]

    def tokens_of(self, word):
        return 1 if word in self.known or word.isdigit() else len(word)

    def encode_tokens(self, texts):
        raise NotImplementedError


class CountingReader:
    """A reader of messages that remembers how many tokens it was allowed."""

    def __init__(self):
        self.thresholds = {"self_harm": (0.0, 1.0, 2.0)}
        self.allowed = []

    def read(self, text, spans, most_tokens):
        self.allowed.append(most_tokens)
        return np.zeros((len(spans), 1), np.float32)


@pytest.fixture
def messages(monkeypatch):
    """The reader of long messages, to which all is English."""
    reader = CountingReader()
    monkeypatch.setattr("askdoc.answering.screening.language_of", lambda _: "en")
    monkeypatch.setattr("askdoc.answering.crisis.load_message_reader", lambda: reader)
    return reader


def test_what_is_read_of_a_conversation_is_bounded_and_of_noise_little(messages):
    predictor = crisis_predictor(SimpleNamespace(embedder=Counting()))
    assert predictor(noise(0)) is not None
    assert [predictor(noise(n)) for n in range(1, 50)][-1] is None
    assert 0 < sum(messages.allowed) <= CLASSIFIED_NOISE_TOKENS


def test_an_ordinary_long_message_is_read_whole(messages):
    numbered = " ".join(f"my friend and {n} the" for n in range(100, 185))
    crisis_predictor(SimpleNamespace(embedder=Counting()))(numbered)
    assert messages.allowed == Counting().count([numbered])


def test_of_a_long_question_both_ends_are_searched_for():
    short, long = "is it safe", f"is it safe {noise(0)} to wake up"
    assert Encoding(Counting()).searched(short) == short
    cut = Encoding(Counting()).searched(long)
    assert cut.startswith("is it safe")
    assert cut.endswith("to wake up")
    assert sum(Counting().count([cut])) <= 1.2 * SEARCHED_TOKENS


@pytest.fixture
def tokens_run(monkeypatch):
    """How many tokens the embedding model, and the reader, were given in each run."""
    given = {"input_ids": [], "words": []}
    run = InferenceSession.run

    def counted(session, outputs, feed, *options):
        for name, tokens in given.items():
            if name in feed:
                tokens.append(feed[name].shape[0] * feed[name].shape[1])
        return run(session, outputs, feed, *options)

    monkeypatch.setattr(InferenceSession, "run", counted)
    return given


@pytest.mark.model
@pytest.mark.parametrize("surface", ["question", "history"])
def test_what_the_models_read_of_noise_is_bounded(kratom_index, tokens_run, surface):
    if surface == "question":
        ask(kratom_index, noise(0))
    else:
        ask(kratom_index, "is it safe?", [noise(n, 200) for n in range(50)])
    assert 0 < sum(tokens_run["input_ids"]) <= 1.2 * (CLASSIFIED_TOKENS + SEARCHED_TOKENS)
    assert all(tokens <= MAX_TOKENS for tokens in tokens_run["words"])
    assert sum(tokens_run["words"]) <= MOST_READ * MAX_TOKENS + 1.5 * CLASSIFIED_NOISE_TOKENS
