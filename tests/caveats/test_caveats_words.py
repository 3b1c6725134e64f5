import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdoc.caveats.matcher import Matcher
from askdoc.caveats.patterns import PatternError, parse_pattern, parse_rules
from askdoc.caveats.words import Speller, statements_of, words_of

GROUPS = {
    "organ": ["liver", "heart", "left kidney"],
    "drug": ["{opioid}", "xanax"],
    "opioid": ["oxy"],
}


def fires(question, fires, never=(), groups=GROUPS, before=""):
    rules = parse_rules(fires, never)
    return Matcher(groups, [rules]).match(question, before).fires(rules)


def test_matches_name_the_first_line_that_matches_of_rules_known_before_or_not():
    lines = ["rare liver", "{organ}", "my liver"]
    known, new = parse_rules(lines, ["liver cell"]), parse_rules(lines, ["liver cell"])
    matches = Matcher(GROUPS, [known]).match("a liver cell, and my liver")
    assert [matches.line_fired(rules) for rules in (known, new)] == ["{organ}", "{organ}"]
    hidden = Matcher(GROUPS, [known]).match("a liver cell")
    assert [hidden.line_fired(rules) for rules in (known, new)] == [None, None]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Can’t wake him, 30g!!", ("cant", "wake", "him", "30", "g")),
        ("ＯＤ naïve", ("od", "naive")),
        ("7-OH", ("7", "oh")),
        ("heeeelp", ("heelp",)),
        ("zero\u200bwidth", ("zerowidth",)),
        ("k\u0456ll m\u0443self", ("kill", "myself")),
        ("не дышит", ("не", "дышит")),
        ("我想死", ("我", "想", "死")),
        ("\U0001f52b to my head", ("gun", "to", "my", "head")),
        ("", ()),
    ],
)
def test_a_text_is_cut_into_plain_words(text, words):
    assert words_of(text) == words


@given(st.text())
def test_any_text_can_be_cut(text):
    assert all(word.isalnum() and word == word.lower() for word in words_of(text))
    assert all(statements_of(text))


@pytest.mark.parametrize("typed", ["deliver", "does", "those", "derive", "livery", "minor"])
def test_an_ordinary_word_is_never_a_misspelling(typed):
    speller = Speller(["liver", "doses", "drive", "minors"], [])
    assert speller.words_meant(typed) == set()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("livr", "liver"),
        ("lievr", "liver"),
        ("siezure", "seizure"),
        ("palpatations", "palpitations"),
    ],
)
def test_a_slip_of_the_finger_is_forgiven(typed, meant):
    assert Speller(["liver", "seizure", "palpitations"], []).words_meant(typed) == {meant}


@pytest.mark.parametrize(
    ("pattern", "question", "expected"),
    [
        ("side effects", "any side effects?", True),
        ("side effects", "effects on the side", False),
        ("lips .. blue", "his lips are turning blue", True),
        ("lips .. blue", "lips one two three four five six blue", False),
        ("took + scared", "im scared, i took it", True),
        ("took + scared", "i took it", False),
        ("addict*", "is it addictive", True),
        ("drive/driving", "driving home", True),
        ("{organ} pain", "left kidney pain", True),
        ("{drug}", "an oxy", True),
        ("#1-17 years", "fifteen years", True),
        ("#1-17 years", "30 years", False),
        ("^ liver $", "Liver?", True),
        ("^ liver $", "my liver", False),
        ("cant wake", "he can't wake", True),
        ("rules off", "rules. Off we go", False),
        ("wakes + {organ}", "his heart. He wakes", True),
    ],
)
def test_the_language_of_patterns(pattern, question, expected):
    assert fires(question, [pattern]) is expected


def test_a_phrase_that_does_not_count_hides_only_its_own_words():
    assert not fires("learn it by heart", ["heart"], ["by heart"])
    assert fires("learn it by heart, but my heart hurts", ["heart"], ["by heart"])


def test_no_pattern_rests_on_the_question_before_alone():
    assert not fires("thanks", ["took .. lot + wake"], before="he took a lot and wont wake")
    assert fires("he wont wake", ["took .. lot + wake"], before="he took a lot")


@pytest.mark.parametrize("line", ["", "..", "a ..", ".. a", "a + ", "a +  + b"])
def test_a_pattern_without_words_is_refused(line):
    with pytest.raises(PatternError):
        parse_pattern(line)


@pytest.mark.parametrize(
    ("pattern", "groups"), [("{nobody}", {}), ("{a}", {"a": ["{b}"], "b": ["{a}"]}), ("?!", {})]
)
def test_a_pattern_that_names_nothing_is_refused(pattern, groups):
    with pytest.raises(PatternError):
        Matcher(groups, [parse_rules([pattern])])


def test_letters_of_another_script_without_end_are_cut_in_linear_time():
    begun = time.process_time()
    assert words_of("ж" * 40_000) == ("ж" * 40_000,)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(("before", "joined"), [(0, True), (30, False)])
def test_of_a_long_question_parts_of_a_pattern_stand_nearer(before, joined):
    text = "word " * before + "my liver " + "word " * 20 + "xanax"
    assert fires(text, ["liver + xanax"]) is joined
