"""Which sentences are quoted, and in which order."""

import pytest

from askdoc import build_index
from askdoc.answering.quoting import Quoting, choose, cite
from fakes import CATS, WordEmbedder, document

LINKS = """\
# Cats

Cats are said to love company.

## More

- Cat Club: [Cats and company] – https://cats.example/
"""


def quoted(text, query, **options):
    index = build_index([document(text)], embedder=WordEmbedder())
    chosen = choose(query, index.search(query), **options)
    return [citation.quote for citation in cite(index, chosen)]


def test_the_sentence_that_fits_is_quoted_whole():
    assert quoted(CATS, "when do they hunt?", quoting=Quoting(margin=0)) == ["They hunt at dusk."]


def test_a_link_is_not_quoted_to_a_question_of_substance():
    [best] = quoted(LINKS, "do cats love company?", quoting=Quoting(margin=0))
    assert best == "Cats are said to love company."


def test_a_link_is_quoted_to_who_asks_where_to_look():
    [best] = quoted(LINKS, "where is a cat club website?", quoting=Quoting(margin=0))
    assert "https://cats.example/" in best


@pytest.mark.parametrize(("margin", "most", "count"), [(0.0, 3, 1), (9.0, 3, 3), (9.0, 2, 2)])
def test_margin_and_most_bound_the_quotes(margin, most, count):
    chosen = quoted(CATS, "cats", quoting=Quoting(margin=margin, most=most))
    assert len(chosen) == count


def test_quotes_stand_in_the_order_of_the_article():
    places = [CATS.index(quote) for quote in quoted(CATS, "food for a cat that sleeps")]
    assert places == sorted(places)


def test_nothing_is_chosen_from_nothing():
    assert choose("cats?", ()) == ()


FAQ = "# Cats\n\n**Do cats hunt?**\n\nMostly at dusk. {}\n\nDo they swim?".replace("**", "")


def test_a_question_of_the_article_is_never_quoted_as_an_answer():
    assert quoted(FAQ.format("Rarely at noon."), "do cats hunt?", quoting=Quoting(margin=0)) == [
        "Mostly at dusk. Rarely at noon."
    ]


def test_a_question_that_nothing_answers_yields_to_the_next_best():
    assert "Do they swim?" not in quoted(FAQ, "do they swim?", quoting=Quoting(margin=0))


@pytest.mark.parametrize("catalogues", [("", ""), ("format = 1", ""), ("", "format = 1")])
def test_the_same_article_in_two_files_is_quoted_once(catalogues):
    copies = [
        document(CATS, id=f"cats{n}", catalogue=text) for n, text in enumerate(catalogues, start=1)
    ]
    index = build_index(copies, embedder=WordEmbedder())
    chosen = choose("when do they hunt?", index.search("when do they hunt?"))
    cited = cite(index, chosen)
    assert len({citation.quote for citation in cited}) == len(cited)
    assert not any(catalogues) or catalogues[int(cited[0].document_id[-1]) - 1]
