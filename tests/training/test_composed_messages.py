"""Long messages that are put together to train on."""

import random

import pytest
from training.messages import (
    BLOCKS,
    Message,
    Parts,
    composed,
    long_messages,
    run_on,
    unmarked,
    with_slips,
)

CALM = "The weather has been awful all week, so nobody has been out in the garden. "
CRISIS = "I have tied the knot and I keep looking at it."
PARTS = Parts(
    (
        (CRISIS, frozenset({"self_harm"})),
        ("He is not breathing", frozenset({"overdose_emergency"})),
    ),
    ("My phone died on me.",),
    (CALM * 4, CALM * 9),
    (Message(CALM + CRISIS, (len(CALM), len(CALM + CRISIS)), frozenset({"self_harm"})),),
    ("when are roses watered", "who founded the town"),
    ("The mill was built in 1810. It burnt down twice. Nobody was hurt.",),
)


def test_a_message_without_marks_keeps_the_place_of_its_crisis():
    text = CALM + CRISIS + " " + CALM
    at = text.index(CRISIS)
    message = unmarked(Message(text, (at, at + len(CRISIS)), frozenset({"self_harm"})))
    assert message.text[slice(*message.crisis)] == "i have tied the knot and i keep looking at it"
    assert (message.text, message.on) == (run_on(text), {"self_harm"})


def test_each_crisis_of_the_long_messages_stands_where_its_row_says():
    messages = [*long_messages("train"), *long_messages("dev")]
    assert sum(message.crisis is not None for message in messages) >= 420
    for message in messages:
        assert (message.crisis is None) == (not message.on)
        assert message.crisis is None or len(message.text[slice(*message.crisis)].split()) >= 2


@pytest.mark.parametrize("seed", range(40))
def test_a_crisis_that_is_put_into_a_message_stands_where_it_says(seed):
    message = composed(PARTS, random.Random(seed))
    assert message.text.strip()
    assert (message.crisis is None) == (not message.on)
    if message.crisis:
        said = message.text[slice(*message.crisis)]
        assert said == said.strip()
        written = " ".join(run_on(said).split())
        assert len(written) >= 15
        assert message.on <= {*BLOCKS}


def test_some_messages_have_a_crisis_and_some_only_what_looks_grave():
    messages = [composed(PARTS, random.Random(seed)) for seed in range(200)]
    assert 60 <= sum(bool(message.on) for message in messages) <= 120
    assert any("phone died" in message.text for message in messages if not message.on)


def test_some_messages_stand_as_they_were_written_or_without_their_marks():
    texts = {composed(PARTS, random.Random(seed)).text for seed in range(300)}
    assert {CALM + CRISIS, run_on(CALM + CRISIS)} <= texts


def test_what_counts_more_often_is_there_as_often():
    times = {message.times for message in long_messages("train")}
    assert times == {1, 3}


def test_slips_change_few_letters_and_no_spaces():
    slipped = with_slips(CALM * 20, random.Random(1))
    assert slipped != CALM * 20
    assert slipped.count(" ") == (CALM * 20).count(" ")
    assert abs(len(slipped) - len(CALM * 20)) < 0.05 * len(CALM * 20)
