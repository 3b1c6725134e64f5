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


def run_on(words):
    return " ".join(f"w{number}" for number in range(words))


def test_only_a_message_of_more_than_the_short_has_windows():
    assert windows(run_on(SHORT)) == ()
    assert len(windows(run_on(SHORT + 1))) > 1


def test_the_windows_of_a_run_on_overlap_by_half_and_the_last_ends_with_it():
    starts = [int(window.split()[0][1:]) for window in windows(run_on(41))]
    assert starts == [0, 8, 16, 24, 25]
    assert {len(window.split()) for window in windows(run_on(41))} == {16}


def test_a_sentence_of_one_windows_length_is_read_once():
    assert windows(f"{run_on(16)}. {CALM}. {CALM} now.")[0] == f"{run_on(16)}."


def test_the_windows_of_an_endless_sentence_hold_few_words_twice():
    read = [word for window in windows(run_on(500)) for word in window.split()]
    assert len(read) <= 600 + 16


def test_a_sentence_of_five_words_says_something_by_itself():
    text = f"I took all of them. {CALM}. {CALM} now. {CALM} then."
    assert windows(text)[0] == "I took all of them."


def test_a_message_without_spaces_is_read_in_windows_too():
    text = "".join(map(str, range(500)))
    assert all(len(window) <= 16 * 41 for window in windows(text))
    assert len(windows(text)) > 1


@given(st.lists(st.sampled_from([" ", ". ", "? ", "\n"]), min_size=SHORT, max_size=900))
def test_windows_side_by_side_hold_every_word_once(marks):
    words = [f"w{number}" for number in range(len(marks))]
    message = "".join(map("".join, zip(words, marks, strict=True))) + "end"
    read = [word.strip(".?") for w in windows(message, overlapping=False) for word in w.split()]
    assert read == [*words, "end"]
    assert max(len(window.split()) for window in windows(message, overlapping=False)) <= 16
