"""The page's own pieces of HTML: welcome, conversation, source panel. Each is one line."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import islice
from urllib.parse import quote

from askdoc.answering import catalogue_of
from askdoc.caveats import passage_notes
from askdoc.chat.conversation import About, Turn
from askdoc.records import Answer, Caveat, Citation, Document, Passage
from askdoc.rendering import (
    caveat_html,
    conversation_to_markdown,
    source_html,
    to_html,
    to_markdown,
)

TITLE = "Ask the article"


def welcome_html(about: About | None) -> str:
    """What can be asked, and where the text comes from."""
    if about is None:
        subject = "The article is still being loaded; a moment, please. "
    else:
        subject = f"Ask about {_titles(about.documents)}. "
    return (
        f'<header class="welcome"><h1>{TITLE}</h1><p>{subject}'
        "Answers quote it word for word; nothing is generated. Reviewed notes stand beside what "
        "is wrong or disputed. Where it is silent, the answer says so.</p></header>"
    )


def banner_html(banners: Sequence[Caveat]) -> str:
    """What stands over every conversation."""
    notes = "".join(caveat_html(caveat) for caveat in banners)
    unfold = '<button type="button" class="unfold">More</button>'
    return f'<div class="banner">{notes}{unfold}</div>'


def conversation_html(turns: Sequence[Turn]) -> str:
    """All turns, the latest last, with what copying and export take."""
    whole = _stored("conversation-markdown", _export(turns)) if turns else ""
    shown = "".join(_turn(number, turn) for number, turn in enumerate(turns, start=1))
    return f'<div class="conversation">{shown}{whole}</div>'


def sources_html(turns: Sequence[Turn], about: About) -> str:
    """The source of every quote in the conversation; the page opens one at a time."""
    sections = "".join(
        _source(f"t{number}", turn.answer, citation, about)
        for number, turn in enumerate(turns, start=1)
        if turn.answer
        for citation in turn.answer.citations
    )
    hint = "Choose the number of a quote to see the passage it stands in."
    return (
        f'<div class="sources-panel"><h2>Source</h2><p class="hint">{hint}</p>{sections}'
        '<p class="back"><a href="#question">Back to the answer</a></p></div>'
    )


def answer_mark(answer: Answer) -> str:
    """16 hexadecimal digits that stand for what an answer quotes; no word of the question."""
    places = [f"{c.document_id} {c.start} {c.end}" for c in answer.citations]
    return hashlib.sha256("\n".join([answer.status, *places]).encode()).hexdigest()[:16]


def _turn(number: int, turn: Turn) -> str:
    key = f"t{number}"
    return (
        f'<section class="turn" id="{key}" tabindex="-1">'
        f'<h2 class="question"><span class="unseen">You asked: </span>{_line(turn.question)}</h2>'
        f"{''.join(_reply(turn, key))}</section>"
    )


def _reply(turn: Turn, key: str) -> Iterator[str]:
    answer = turn.answer
    if turn.pending:
        yield '<p class="pending" role="status">Looking in the article…</p>'
    if answer and answer.status == "emergency":
        yield to_html(answer, key)
        return
    if answer:
        if answer.resolved_question != answer.question:
            yield f'<p class="understood">Read as: {_line(answer.resolved_question)}</p>'
        yield to_html(answer, key)
        if not turn.failure:
            yield '<div class="tools"><button type="button" class="copy">Copy answer</button></div>'
            yield _stored("answer-markdown", to_markdown(answer))
            yield _stored("answer-mark", answer_mark(answer))
    if turn.failure:
        yield f'<p class="failure" role="alert">{_line(turn.failure)}</p>'


def _source(key: str, answer: Answer, citation: Citation, about: About) -> str:
    document = about.documents.get(citation.document_id)
    passage, notes = _place(answer, citation, about)
    own = tuple(c for c in answer.caveats if c.citation == citation.number)
    known = {caveat.id for caveat in own}
    others = tuple(caveat for caveat in notes if caveat.id not in known)
    title = document.title if document else citation.document_id
    return source_html(citation, passage, (*own, *others), key, title)


def _place(
    answer: Answer, citation: Citation, about: About
) -> tuple[Passage | None, tuple[Caveat, ...]]:
    """The passage a quote stands in, and the notes on that passage's claims."""
    for hit in answer.passages:
        if hit.passage.id == citation.passage_id:
            return hit.passage, hit.caveats
    passage = about.passage(citation.passage_id)
    document = about.documents.get(citation.document_id)
    if passage is None or document is None:
        return None, ()
    return passage, passage_notes(document, passage, catalogue_of(document))


def _export(turns: Sequence[Turn]) -> str:
    return conversation_to_markdown(TITLE, [turn.answer for turn in turns if turn.answer])


def _stored(name: str, text: str) -> str:
    kept = escape(text).replace("\n", "&#10;")
    return f'<pre class="{name}" hidden>{kept}</pre>'


def _titles(documents: Mapping[str, Document]) -> str:
    named = [_title(document) for document in islice(documents.values(), 3)]
    if len(documents) > 3:
        return f"{', '.join(named)} and {len(documents) - 3} more"
    return " and ".join(named)


def _title(document: Document) -> str:
    """A title that leads to the whole article with its notes."""
    address = f"../article/{quote(document.id, safe='')}"
    return f'“<a href="{address}" target="_blank" rel="noopener">{_line(document.title)}</a>”'


def _line(text: str) -> str:
    return escape(re.sub(r"\s+", " ", text)).strip()
