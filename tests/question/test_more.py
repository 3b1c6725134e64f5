"""Asking for more on what was asked before."""

import pytest

from askdoc import ask, build_index
from askdoc.answering.wording import NO_MORE
from askdoc.question.followups import Continued, continued
from askdoc.question.forms import asks_for_more
from fakes import WordEmbedder, document

FOOD = "what do cats eat?"
TEXT = """\
# Keeping cats

## Food

Cats eat meat. Cats eat fish. Cats eat dry food at home. Cats eat wet food outside. Cats eat grass.
"""


@pytest.fixture(scope="module")
def cats():
    return build_index([document(TEXT)], embedder=WordEmbedder())


def quoted(answer):
    return {citation.quote for citation in answer.citations}


@pytest.mark.parametrize(
    "text",
    [
        "tell me more",
        "More?",
        "go on",
        "What else?",
        "ok, tell me more about it please",
        "continue",
    ],
)
def test_who_names_nothing_and_wants_more_asks_for_more(text):
    assert asks_for_more(text)


@pytest.mark.parametrize(
    "text", ["tell me more about milk", "is more better?", "what else do cats eat?", "", "why?"]
)
def test_who_names_something_does_not(text):
    assert not asks_for_more(text)


def test_more_goes_on_with_the_latest_question_of_its_own():
    assert continued("more", [FOOD, "go on"]) == Continued(FOOD, (), 2)
    assert continued("more", []) is None
    assert continued(FOOD, ["x"]) is None


def test_more_gives_what_was_not_shown_yet_until_there_is_no_more(cats):
    history, shown = [FOOD], quoted(ask(cats, FOOD))
    assert shown
    for _ in range(4):
        answer = ask(cats, "tell me more", history)
        assert not quoted(answer) & shown
        if not answer.citations:
            break
        shown |= quoted(answer)
        history.append("tell me more")
    assert answer.status == "not_in_article"
    assert answer.text == NO_MORE
    assert len(shown) > 3


def test_somebody_in_danger_is_helped_whatever_they_want_more_of(cats):
    answer = ask(cats, "tell me more", ["my friend overdosed and wont wake up"])
    assert answer.status != "answered"
