"""Whom to call in which country."""

import re
from pathlib import Path

import pytest

from askdoc.answering import crisis_answer
from askdoc.caveats import parse_catalogue, triage
from askdoc.caveats.blocks import crisis
from askdoc.rendering import actionable

CORPUS = Path(__file__).parents[2] / "corpus"
AMERICAN = ("988", "1-800-222-1222", "1-800-662-4357", "findtreatment.gov", "911")
ABROAD = ["GB", "jp "]
ELSEWHERE = re.compile(
    r"local|[Ee]lsewhere|[Oo]utside the US|your vet|findahelpline|\(US\) are missing"
)
OVERDOSE = "my friend overdosed and wont wake up"


@pytest.fixture
def country(monkeypatch):
    """Sets the country that texts are for."""
    return lambda code: monkeypatch.setenv("ASKDOC_REGION", code)


def catalogues():
    return [
        parse_catalogue(path.read_text("utf-8"), path.parent.name)
        for path in sorted(CORPUS.glob("*/caveats.toml"))
    ]


def said():
    """Every text that a reader may be shown: askdoc's own and those of the articles that come."""
    yield crisis().banner.text
    for block in crisis().blocks:
        yield from (block.short, block.caveat.text, *(w.caveat.text for w in block.wordings))
    yield from (line.text for line in crisis().lines)
    for catalogue in catalogues():
        yield catalogue.banner.text
        for topic in catalogue.topics:
            yield from (topic.caveat.text, *(w.caveat.text for w in topic.wordings))
        yield from (claim.caveat.text for claim in catalogue.claims)


def whole(number):
    return re.compile(rf"(?<![\d-]){re.escape(number)}(?![\d-])")


@pytest.mark.parametrize("code", ABROAD)
def test_abroad_no_text_names_a_number_of_the_united_states(country, code):
    country(code)
    texts = list(said())
    assert len(texts) > 100
    for number in AMERICAN:
        assert [text for text in texts if whole(number).search(text)] == []
    assert [text for text in texts if "(US" in text or "utside the US" in text] == []
    assert [text for text in texts if "  " in text or text != text.strip()] == []


@pytest.mark.parametrize(
    ("code", "number"),
    [("ie", "112"), ("NZ", "111")],
)
def test_an_emergency_begins_with_the_number_of_the_country(country, code, number):
    country(code)
    [block] = triage(OVERDOSE)
    assert block.text.startswith(f"Call {number} now.")
    assert f'<a href="tel:{number}">{number}</a>' in actionable(block.text)


def test_where_no_number_is_known_the_local_one_is_to_be_called(country):
    country("JP")
    assert crisis_answer(OVERDOSE).text.startswith("Call your local emergency number now.")
    [harm] = triage("i want to kill myself")
    assert harm.text.startswith(
        "Call your local emergency number now, or find a helpline: findahelpline.com."
    )


def test_at_home_and_by_default_texts_name_us_numbers_and_what_to_do_elsewhere(country):
    country("US")
    [block] = triage(OVERDOSE)
    assert "Call 911 now (outside the US: your local emergency number; 112 in the EU)" in block.text
    for text in said():
        if any(whole(number).search(text) for number in AMERICAN):
            assert ELSEWHERE.search(text), text


def test_a_line_in_spanish_names_the_number_of_the_country(country):
    country("ES")
    [block] = triage("mi amigo no despierta, sobredosis")
    assert "Emergencia: 112." in block.text
    assert "988" not in block.text


def test_numbers_in_a_count_are_no_telephone():
    assert actionable("in 10 000 people, 1,000 of them") == "in 10 000 people, 1,000 of them"
