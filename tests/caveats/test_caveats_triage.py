import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdoc.caveats import (
    DEFAULT_CATALOGUE,
    Prediction,
    clauses,
    emergencies,
    help_line,
    is_certain,
    lint_crisis,
    parse_catalogue,
    screen,
    triage,
    windows,
)
from kratom import kratom_catalogue


def ids(question, history=()):
    return [caveat.id for caveat in triage(question, history)]


@pytest.mark.parametrize(
    ("question", "id"),
    [
        ("bf wont wake up n breathing funny", "overdose_emergency"),
        ("he OD'd last night", "overdose_emergency"),
        ("lips turnin blue what do i do", "overdose_emergency"),
        ("how much kratom would kill me", "self_harm"),
        ("kms if this doesnt stop", "self_harm"),
        ("she said she wants to die", "self_harm"),
        ("my toddler swallowed a screw from the bike", "child_swallowed"),
        ("cant keep water down coming off fent", "severe_withdrawal"),
        ("pregnant and on methadone", "pregnancy_bf"),
    ],
)
def test_a_crisis_is_found_by_rules_alone(question, id):
    assert id in ids(question)


@pytest.mark.parametrize(
    "question",
    [
        "this headache is killing me lol",
        "how do i kill a python process",
        "is there too much information in this article",
        "my laptop wont wake from sleep",
        "an overdose of optimism",
        "what is kratom",
        "where do you deliver",
        "",
        "???",
    ],
)
def test_a_harmless_question_raises_nothing(question):
    assert triage(question) == ()


@given(st.text(), st.lists(st.text(), max_size=3))
def test_triage_takes_anything(question, history):
    assert isinstance(triage(question, history), tuple)
    help_line(history)


def test_severest_blocks_come_first():
    severities = [c.severity for c in triage("pregnant on heroin and i want to die")]
    assert severities == ["emergency", "urgent"]


def test_a_message_sent_in_two_halves_is_read_as_one():
    assert ids("he is really sleepy and limp", ["my friend took a lot of pills"])[0] == (
        "overdose_emergency"
    )


def test_a_block_is_not_raised_again_by_the_next_question():
    assert ids("thank you", ["my friend is unconscious"]) == []


def test_an_ambiguous_wording_asks_and_lets_the_article_answer():
    (caveat,) = triage("i cant do this anymore")
    assert caveat.id == "self_harm"
    assert caveat.severity == "urgent"
    assert caveat.text.endswith("Are you safe right now?")


def test_the_help_line_stays_for_the_rest_of_the_conversation():
    history = ["i want to die", "what is kratom", "who wrote it"]
    assert help_line([]) is None
    assert help_line(["what is kratom"]) is None
    assert "988" in help_line(history).text
    assert help_line(history).id == "help_line"


def test_the_severest_crisis_so_far_gives_the_help_line():
    assert "988" in help_line(["i want to die", "my toddler swallowed a pill"]).text


def test_an_article_without_catalogue_still_has_crisis_rules():
    screening = screen("my dad stopped breathing", DEFAULT_CATALOGUE)
    assert screening.emergency
    assert screening.silent == ()


def test_every_block_is_at_most_sixty_words_long_or_so():
    blocks = [triage(q)[0] for q in ("overdose", "suicide", "my kid ate pills", "dopesick")]
    assert all(len(block.text.split()) <= 65 for block in blocks)
    assert all(block.sources for block in blocks)


def test_what_a_person_must_confirm_is_listed():
    assert {finding.severity for finding in lint_crisis()} == {"due"}


def test_a_question_the_article_answers_is_not_silenced_by_its_uncovered_topic():
    catalogue = parse_catalogue(
        '[[topics]]\nid = "buying"\ntopic = "t"\nseverity = "info"\ntext = "t"\n'
        'sources = ["ASAM-2025"]\ncovered = false\nfires = ["review page", "where .. buy"]\n'
        'answered = ["review page .. neutral"]\n',
        "a.toml",
    )
    assert screen("is the review page neutral", catalogue).silent == ()
    assert [c.id for c in screen("is the review page neutral", catalogue).caveats] == ["buying"]
    asked_more = screen("is the review page neutral and where can i buy", catalogue)
    assert asked_more.silent == ("buying",)


