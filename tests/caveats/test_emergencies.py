"""Emergencies in plain words: with nothing swallowed or taken, on any article."""

import pytest

from askdoc.caveats import help_line, is_certain, triage

CALL = "Call 911 now (outside the US: your local emergency number; 112 in the EU)."
FILLER = (
    "I repotted the fern on Sunday and it stands by the window now. The soil is fresh. "
    "It gets water twice a week, and the tips are still brown. "
)


def said(question):
    (block,) = triage(question)
    return block.text


@pytest.mark.parametrize(
    "question",
    [
        "my dad is having a heart attack",
        "My grandpa is having a heart attack I think.",
        "i think i'm having a stroke",
        "one side of her face is drooping",
        "my mom has chest pain and her arm is numb",
        "my son is having a seizure right now",
        "My brother keeps having seizures one after another.",
        "I'm bleeding a lot and it won't stop.",
        "i'm bleeding out",
        "I'm throwing up blood.",
        "having a severe asthma attack cant breathe",
        "he is choking on a grape",
        "i cut my hand off with the saw",
        "I fell off the ladder and can't feel my legs",
        "he got hit by a car",
        "a tree fell on my husband",
        "she was stabbed",
        "i've been shot",
        "my son just got electrocuted",
        "drowned",
        "help she's drowning",
        "my house is on fire and i cant get out",
        "someone is breaking into my house",
        "my husband is hitting me",
        "a snake just bit my daughter",
        "i need an ambulance",
        "my dad is having a haert atack",
        "the kid next to me is convulsing",
        "a dog attacked my son and he is bleeding badly",
        "since yesterday my dad has chest pain and his arm is numb",
        "pain in my chest and my left arm tingles",
    ],
)
def test_an_emergency_in_plain_words_replaces_the_answer(question):
    assert is_certain(question)


@pytest.mark.parametrize(
    "question",
    [
        "a mi padre le está dando un infarto",
        "mon père fait une crise cardiaque",
        "mein vater hat einen herzinfarkt",
        "mio padre sta avendo un infarto",
        "meu pai está tendo um infarto",
        "mijn vader heeft een hartaanval",
        "babam kalp krizi geçiriyor",
        "elle vomit du sang",
        "mój tata ma zawał",
        "у папы инфаркт",
        "mi hermano no para de sangrar",
        "unser haus brennt",
    ],
)
def test_an_emergency_in_plain_words_of_another_language_replaces_the_answer(question):
    assert is_certain(question)


@pytest.mark.parametrize(
    "question",
    [
        "She was stabbed in 1888",
        "who was shot at the station?",
        "the patient had a stroke two years ago",
        "what are the signs of a heart attack",
        "what do i do if someone is having a stroke",
        "the boss nearly had a heart attack when he saw the bill",
        "my laptop is having a stroke lol",
        "bleeding edge or stable release",
        "we are bleeding customers",
        "the fire of 1666",
        "does it prevent strokes",
        "the ivy is choking the tree",
        "i'm drowning in paperwork",
        "we're drowning in courgettes, please send help",
        "my mixtape is on fire",
        "my boss in the film is having a heart attack",
        "lip stain made my lips look purple",
        "electrolyte sachets after a run",
        "when should you call 911",
        "my dog is having a seizure",
        "the plot has a nurse whose husband is having a stroke",
        "mi abuelo tuvo un infarto en 2010",
    ],
)
def test_stories_history_and_figures_of_speech_lose_no_answer(question):
    assert not is_certain(question)


@pytest.mark.parametrize(
    "question",
    ["my dad is having a heart attack", "i am having a heart attack", "someone here was shot"],
)
def test_who_has_taken_nothing_is_told_of_no_antidote_and_no_poison(question):
    assert said(question).startswith(CALL)
    assert "Narcan" not in said(question)
    assert "Poison" not in said(question) + help_line([question]).text


def test_who_took_something_is_told_of_the_antidote_beside_any_other_emergency():
    assert "Narcan" in said("my brother took heroin and now he is choking on his vomit")


def test_who_stands_by_is_told_to_stay_and_who_is_hurt_not_to_stay_alone():
    assert said("my wife is bleeding out").endswith("Stay with them.")
    assert said("i am bleeding out").endswith("Don't stay alone: get someone to come to you now.")


@pytest.mark.parametrize(
    "question", ["the kitchen is on fire and we cant get out", "my husband is beating me"]
)
def test_nobody_is_told_to_stay_in_a_fire_or_with_who_beats_them(question):
    assert said(question) == f"{CALL} This may be an emergency."


def test_a_seizure_is_told_first_aid():
    assert "Lay the person on their side. Put nothing in their mouth." in said(
        "my son is having a seizure right now"
    )


@pytest.mark.parametrize(
    "crisis", ["My grandpa is having a heart attack.", "my sister keeps having seizures"]
)
def test_an_emergency_within_a_long_message_is_certain(crisis):
    assert is_certain(f"{FILLER}{crisis} Which light is best?")


def test_what_was_survived_is_not_certain_within_a_long_message():
    past = "My son was hit by a car two years ago and lost a lot of blood, now he plays again."
    assert not is_certain(f"{FILLER}{past} Which light is best?")


@pytest.mark.parametrize(
    "question",
    [
        "The hedge needs cutting again.",
        "no reason to go to the bank for a small mortgage",
        "the battery life is over ten hours",
        "the cake was out of this world",
        "how much salt does it take for slugs to die",
        "i don't want to wake up the kids when i grind coffee",
        "i don't want existing customers to lose their data",
        "we no longer want to live here, can we sell early",
        "is the tax burden on family homes fair",
        "i cut my leg shaving, will vinegar sting",
        "the committee took deliberate steps",
        "i have a glue gun, what needs to be done first",
        "i don't see a future for this stock",
        "why am i getting an error here",
        "trying to import a module that does not exist",
        "is my fern going to be dead by monday",
        "planning to take all my plants outside",
        "turn the water off yourself first",
        "how do i deadlift without hurting myself",
        "my wife wants grey tiles in the kitchen",
        "my brother's company is going under",
        "the plumber took out the pipe and left it on the floor",
        "he gave her the wrong answer",
        "i used the whole bag of flour",
        "he is barely responding to my emails",
        "accidentally took the wrong exit",
        "took 3 times longer than usual and i am worried",
        "my sister is about to pass out the flyers",
        "best way to die a shirt black",
    ],
)
def test_what_a_thing_may_be_the_subject_of_loses_no_answer(question):
    assert not is_certain(question)


@pytest.mark.parametrize(
    "question",
    [
        "cutting again since i quit kratom",
        "i started cutting again",
        "no point in living",
        "thinking about ending it",
        "i'd rather be dead",
        "he is limp and grey",
        "found my sister on the floor",
        "i took the whole bottle",
        "accidentally took 3 times my dose",
        "she came out of the bathroom grey and floppy",
    ],
)
def test_the_same_words_of_a_person_are_certain(question):
    assert is_certain(question)
