"""The page's own HTML: welcome, banner, reply, sources. Each is one line."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import islice

from askdoc.answering import catalogue_of
from askdoc.caveats import passage_notes
from askdoc.chat.conversation import About, Turn
from askdoc.i18n import N_, _
from askdoc.records import Answer, Caveat, Citation, Document, Passage
from askdoc.rendering import (
    answer_address,
    article_address,
    as_written,
    caveat_html,
    source_html,
    to_html,
)
from askdoc.text import stems

TITLE = N_("Ask the article")
LOADING = N_("The article is still being loaded; a moment, please.")
GONE = N_("Your own article is not here any longer. Bring it again to ask it.")
PROMISE = N_(
    "Every answer quotes word for word; nothing is generated. Reviewed notes stand beside what "
    "is wrong or disputed. Where the text is silent, the answer says so."
)
_SMALL = frozenset(
    """
    a an the is are was were be been do does did can could will would should may might must has
    have had i you we my your me us of in on at to for from by with about and or but not no so if
    what which who when where why how there that this it its
    """.split()
)


def welcome_html(about: About | None, document: str | None = None, trouble: str = "") -> str:
    """What can be asked, and where the text comes from.

    Args:
        about: What is known of the articles, or None while they are being loaded.
        document: The one article that is asked, if it is one.
        trouble: Why there is nothing to ask, where loading has failed.
    """
    named = about.documents if about else {}
    missing = ""
    if document is not None and document in named:
        named = {document: named[document]}
    elif document is not None:
        missing = _line(_("There is no article “{name}” here.", name=document))
    if about is not None:
        subject = f"{missing} {_('Ask about {articles}.', articles=_titles(named))}".strip()
    else:
        subject = _line(trouble) or _(LOADING)
    return (
        f'<header class="welcome"><h1>{_(TITLE)}</h1><p><span>{subject}</span> '
        f"<span>{_(PROMISE)}</span></p></header>"
    )


def own_welcome_html(document: Document | None) -> str:
    """What stands over a reader's own article; None once it is held no longer."""
    if document is None:
        told = _(GONE)
    else:
        told = _(
            "Ask about {article}, which you brought. Nobody has checked this article. Answers "
            "quote it word for word; nothing is generated. This server holds it in memory, for "
            "you alone, and drops it when you close the page.",
            article=_title(document),
        )
    return f'<header class="welcome"><h1>{_(TITLE)}</h1><p>{told}</p></header>'


def banner_html(banners: Sequence[Caveat]) -> str:
    """What stands over every conversation."""
    notes = "".join(caveat_html(caveat) for caveat in banners)
    unfold = f'<button type="button" class="unfold">{_("More")}</button>'
    return f'<div class="banner">{notes}{unfold}</div>'


def reply_html(
    turn: Turn,
    key: str,
    document: str | None = None,
    *,
    addressed: bool = True,
    named: bool = False,
) -> str:
    """What came of a question.

    Args:
        turn: The question and its answer.
        key: Begins the ids of its sources.
        document: The id of the article that was asked, or all of them.
        addressed: Whether the answer has an address that it can be asked for at again.
        named: Whether each quote names its article.
    """
    address = ""
    if addressed and turn.answer:
        address = _line(f"../{answer_address(turn.answer, document)}")
    return "".join(_reply(turn, key, address, named=named))


def sources_html(answer: Answer, key: str, about: About) -> str:
    """The source of every quote of an answer; the page opens one at a time."""
    return "".join(_source(key, answer, citation, about) for citation in answer.citations)


def answer_mark(answer: Answer) -> str:
    """16 hexadecimal digits that stand for what an answer quotes; no word of the question."""
    places = [f"{c.document_id} {c.start} {c.end}" for c in answer.citations]
    return hashlib.sha256("\n".join([answer.status, *places]).encode()).hexdigest()[:16]


def _reply(turn: Turn, key: str, address: str, *, named: bool) -> Iterator[str]:
    answer = turn.answer
    if answer and answer.status != "emergency" and (words := understood(answer)):
        yield f'<p class="understood">{_("About: {words}", words=_line(words))}</p>'
    if answer:
        yield to_html(answer, key, named=named)
    if answer and answer.status != "emergency" and not turn.failure and _says_something(answer):
        attributes = f'class="permalink" href="{address}" target="_blank" rel="noopener"'
        link = f"<a {attributes}>{_('Link to this answer')}</a>" if address else ""
        copy = f'<button type="button" class="copy">{_("Copy answer")}</button>'
        yield f'<div class="tools">{copy} {link}</div>'
        yield (
            f'<pre class="answer-mark" hidden data-status="{answer.status}" '
            f'data-passage="{_line(_first_passage(answer))}">{answer_mark(answer)}</pre>'
        )
    if turn.failure:
        yield f'<p class="failure" role="alert">{_line(turn.failure)}</p>'


def _says_something(answer: Answer) -> bool:
    """Whether an answer is more than small talk, and worth a copy, a link and a rating."""
    noted = any(caveat.kind != "banner" for caveat in answer.caveats)
    return bool(noted or answer.citations or answer.passages)


def _first_passage(answer: Answer) -> str:
    """The id of the passage that an answer came from, or that came nearest; "" without any."""
    quoted = [citation.passage_id for citation in answer.citations]
    return next(iter([*quoted, *(hit.passage.id for hit in answer.passages)]), "")


def understood(answer: Answer) -> str:
    """The words that a follow-up took over from what was asked before, if the article has them.

    Example: of "is it safe?", read as "is kratom safe?" -> "kratom"
    """
    own = {word.casefold() for word in re.findall(r"[\w-]+", answer.question)}
    taken = re.findall(r"[^\W_][\w-]*", answer.resolved_question)
    found = (f"{hit.passage.heading} {hit.passage.text}" for hit in answer.passages)
    # What was misspelled is not repeated: the search read it as another word.
    written = stems(" ".join([*found, *(c.title for c in answer.citations)]))
    new = (word for word in taken if word.casefold() not in own | _SMALL and stems(word) <= written)
    return ", ".join(dict.fromkeys(new))


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
    # The article may have been changed between the answer and now.
    if passage is None or document is None or citation.quote not in passage.text:
        return None, ()
    return passage, passage_notes(document, passage, catalogue_of(document))


def _titles(documents: Mapping[str, Document]) -> str:
    named = [_title(document) for document in islice(documents.values(), 3)]
    if len(documents) > 3:
        return _("{titles} and {count} more", titles=", ".join(named), count=len(documents) - 3)
    *first, last = named or [""]
    return _("{titles} and {last}", titles=", ".join(first), last=last) if first else last


def _title(document: Document) -> str:
    """A title that leads to the whole article with its notes."""
    address = _line(f"../{article_address(document.id)}")
    attributes = f'href="{address}" target="_blank" rel="noopener"{as_written()}'
    return f"“<a {attributes}>{_line(document.title)}</a>”"


def _line(text: str) -> str:
    return escape(re.sub(r"\s+", " ", text)).strip()
