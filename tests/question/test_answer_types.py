"""What kind of thing a question asks for, and which sentences hold one."""

import pytest

from askdoc import ask, build_index
from askdoc.answering.answerability import evidence
from askdoc.answering.selection import weigh
from askdoc.question.forms import ANSWER_TYPES, answer_type
from fakes import CATS, WordEmbedder, document


@pytest.mark.parametrize(
    ("question", "kind", "holds", "lacks"),
    [
        ("How long do cats sleep?", "duration", "They sleep for hours.", "They sleep in boxes."),
        ("what is the half life of it", "duration", "It is gone in a day.", "It is gone."),
        ("how long is the bridge", "duration", "It has 90 metres.", "It is of steel."),
        ("how often do i feed it", "frequency", "Feed it twice.", "Feed it hay."),
        ("what time is the last train", "clock", "It leaves at 22.40.", "It needs an hour."),
        ("how much do i pay", "price", "Adults 6.50, children less.", "Adults pay."),
        ("how old is the oldest cat", "age", "She was aged 38.", "She was grey."),
        ("What year was the study?", "date", "A study (2019) says so.", "A study says so."),
        ("when was it built", "date", "Built in March.", "It may have been built badly."),
        ("how much does a bag cost?", "price", "A bag is $9.", "Bags are brown."),
        ("what percentage is black?", "share", "Most are black.", "Some are black."),
        ("how many people took part", "count", "Several people did.", "People did."),
        ("how many trials are there", "count", "There are 3.", "A trial (2019) says so."),
        ("what does the bag cost", "price", "It is free.", "Bags are brown."),
        ("what dose do they recommend", "amount", "Give 5 ml.", "A trial (2019) of doses."),
        ("How much milk were the cats given?", "amount", "They had two cups.", "They had milk."),
        ("how tall is it", "amount", "It is 115.7 metres high.", "It is high."),
        ("whats the authors email", "email", "Write to cats@example.org.", "Write to her."),
        ("What is her phone number?", "phone", "Call 1-800-222-1222.", "Call her in 2019."),
        ("what is the name of the patient", "name", "One was called Mrs. Smith.", "One recovered."),
        ("who wrote this article?", "author", "Dr. Jane Doe did.", "Jane Doe Street is long."),
        ("who is the author", "author", "A text by Jane Doe.", "The author has studied."),
        ("who funded the research", "name", "The NIH did.", "Nobody says."),
    ],
)
def test_a_question_asks_for_a_kind_that_some_sentences_hold(question, kind, holds, lacks):
    asked = answer_type(question)
    assert asked.name == kind
    assert asked.in_any(lacks, holds)
    assert not asked.in_any(lacks)


@pytest.mark.parametrize(
    "question",
    ["is it safe?", "how do cats purr", "when should I stop?", "what is it", "who are you", ""],
)
def test_other_questions_ask_for_nothing_in_particular(question):
    assert answer_type(question) is None


def test_every_kind_is_asked_for_by_some_question():
    assert len({kind.name for kind in ANSWER_TYPES}) == len(ANSWER_TYPES) == 13


def test_a_kind_that_no_sentence_holds_speaks_against_an_answer():
    index = build_index([document(CATS)], embedder=WordEmbedder())

    def held(question):
        return evidence(question, index, weigh(index, question, index.search(question, 5))).held

    assert held("how many hours a day do cats sleep?") == 1
    assert held("what year did cats sleep?") == 0
    assert held("do cats sleep?") == 1


@pytest.mark.model
def test_what_the_article_does_not_hold_is_not_answered_by_the_nearest_sentence(kratom_index):
    assert ask(kratom_index, "what is the half life of kratom?").status == "not_in_article"
    assert ask(kratom_index, "What year was the case study on hair?").status == "not_in_article"
