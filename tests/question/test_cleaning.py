import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdoc.errors import QuestionError
from askdoc.question import clean_question
from askdoc.text import MAX_CHARACTERS, scrub


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "???", "\u200b\u200d", "\x00\x07", "🙂"])
def test_a_question_without_words_is_refused(question):
    with pytest.raises(QuestionError, match="empty"):
        clean_question(question)


def test_a_question_that_is_too_long_is_refused_without_being_repeated():
    with pytest.raises(QuestionError, match=f"at most {MAX_CHARACTERS:,}") as raised:
        clean_question("secret " * 2000)
    assert "secret" not in str(raised.value)


def test_lone_surrogates_are_refused():
    with pytest.raises(QuestionError, match="surrogates"):
        clean_question("is it \ud800 safe?")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  is\tit\n safe? ", "is it safe?"),
        ("is\u200b it \u202esafe", "is it safe"),
        ("cafe\u0301", "café"),
        ("¿es seguro? 🙂", "¿es seguro? 🙂"),
    ],
)
def test_what_cannot_be_seen_is_dropped(typed, kept):
    assert clean_question(typed) == kept


@given(st.text(st.characters(exclude_categories=[]), max_size=300))
def test_any_string_is_cleaned_or_refused_and_never_breaks(question):
    scrub(question).encode()
    try:
        clean = clean_question(question)
    except QuestionError:
        return
    assert clean_question(clean) == clean
