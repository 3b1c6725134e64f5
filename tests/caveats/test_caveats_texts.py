"""What a clinician's review asked for, row by row: the question, the block, its order, its text."""

import re
import tomllib
from pathlib import Path

import pytest

from askdoc import ask
from askdoc.caveats import (
    Prediction,
    claim_notes,
    notes_in,
    passage_notes,
    screen,
    triage,
)
from askdoc.caveats.blocks import crisis
from askdoc.caveats.claims import find_all
from askdoc.caveats.lint import HARDEST_GRADE, reading_grade
from askdoc.passages import cut
from askdoc.records import Citation
from fakes import WordEmbedder, document
from kratom import kratom_catalogue

FOLDER = Path(__file__).parents[2] / "corpus/kratom"
ARTICLE = document((FOLDER / "article.md").read_text("utf-8").split("---\n", 2)[2], id="kratom")
CATALOGUE = kratom_catalogue()
PASSAGES = cut(ARTICLE, WordEmbedder().count)


def shown(question):
    """The caveats of a question by rules alone, in the order in which they are shown."""
    return screen(question, CATALOGUE).caveats


def text(question, id):
    [found] = [caveat.text for caveat in shown(question) if caveat.id == id]
    return found


REVIEWED = tomllib.loads(Path(__file__).with_name("reviewed.toml").read_text("utf-8"))
ASKED = [(row, question) for row in REVIEWED["rows"] for question in row["asked"]]


@pytest.mark.parametrize(("row", "question"), ASKED)
def test_what_was_reviewed_comes_first_and_word_for_word(row, question):
    first = shown(question)[0]
    assert (first.id, first.severity) == (row["id"], row["severity"])
    assert first.text.split("\n") == row["text"]


@pytest.mark.model
@pytest.mark.parametrize(("row", "question"), ASKED)
def test_with_the_model_too_what_was_reviewed_comes_first(kratom_index, row, question):
    answer = ask(kratom_index, question)
    first = answer.caveats[0]
    assert (first.id, first.text.split("\n")) == (row["id"], row["text"])
    assert (answer.status == "emergency") == (row["severity"] == "emergency")


@pytest.mark.parametrize("row", REVIEWED["notes"], ids=lambda row: row["id"])
def test_a_reviewed_note_is_shown_word_for_word(row):
    [(start, end)] = find_all(ARTICLE.text, CATALOGUE.claim(row["id"]).quote)
    notes = {note.caveat.id: note.caveat.text for note in notes_in(ARTICLE, start, end, CATALOGUE)}
    assert notes[row["id"]] == row["text"]


def test_the_review_is_whole():
    by_name = re.findall(r"def test_row_(\d+)", Path(__file__).read_text("utf-8"))
    rows = {row["row"] for kind in REVIEWED.values() for row in kind} | set(map(int, by_name))
    assert rows == set(range(1, 17))


@pytest.mark.parametrize(
    "question",
    [
        "we took too much and my girlfriend wont wake up",
        "i took too much and so did my friend, he is blue",
        "i gave my brother too much and he wont wake up",
    ],
)
def test_row_1_where_somebody_else_is_spoken_of_the_steps_are_those_of_a_bystander(question):
    assert "Try to wake them." in text(question, "overdose_emergency")


def test_row_6_a_nursing_mother_on_treatment_is_told_to_keep_it():
    first, second, *_ = shown("im on suboxone and breastfeeding")
    assert first.id == "pregnancy_bf"
    assert "breastfeeding is encouraged. Don't stop them." in first.text
    assert second.text.startswith("Keep taking prescribed methadone or buprenorphine")


def test_row_7_meaning_alone_makes_no_emergency_of_a_question_on_naloxone():
    every = frozenset({"overdose_emergency", "self_harm"})
    sure = Prediction(found=every, certain=every)
    for question in ("does narcan work on kratom", "where do i get narcan", "what is naloxone"):
        assert "overdose_emergency" not in {
            c.id for c in triage(question, predictor=lambda _: sure)
        }
    grave = "where do i get naloxone, scared my brother will od"
    assert triage(grave, predictor=lambda _: sure)[0].id == "overdose_emergency"


def test_row_7_naloxone_given_to_somebody_stays_an_emergency():
    for question in (
        "should i give him naloxone or wait",
        "narcan didnt do anything, another one?",
    ):
        assert shown(question)[0].severity == "emergency"


