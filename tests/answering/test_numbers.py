"""Whether a sentence is on another number of a name than a question asks about."""

import pytest

from askdoc.answering.numbers import Numbers


@pytest.mark.parametrize(
    ("question", "sentence", "others"),
    [
        ("what does E5 mean", "Code: E4 | Meaning: the flue is blocked", True),
        ("what does E4 mean", "Code: E4 | Meaning: the flue is blocked", False),
        ("how loud is it on level 5", "The noise level is 38 dB on level 1.", True),
        ("how loud is it on level 5", "It is 38 dB loud on levels 1 to 5.", False),
        ("how loud is it on level 5", "On level 1, 3 and 5 it hums.", False),
        ("how loud is it on level 5", "It hums.", False),
        ("how long at 24 degrees", "At: 18 | It takes: 12 hours", True),
        ("how much for a child of 10", "Child of 6 to 15 | 45 cr", False),
        ("what is the rate on the 5 year fix", "Five-year fixed | 4.85 %", False),
        ("how many died in the fire of 1666", "The blast of 1650 killed sixty.", True),
        ("how many died in the fire of 1666", "From 1660 to 1670 it burned twice.", False),
        ("was it founded in 1970?", "It was founded in 1974.", False),
        ("what was built after 1970?", "The tower was built in 1974.", False),
        ("how much is it in may 12", "In May 14 it is free.", False),
        ("how loud is it?", "It is 38 dB on level 1.", False),
    ],
)
def test_a_sentence_on_another_number_is_told(question, sentence, others):
    assert Numbers.of(question).are_others_in(sentence) is others


def test_a_heading_tells_what_its_sentences_are_on():
    numbers = Numbers.of("is there water on stage 2?")
    assert numbers.are_others_in("There is no water.", "Stages › Stage 3: Tollbar")
    assert not numbers.are_others_in("There is no water.", "Stages › Stage 2: Stell")
    assert not numbers.are_others_in("On stage 2 there is none.", "Stages › Stage 3: Tollbar")


def test_numbers_without_end_are_read():
    assert not Numbers.of(f"is level {'9' * 500} on?").are_others_in("9" * 9000)
