"""Questions that an article asks itself: what follows answers them, in whatever form they stand."""

import pytest

from askdoc import ask, build_index
from fakes import WordEmbedder, document

ASKED = "What does a ticket cost?"
BELOW = "An adult pays three euros."
FORMS = {
    "heading": f"# Ferry\n\n## {ASKED}\n\n{BELOW}",
    "paragraph": f"# Ferry\n\n{ASKED}\n\n{BELOW}",
    "marks": f"Ferry\n\nQ: {ASKED}\nA: {BELOW}",
    "numbers": f"Ferry\n\n3) {ASKED}\n{BELOW}",
    "prose": f"The boat is old. {ASKED} {BELOW}",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_a_question_in_the_articles_own_words_is_answered_by_what_follows_it(text):
    answer = ask(build_index([document(text)], embedder=WordEmbedder()), ASKED)
    assert answer.status == "answered"
    assert answer.citations[0].quote.removeprefix("A: ") == BELOW


def test_a_question_that_nothing_follows_is_no_answer():
    index = build_index([document(f"The boat is old. {ASKED}")], embedder=WordEmbedder())
    assert all(citation.quote != ASKED for citation in ask(index, ASKED).citations)
