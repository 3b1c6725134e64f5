import re

import pytest

from askdoc import ask, build_index
from askdoc.errors import QuestionError
from askdoc.question.small_talk import GREETED, WHO, small_talk_reply
from fakes import WordEmbedder, document


@pytest.fixture(scope="module")
def index():
    return build_index([document("Cats sleep all day. They hunt.")], embedder=WordEmbedder())


SMALL_TALK = """
hello | ok thanks! | what’s up | Good morning :) | lol | thank you so much | how are you today?
never mind | hi there | thx bye | goodbye everyone | No. | got it | that’s all
"""
ASKING_WHO = """
who are you? | are you a real doctor | hi, is this a bot or a person? | help | what can u do
am i talking to a human | how does this chat work?
"""
QUESTIONS = """
why? | really? | is it real | what should i do | help me stop | is this safe | ok but does it work
good for you? | how does it work | are they doctors | no sleep | thanks for nothing, is it legal
please | so much | night sweats | goodbye everyone, i love you all
"""


def each(lines):
    return pytest.mark.parametrize("words", re.split(r"\s*[|\n]\s*", lines.strip()))


@each(SMALL_TALK)
def test_words_that_ask_nothing_are_greeted(words):
    assert small_talk_reply(words) == GREETED


@each(ASKING_WHO)
def test_who_asks_for_the_other_end_is_told(words):
    assert small_talk_reply(words) == WHO


@each(QUESTIONS)
def test_what_asks_something_is_no_small_talk(words):
    assert small_talk_reply(words) is None


def test_a_greeting_gets_no_quote_and_keeps_the_banner(index):
    answer = ask(index, "thanks!")
    assert (answer.status, answer.text) == ("not_in_article", GREETED)
    assert answer.citations == answer.passages == ()
    assert [caveat.kind for caveat in answer.caveats] == ["banner"]


def test_after_a_crisis_thanks_keep_the_help_line(index):
    answer = ask(index, "ok thank you", ["i want to die"])
    assert next(caveat.id for caveat in answer.caveats) == "help_line"
    assert answer.text == GREETED


def test_a_greeting_to_an_unknown_article_is_an_error_as_a_question_is(index):
    with pytest.raises(QuestionError, match="no article of that id"):
        ask(index, "hello", document="nowhere")