def test_a_question_the_article_has_no_word_on_is_silenced_by_its_covered_topic():
    catalogue = parse_catalogue(
        '[[topics]]\nid = "proof"\ntopic = "t"\nseverity = "info"\ntext = "t"\n'
        'sources = ["ASAM-2025"]\nfires = ["approved", "study"]\nunanswered = ["approved"]\n',
        "a.toml",
    )
    assert screen("is the study real", catalogue).silent == ()
    assert screen("is it approved", catalogue).silent == ("proof",)
    assert [c.id for c in screen("is it approved", catalogue).caveats] == ["proof"]


def test_beside_an_emergency_a_less_certain_one_stands_after_it_and_nothing_else():
    both = Prediction(found=frozenset({"self_harm", "overdose_emergency", "seizure"}))
    raised = triage("he wont wake up", predictor=lambda question: both)
    assert [c.severity for c in raised][:2] == ["emergency", "urgent"]
    standing = emergencies(raised)
    assert [c.id for c in standing] == ["overdose_emergency", "self_harm"]
    assert {c.severity for c in standing} == {"emergency"}
    assert "988" in standing[1].text


def test_a_catalogue_tells_what_the_article_has_no_word_on_whatever_the_topic():
    catalogue = parse_catalogue(
        '[unanswered]\nfires = ["is {metal}"]\nnever = ["{metal} .. gold"]\n'
        '[groups]\nmetal = ["lead", "zinc"]\n',
        "a.toml",
    )
    assert screen("is zinc soft", catalogue).silent == ("unanswered",)
    assert screen("is zinc softer than gold", catalogue).silent == ()
    assert screen("is gold soft", catalogue).silent == ()


def test_each_question_of_several_in_one_sentence_is_looked_at():
    assert clauses("is it legal and will my hair grow back?") == (
        "is it legal and will my hair grow back?",
        "is it legal",
        "will my hair grow back?",
    )
    assert clauses("who wrote it, and how much do I take") == (
        "who wrote it, and how much do I take",
        "who wrote it",
        "how much do I take",
    )
    assert clauses("hair and nails") == ("hair and nails",)


@pytest.mark.parametrize(
    ("question", "block"),
    [
        ("mi amigo no respira", "overdose_emergency"),
        ("no se despierta y tiene los labios azules", "overdose_emergency"),
        ("ela não acorda", "overdose_emergency"),
        ("Mon ami ne respire plus !", "overdose_emergency"),
        ("il ne se réveille pas", "overdose_emergency"),
        ("mein Freund atmet nicht mehr", "overdose_emergency"),
        ("il mio amico non respira", "overdose_emergency"),
        ("mijn vriend ademt niet", "overdose_emergency"),
        ("mój chłopak nie oddycha", "overdose_emergency"),
        ("arkadaşım nefes almıyor", "overdose_emergency"),
        ("me quiero morir", "self_harm"),
        ("no quiero seguir viviendo", "self_harm"),
        ("quero morrer", "self_harm"),
        ("j'ai envie de mourir", "self_harm"),
        ("ich will mich umbringen", "self_harm"),
        ("voglio morire", "self_harm"),
        ("ik wil niet meer leven", "self_harm"),
        ("chcę umrzeć", "self_harm"),
        ("ölmek istiyorum", "self_harm"),
    ],
)
def test_a_crisis_in_another_language_is_one_without_any_model(question, block):
    assert block in {caveat.id for caveat in triage(question) if caveat.severity == "emergency"}


