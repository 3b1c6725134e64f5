"""Which questions lean on earlier ones, and what they take from there."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdoc.question.followups import in_context, leans, resolve, subject

DATA = Path(os.environ.get("ASKDOC_DATA") or Path(__file__).parents[3] / "shared" / "data")


@pytest.mark.parametrize(
    ("question", "history", "expected"),
    [
        ("is it permanent?", ["what is hair loss?"], "is hair loss permanent?"),
        ("What are its symptoms?", ["Tell me about asthma."], "What are asthma's symptoms?"),
        ("it's legal?", ["what is tea?"], "tea is legal?"),
        (
            "is it permanent?",
            ["does milk cause hair loss?"],
            "is it permanent milk cause hair loss?",
        ),
        (
            "is it permanent?",
            ["what is milk?", "does milk cause hair loss?"],
            "is milk permanent milk cause hair loss?",
        ),
        ("why?", ["are sharks endangered?"], "why sharks endangered?"),
        ("where do they live?", ["what is a mako?", "are they fast?"], "where do mako live?"),
    ],
)
def test_a_follow_up_takes_the_subject(question, history, expected):
    assert resolve(question, history) == expected


@pytest.mark.parametrize(
    "question",
    [
        "who wrote the article?",
        "is kratom legal in Alabama?",
        "Tell me about lung cancer.",
        "What is Docker?",
        "can a cat that sleeps all day hurt its eyes?",
    ],
)
def test_a_question_that_stands_alone_drags_no_old_topic_along(question):
    assert resolve(question, ["does milk cause hair loss?", "what is tea?"]) == question


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        (["what does E4 mean"], "and E5?", "what does E5 mean"),
        (["what does code 3 mean"], "and 4?", "what does code 4 mean"),
        (["how long does level 2 last?"], "what about level 3", "how long does level 3 last?"),
        (["when do you close in winter?"], "and in summer?", "when do you close in summer?"),
        (["what do i do in july"], "and september?", "what do i do in september"),
        (["how much protein with rice"], "and without?", "how much protein without rice"),
        (["what is a ticket for adults on sundays?"], "and for kids?",
         "what is a ticket for kids on sundays?"),
        (["what is a ticket for adults?", "and for kids?"], "and for dogs?",
         "what is a ticket for dogs?"),
    ],
)  # fmt: skip
def test_a_part_takes_the_place_of_one_of_its_kind(history, question, expected):
    assert resolve(question, history) == in_context(question, history) == expected


@pytest.mark.parametrize(
    ("asked", "question", "expected"),
    [
        ("what equipment do i need to start", "how much does that cost",
         "how much does equipment cost"),
        ("how much deposit do i pay", "when do i get it back", "when do i get deposit back"),
        ("how hot is the raku firing", "what does that cost", "what does raku firing cost"),
        ("is there parking", "how much is it?", "how much is parking?"),
        ("what time do you open", "is it free?", "is it free time do you open?"),
    ],
)  # fmt: skip
def test_the_thing_that_something_was_asked_of_takes_the_place_of_a_pronoun(
    asked, question, expected
):
    assert resolve(question, [asked]) == expected


@pytest.mark.parametrize(
    ("history", "question", "read"),
    [
        (["how much is it?"], "and for kids?", "how much is it? > and for kids?"),
        (["what does the red lever do"], "and the white one?",
         "what does the red lever do > and the white one?"),
        (["tell me about the castle"], "who built it", "who built castle"),
        (["how much does a day ticket cost?", "and for kids?"], "and for dogs?",
         "how much does a day ticket cost? > and for kids? > and for dogs?"),
        (["how much is a day ticket?"], "where do buses leave", "where do buses leave"),
        ([], "and for kids?", "and for kids?"),
    ],
)  # fmt: skip
def test_a_reader_is_given_a_question_with_what_it_leans_on(history, question, read):
    assert in_context(question, history) == read


def test_without_history_nothing_changes():
    assert resolve("is it safe?") == "is it safe?"


def test_a_history_that_names_nothing_changes_nothing():
    assert resolve("is it safe?", ["why?", "really?"]) == "is it safe?"


@pytest.mark.parametrize("question", ["why?", "is it safe?", "what about children?", "and then?"])
def test_these_lean(question):
    assert leans(question)


def test_the_subject_is_the_thing_behind_its_aspect():
    found = subject("What are the different types of sharks?")
    assert found is not None
    assert (found.words, found.is_a_thing) == ("sharks", True)


@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_text_resolves_to_text(question, history):
    assert isinstance(resolve(question, history), str)


@pytest.mark.model
@pytest.mark.skipif(not (DATA / "cast2019").exists(), reason="needs cast2019 in ASKDOC_DATA")
def test_history_beats_ignoring_it_and_appending_everything():
    from askdoc.embedding import load_embedder
    from askdoc.evaluation.lines import rows
    from askdoc.evaluation.statistics import compare

    turns = [row for row in rows(DATA / "cast2019" / "turns.jsonl") if row["history"]][::4]
    encode = load_embedder().encode
    wanted = encode([turn["resolved"] for turn in turns])

    def agreement(texts):
        values = np.sum(encode(texts) * wanted, axis=1).tolist()
        return {turn["id"]: value for turn, value in zip(turns, values, strict=True)}

    ours = agreement([resolve(turn["question"], turn["history"]) for turn in turns])
    ignoring = agreement([turn["question"] for turn in turns])
    appending = agreement([" ".join([*turn["history"], turn["question"]]) for turn in turns])
    for other in (ignoring, appending):
        found = compare(ours, other)
        assert found.difference > 0.05
        assert found.p < 0.01


@pytest.mark.parametrize(
    "question",
    ["who wrote this article?", "who wrote it", "is this page up to date", "who is the author"],
)
def test_a_question_about_the_article_itself_leans_on_nothing(question):
    assert resolve(question, ["does milk make cats ill?"]) == question
