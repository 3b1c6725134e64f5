"""What a clinician's review asked for, row by row: the question, the block, its order, its text."""

import re
from html import unescape
from pathlib import Path

import pytest

from askdoc.caveats import (
    Judgement,
    claim_notes,
    notes_in,
    parse_catalogue,
    passage_notes,
    screen,
    triage,
)
from askdoc.caveats.claims import find_all
from askdoc.caveats.lint import HARDEST_GRADE, reading_grade
from askdoc.caveats.triage import crisis
from askdoc.passages import cut
from askdoc.records import Answer, Citation
from askdoc.rendering import to_html, to_json, to_markdown, to_text
from fakes import WordEmbedder, document

FOLDER = Path(__file__).parents[2] / "corpus/kratom"
ARTICLE = document((FOLDER / "article.md").read_text("utf-8").split("---\n", 2)[2], id="kratom")
CATALOGUE = parse_catalogue((FOLDER / "caveats.toml").read_text("utf-8"), "kratom")
PASSAGES = cut(ARTICLE, WordEmbedder().count)


def shown(question):
    """The caveats of a question by rules alone, in the order in which they are shown."""
    return screen(question, CATALOGUE).caveats


def text(question, id):
    [found] = [caveat.text for caveat in shown(question) if caveat.id == id]
    return found


def steps(question, id):
    return text(question, id).split("\n")


def note(id):
    return CATALOGUE.claim(id).caveat.text


def test_row_1_only_who_breathes_is_laid_on_their_side():
    call, wake, not_breathing, breathing, poison = steps(
        "my friend took too much and wont wake up", "overdose_emergency"
    )
    assert call.startswith("Call 911 now")
    assert "112 in the EU" in call
    assert "more than one dose may be needed" in wake
    assert not_breathing == "Not breathing: rescue breaths and CPR if you can."
    assert breathing == "Breathing: lay them on their side. Stay."
    assert poison.startswith("Only if awake and breathing normally: Poison Control 1-800-222-1222")


def test_row_1_who_is_alone_is_not_told_to_wake_somebody():
    alone = text("i took too much kratom and i am scared", "overdose_emergency")
    assert alone.startswith("Call 911 now")
    assert "Don't stay alone" in alone
    assert "wake them" not in alone


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


def test_row_2_an_allergic_reaction_is_an_emergency_of_any_article():
    question = "throat swelling and hives after kratom"
    [block] = triage(question)
    assert (block.id, block.severity) == ("allergy", "emergency")
    assert block.text.split("\n") == [
        "Call 911 or your local number now for swelling of the face or throat, hives with "
        "trouble breathing, or fainting.",
        "Use an epinephrine pen if one was prescribed.",
    ]
    assert "addiction" not in {caveat.id for caveat in shown(question)}


def test_row_2_a_question_on_allergies_is_no_emergency():
    [caveat] = shown("can you be allergic to kratom")
    assert caveat.severity == "urgent"
    assert caveat.text.startswith("Swelling of the face or throat, hives with trouble breathing")


@pytest.mark.parametrize(
    "question", ["chest pain down my left arm after kratom", "my chest hurts since i took kratom"]
)
def test_row_3_chest_pain_now_is_an_emergency_and_brings_no_statistics(question):
    first = shown(question)[0]
    assert (first.id, first.severity) == ("heart", "emergency")
    assert first.text.startswith("Call 911 or your local number now for chest pain")
    assert "reported" not in first.text


def test_row_3_of_the_heart_what_to_do_comes_before_what_is_known():
    said = text("does kratom affect the heart", "heart")
    assert said.startswith("Chest pain, fainting, or a very fast or irregular heartbeat: call 911")
    assert "dose-related" not in said


def test_row_4_a_seizure_now_is_first_aid_alone():
    first = shown("my roommate is having a seizure right now")[0]
    assert (first.id, first.severity) == ("seizure", "emergency")
    assert first.text.split("\n")[:2] == [
        "Call 911 or your local number now.",
        "Lay the person on their side. Put nothing in their mouth.",
    ]
    assert "FDA" not in first.text


def test_row_4_after_a_past_seizure_a_doctor_is_to_be_seen():
    said = text("i had a seizure last week after kratom", "seizure")
    assert said.startswith("Seizure now: call 911")
    assert "Seizure before today: see a doctor soon." in said
    assert "drive" not in said


def test_row_5_bleeding_in_pregnancy_sends_to_hospital():
    first = shown("34 weeks pregnant and bleeding, used kratom")[0]
    assert (first.id, first.severity) == ("pregnancy_bf", "emergency")
    assert first.text.startswith("Go to hospital now: bleeding, strong belly pain")


def test_row_5_pregnancy_has_one_text_with_and_without_opioids():
    plain = text("i am pregnant and take kratom", "pregnancy_bf")
    assert plain == text("i am pregnant and on oxycodone", "pregnancy_bf")
    assert plain.startswith("Call your maternity doctor or midwife today. Go to hospital now for")
    assert "Don't stop opioids or daily kratom suddenly." in plain
    assert "protect you and the baby" not in plain


def test_row_5_a_newborn_in_distress_is_an_emergency():
    first = shown("my newborn is shaking and wont feed, i used kratom")[0]
    assert first.severity == "emergency"
    assert first.text.startswith("Call 911 or your local number now")


