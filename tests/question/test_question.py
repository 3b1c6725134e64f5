"""A question is read, encoded and cut into words once, and carried from step to step."""

import pytest

from askdoc import ask, build_index, text
from askdoc.caveats.blocks import crisis
from askdoc.caveats.matcher import Matcher
from askdoc.errors import QuestionError
from askdoc.question import Encoding, Question
from askdoc.question.question import CLASSIFIED_NOISE_TOKENS
from fakes import CATALOGUE, CATS, WordEmbedder, document

ASKED = "how many hours a day do cats sleep?"


class Traced(WordEmbedder):
    """Notes what it is given to encode, one list a call."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def encode(self, texts, on_progress=None):
        self.calls.append(list(texts))
        return super().encode(texts, on_progress)


@pytest.fixture
def traced(monkeypatch):
    """An index of a reviewed article, and what rules and tokeniser are given."""
    embedder = Traced()
    index = build_index([document(CATS, catalogue=CATALOGUE)], embedder=embedder)
    read, cut = [], []
    ruled = Matcher.match

    def matching(matcher, question, before=""):
        if matcher is crisis().matcher:
            read.append(question)
        return ruled(matcher, question, before)

    def cutting(original):
        return lambda words: cut.append(words) or original(words)

    monkeypatch.setattr(Matcher, "match", matching)
    for tokeniser in ("words", "_matches"):
        monkeypatch.setattr(text, tokeniser, cutting(getattr(text, tokeniser)))
    ask(index, "warm up: what do they eat?")
    for calls in (embedder.calls, read, cut):
        calls.clear()
    return index, embedder.calls, read, cut


def test_crisis_rules_read_a_question_once(traced):
    index, _, read, _ = traced
    ask(index, ASKED)
    assert read == [ASKED]


def test_a_question_is_encoded_once(traced):
    index, encoded, _, _ = traced
    ask(index, ASKED)
    assert encoded == [[ASKED]]


def test_a_question_is_cut_into_words_once(traced):
    index, _, _, cut = traced
    ask(index, ASKED)
    assert cut.count(ASKED) == 1


@pytest.mark.model
def test_the_real_model_runs_once_for_a_question(kratom_index, monkeypatch):
    calls = []
    model = type(kratom_index.embedder)
    encode = model._encode

    def counted(self, texts, *others, **more):
        calls.append(list(texts))
        return encode(self, texts, *others, **more)

    monkeypatch.setattr(model, "_encode", counted)
    ask(kratom_index, "how long do withdrawal symptoms last?")
    assert calls == [["how long do withdrawal symptoms last?"]]


def test_a_follow_up_carries_what_it_reads_as():
    question = Question.of("is it permanent?", ["what is hair loss?"])
    assert question.text == "is it permanent?"
    assert question.standalone == "is hair loss permanent?"
    assert question.in_context == "is hair loss permanent?"
    assert [token.stem for token in question.tokens] == ["hair", "loss", "perman"]


def test_a_follow_up_that_goes_on_is_read_with_what_came_before():
    question = Question.of("and the small one?", ["what is a big ticket?"])
    assert question.in_context == "what is a big ticket? > and the small one?"


def test_a_question_for_more_carries_what_it_goes_on_with():
    question = Question.of("tell me more", ["is it safe?", "tell me more"])
    assert (question.standalone, question.more) == ("is it safe?", 2)


def test_a_question_carries_its_form_and_language():
    question = Question.of("¿cuáles son los  efectos?")
    assert (question.raw, question.text) == (
        "¿cuáles son los  efectos?",
        "¿cuáles son los efectos?",
    )
    assert question.language == "es"
    assert question.form.asks
    assert Question.of("list all symptoms").form.listing


def test_what_is_no_question_makes_none():
    with pytest.raises(QuestionError):
        Question.of("?!")


@pytest.mark.parametrize(
    "asked", ["may we pitch a tent anywhere", "were they told", "had it rained"]
)
def test_whatever_begins_as_a_question_does_is_one(asked):
    assert Question.of(asked).form.asks


class Lettered(WordEmbedder):
    """Has a token for each word that it knows, and one for each letter of any other."""

    window = 256

    def count(self, texts):
        known = set("my friend took too many pills and will not wake up".split())
        return [sum(1 if w in known else len(w) for w in text.split()) for text in texts]


def test_of_noise_few_tokens_are_judged_and_what_is_known_is_all_judged():
    crisis = "my friend took too many pills and will not wake up"
    noise = [f"{'qzorl xkwyt ' * 9}{n}" for n in range(9)]
    encoding = Encoding(Lettered())
    read = encoding.affordable([*noise[:5], crisis, *noise[5:]])
    assert crisis in read
    assert 0 < sum(Lettered().count([t for t in read if t != crisis])) <= CLASSIFIED_NOISE_TOKENS
    assert encoding.affordable([noise[-1] + " again"]) == []
    assert encoding.affordable([f"{crisis} too"]) == [f"{crisis} too"]
