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