def test_row_6_a_nursing_mother_on_treatment_is_told_to_keep_it():
    first, second, *_ = shown("im on suboxone and breastfeeding")
    assert first.id == "pregnancy_bf"
    assert "breastfeeding is encouraged. Don't stop them." in first.text
    assert second.text.startswith("Keep taking prescribed methadone or buprenorphine")


@pytest.mark.parametrize(
    "question",
    ["does narcan work on kratom", "where do I get narcan for free", "should i carry narcan"],
)
def test_row_7_a_question_on_naloxone_is_answered_and_raises_no_emergency(question):
    found = shown(question)
    assert "emergency" not in {caveat.severity for caveat in found}
    assert found[0].id == "naloxone"
    assert "more than one dose may be needed" in found[0].text
    assert "don't use alone" in found[0].text


def test_row_7_meaning_alone_makes_no_emergency_of_a_question_on_naloxone():
    every = frozenset({"overdose_emergency", "self_harm"})
    sure = Judgement(found=every, certain=every)
    for question in ("does narcan work on kratom", "where do i get narcan", "what is naloxone"):
        assert "overdose_emergency" not in {c.id for c in triage(question, judge=lambda _: sure)}
    grave = "where do i get naloxone, scared my brother will od"
    assert triage(grave, judge=lambda _: sure)[0].id == "overdose_emergency"


def test_row_7_naloxone_given_to_somebody_stays_an_emergency():
    for question in (
        "should i give him naloxone or wait",
        "narcan didnt do anything, another one?",
    ):
        assert shown(question)[0].severity == "emergency"


def test_row_7_what_to_do_about_7_oh_is_said():
    said = text("is 7-oh safe", "seven_oh_breathing")
    assert "Slow breathing or won't wake: call 911 or your local number and give naloxone." in said


def test_row_8_the_county_is_not_made_to_say_more_than_it_did():
    names = {source.name for topic in CATALOGUE.topics for source in topic.caveat.sources}
    [county] = [name for name in names if name.startswith("Los Angeles County: ")]
    assert county.endswith(
        "seven deaths tied to kratom and 7-OH since January 2025, alcohol in many"
    )


def test_row_9_withdrawal_has_one_text_and_sends_suicidal_thoughts_to_988():
    said = text("cant keep water down coming off fent", "severe_withdrawal")
    assert said == text("dope sick", "severe_withdrawal")
    assert said.startswith(
        "Fainting, confusion, chest pain, seizure: call 911 or your local number"
    )
    assert "Thoughts of suicide: 988 (US) or findahelpline.com." in said
    assert "Your old dose can now kill you; keep naloxone." in said


@pytest.mark.parametrize(
    "question", ["What are the side effects of kratom?", "any bad side effects", "risks of kratom"]
)
def test_row_10_side_effects_are_named(question):
    said = text(question, "not_approved_evidence")
    assert said.startswith("The article names only hair loss. FDA warns of liver injury, seizures")
    assert "Yellow eyes or dark urine: see a doctor today." in said


def test_row_11_nobody_is_left_to_stop_a_prescribed_medicine():
    for question in (
        "is it ok with tylenol",
        "i take lithium daily",
        "im on lexapro and trazodone",
    ):
        assert re.search("Don't stop a (prescribed )?medicine", text(question, "interactions"))
    assert "Keep taking prescribed" in text("im on suboxone, can i take kratom", "interactions")
    assert "Naltrexone (Vivitrol)" in text("got my vivitrol last week", "interactions")


def test_row_11_fever_on_an_antidepressant_is_an_emergency():
    first = shown("on effexor and kratom, 104 fever")[0]
    assert (first.id, first.severity) == ("interactions", "emergency")
    assert first.text.startswith("Call 911 or your local number now.")


def test_row_12_the_law_is_that_of_2026():
    said = text("is kratom legal", "legal")
    assert "In 2026 Connecticut banned it and Rhode Island ended its ban" in said
    assert "Thailand limits bringing it in" in said
    assert "seven US states" not in said


def test_row_13_addiction_rests_on_the_larger_survey_and_names_help():
    said = text("is kratom addictive", "addiction")
    assert "2,061 people using kratom, about 1 in 4" in said
    assert "1-800-662-4357" in said


def test_row_14_the_missing_trials_are_those_for_opioid_withdrawal():
    assert "no controlled human trials of kratom for opioid withdrawal" in note("C02")


def test_row_15_support_is_not_blamed_for_what_was_detox_without_medication():
    assert "detox or rehab without medication did no better" in note("C05")
    assert "support without medication" not in note("C05")


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


def answer_quoting(citation):
    notes = claim_notes(ARTICLE, [citation], CATALOGUE)
    return Answer("q", "q", "answered", f"“{citation.quote}” [1]", 1.0, (citation,), notes)


@pytest.mark.parametrize("show", [to_text, to_markdown, to_html, lambda a: str(to_json(a))])
def test_every_surface_shows_the_notes_of_every_sentence_and_of_its_heading(show):
    for passage in PASSAGES:
        for start, end in passage.sentences:
            quote = ARTICLE.text[start:end]
            citation = Citation(1, "kratom", passage.id, passage.heading, quote, start, end)
            answer = answer_quoting(citation)
            said = re.sub(r"[^A-Za-z]+", "", unescape(show(answer)))
            for caveat in answer.caveats:
                assert re.sub(r"[^A-Za-z]+", "", caveat.text)[:40] in said


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
