"""The steps from a question to an answer, in order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from askdoc.answering.answerability import (
    THRESHOLD,
    confidence,
    unknown_words,
)
from askdoc.answering.crisis import blocks_alone, crisis_first, emergency, is_emergency
from askdoc.answering.quoting import choose, choose_more, cite, leads
from askdoc.answering.screening import (
    banners_of,
    catalogue_of,
    catalogued,
    has_catalogue,
    judge_of,
    merged,
    ordered,
    raised,
    screening,
)
from askdoc.answering.selection import Weighed, weigh
from askdoc.answering.wording import NO_MORE, abstained, spoken
from askdoc.caveats import (
    DEFAULT_CATALOGUE,
    claim_notes,
    help_line,
    is_certain,
    other_sides,
    passage_notes,
    says_both,
    triage,
)
from askdoc.errors import AskdocError, QuestionError
from askdoc.i18n import _
from askdoc.index import PassageIndex
from askdoc.question import bounded, clean_question, in_context, resolve, small_talk_reply
from askdoc.question.followups import Continued, continued
from askdoc.question.forms import asks_for_a_list, asks_what_it_is_about
from askdoc.question.language import language_line, language_of
from askdoc.records import Answer, Caveat, Citation, Document, Hit, Span
from askdoc.text import scrub

PASSAGES = 5
RELATED = 3
"""How many passages come with an answer, and how many are offered when there is none."""


def ask(
    index: PassageIndex | Callable[[], PassageIndex],
    question: str,
    history: Sequence[str] = (),
    *,
    document: str | None = None,
) -> Answer:
    """Answers one question with whole sentences of the indexed articles.

    Args:
        index: The articles, or what opens them: a certain emergency is answered before that.
        question: What the person asks.
        history: What they asked before, oldest first; a text is a history of one. Only the last
            `MAX_HISTORY` entries are read, the longest in part.
        document: Ask the article of this id alone.

    Returns:
        An answer whose every quote is a substring of its document at its offsets.

    Raises:
        QuestionError: The question is empty, too long, or not text, or there is no article of
            that id; a crisis is answered even so.
        AskdocError: The index or its model cannot be used; a crisis is answered even so.
    """
    if not isinstance(question, str):
        raise QuestionError("The question is not text. Give it as a string.")
    earlier = bounded((history,) if isinstance(history, str) else tuple(history or ()))

    def answered() -> Answer:
        return _answered(index() if callable(index) else index, question, earlier, document)

    return crisis_first(question, earlier, answered)


def _answered(
    index: PassageIndex, question: str, history: tuple[str, ...], document: str | None
) -> Answer:
    judge = judge_of(index)
    beyond_doubt = not has_catalogue(index, document)
    try:
        query = clean_question(question)
    except QuestionError:
        if crisis := triage(question, history, judge, beyond_doubt=beyond_doubt):
            return blocks_alone(question, crisis)
        raise
    # What had its block already is no subject of the calm question after it.
    calm = tuple(turn for turn in history if not is_certain(turn))
    more = continued(query, calm)
    resolved = _resolved(query, calm, more)
    crisis = raised(query, resolved, history, judge, beyond_doubt=beyond_doubt)
    if is_emergency(crisis):
        return emergency(question, crisis)
    whole = resolved if more else in_context(query, calm)
    asked = _Asked(question, query, resolved, document, whole, more.times if more else 0)
    try:
        help_to = help_line(history, query, judge, beyond_doubt=beyond_doubt)
        lines = tuple(line for line in (help_to, language_line(query)) if line)
        if reply := small_talk_reply(query):
            return _courteous(index, replace(asked, resolved=query), reply, crisis, lines)
        return _searched(index, asked, crisis, lines)
    except AskdocError:
        if not crisis:
            raise
        return blocks_alone(question, crisis)


def _resolved(query: str, history: tuple[str, ...], more: Continued | None) -> str:
    """The question made to stand alone; of one that asks for more, the question it goes on with."""
    if more is not None:
        return resolve(scrub(more.question), more.history)
    return query if asks_what_it_is_about(query) else resolve(query, history)


def search_passages(
    index: PassageIndex, query: str, k: int = 10, *, document: str | None = None
) -> tuple[Hit, ...]:
    """Finds passages for a query, in one document or in all, each with the notes on its claims.

    Raises:
        QuestionError: The query is empty, too long, or not text, or there is no such document.
    """
    return _with_notes(index, index.search(clean_question(query), k, document=document))


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
    return crisis_first(query, (), lambda: _found(index, query, k, document))


def _found(index: PassageIndex, query: str, k: int, document: str | None) -> Answer:
    words = clean_question(query)
    judge = judge_of(index)
    beyond_doubt = not has_catalogue(index, document)
    crisis = raised(words, words, (), judge, beyond_doubt=beyond_doubt)
    if is_emergency(crisis):
        return emergency(query, crisis)
    hits = search_passages(index, words, k, document=document)
    lines = tuple(line for line in (language_line(words),) if line)
    topics = merged(crisis, screening(index, hits, words, crisis).caveats)
    if is_emergency(topics):
        return emergency(query, topics)
    caveats = ordered(topics, _standing(index, catalogued(index, hits), lines))
    return Answer(words, words, "not_in_article", "", 0.0, caveats=caveats, passages=hits)


def _with_notes(index: PassageIndex, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Joins to each hit the claim notes on its passage's sentences."""
    noted = ((hit, _notes_on(index.documents[hit.passage.document_id], hit)) for hit in hits)
    return tuple(replace(hit, caveats=notes) if notes else hit for hit, notes in noted)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as typed, cleaned, and made to stand alone; of one document's id, or of all.

    `whole` is the question as the reader is given it, with what it leans on. `more` is the how
    manieth time more is asked for; 0 of a question of its own.
    """

    question: str
    query: str
    resolved: str
    document: str | None
    whole: str = ""
    more: int = 0


def _courteous(
    index: PassageIndex,
    asked: _Asked,
    reply: str,
    crisis: tuple[Caveat, ...],
    lines: tuple[Caveat, ...],
) -> Answer:
    """A reply to what asks nothing of an article."""
    named = [index.document(asked.document)] if asked.document else index.store.catalogued()
    caveats = ordered(crisis, _standing(index, named, lines))
    return Answer(asked.question, asked.resolved, "not_in_article", reply, 0.0, caveats=caveats)


def _searched(
    index: PassageIndex, asked: _Asked, crisis: tuple[Caveat, ...], lines: tuple[Caveat, ...]
) -> Answer:
    meant = index.lexical.respelled(asked.resolved)
    hits = index.search(meant, PASSAGES, document=asked.document)
    found = screening(index, hits, asked.resolved, crisis)
    topics = merged(crisis, found.caveats)
    if is_emergency(topics):
        return emergency(asked.question, topics)
    probability: float = 0.0
    chosen: tuple[tuple[str, Span], ...] = ()
    if not found.silent:
        weighed = weigh(index, meant, hits, read_as=index.lexical.respelled(asked.whole))
        hits = weighed.hits
        probability, chosen = _answering(index, asked, meant, weighed)
    answered = probability >= THRESHOLD
    cited = _cited(index, chosen, asked.resolved)
    shown = hits if answered else () if found.silent else hits[:RELATED]
    standing = _standing(index, catalogued(index, hits), lines)
    return Answer(
        question=asked.question,
        resolved_question=asked.resolved,
        status="answered" if cited else "not_in_article",
        text=_reply(index, asked, cited, topics),
        confidence=probability,
        citations=cited,
        caveats=ordered(topics, _claims(index, cited), standing),
        passages=_with_notes(index, shown),
    )


def _answering(
    index: PassageIndex, asked: _Asked, meant: str, weighed: Weighed
) -> tuple[float, tuple[tuple[str, Span], ...]]:
    """How likely it is that the article answers, and the sentences that do, if it does."""
    if asks_what_it_is_about(asked.resolved) and (opening := leads(index, asked.document)):
        return 1.0, opening
    probability = confidence(meant, index, weighed)
    if probability < THRESHOLD:
        return probability, ()
    chosen = choose(weighed, listing=asks_for_a_list(asked.query))
    if not asked.more:
        return probability, chosen
    cited = _cited(index, chosen, asked.resolved)
    shown = {(citation.document_id, (citation.start, citation.end)) for citation in cited}
    return probability, choose_more(weighed, shown, asked.more)


def _reply(
    index: PassageIndex, asked: _Asked, cited: Sequence[Citation], topics: Sequence[Caveat]
) -> str:
    if cited:
        return spoken(asked.query, cited, both=_says_both(index, cited, asked.resolved))
    if asked.more:
        return _(NO_MORE)
    # Beside an urgent block, a list of missing words is no help to anybody; and an English article
    # that lacks a Spanish word may still speak of the thing.
    urgent = any(caveat.severity == "urgent" for caveat in topics)
    told = not urgent and language_of(asked.query) == "en"
    return abstained(unknown_words(asked.query, index) if told else ())


def _cited(
    index: PassageIndex, chosen: Sequence[tuple[str, Span]], query: str
) -> tuple[Citation, ...]:
    """What is chosen, and what must be quoted beside it."""
    cited = cite(index, chosen)
    opposites = _opposites(index, cited, query)
    return cite(index, (*chosen, *opposites)) if opposites else cited


def _opposites(
    index: PassageIndex, cited: Sequence[Citation], query: str
) -> tuple[tuple[str, Span], ...]:
    """The sentences in which an article says the opposite, on the question's own subject."""
    return tuple(
        dict.fromkeys(
            (document.id, (side.start, side.end))
            for document, own in _by_document(index, cited)
            for side in other_sides(document, own, catalogue_of(document), query)
        )
    )


