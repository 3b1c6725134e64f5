"""Every sentence of the best hits is weighed, whatever language it is in."""

import pytest

from askdoc import build_index
from askdoc.answering.selection import HEADING_WORDS, text_to_read, weigh
from askdoc.documents import document_from_text
from fakes import WordEmbedder, document

ENGLISH = (
    "The ferry crosses the lake four times a day, and a ticket for adults costs three euros.",
    "A second ferry carries cars across the lake, and a ticket for a car costs nine euros.",
)
SPANISH = (
    "El museo del lago abre todos los días menos el lunes, y la entrada para los adultos cuesta "
    "cuatro euros. Los niños que vienen con sus padres no pagan nada."
)


@pytest.mark.model
def test_a_hit_in_another_language_is_weighed_where_the_first_hits_are_in_english():
    texts = (*ENGLISH, SPANISH)
    index = build_index([document_from_text(f"a{n}", "", words) for n, words in enumerate(texts)])
    hits = index.search("how much is a ticket for the ferry?", 4)
    assert [hit.passage.document_id for hit in hits][-1] == "a2"
    weighed = weigh(index, "how much is a ticket for the ferry?", hits)
    assert {one.hit.passage.document_id for one in weighed.sentences} == {"a0", "a1", "a2"}


TITLE = "Renting from Oakmere: questions and answers of tenants"


@pytest.mark.parametrize(
    ("headings", "given"),
    [
        (("Rent", "Is it dear?"), f"{TITLE} › Rent › Is it dear?"),
        (("What we look after and what you do", "Who mends the roof?"),
         f"{TITLE} › Who mends the roof?"),
        (("Repairs", "There is mould on my wall, who of you will deal with it?"),
         "There is mould on my wall, who of you will deal with it?"),
    ],
)  # fmt: skip
def test_of_long_headings_the_reader_is_given_the_last(headings, given):
    text = f"# {TITLE}\n\n## {headings[0]}\n\n### {headings[1]}\n\nWe do."
    index = build_index([document(text)], embedder=WordEmbedder())
    [hit] = index.search("mould", 1)
    heading = text_to_read(index, hit.passage).heading
    assert heading == given
    assert len(heading.split()) <= HEADING_WORDS