def test_row_8_the_county_is_not_made_to_say_more_than_it_did():
    names = {source.name for topic in CATALOGUE.topics for source in topic.caveat.sources}
    [county] = [name for name in names if name.startswith("Los Angeles County: ")]
    assert county.endswith(
        "seven deaths tied to kratom and 7-OH since January 2025, alcohol in many"
    )


@pytest.mark.parametrize(
    ("question", "id", "severity"),
    [
        ("estoy embarazada y tomo kratom", "pregnancy_bf", "urgent"),
        ("estoy embarazada y uso heroína", "pregnancy_bf", "urgent"),
        ("tengo los ojos amarillos", "liver", "urgent"),
        ("mi hijo de 3 años comió kratom", "child_swallowed", "urgent"),
        ("me duele el pecho después de tomar kratom", "heart", "emergency"),
        ("mi amigo no despierta", "overdose_emergency", "emergency"),
    ],
)
def test_row_16_spanish_meets_the_same_texts_and_a_line_in_spanish(question, id, severity):
    first = shown(question)[0]
    assert (first.id, first.severity) == (id, severity)
    assert first.text.endswith(
        "En español: 988, oprima 2 (texto: AYUDA); 1-800-662-4357 (EE. UU.). "
        "Emergencia: 911 (EE. UU.) o el número local."
    )


def test_an_english_question_brings_no_line_in_spanish():
    assert "En español" not in text("my friend wont wake up", "overdose_emergency")


def test_who_asks_for_another_is_told_to_stay_with_them():
    assert "Stay with them." in text("my brother says he wants to kill himself", "self_harm")
    assert "Stay with them." in text("i think my sister wants to end her life", "self_harm")
    for own in (
        "i want to die",
        "my mom died and i want to die",
        "my son would be better without me",
    ):
        assert "Is someone with you?" in text(own, "self_harm")


@pytest.mark.parametrize(
    ("question", "id", "words"),
    [
        ("kratom for alcohol withdrawal", "alcohol_withdrawal", "Kratom does not treat it."),
        ("i have surgery next week and take kratom", "surgery", "Tell your surgeon"),
        ("my husband hides kratom shots", "families", "is for families as well"),
        ("my dog ate my kratom and wont wake up", "pets", "888-426-4435"),
        ("where can i get methadone", "treatment_options", "findtreatment.gov"),
        ("im 16 can i take kratom", "minors", "You can talk to a doctor or a school nurse"),
    ],
)
def test_what_had_no_caveat_has_one(question, id, words):
    assert words in text(question, id)


def test_a_pet_raises_no_emergency_of_people():
    assert triage("my dog ate my kratom and wont wake up") == ()


def all_texts():
    blocks = [c for b in crisis().blocks for c in (b.caveat, *(w.caveat for w in b.wordings))]
    topics = [c for t in CATALOGUE.topics for c in (t.caveat, *(w.caveat for w in t.wordings))]
    return {caveat.text: caveat.id for caveat in (*blocks, *topics)}


@pytest.mark.slow
def test_no_text_is_above_school_grade_eight():
    graded = {words[:60]: reading_grade(words) for words in all_texts()}
    assert {words: grade for words, grade in graded.items() if grade > HARDEST_GRADE} == {}


def test_an_emergency_begins_with_whom_to_call_or_where_to_go():
    texts = [c for b in crisis().blocks for c in (b.caveat, *(w.caveat for w in b.wordings))]
    texts += [w.caveat for topic in CATALOGUE.topics for w in topic.wordings]
    grave = [caveat.text for caveat in texts if caveat.severity == "emergency"]
    assert len(grave) >= 8
    for said in grave:
        assert re.search("call 911|Call|Go to hospital now", said.split("\n")[0]), said


NEEDS_NOTE = (
    "overcome dependency, exploring",
    "holistic care, including counseling",
    "consider this holistic strategy",
    "it should be used cautiously with regular",
    "while kratom can be effective",
    "compelling aspects of kratom",
    "a potential treatment for opioid",
    "others may experience adverse effects like",
    "a crucial role in mitigating",
    "as an alternative treatment for",
    "American Addiction Centers",
    "Medical News Today",
    "potential alternative to traditional pharmaceuticals",
)


