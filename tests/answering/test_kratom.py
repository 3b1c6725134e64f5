"""The real article, the real catalogue, the real model: what must never happen to a reader."""

import json
import re
from pathlib import Path

import pytest

from askdoc import ask
from askdoc.caveats import notes_in, parse_catalogue
from askdoc.rendering import to_html, to_json, to_markdown, to_text

pytestmark = pytest.mark.model

ROOT = Path(__file__).parents[2]
EVALS = ROOT / "evals" / "kratom"


def records(name):
    return [json.loads(line) for line in (EVALS / name).read_text().splitlines()]


@pytest.fixture(scope="module")
def answers(kratom_index):
    asked = [*records("questions.jsonl"), *records("dialogues.jsonl")]
    return [ask(kratom_index, record["question"], record["history"]) for record in asked]


@pytest.fixture(scope="module")
def article(kratom_index):
    return kratom_index.documents["kratom"]


def test_every_quote_stands_in_the_article_at_its_offsets(answers, article):
    citations = [citation for answer in answers for citation in answer.citations]
    assert len(citations) > 100
    assert all(article.text[c.start : c.end] == c.quote for c in citations)


def test_every_quote_begins_and_ends_with_a_sentence(answers, kratom_index):
    spans = [span for passage in kratom_index.passages for span in passage.sentences]
    starts, ends = {start for start, _ in spans}, {end for _, end in spans}
    quotes = [c for answer in answers for c in answer.citations]
    assert quotes
    assert all(c.start in starts and c.end in ends for c in quotes)


def test_no_noted_sentence_is_shown_without_its_notes(answers, article):
    catalogue = parse_catalogue(article.catalogue, "caveats.toml")
    for answer in answers:
        carried = {(caveat.id, caveat.citation) for caveat in answer.caveats}
        for citation in answer.citations:
            for note in notes_in(article, citation.start, citation.end, catalogue):
                assert (note.caveat.id, citation.number) in carried


def test_every_answer_but_an_emergency_carries_the_banner(answers):
    for answer in answers:
        banners = [caveat for caveat in answer.caveats if caveat.kind == "banner"]
        assert len(banners) == (0 if answer.status == "emergency" else 1)


def test_an_answer_that_abstains_quotes_nothing(answers):
    assert all(bool(a.citations) == (a.status == "answered") for a in answers)


AMOUNT = re.compile(r"\b\d+(?:\.\d+)?\s*(?:g|gr|grams?|mg|milligrams?|capsules?|spoons?)\b", re.I)


def test_no_answer_holds_an_amount_to_take(answers):
    assert [answer.text for answer in answers if AMOUNT.search(answer.text)] == []


@pytest.mark.parametrize("show", [to_text, to_markdown, to_html])
def test_every_surface_shows_every_caveat(answers, show):
    for answer in answers[::7]:
        shown = show(answer)
        for caveat in answer.caveats:
            words = re.findall(r"[A-Za-z]{4,}", caveat.text)[:5]
            assert all(word in shown for word in words), caveat.id


def test_the_json_keeps_every_caveat_and_every_offset(answers, article):
    for answer in answers:
        shown = json.loads(json.dumps(to_json(answer)))
        assert [c["id"] for c in shown["caveats"]] == [c.id for c in answer.caveats]
        for citation in shown["citations"]:
            assert article.text[citation["start"] : citation["end"]] == citation["quote"]


def test_every_statement_of_the_article_can_be_asked_back(kratom_index):
    """A question made of a sentence's own words finds that sentence."""
    missed = []
    for passage in kratom_index.passages:
        for span in passage.sentences:
            [hit, *_] = kratom_index.search(passage.sentence(span), 1)
            if passage.sentence(span) not in hit.passage.text:
                missed.append(passage.sentence(span))
    assert missed == []
