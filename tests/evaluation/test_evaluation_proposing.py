"""Questions made by rule from an article."""

import re

import pytest

from askdoc.errors import EvaluationError
from askdoc.evaluation import evaluate
from askdoc.evaluation.collections import read_cases
from askdoc.evaluation.proposing import propose, question_of_heading
from askdoc.evaluation.turning import questions_on
from fakes import CATS, WordEmbedder, document
from judged import write_rows

SMALL = frozenset("the a cats milk cat vet library bridge old".split())


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("Milk is a drink for calves.", "What is milk?"),
        ("Marie Curie was a physicist.", "Who was Marie Curie?"),
        ("Cats sleep sixteen hours a day.", "How many hours do cats sleep a day?"),
        ("The bridge has 12 arches of stone.", "How many arches does the bridge have of stone?"),
        ("The library opens at nine.", "When does the library open?"),
        ("The old bridge was built in 1904.", "When was the old bridge built?"),
        ("The library is closed because it is wet.", "Why is the library closed?"),
        ("A ticket costs 12 euros.", "How much does A ticket cost?"),
        ("Milk contains lactose.", "What does milk contain?"),
        ("A vet sees the cat once a year.", "How often does a vet see the cat?"),
        ("Marie Curie discovered the metal in 1898.", "When did Marie Curie discover the metal?"),
        ("Water the plant every two days.", "How often should you water the plant?"),
        ("Cats are allowed in the library.", "Are cats allowed in the library?"),
        ("In 1973, the price of oil was raised.", "When was the price of oil raised?"),
        ("However, Ada Byron wrote a program in 1843.", "When did Ada Byron write a program?"),
        (
            "The crisis increased the demand for small cars.",
            "What increased the demand for small cars?",
        ),
        ("A bank increases the rate every year.", "How often does a bank increase the rate?"),
        (
            "Vets meet on the first day of every month in Oslo.",
            "Do vets meet on the first day of every month in Oslo?",
        ),
        ("The bridge is wet, because it rains.", "Why is the bridge wet?"),
        ("Milk (and cream) is a drink.", "What is milk?"),
        ("A vet focuses on the cat.", "Does a vet focus on the cat?"),
        ("Cats have sometimes been found.", "Have cats sometimes been found?"),
        (
            "The bridge was built in 1904 by Ada Byron, a vet from Oslo.",
            "When was the bridge built by Ada Byron?",
        ),
        ("Carrow Creek is an inlet on the coast.", "What is an inlet on the coast?"),
        ("Ada gained the prize in 1904 and lived quietly.", "When did Ada gain the prize?"),
    ],
)
def test_a_sentence_becomes_the_question_it_answers(sentence, question):
    small = SMALL | ({"ticket"} if "A ticket" not in question else set())
    asked = [turned.question for turned in questions_on(sentence, small)]
    assert question.lower() in [one.lower() for one in asked]


@pytest.mark.parametrize(
    "sentence",
    ["It is a drink.", "Is milk a drink?", "Then they were fed.", "Hm.", "", "—", "日本語です。"],
)
def test_a_sentence_that_leans_on_others_becomes_none(sentence):
    assert list(questions_on(sentence, SMALL)) == []


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("4.2 The library opens at nine.", "When does the library open?"),
        ("A cat is fed at 8 a.m.", "Is a cat fed at 8 a.m.?"),
        ("The cat is old and the vet is tired.", "Is the cat old?"),
        ("The cats were old, thin, and grey.", "Were the cats old?"),
        ("A member may bring a cat in.", "Who may bring a cat in?"),
        ("A cat had built its nest on a clock.", "Had a cat built its nest on a clock?"),
        ("The old cat is fed and needs only milk.", "Is the old cat fed?"),
        ("Deadline: The hour at which the library closes.", "What is Deadline?"),
        ("Chapter 2. For example, the old cat is also ill.", "Is the old cat ill?"),
    ],
)
def test_numbers_of_clauses_lists_and_second_halves_stay_out_of_questions(sentence, question):
    asked = [turned.question for turned in questions_on(sentence, SMALL | {"cats", "member"})]
    assert question in asked
    assert not any(word in " ".join(asked) for word in ("4.2", "grey", "tired"))