@pytest.mark.parametrize("words", NEEDS_NOTE)
def test_no_sentence_that_needs_a_note_is_without_one(words):
    found = [
        span
        for passage in PASSAGES
        for span in passage.sentences
        if words in ARTICLE.text[slice(*span)]
    ]
    assert found
    for start, end in found:
        assert notes_in(ARTICLE, start, end, CATALOGUE)


@pytest.mark.parametrize("heading", ["A Natural Opioid Alternative", "How Kratom Mitigates"])
def test_a_heading_that_promises_has_its_note_wherever_it_stands(heading):
    under = [passage for passage in PASSAGES if heading in passage.heading]
    assert under
    for passage in under:
        [*_, shown] = passage_notes(ARTICLE, passage, CATALOGUE)
        assert shown.text.startswith("A heading, not a finding")
        for start, end in passage.sentences:
            citation = Citation(1, "kratom", passage.id, passage.heading, "", start, end)
            quoted = claim_notes(ARTICLE, [citation], CATALOGUE)
            assert "caution" in {note.severity for note in quoted}
    lines = [at for at, _ in find_all(ARTICLE.text, heading)]
    assert len(lines) == 2
    assert all(notes_in(ARTICLE, at, at + 1, CATALOGUE) for at in lines)


def test_the_note_on_a_heading_comes_once_with_several_quotes_from_under_it():
    [passage] = [p for p in PASSAGES if "When an individual discontinues" in p.text]
    [bare] = [s for s in passage.sentences if not notes_in(ARTICLE, *s, CATALOGUE)]
    cited = [Citation(n, "kratom", passage.id, passage.heading, "", *bare) for n in (1, 2)]
    notes = claim_notes(ARTICLE, cited, CATALOGUE)
    assert [(note.id, note.citation) for note in notes] == [("C82", 1)]


def test_a_quote_with_a_caution_of_its_own_does_not_bring_that_of_its_heading():
    [claim] = [c for c in CATALOGUE.claims if c.id == "C54"]
    [(start, end)] = find_all(ARTICLE.text, claim.quote)
    citation = Citation(
        1, "kratom", "p", "The Mechanism: How Kratom Mitigates Withdrawal", "", start, end
    )
    notes = claim_notes(ARTICLE, [citation], CATALOGUE)
    assert "C54" in {note.id for note in notes}
    assert "C82" not in {note.id for note in notes}


@pytest.mark.parametrize(
    "question",
    [
        "can my dog have it",
        "my puppy is 6 months old, can he have some",
        "can i give my cat kratom",
    ],
)
def test_what_a_pet_may_have_is_a_question_for_its_vet(question):
    assert [caveat.id for caveat in screen(question, CATALOGUE).caveats] == ["pets"]


@pytest.mark.parametrize(
    "question", ["ive sorted the bills and fed the cat", "i have a dog, does the train take it"]
)
def test_a_pet_that_is_spoken_of_brings_up_no_vet(question):
    assert "pets" not in {caveat.id for caveat in screen(question, CATALOGUE).caveats}


@pytest.mark.parametrize(
    "question",
    [
        "what happens in a kratom overdose",
        "what are the signs of an overdose",
        "kratom overdose symptoms",
        "can you overdose on kratom",
        "i overdosed last year, can i take kratom",
    ],
)
def test_a_question_of_information_on_overdoses_is_told_what_to_do_if_one_happens(question):
    sure = Prediction(frozenset({"overdose_emergency"}), certain=frozenset({"overdose_emergency"}))
    block = triage(question, predictor=lambda _: sure)[0]
    assert (block.id, block.severity) == ("overdose_emergency", "urgent")
    assert block.text.startswith("If this is happening now, call 911 (US) or your local emergency")


@pytest.mark.parametrize(
    "question",
    [
        "my friend took 30 pills and wont wake up, what are the signs of an overdose",
        "he overdosed last night and is blue",
        "i think i overdosed, what happens now",
        "my brother overdosed in the bathroom",
    ],
)
def test_an_overdose_that_happens_is_no_question_of_information(question):
    block = triage(question)[0]
    assert (block.id, block.severity) == ("overdose_emergency", "emergency")
    assert block.text.startswith("Call 911 now")
