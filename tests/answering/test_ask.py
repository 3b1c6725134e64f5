import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askdoc import ask, build_index
from askdoc.answering import crisis_answer, search_answer, search_passages
from askdoc.errors import AskdocError, IndexMissingError, QuestionError
from askdoc.records import Caveat
from fakes import BOTH, CATALOGUE, CATS, WordEmbedder, document


@pytest.fixture(scope="module")
def cats():
    return build_index([document(CATS)], embedder=WordEmbedder())


class BrokenIndex:
    """An index whose model cannot be loaded."""

    @property
    def embedder(self):
        raise AskdocError("The model is gone.")


def test_an_answer_quotes_the_sentence_that_answers(cats):
    answer = ask(cats, "how many hours a day do cats sleep?")
    assert answer.status == "answered"
    assert "Cats sleep sixteen hours a day." in [c.quote for c in answer.citations]


def test_every_quote_stands_at_its_offsets(cats):
    answer = ask(cats, "does a grown cat eat meat twice a day?")
    text = cats.documents["cats"].text
    assert answer.citations
    assert all(text[c.start : c.end] == c.quote for c in answer.citations)


def test_quotes_are_numbered_from_one_and_each_is_given_once(cats):
    citations = ask(cats, "do cats sleep sixteen hours a day and hunt at dusk?").citations
    assert [c.number for c in citations] == list(range(1, len(citations) + 1))
    assert len({(c.start, c.end) for c in citations}) == len(citations) > 0


def test_the_text_holds_nothing_but_fixed_words_and_numbered_quotes(cats):
    answer = ask(cats, "do they hunt at dusk?")
    rest = answer.text
    for citation in answer.citations:
        assert f"“{citation.quote}” [{citation.number}]" in rest
        rest = rest.replace(f"“{citation.quote}” [{citation.number}]", "")
    assert rest.strip(" \n-") in {
        "The article says:",
        "In the article's own words:",
        "On this, the article says:",
    }


def test_a_question_the_article_does_not_answer_is_told_so(cats):
    answer = ask(cats, "zebra quantum bicycle?")
    assert answer.status == "not_in_article"
    assert answer.citations == ()
    assert "does not answer" in answer.text


def test_an_abstention_names_the_words_the_article_never_mentions(cats):
    assert ask(cats, "zebra quantum bicycle?").text == (
        "The article does not answer this question. It never mentions “zebra” or “quantum”."
    )


def test_a_follow_up_is_answered_on_what_it_follows(cats):
    answer = ask(cats, "and why?", ["do cats hunt at dusk?"])
    assert answer.question == "and why?"
    assert "hunt at dusk" in answer.resolved_question


def test_every_answer_carries_the_banner_of_its_article():
    index = build_index([document(BOTH, catalogue=CATALOGUE)], embedder=WordEmbedder())
    for question in ("when do cats hunt?", "zebra quantum bicycle?"):
        [banner] = [c for c in ask(index, question).caveats if c.kind == "banner"]
        assert "written by a dog" in banner.text


@pytest.fixture(scope="module")
def both():
    return build_index([document(BOTH, catalogue=CATALOGUE)], embedder=WordEmbedder())


def test_a_noted_sentence_is_never_quoted_without_its_note(both):
    answer = ask(both, "does milk upset most cats?")
    [number] = [c.number for c in answer.citations if "Milk upsets" in c.quote]
    assert ("C1", number) in [(c.id, c.citation) for c in answer.caveats]


def test_both_sides_of_a_contradiction_are_quoted(both):
    answer = ask(both, "does milk upset most cats?")
    quoted = " ".join(citation.quote for citation in answer.citations)
    assert answer.text.startswith("The article says both:")
    assert "Milk upsets most cats." in quoted
    assert "cats thrive on milk" in quoted


def test_a_contradiction_beside_the_point_is_left_out(both):
    answer = ask(both, "how many hours a day do cats sleep?")
    assert not any("thrive on milk" in citation.quote for citation in answer.citations)


def test_a_topic_of_the_question_brings_its_caveat(both):
    assert "milk" in [c.id for c in ask(both, "is milk ok?").caveats]


def test_passages_carry_the_notes_on_their_claims(both):
    hits = search_passages(both, "does milk upset most cats?")
    [hit] = [hit for hit in hits if "Milk upsets" in hit.passage.text]
    assert [c.id for c in hit.caveats] == ["C1"]


def test_a_search_brings_topics_and_banner_with_its_passages(both):
    found = search_answer(both, "does milk upset most cats?")
    assert found.passages == search_passages(both, "does milk upset most cats?", 10)
    assert [c.id for c in found.caveats if c.kind == "topic"] == ["milk"]
    assert "was written by a dog" in found.caveats[-1].text


