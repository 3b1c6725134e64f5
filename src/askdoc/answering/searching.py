"""Searching alone: passages for a query, and what must be said before them.

Owns what `ask()` and a search have in common: the query's length, claim notes on passages, and the
caveats that come with everything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from askdoc.answering.crisis import emergency, help_first, is_emergency
from askdoc.answering.screening import (
    Triage,
    banners_of,
    catalogue_of,
    catalogued,
    crisis_predictor,
    has_catalogue,
    ordered,
    raised,
    screening,
)
from askdoc.caveats import DEFAULT_CATALOGUE, CrisisMatches, match_crisis, passage_notes
from askdoc.index import PassageIndex
from askdoc.question import Encoding, Question, clean_question
from askdoc.question.language import line_in
from askdoc.records import Answer, Caveat, Document, Hit
from askdoc.text import tokenize


def search_passages(
    index: PassageIndex, query: str, k: int = 10, *, document: str | None = None
) -> tuple[Hit, ...]:
    """Finds passages for a query, in one document or in all, each with the notes on its claims.

    Raises:
        QuestionError: The query is empty, too long, or not text, or there is no such document.
    """
    return with_notes(index, index.search(clean_question(query), k, document=document))


def search_answer(
    index: PassageIndex, query: str, k: int = 10, *, document: str | None = None
) -> Answer:
    """Finds passages for a query, with the caveats to show before them.

    Returns:
        An answer without words or quotes of its own: its passages are those of `search_passages`,
        its caveats crisis blocks, topics and the banners of the articles found. Where one is an
        emergency, its blocks alone.

    Raises:
        QuestionError: As in `search_passages`; a crisis is answered even so.
        AskdocError: The index or its model cannot be used; a crisis is answered even so.
    """
    typed = match_crisis(query)
    return help_first(query, typed, lambda: _found(index, query, k, document, typed))


def _found(
    index: PassageIndex, query: str, k: int, document: str | None, typed: CrisisMatches
) -> Answer:
    question = Question.of(query, (), Encoding(index.embedder))
    typed = typed if question.text == query else match_crisis(question.text)
    triage = Triage.of(
        question,
        typed,
        classify=crisis_predictor(index) is not None,
        beyond_doubt=not has_catalogue(index, document),
    )
    crisis = raised(triage)
    if is_emergency(crisis):
        return emergency(query, crisis)
    hits = with_notes(index, search(index, searchable(question), k, document))
    topics = screening(index, hits, question, crisis, triage).caveats
    if is_emergency(topics):
        return emergency(query, topics)
    line = line_in(question.language)
    standing = standing_caveats(index, catalogued(index, hits), (line,) if line else ())
    caveats = ordered(topics, standing)
    text = question.text
    return Answer(text, text, "not_in_article", "", 0.0, caveats=caveats, passages=hits)


def search(
    index: PassageIndex, question: Question, k: int, document: str | None
) -> tuple[Hit, ...]:
    """Searches by a question that stands alone, as it is encoded and cut into words already."""
    query = question.standalone
    encoded = question.encoding.of([query])[0] if question.encoding else None
    return index.search(query, k, encoded=encoded, tokens=question.tokens, document=document)


def with_notes(index: PassageIndex, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Joins to each hit the claim notes on its passage's sentences."""
    noted = ((hit, _notes_on(index.documents[hit.passage.document_id], hit)) for hit in hits)
    return tuple(replace(hit, caveats=notes) if notes else hit for hit, notes in noted)


def searchable(question: Question) -> Question:
    """A question no longer than what is searched for."""
    standalone, in_context = (
        question.encoding.searched(text) if question.encoding else text
        for text in (question.standalone, question.in_context)
    )
    if (standalone, in_context) == (question.standalone, question.in_context):
        return question
    tokens = tokenize(standalone)
    return replace(question, standalone=standalone, in_context=in_context, tokens=tokens)


def _notes_on(document: Document, hit: Hit) -> tuple[Caveat, ...]:
    return passage_notes(document, hit.passage, catalogue_of(document))


def standing_caveats(
    index: PassageIndex, documents: Iterable[Document], lines: tuple[Caveat, ...]
) -> tuple[Caveat, ...]:
    """What comes with every answer: the lines that stand above it, and each document's banners.

    Where there is no document, the general banner.
    """
    banners = tuple(banner for document in documents for banner in banners_of(index, document))
    return (*lines, *(banners or (DEFAULT_CATALOGUE.banner,)))