@pytest.mark.parametrize(
    "sentence",
    [
        "Vets argue that the old cat, and not the young one, is ill.",
        "Water taken out per day.",
        "Unless another hour is given, it is late.",
        "No cat may enter the library.",
        "Ada never held any office.",
        "The owners put forty cats out.",
        "Members of this group can enter the library.",
        "Note: The old cat is ill.",
        "Ada Byron: The old cat is ill.",
        "Readers have sent us many cats.",
        "Pack them tightly in a box.",
        "Do not feed the cat.",
        "Ada believed cats were ill.",
        'The cat is "a guest, and an old one, in the house".',
        "Opening depends on the day: the hours are at the gate.",
        "Cat family of the library.",
    ],
)
def test_a_sentence_that_rules_cannot_turn_becomes_none(sentence):
    assert list(questions_on(sentence, SMALL)) == []


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("Keeping cats › Can cats drink milk?", "Can cats drink milk?"),
        ("How to Feed a Cat", "How do you Feed a cat?"),
        (
            "The library at Carrow Bridge",
            "What should you know about the library at Carrow Bridge?",
        ),
        ("Keeping Cats", "What should you know about keeping cats?"),
        ("4.1 Cats and milk", "What should you know about cats and milk?"),
        ("What a cat costs", "What should you know about what a cat costs?"),
        ("Before first use", None),
        ("Introduction", None),
        ("2", None),
    ],
)
def test_a_heading_becomes_the_question_its_section_answers(heading, question):
    found = question_of_heading(heading, SMALL)
    assert (found.question.lower() if found else None) == (question.lower() if question else None)


DOGS = "# Dogs\n\nThe kennel opens at seven. Rex Miller is a trainer of dogs. Fleas are a pest.\n"


def proposed(rule):
    others = [document(DOGS, id="dogs", title="Dogs")]
    return [one for one in propose(document(CATS), others) if one.rule == rule]


def test_every_gold_quote_stands_in_the_article():
    found = propose(document(CATS))
    assert [one for one in found if one.status == "answered"]
    assert all(quote in CATS for one in found for quote in (*one.quotes, *one.without))


def test_an_answerable_question_is_proposed_without_its_sentence_too():
    one = next(c for c in proposed("gold sentence dropped") if "How many hours" in c.question)
    assert one.status == "not_in_article"
    assert one.without == ("Cats sleep sixteen hours a day.",)


def test_questions_to_another_article_are_not_answered_by_this_one():
    assert "When does the kennel open?" in [
        c.question for c in proposed("another article's question")
    ]


def test_a_kind_of_thing_that_the_article_lacks_is_asked_for():
    cost, *_ = [c for c in proposed("kind of thing absent") if "price" in c.question]
    assert cost.status == "not_in_article"


@pytest.mark.parametrize(
    ("sentence", "unit", "most"),
    [
        ("The desk answers from 8 a.m. to noon.", r" (\d+) a\.m\.", 12),
        ("The pact was signed on 22 May by Ada.", r" (\d+) May", 28),
        ("The tank is filled to 75 % at night.", r" (\d+) %", 99),
    ],
)
def test_a_swapped_number_fits_its_unit(sentence, unit, most):
    found = [c for c in propose(document(sentence)) if c.rule == "name or number swapped"]
    assert found
    assert all(1 <= int(re.search(unit, one.question)[1]) <= most for one in found)


def test_speakers_of_a_talk_are_no_terms_to_explain():
    found = propose(document("LB: The old cat is ill.\n\nAR: Why?\n\nLB: The cat drank milk.\n"))
    assert not [one for one in found if one.rule == "entry"]


