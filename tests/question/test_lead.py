"""What an article is about: its first sentences."""

import pytest

from askdoc import ask, build_index
from askdoc.question.forms import asks_what_it_is_about
from fakes import CATS, WordEmbedder, document


@pytest.mark.parametrize(
    "question",
    [
        "whats this article about",
        "What is this page all about?",
        "so whats the take home message",
        "please summarise this article",
        "Summarize the text, please.",
        "give me a short summary of the article",
        "what are the main points?",
        "tldr",
        "What does this article say?",
        "what are these articles about?",
        "what do the pages cover",
        "give me a summary of these articles",
        "what are these sites about",
    ],
)
def test_who_asks_for_the_whole_is_understood(question):
    assert asks_what_it_is_about(question)


@pytest.mark.parametrize(
    "question",
    [
        "what does this article say about milk?",
        "what is this",
        "what is it about milk that upsets cats?",
        "summarise the risks",
        "what are the main side effects?",
        "",
    ],
)
def test_who_asks_for_something_in_it_is_not(question):
    assert not asks_what_it_is_about(question)


def test_the_first_sentences_are_quoted_and_no_heading():
    index = build_index([document(CATS)], embedder=WordEmbedder())
    answer = ask(index, "What is this article about?")
    assert [c.quote for c in answer.citations] == [
        "Cats sleep sixteen hours a day.",
        "They hunt at dusk.",
        "A grown cat eats meat twice a day.",
    ]
    assert answer.confidence == 1


def test_what_an_article_says_of_itself_comes_before_the_rest():
    text = "# Dogs\n\nDogs bark. They dig. They run. This article explains why dogs bark."
    index = build_index([document(text, id="dogs", title="Dogs")], embedder=WordEmbedder())
    quotes = [c.quote for c in ask(index, "what is this article about?").citations]
    assert quotes == ["Dogs bark.", "They dig.", "This article explains why dogs bark."]


def test_what_was_asked_before_is_not_part_of_it():
    index = build_index([document(CATS)], embedder=WordEmbedder())
    answer = ask(index, "what's this article about?", ["how long do cats sleep?"])
    assert answer.resolved_question == "what's this article about?"
    assert answer.citations[0].quote == "Cats sleep sixteen hours a day."


def dogs(number=""):
    text = "# Dogs\n\nDogs bark at the post. They dig."
    return document(text, id=f"dogs{number}", title="Dogs")


def test_of_several_articles_the_one_that_was_named_is_told():
    index = build_index([document(CATS), dogs()], embedder=WordEmbedder())
    answer = ask(index, "what is this article about?", document="dogs")
    assert [c.quote for c in answer.citations] == ["Dogs bark at the post.", "They dig."]


def test_of_a_few_articles_each_is_told_in_a_sentence():
    index = build_index([document(CATS), dogs()], embedder=WordEmbedder())
    answer = ask(index, "what are these articles about?")
    assert [c.quote for c in answer.citations] == [
        "Cats sleep sixteen hours a day.",
        "Dogs bark at the post.",
    ]
    assert answer.text.startswith("In the articles' own words:")


def test_of_many_articles_none_is_told_for_all():
    few = build_index([document(CATS), *map(dogs, range(2))], embedder=WordEmbedder())
    many = build_index([document(CATS), *map(dogs, range(3))], embedder=WordEmbedder())
    told = [citation.document_id for citation in ask(few, "what is this article about?").citations]
    assert told == ["cats", "dogs0"]  # the copy says the same
    assert ask(many, "what is this article about?").confidence < 1


@pytest.mark.model
def test_the_lead_of_a_doubtful_article_carries_its_notes(kratom_index):
    answer = ask(kratom_index, "whats this article about", document="kratom")
    noted = {caveat.citation for caveat in answer.caveats if caveat.kind == "claim"}
    assert "without addiction risk" in answer.citations[0].quote
    assert answer.citations[0].number in noted
