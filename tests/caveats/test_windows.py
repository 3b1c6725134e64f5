from hypothesis import given
from hypothesis import strategies as st

from askdoc.caveats import windows
from askdoc.caveats.windows import SHORT

CRISIS = "i cannot see any way to go on"
CALM = "the weather has been awful all week long"


def test_a_short_message_needs_none():
    assert windows("is it legal and will my hair grow back") == ()


def test_the_thirtieth_sentence_is_read_alone():
    assert CRISIS + "." in windows(f"{CALM}. " * 29 + f"{CRISIS}. " + f"{CALM}. " * 3)


def test_a_line_without_a_full_stop_is_read_alone():
    assert CRISIS in windows(f"{CALM}\n" * 5 + f"{CRISIS}\n" + f"{CALM}\n" * 3)


def test_what_stands_anywhere_in_a_run_on_is_read_nearly_alone():
    for before in range(40):
        text = "word " * before + CRISIS + " word" * 40
        assert any(CRISIS in window for window in windows(text))


def test_sentences_too_short_to_say_something_are_read_with_the_next():
    text = "I did it. All of them. Gone now. " + f"{CALM}. " * 4
    assert "I did it. All of them." in windows(text)


@given(st.lists(st.sampled_from([" ", ". ", "? ", "\n"]), min_size=SHORT, max_size=900))
def test_every_word_of_a_long_message_is_read_in_a_window_and_few_twice(marks):
    words = [f"w{number}" for number in range(len(marks))]
    read_in = windows("".join(map("".join, zip(words, marks, strict=True))) + "end")
    read = [word.strip(".?") for window in read_in for word in window.split()]
    assert {*words, "end"} == set(read)
    assert len(read) <= 2 * len(words) + 16


def test_a_message_without_spaces_is_read_in_windows_too():
    text = "".join(map(str, range(500)))
    assert all(len(window) <= 16 * 41 for window in windows(text))
    assert len(windows(text)) > 1