@pytest.mark.parametrize(
    ("sentence", "rule", "pattern"),
    [
        (
            "The library was built in 1904 by Ada Byron.",
            "swapped",
            r"What was built in 19\d\d by Ada",
        ),
        (
            "In 1904, the library was built by Ada Byron.",
            "swapped",
            r"When .* by [A-Z]\w+ [A-Z]\w+",
        ),
        (
            "The library is closed in Oslo because it is wet.",
            "swapped",
            r"Why .* closed in [A-Z]\w+",
        ),
        ("Felt is the oldest cloth there is.", "opposite", r"What is the newest cloth there is"),
        ("Soap makes the water softer.", "opposite", r"What makes the water harder"),
    ],
)
def test_a_word_is_changed_so_that_the_article_no_longer_answers(sentence, rule, pattern):
    others = " ".join(f"A vet feeds the {cat} once a day." for cat in "red black grey".split())
    found = [one for one in propose(document(f"{sentence} {others}")) if rule in one.rule]
    asked = " ".join(one.question for one in found)
    assert re.search(pattern, asked)
    assert not any(name in asked for name in ("1904", "Oslo", "oldest", "softer"))
    assert all(one.status == "not_in_article" for one in found)


def test_a_swapped_yes_or_no_question_is_not_proposed_for_the_article_answers_no():
    found = propose(document("The library was built in Oslo in 1904."))
    swapped = [one.question for one in found if "swapped" in one.rule]
    assert not [asked for asked in swapped if asked.startswith(("Was", "Is"))]


def test_an_opposite_of_which_the_article_tells_is_not_proposed():
    text = "Felt is the oldest cloth there is. Nylon is the newest cloth there is."
    assert not [one for one in propose(document(text)) if "opposite" in one.rule]


@pytest.mark.parametrize("mills", ["ab", "abcdefghijklmnop"])
def test_four_candidates_in_ten_are_unanswerable(mills):
    text = "".join(f"Mill {name} grinds wheat every day.\n\n" for name in mills)
    found = propose(document(f"# Mills\n\n{text}## Visiting the mill\n\nIt is near.\n"))
    unanswerable = [one for one in found if one.status == "not_in_article"]
    assert 0.4 * len(found) <= len(unanswerable) <= 0.5 * len(found)
    assert any(one.question.endswith("visiting the mill?") for one in unanswerable)


def test_a_question_that_the_article_asks_is_proposed_with_the_answer_below_it():
    text = (
        "Q: How long does the crossing take?\nA: About forty minutes.\n\nQ: Why?\nA: It is far.\n"
    )
    asked = [one for one in propose(document(text)) if one.rule == "asked in the article"]
    assert [one.question for one in asked] == ["How long does the crossing take?"]
    assert "About forty minutes." in asked[0].quotes[0]


def test_a_candidate_keeps_its_id_when_made_anew():
    first, second = propose(document(CATS)), propose(document(CATS))
    assert [one.id for one in first] == [one.id for one in second]
    assert len({one.id for one in first}) == len(first)


def test_the_least_sure_come_first():
    sureness = [one.sureness for one in propose(document(CATS))]
    assert sureness == sorted(sureness)


def test_proposed_questions_are_questions_that_evaluate_reads(cats):
    write_rows(cats / "questions.jsonl", [one.to_json() for one in propose(document(CATS))])
    assert read_cases(cats).cases


def test_a_question_without_its_sentence_is_put_to_the_article_without_it(cats):
    row = {
        "id": "d",
        "question": "how many hours a day do cats sleep?",
        "status": "not_in_article",
        "without": ["Cats sleep sixteen hours a day."],
    }
    write_rows(cats / "more.jsonl", [row])
    report = evaluate(cats, embedder=WordEmbedder(), index_folder=cats / "i")
    given = {query.id: query.given for query in report.queries}
    assert given["sleep"].quotes[0].text == "Cats sleep sixteen hours a day."
    assert "sixteen" not in "".join(quote.text for quote in given["d"].quotes)


def test_a_sentence_to_leave_out_has_to_stand_in_the_article(cats):
    row = {"id": "d", "question": "why?", "status": "not_in_article", "without": ["Not there."]}
    write_rows(cats / "more.jsonl", [row])
    with pytest.raises(EvaluationError, match='"d": a quote beginning "Not there'):
        evaluate(cats, embedder=WordEmbedder(), index_folder=cats / "i")
