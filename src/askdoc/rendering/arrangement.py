"""The order in which the parts of an answer are shown, the same for every surface.

Owns as well the addresses of the server's own pages: an article, a sentence, an answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from askdoc.i18n import N_, _
from askdoc.records import SEVERITIES, Answer, Caveat, Citation, Hit, Severity

LABELS: Mapping[Severity, str] = {
    "info": N_("Note"),
    "caution": N_("Caution"),
    "urgent": N_("Urgent"),
    "emergency": N_("Emergency"),
}
RELATED = N_("Related passages, which do not answer it:")
_SEVERE = frozenset({"urgent", "emergency"})
_ABOVE = frozenset({"help_line", "language_line"})
"""Short lines that stand above the answer, however mild."""


@dataclass(frozen=True, slots=True)
class QuoteBox:
    """A quote, where it is from in words, and the notes that must stand in the same box."""

    citation: Citation
    notes: tuple[Caveat, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An answer's parts from top to bottom; an emergency has blocks and nothing else.

    Attributes:
        blocks: Emergency and urgent caveats, severest first, and the lines that stand above.
        notes: Further caveats on the question: what a reviewer says to it stands before the quotes.
        opening: The reply without the quotes.
        quotes: The quotes in order, each with its notes.
        standing: What comes with every answer: the banner.
        related: Passages offered although they do not answer.
    """

    blocks: tuple[Caveat, ...]
    notes: tuple[Caveat, ...] = ()
    opening: str = ""
    quotes: tuple[QuoteBox, ...] = ()
    standing: tuple[Caveat, ...] = ()
    related: tuple[Hit, ...] = ()


def arrange(answer: Answer, *, named: bool = False) -> Arrangement:
    """Puts every caveat of an answer in exactly one place, and every quote in its box.

    Args:
        answer: The answer.
        named: Whether each quote names its article, even where all are from one.
    """
    if answer.status == "emergency":
        return _emergency(answer)
    numbers = {citation.number for citation in answer.citations}
    joined = [c for c in answer.caveats if c.kind != "banner" and c.citation in numbers]
    free = [c for c in answer.caveats if c not in joined]
    blocks = severest_first(c for c in free if c.kind != "banner" and _stands_first(c))
    several = len({citation.document_id for citation in answer.citations}) > 1
    return Arrangement(
        blocks=blocks,
        opening=_opening(answer),
        quotes=tuple(
            QuoteBox(
                citation,
                severest_first(c for c in joined if c.citation == citation.number),
                _place(citation, named=named or several),
            )
            for citation in answer.citations
        ),
        notes=severest_first(c for c in free if c.kind != "banner" and c not in blocks),
        standing=tuple(c for c in free if c.kind == "banner"),
        related=answer.passages if answer.status == "not_in_article" else (),
    )


def _stands_first(caveat: Caveat) -> bool:
    return caveat.severity in _SEVERE or caveat.id in _ABOVE


def steps_of(caveat: Caveat) -> tuple[str, ...]:
    """What a caveat says, one step a line; most say all in one."""
    return tuple(line for line in caveat.text.split("\n") if line.strip()) or (caveat.text,)


def severest_first(caveats: Iterable[Caveat]) -> tuple[Caveat, ...]:
    """Caveats by falling severity; equals keep their order."""
    return tuple(sorted(caveats, key=lambda caveat: -SEVERITIES.index(caveat.severity)))


def _emergency(answer: Answer) -> Arrangement:
    blocks = severest_first(c for c in answer.caveats if c.severity == "emergency")
    return Arrangement(blocks=blocks, opening="" if blocks else answer.text)


def _place(citation: Citation, *, named: bool) -> str:
    """The heading, and the article's title where quotes of several stand side by side."""
    title = citation.title or citation.document_id
    section = citation.heading.removeprefix(f"{title} › ")
    heading = f"“{section}”" if section else ""
    if not (heading and named) or section == title:
        return heading or (title if named else "")
    return _("{heading} in {article}", heading=heading, article=title)


def _opening(answer: Answer) -> str:
    """The words before the first quote; the whole text when it does not hold the quotes."""
    places = [answer.text.find(f"“{citation.quote}”") for citation in answer.citations]
    if not places or min(places) < 0:
        return answer.text
    return answer.text[: min(places)].rstrip(" \n-")


def article_address(document_id: str, start: int | None = None, end: int | None = None) -> str:
    """Where an article stands with all its notes, or one stretch of it.

    Example: article_address("cats", 0, 31) -> "article/cats?start=0&end=31#quote"
    """
    page = f"article/{quote(document_id, safe='')}"
    return page if start is None else f"{page}?start={start}&end={end}#quote"


def answer_address(answer: Answer, document: str | None = None) -> str:
    """A page that gives an answer again: it asks the question as it was understood.

    The question stands behind the `#`, which browsers keep to themselves, so that it is in no log.

    Args:
        answer: The answer.
        document: The id of the article that was asked, or all of them.

    Example: "chat/?document=cats#q=how%20long%20do%20cats%20sleep%3F"
    """
    scope = f"?document={quote(document, safe='')}" if document else ""
    return f"chat/{scope}#q={quote(answer.resolved_question or answer.question, safe='')}"


def place_of(citation: Citation) -> str:
    """The name of the sentence that a citation quotes.

    Example: "cats 0 31"
    """
    return f"{citation.document_id} {citation.start} {citation.end}"
