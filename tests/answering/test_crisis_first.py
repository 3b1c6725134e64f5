"""A certain emergency is answered before anything is asked, in a long message by its meaning."""

import pytest

from askdoc.answering.crisis import crisis_first
from askdoc.errors import ReaderError

PAGE = (
    "Our film club showed a lifeboat drama from 1952 last night, and I am writing the programme "
    "note for the second evening. {} Who composed the music for it, and was it really shot at "
    "the old harbour in Whitby?"
)
FILM = PAGE.format(
    "In the third scene the skipper carries a boy up the slipway and shouts to the crowd that he "
    "isn't breathing, and the camera stays on his mother's hands."
)
NOW = PAGE.format(
    "Sorry, I have to break off, my father just fell off his chair next to me and he isn't "
    "breathing, what do I do."
)


def nothing():
    return None


@pytest.mark.model
def test_what_a_long_message_tells_of_a_film_is_asked_of_the_article():
    assert crisis_first(FILM, (), nothing) is None


@pytest.mark.model
def test_what_happens_now_is_answered_at_once_in_a_long_message_too():
    assert crisis_first(NOW, (), pytest.fail).status == "emergency"


def test_without_a_reader_a_certain_phrase_is_certain_in_any_message(monkeypatch):
    def missing():
        raise ReaderError("messages.onnx is missing.")

    monkeypatch.setattr("askdoc.answering.crisis.load_message_reader", missing)
    assert crisis_first(FILM, (), pytest.fail).status == "emergency"


@pytest.mark.model
def test_where_no_article_can_be_asked_the_rules_alone_decide():
    def fails():
        raise ReaderError("No index.")

    assert crisis_first(FILM, (), fails).status == "emergency"