@pytest.mark.parametrize(
    "question",
    [
        "je suis mort de rire",
        "tengo una sobredosis de trabajo esta semana",
        "mi gata no quiere despertarse temprano",
        "essa prova vai me matar",
        "la mia professoressa mi uccide se non cito le fonti",
        "meine füße bringen mich um",
        "qui suis-je ?",
        "od ilu lat można to kupować",
        "¿es legal el kratom en España?",
        "wie wirkt das?",
        "respire profondément et lis la suite",
    ],
)
def test_words_of_other_languages_that_look_like_english_slang_raise_nothing(question):
    assert triage(question) == ()


def test_one_endless_word_fills_no_memory_and_hides_nothing():
    typed = "he wont wake up " + "ab" * 20_000
    triage("hello")
    tracemalloc.start()
    try:
        assert ids(typed) == ["overdose_emergency"]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 20 << 20


def prediction(*found, certain=()):
    return lambda question: Prediction(frozenset(found) | set(certain), certain=frozenset(certain))


def test_what_meaning_alone_is_sure_of_stands_beside_the_answer_and_does_not_replace_it():
    raised = triage("what now", predictor=prediction(certain=["self_harm"]))
    assert [(c.id, c.severity) for c in raised] == [("self_harm", "urgent")]


def test_for_an_article_that_nobody_reviewed_meaning_counts_only_beyond_doubt():
    likely, sure = prediction("self_harm"), prediction(certain=["self_harm"])
    assert triage("what now", predictor=likely)
    assert triage("what now", predictor=likely, beyond_doubt=True) == ()
    assert triage("what now", predictor=sure, beyond_doubt=True)


def test_a_rule_that_is_certain_needs_no_meaning_on_any_article():
    [block] = triage("i want to kill myself", predictor=prediction(), beyond_doubt=True)
    assert (block.id, block.severity) == ("self_harm", "emergency")


@pytest.mark.parametrize(
    "question",
    [
        "what is naloxone",
        "who was the last person to die",
        "this is killing me",
        "no sound at all, dead module?",
        "die casting",
        "i want to die at mile 22 every time lol",
        "did he kill himself in the end",
        "i do not want to live here any more, how much notice",
    ],
)
def test_a_question_with_grave_words_loses_no_answer_to_a_block(question):
    assert not is_certain(question)
    assert "emergency" not in {caveat.severity for caveat in triage(question)}


@pytest.mark.parametrize(
    "question",
    [
        "i want to kill myself",
        "i just want to die",
        "i dont want to live any more",
        "my sister wants to kill herself",
        "i cant breathe",
        "he took 30 pills and he wont wake up",
    ],
)
def test_plain_words_of_an_emergency_replace_the_answer(question):
    assert is_certain(question)


def test_a_message_in_two_halves_is_read_whole_until_it_had_its_block():
    took, after = "my mate took a lot", "he wont wake"
    assert is_certain(after, [took])
    grave = "my mate took 30 pills and he wont wake up"
    assert not is_certain("how does it work for him", [grave])


def test_the_help_line_says_why_it_is_there():
    earlier = help_line(["my friend overdosed and wont wake up"])
    assert earlier.text.startswith("Because of what you wrote earlier:")


@pytest.mark.parametrize(
    ("question", "block"),
    [
        ("я больше не хочу жить", "self_harm"),
        ("Хочу умереть", "self_harm"),
        ("θέλω να πεθάνω", "self_harm"),
        ("أريد أن أموت", "self_harm"),
        ("אני רוצה למות", "self_harm"),
        ("मैं मरना चाहता हूँ", "self_harm"),
        ("我不想活了", "self_harm"),
        ("もう死にたいです", "self_harm"),
        ("죽고 싶어요", "self_harm"),
        ("he put the \U0001f52b to my head", "self_harm"),
        ("i want to k\u0456ll m\u0443self", "self_harm"),
        ("она не дышит", "overdose_emergency"),
        ("δεν αναπνέει", "overdose_emergency"),
        ("لا يتنفس", "overdose_emergency"),
        ("他叫不醒", "overdose_emergency"),
        ("息をしていない", "overdose_emergency"),
        ("숨을 안 쉬어요", "overdose_emergency"),
        ("she took \U0001f48a\U0001f48a\U0001f48a\U0001f48a", "overdose_emergency"),
    ],
)
def test_the_plainest_wordings_in_other_scripts_and_pictures_are_known(question, block):
    assert block in {caveat.id for caveat in triage(question)}


