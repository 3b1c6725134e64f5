from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdoc.caveats import (
    claim_notes,
    notes_in,
    other_sides,
    passage_notes,
    quoted_topics,
    says_both,
)
from askdoc.caveats.catalogue import claim_severity
from askdoc.caveats.claims import claim_spans, find_all
from askdoc.passages import cut
from askdoc.records import Citation
from fakes import WordEmbedder, document
from kratom import kratom_catalogue

FOLDER = Path(__file__).parents[2] / "corpus/kratom"
ARTICLE = document((FOLDER / "article.md").read_text("utf-8").split("---\n", 2)[2], id="kratom")
CATALOGUE = kratom_catalogue()
PASSAGES = cut(ARTICLE, WordEmbedder().count)
SENTENCES = [span for passage in PASSAGES for span in passage.sentences]


def cite(start, end, number=1):
    return Citation(number, ARTICLE.id, "p", "", ARTICLE.text[start:end], start, end)


@pytest.mark.parametrize("claim", CATALOGUE.claims, ids=lambda claim: claim.id)
def test_every_sentence_that_holds_a_claim_shows_its_note(claim):
    places = find_all(ARTICLE.text, claim.quote)
    assert len(places) == 1 or claim.everywhere
    holding = [s for s in SENTENCES if any(s[0] < end and start < s[1] for start, end in places)]
    assert holding or claim.everywhere  # a heading is no sentence of a passage
    for start, end in holding:
        notes = claim_notes(ARTICLE, [cite(start, end, 7)], CATALOGUE)
        assert (claim.id, 7) in {(note.id, note.citation) for note in notes}


def test_a_sentence_without_a_claim_shows_no_note():
    held = [span for claim in CATALOGUE.claims for span in claim_spans(ARTICLE, claim)]
    for start, end in SENTENCES:
        touched = any(a < end and start < b for a, b in held)
        assert bool(notes_in(ARTICLE, start, end, CATALOGUE)) is touched


@given(st.data())
def test_whatever_stretch_is_shown_carries_the_notes_of_what_it_touches(data):
    start = data.draw(st.integers(0, len(ARTICLE.text) - 1))
    end = data.draw(st.integers(start + 1, len(ARTICLE.text)))
    shown = {note.caveat.id for note in notes_in(ARTICLE, start, end, CATALOGUE)}
    for claim in CATALOGUE.claims:
        touched = [p for p in find_all(ARTICLE.text, claim.quote) if p[0] < end and start < p[1]]
        assert claim.id in shown or not touched


def test_what_a_passage_is_told_with_is_said_once():
    for passage in PASSAGES:
        told = [note.text for note in passage_notes(ARTICLE, passage, CATALOGUE)]
        own = {
            note.caveat.text for note in notes_in(ARTICLE, passage.start, passage.end, CATALOGUE)
        }
        assert len(set(told)) == len(told)
        assert own <= set(told)


def test_a_note_lies_around_its_quote():
    for note in notes_in(ARTICLE, 0, len(ARTICLE.text), CATALOGUE):
        claim = CATALOGUE.claim(note.caveat.id)
        assert find_all(ARTICLE.text[note.start : note.end], claim.quote)


def test_quotes_of_another_document_carry_nothing():
    other = Citation(1, "other", "p", "", "x", 0, len(ARTICLE.text))
    assert claim_notes(ARTICLE, [other], CATALOGUE) == ()


def test_a_quote_is_found_across_line_breaks_and_kinds_of_apostrophe():
    assert find_all("it’s a\ncat", "it's a cat") == [(0, 10)]


def test_where_the_article_says_both_the_other_side_is_quoted_too():
    (first,) = claim_spans(ARTICLE, CATALOGUE.claim("C01"))
    sides = other_sides(ARTICLE, [cite(*first)], CATALOGUE, "is kratom addictive")
    told = [(side.subject, ARTICLE.text[side.start : side.end]) for side in sides]
    assert any(s == "whether kratom is addictive" and "lower potential" in t for s, t in told)
    assert any("tapering off kratom" in t for _, t in told)


def test_a_side_already_quoted_is_not_asked_for_again():
    spans = [claim_spans(ARTICLE, CATALOGUE.claim(id))[0] for id in ("C18", "C26")]
    quoted = [cite(*span) for span in spans]
    question = "what does it do to dopamine"
    assert other_sides(ARTICLE, quoted, CATALOGUE, question) == ()
    assert says_both(ARTICLE, quoted, CATALOGUE, question)


def test_two_sides_quoted_by_the_way_are_not_called_both():
    spans = [claim_spans(ARTICLE, CATALOGUE.claim(id))[0] for id in ("C18", "C26")]
    quoted = [cite(*span) for span in spans]
    assert not says_both(ARTICLE, quoted, CATALOGUE, "does it help with anxiety")


def test_no_other_side_is_quoted_to_a_question_on_something_else():
    (first,) = claim_spans(ARTICLE, CATALOGUE.claim("C35"))
    question = "what causes hair loss"
    assert other_sides(ARTICLE, [cite(*first)], CATALOGUE, question) == ()


@pytest.mark.parametrize(
    ("id", "question"),
    [
        ("both_addiction", "can you get hooked on it"),
        ("both_long_term", "is it ok to stay on it for years"),
        ("both_regrowth", "does the hair grow back"),
        ("both_follicles", "is kratom good for my hair"),
        ("both_research", "is there enough research"),
        ("both_neurotransmitters", "does it act on serotonin"),
    ],
)
def test_every_contradiction_brings_its_other_side(id, question):
    [contradiction] = [c for c in CATALOGUE.contradictions if c.id == id]
    (place, *_) = find_all(ARTICLE.text, contradiction.sides[0][0])
    found = {side.id for side in other_sides(ARTICLE, [cite(*place)], CATALOGUE, question)}
    assert id in found


def test_claims_name_the_topics_they_belong_to():
    (first,) = claim_spans(ARTICLE, CATALOGUE.claim("C20"))
    assert quoted_topics(ARTICLE, [cite(*first)], CATALOGUE) == ("driving",)


@pytest.mark.parametrize(
    ("classification", "severity"),
    [
        ("supported", "info"),
        ("supported (the denial)", "info"),
        ("supported in part", "info"),
        ("unverifiable", "info"),
        ("unverifiable citation", "caution"),
        ("unverifiable + internally contradicted", "caution"),
        ("supported + internally contradicts C01", "info"),
        ("overstated / likely wrong", "caution"),
        ("nonsense", None),
        ("supported + nonsense", None),
    ],
)
def test_a_claim_is_as_severe_as_the_gravest_word_of_its_classification(classification, severity):
    assert claim_severity(classification) == severity