def _says_both(index: PassageIndex, cited: Sequence[Citation], query: str) -> bool:
    return any(
        says_both(document, own, catalogue_of(document), query)
        for document, own in _by_document(index, cited)
    )


def _by_document(
    index: PassageIndex, cited: Sequence[Citation]
) -> Iterator[tuple[Document, list[Citation]]]:
    for name in dict.fromkeys(citation.document_id for citation in cited):
        yield index.documents[name], [c for c in cited if c.document_id == name]


def _claims(index: PassageIndex, cited: Sequence[Citation]) -> tuple[Caveat, ...]:
    return tuple(
        note
        for document, own in _by_document(index, cited)
        for note in claim_notes(document, own, catalogue_of(document))
    )


def _notes_on(document: Document, hit: Hit) -> tuple[Caveat, ...]:
    return passage_notes(document, hit.passage, catalogue_of(document))


def _standing(
    index: PassageIndex, documents: Iterable[Document], lines: tuple[Caveat, ...]
) -> tuple[Caveat, ...]:
    """What comes with every answer: the lines that stand above it, and each document's banners.

    Where there is no document, the general banner.
    """
    banners = tuple(banner for document in documents for banner in banners_of(index, document))
    return (*lines, *(banners or (DEFAULT_CATALOGUE.banner,)))