@pytest.mark.parametrize(
    "question",
    [
        "что такое кратом?",
        "τι είναι το κράτομ;",
        "ما هو القرطوم؟",
        "卡痛叶是什么",
        "クラトムとは何ですか",
        "크라톰이 뭐예요",
        "💊 or powder?",
        "i take my 💊 with breakfast 🍳 and feel great 😂💀",
        "cut the roots with a 🔪 yourself",
        "sunset 🔫 toy for my son",
    ],
)
def test_a_plain_question_in_another_script_raises_nothing(question):
    assert triage(question) == ()


@pytest.mark.parametrize(
    "question",
    [
        "я не хочу здесь жить",
        "이 동네에 살고 싶지 않아요",
        "孩子早上叫不醒怎么办",
        "daily vitamins 💊💊💊💊",
        "no one holds a 🔫 to my head",
        "can i sharpen the 🔪 myself",
        "can i replace the 🪢 of the pump myself",
    ],
)
def test_what_may_mean_something_else_in_other_scripts_replaces_no_answer(question):
    assert not is_certain(question)


@pytest.mark.parametrize(
    "question",
    [
        "was the king planning to end his life",
        "she was about to take her life when he came in, in which act?",
        "did they know that he wanted to take his own life",
    ],
)
def test_a_story_of_somebody_who_wanted_to_die_loses_no_answer(question):
    assert all(caveat.severity != "emergency" for caveat in triage(question))


@pytest.mark.parametrize(
    "question",
    [
        "He shook and passed out but didn't die.",
        "the singer collapsed on stage and survived, in which year was that",
        "i teach about the lethal dose, LD50, that kills half of them",
        "what was the lethal dose in rats",
        "werther, who shoots himself, lives until noon",
    ],
)
def test_who_survived_and_what_toxicology_measures_lose_no_answer(question):
    assert all(caveat.severity != "emergency" for caveat in triage(question))


@pytest.mark.parametrize(
    "question",
    [
        "he passed out and i hope he doesnt die",
        "she collapsed, no idea if she survived",
        "what is a lethal dose for me",
    ],
)
def test_who_may_not_survive_is_a_certain_crisis(question):
    assert is_certain(question)


@pytest.mark.parametrize(
    "question",
    [
        "my brother was planning to end his life",
        "she keeps saying she wants to take her life",
        "hes going to take his life",
        "my boyfriend says he wants to end his life",
    ],
)
def test_somebody_near_who_wants_to_die_is_a_certain_crisis(question):
    assert "self_harm" in {c.id for c in triage(question) if c.severity == "emergency"}


@pytest.mark.parametrize(
    "question",
    [
        "gasping for a cuppa",
        "overdose deaths by state in 2019",
        "my basil has gone limp",
        "talked myself blue in the face about my friend's pills",
        "OD and OS on my glasses prescription",
        "i want out of your mailing list",
    ],
)
def test_words_of_an_emergency_in_a_harmless_phrase_raise_nothing(question):
    assert triage(question) == ()


def test_what_weak_words_and_meaning_agree_on_stands_beside_the_answer():
    [block] = triage("am i dying", predictor=prediction(certain=["overdose_emergency"]))
    assert (block.id, block.severity) == ("overdose_emergency", "urgent")


def test_a_child_with_a_pet_near_is_still_a_child():
    sure = prediction(certain=["overdose_emergency"])
    for question in (
        "our 3 year old ate the dog's treat",
        "the dog walker's little boy chewed my capsules",
        "my 3 year old son and the dog ate it",
    ):
        assert {"child_swallowed", "overdose_emergency"} <= {
            c.id for c in triage(question, predictor=sure)
        }


def test_a_young_pet_is_no_child():
    sure = prediction(certain=["overdose_emergency"])
    for question in (
        "my 6 month old puppy licked the powder",
        "my dog is 3 years old and ate a bag",
    ):
        assert triage(question, predictor=sure) == ()


