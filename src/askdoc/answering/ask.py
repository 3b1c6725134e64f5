"""The steps from a question to an answer, in order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from askdoc.answering.answerability import THRESHOLD, confidence, subject_stems, unknown_words
from askdoc.answering.crisis import blocks_alone, emergency, help_first, is_emergency
from askdoc.answering.quoting import (
    answered_by_itself,
    choose,
    choose_more,
    cite,
    leads,
    list_named,
)
from askdoc.answering.screening import (
    Triage,
    catalogue_of,
    catalogued,
    crisis_predictor,
    has_catalogue,
    ordered,
    raised,
    screening,
)
from askdoc.answering.searching import search, searchable, standing_caveats, with_notes
from askdoc.answering.selection import Weighed, weigh
from askdoc.answering.wording import NO_MORE, abstained, spoken
from askdoc.caveats import (
    CrisisMatches,
    Predictor,
    claim_notes,
    earlier_line,
    is_certain,
    match_crisis,
    other_sides,
    says_both,
)
from askdoc.errors import AskdocError, QuestionError
from askdoc.i18n import _
from askdoc.index import PassageIndex
from askdoc.lexical import spelled_out
from askdoc.question import Encoding, Question, bounded, small_talk_reply
from askdoc.question.forms import asks_what_it_is_about
from askdoc.question.language import line_in
from askdoc.records import Answer, Caveat, Citation, Document, Hit, Span
from askdoc.text import tokenize

PASSAGES = 5
RELATED = 3
"""How many passages come with an answer, and how many are offered when there is none."""
LISTS_AMONG = 20
"""Among how many passages a list is looked for that has the name of what is asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A question, where it is asked, and what is said whatever the article answers.

    Attributes:
        index: The articles.
        document: The id of the one that is asked; None for all.
        question: The question.
        triage: What crisis rules and crisis classifier make of it.
        crisis: The blocks that it raises.
        lines: What stands over the reply.
    """

    index: PassageIndex
    document: str | None
    question: Question
    triage: Triage
    crisis: tuple[Caveat, ...]
    lines: tuple[Caveat, ...] = ()


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
    typed = match_crisis(question, earlier)

    def answered() -> Answer:
        opened = index() if callable(index) else index
        return _answered(opened, question, earlier, document, typed)

    return help_first(question, typed, answered)


def _answered(
    index: PassageIndex,
    raw: str,
    history: tuple[str, ...],
    document: str | None,
    typed: CrisisMatches,
) -> Answer:
    """Crisis, small talk, search, in this order."""
    encoding = Encoding(index.embedder)
    predictor = crisis_predictor(index, encoding)
    beyond_doubt = not has_catalogue(index, document)
    # What had its block already is no subject of the calm question after it.
    calm = tuple(turn for turn in history if not is_certain(turn))
    try:
        question = Question.of(raw, calm, encoding)
    except QuestionError:
        prediction = predictor(raw) if predictor else None
        if crisis := typed.blocks(prediction, beyond_doubt=beyond_doubt):
            return blocks_alone(raw, crisis)
        raise
    typed = typed if question.text == raw else match_crisis(question.text, history)
    triage = Triage.of(question, typed, classify=predictor is not None, beyond_doubt=beyond_doubt)
    crisis = raised(triage)
    if is_emergency(crisis):
        return emergency(raw, crisis)
    try:
        lines = _lines(question, history, triage, predictor)
        asked = _Asked(index, document, question, triage, crisis, lines)
        if reply := small_talk_reply(question.text):
            return _small_talk(asked, reply)
        return _searched(asked)
    except AskdocError:
        if not crisis:
            raise
        return blocks_alone(raw, crisis)


def _lines(
    question: Question, history: Sequence[str], triage: Triage, predictor: Predictor | None
) -> tuple[Caveat, ...]:
    """What stands over the reply: help, where a crisis was raised before, and the language."""
    beyond_doubt = triage.beyond_doubt
    help_to = earlier_line(history, question.text, predictor, beyond_doubt=beyond_doubt)
    if help_to is None and triage.prediction is not None:
        help_to = triage.typed.line_on_words(triage.prediction, beyond_doubt=beyond_doubt)
    return tuple(line for line in (help_to, line_in(question.language)) if line)


def _small_talk(asked: _Asked, reply: str) -> Answer:
    """A reply to what asks nothing of an article."""
    index, question = asked.index, asked.question
    named = [index.document(asked.document)] if asked.document else index.store.catalogued()
    caveats = ordered(asked.crisis, standing_caveats(index, named, asked.lines))
    return Answer(question.raw, question.text, "not_in_article", reply, 0.0, caveats=caveats)


def _searched(asked: _Asked) -> Answer:
    """Retrieval, topics, reading, quotes."""
    index, question = asked.index, asked.question
    typed = searchable(question)
    respelled = _respelled(index, typed)
    hits = _hits(asked, respelled)
    meant = _spelled_out(respelled, typed, hits)
    found = screening(index, hits, question, asked.crisis, asked.triage)
    topics = found.caveats
    if is_emergency(topics):
        return emergency(question.raw, topics)
    probability: float = 0.0
    chosen: tuple[tuple[str, Span], ...] = ()
    if not found.silent:
        weighed = weigh(index, meant.standalone, hits, read_as=meant.in_context)
        hits = weighed.hits
        probability, chosen = _answering(asked, meant, weighed)
    answered = probability >= THRESHOLD
    cited = _cited(index, chosen, question.standalone)
    shown = hits if answered else () if found.silent else hits[:RELATED]
    standing = standing_caveats(index, catalogued(index, hits), asked.lines)
    return Answer(
        question=question.raw,
        resolved_question=question.standalone,
        status="answered" if cited else "not_in_article",
        text=_reply(index, question, cited, topics),
        confidence=probability,
        citations=cited,
        caveats=ordered(topics, _claims(index, cited), standing),
        passages=with_notes(index, shown),
    )


def _hits(asked: _Asked, meant: Question) -> tuple[Hit, ...]:
    """The best passages; first among them the one whose list has the name of what is asked for."""
    index, several = asked.index, asked.question.form.several
    hits = search(index, meant, LISTS_AMONG if several else PASSAGES, asked.document)
    listed = list_named(hits, subject_stems(meant)) if several else None
    first = hits[:PASSAGES]
    if listed is None or listed[0] in first:
        return first
    return tuple(replace(hit, rank=n) for n, hit in enumerate((listed[0], *first[:-1]), start=1))


def _respelled(index: PassageIndex, question: Question) -> Question:
    """A question with its slips of the keyboard put right, for search and reading alone."""
    standalone = index.lexical.respelled(question.standalone, question.tokens)
    if question.in_context == question.standalone:
        in_context = standalone
    else:
        in_context = index.lexical.respelled(question.in_context)
    if standalone == question.standalone:
        return replace(question, in_context=in_context)
    tokens = tokenize(standalone)
    return replace(question, standalone=standalone, in_context=in_context, tokens=tokens)


def _spelled_out(meant: Question, typed: Question, hits: Sequence[Hit]) -> Question:
    """A respelled question with words of the passages found in the place of their stems."""
    if meant.standalone == typed.standalone and meant.in_context == typed.in_context:
        return meant
    texts = [f"{hit.passage.heading} {hit.passage.text}" for hit in hits]
    standalone = spelled_out(meant.standalone, typed.standalone, texts)
    in_context = spelled_out(meant.in_context, typed.in_context, texts)
    tokens = tokenize(standalone)
    return replace(meant, standalone=standalone, in_context=in_context, tokens=tokens)


def _answering(
    asked: _Asked, meant: Question, weighed: Weighed
) -> tuple[float, tuple[tuple[str, Span], ...]]:
    """How likely it is that the article answers, and the sentences that do, if it does.

    `meant` is the question respelled.
    """
    index, question = asked.index, asked.question
    if asks_what_it_is_about(question.standalone) and (opening := leads(index, asked.document)):
        return 1.0, opening
    if question.form.several and (listed := list_named(weighed.hits, subject_stems(meant))):
        hit, span = listed
        return 1.0, ((hit.passage.document_id, span),)
    vector = meant.encoding.of([meant.standalone])[0].whole if meant.encoding else None
    probability = confidence(meant.standalone, index, weighed, vector)
    if probability < THRESHOLD:
        below = answered_by_itself(weighed, meant.standalone)
        return (1.0, below) if below else (probability, ())
    stems = frozenset(token.stem for token in meant.tokens)
    form = question.form
    chosen = choose(weighed, asked=stems, listing=form.listing, several=form.several)
    if not question.more:
        return probability, chosen
    cited = _cited(index, chosen, question.standalone)
    shown = {(citation.document_id, (citation.start, citation.end)) for citation in cited}
    return probability, choose_more(weighed, shown, question.more, asked=stems)


def _reply(
    index: PassageIndex, question: Question, cited: Sequence[Citation], topics: Sequence[Caveat]
) -> str:
    if cited:
        both = _says_both(index, cited, question.standalone)
        return spoken(question.form, cited, both=both)
    if question.more:
        return _(NO_MORE)
    # Beside an urgent block, a list of missing words is no help to anybody; and an English article
    # that lacks a Spanish word may still speak of the thing.
    urgent = any(caveat.severity == "urgent" for caveat in topics)
    if urgent or question.language != "en":
        return abstained(())
    text = question.encoding.searched(question.text) if question.encoding else question.text
    own = question.tokens if text == question.standalone else None
    return abstained(unknown_words(text, index, own))


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