def test_a_search_in_danger_brings_the_block_alone(both):
    found = search_answer(both, "i want to kill myself")
    assert found.passages == ()
    assert {c.severity for c in found.caveats} == {"emergency"}


def test_a_search_that_fails_brings_the_block_all_the_same():
    with pytest.raises(AskdocError):
        search_answer(BrokenIndex(), "milk")
    assert "988" in search_answer(BrokenIndex(), "i feel so hopeless").caveats[0].text


def test_an_article_without_a_catalogue_has_the_general_banner(cats):
    assert [c.kind for c in ask(cats, "when do cats hunt?").caveats] == ["banner"]


def test_an_emergency_shows_only_the_block(cats):
    answer = ask(cats, "i want to kill myself")
    assert answer.status == "emergency"
    assert {c.severity for c in answer.caveats} == {"emergency"}
    assert answer.citations == answer.passages == ()


@pytest.mark.parametrize("wrapping", ["{}" + " please" * 2000, "\ud800{}", "\u202e{}\x00"])
def test_an_emergency_is_heard_in_a_question_that_would_be_refused(cats, wrapping):
    assert ask(cats, wrapping.format("i want to kill myself")).status == "emergency"


def test_an_emergency_needs_no_model():
    assert ask(BrokenIndex(), "my friend overdosed and wont wake up").status == "emergency"


def test_urgent_help_is_given_even_when_nothing_can_be_searched():
    answer = ask(BrokenIndex(), "dope sick as hell cant keep water down coming off fentanyl")
    assert answer.status == "not_in_article"
    assert answer.caveats[0].severity == "urgent"


def test_a_broken_index_is_not_hidden_from_other_questions():
    with pytest.raises(AskdocError, match="model is gone"):
        ask(BrokenIndex(), "when do cats hunt?")


def test_an_urgent_block_found_by_meaning_outlives_an_article_that_is_not_there(cats, monkeypatch):
    with pytest.raises(QuestionError, match="no article of that id"):
        ask(cats, "when do cats hunt?", document="horses")
    block = Caveat("here", "crisis", "urgent", "Call someone.")
    monkeypatch.setattr(sys.modules["askdoc.answering.ask"], "raised", lambda *_, **__: (block,))
    answer = ask(cats, "when do cats hunt?", document="horses")
    assert (answer.status, answer.caveats) == ("not_in_article", (block,))


def test_a_crisis_is_answered_without_any_index():
    assert crisis_answer("i want to kill myself").status == "emergency"
    assert crisis_answer("when do cats hunt?") is None


def test_an_emergency_is_answered_before_an_index_is_opened():
    assert ask(lambda: pytest.fail("opened"), "i want to kill myself").status == "emergency"


@pytest.mark.parametrize("error", [IndexMissingError("No index."), RuntimeError("a fault")])
def test_urgent_help_outlives_any_fault_of_what_opens_the_index(error):
    def opened():
        raise error

    answer = ask(opened, "dope sick as hell cant keep water down coming off fentanyl")
    assert [caveat.severity for caveat in answer.caveats] == ["urgent"]
    with pytest.raises(type(error)):
        ask(opened, "when do cats hunt?")


@pytest.mark.parametrize("question", ["", " ", "x" * 10_000, "\ud800"])
def test_what_is_no_question_is_refused(cats, question):
    with pytest.raises(QuestionError):
        ask(cats, question)
    with pytest.raises(QuestionError):
        search_passages(cats, question)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=120))
def test_any_string_is_answered_or_refused(cats, question):
    try:
        answer = ask(cats, question)
    except QuestionError:
        return
    answer.text.encode()
    assert answer.status in {"answered", "not_in_article", "emergency"}
    assert 0 <= answer.confidence <= 1


@pytest.mark.parametrize(
    ("question", "opening"),
    [
        ("at which hour do they hunt at dusk?", "The article says:"),
        ("do cats hunt at dusk?", "In the article's own words:"),
        ("i heard cats hunt at dusk", "On this, the article says:"),
    ],
)
def test_the_opening_fits_the_form_of_the_question(cats, question, opening):
    assert ask(cats, question).text.startswith(opening)


def test_a_history_of_one_may_be_its_text(cats):
    before = "what do cats eat?"
    asked = ask(cats, "do they hunt?", before)
    assert asked.resolved_question == ask(cats, "do they hunt?", [before]).resolved_question


def test_a_question_that_is_no_text_is_refused(cats):
    with pytest.raises(QuestionError, match="not text"):
        ask(cats, None)