CALM = "The weather has been awful all week, so nobody has been out in the garden at all. " * 3
BY_CHANCE = CALM + "My grandfather had a stroke in 2009 and was unconscious for two days. " + CALM
PHRASE = CALM + "He is lying on the sofa and he is not breathing. " + CALM


def of_every_window(message, margin):
    """A meaning that says the same of each window of a long message."""
    margins = ({"overdose_emergency": margin, "self_harm": -9.0},) * len(windows(message))
    found = {"overdose_emergency"} if margin >= 0 else set()
    return Prediction(frozenset(found), margins=margins)


def severities(message, predictor=None):
    return {caveat.id: caveat.severity for caveat in triage(message, predictor=predictor)}


def test_words_that_meet_in_a_long_message_are_not_certain():
    assert not is_certain(BY_CHANCE)
    assert severities(BY_CHANCE) == {"overdose_emergency": "urgent"}


@pytest.mark.parametrize(("margin", "shown"), [(-3, {}), (-1, {"overdose_emergency": "urgent"})])
def test_words_in_a_window_count_unless_its_own_meaning_speaks_against_them(margin, shown):
    prediction = of_every_window(BY_CHANCE, margin)
    assert severities(BY_CHANCE, lambda _: prediction) == shown


def test_words_that_stand_in_different_windows_of_a_long_message_are_not_joined():
    apart = "We drank some coffee there. The flag on the old tower hung quite limp. "
    assert severities(CALM + apart + CALM) == {}


@pytest.mark.parametrize("margin", [3, -1, -5, -20.75])
def test_a_phrase_of_a_certain_rule_is_certain_in_a_long_message_that_was_not_read_as_calm(margin):
    prediction = of_every_window(PHRASE, margin)
    assert is_certain(PHRASE)
    assert severities(PHRASE, lambda _: prediction) == {"overdose_emergency": "emergency"}


@pytest.mark.parametrize("beyond_doubt", [False, True])
def test_where_a_long_message_tells_of_it_calmly_the_short_line_with_its_number_stays(beyond_doubt):
    def calm(message):
        return of_every_window(message, -8)

    assert triage(PHRASE, predictor=calm, beyond_doubt=beyond_doubt) == ()
    line = help_line((), PHRASE, calm, beyond_doubt=beyond_doubt)
    assert line.id == "help_line"
    assert "emergency number" in line.text


def test_one_window_that_is_not_calm_keeps_a_phrase_certain():
    first, *others = of_every_window(PHRASE, -8).margins
    prediction = Prediction(margins=tuple({**each, "self_harm": -2.0} for each in (first, *others)))
    assert severities(PHRASE, lambda _: prediction) == {"overdose_emergency": "emergency"}


def test_a_short_message_with_a_phrase_is_certain_whatever_it_means():
    prediction = Prediction(margins=({"overdose_emergency": -9.0, "self_harm": -9.0},))
    assert severities("he is not breathing", lambda _: prediction) == {
        "overdose_emergency": "emergency"
    }


@pytest.mark.parametrize(
    "question",
    ["ive had it with breathing tbh", "so done with living", "fed up with being alive"],
)
def test_to_be_weary_of_living_is_told_in_many_words(question):
    assert ids(question) == ["self_harm"]


@pytest.mark.parametrize(
    "question",
    ["sick of living with my parents", "i'm done with life admin", "tired of waking up early"],
)
def test_to_be_weary_of_a_way_to_live_is_no_crisis(question):
    assert ids(question) == []


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("the dog ate my homework", []),
        ("my puppy chewed my shoes", []),
        ("my dog ate my kratom", ["pets"]),
        ("the cat ate some of the powder with her food", ["pets"]),
        ("my dog swallowed a sock", ["pets"]),
    ],
)
def test_a_pet_is_in_danger_by_what_is_no_food_and_no_homework(question, shown):
    assert [caveat.id for caveat in screen(question, kratom_catalogue()).caveats] == shown
