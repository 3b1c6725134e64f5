"""Markdown for copying and export. Whatever the texts hold, only our own markup acts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from askdoc.i18n import _
from askdoc.records import Answer, Caveat, Citation, Document, Hit, Source
from askdoc.rendering.arrangement import (
    LABELS,
    RELATED,
    QuoteBox,
    arrange,
    article_address,
    steps_of,
)
from askdoc.rendering.article import Marking, lines_of
from askdoc.rendering.text import plain

_SPECIAL = re.compile(r"([\\`*_\[\]<>&~|$!])")
_LINE_START = re.compile(r"^(\s*)([#+=-]|\d+(?=[.)]))")
_BARE_LINK = re.compile(r"(?<=[A-Za-z])(://)|(?<=www)(\.)|(@)", re.I)
_MARKS = {"h2": "## ", "h3": "### ", "li": "- ", "p": ""}
_WEB = re.compile(r"https?://[^\s<>()\\\"]+$", re.I)


@dataclass(frozen=True, slots=True)
class PlacedQuote:
    """A quote, and where it stands in the Markdown, its quotation marks included."""

    citation: Citation
    start: int
    end: int


def to_markdown(answer: Answer, root: str = "") -> str:
    """One answer: blocks first, each quote and its notes in one block quotation.

    Args:
        answer: What to write.
        root: The address of the server, with a slash at its end; without it no quote leads to
            the annotated article.
    """
    return markdown_and_quotes(answer, root)[0]


def markdown_and_quotes(answer: Answer, root: str = "") -> tuple[str, tuple[PlacedQuote, ...]]:
    """An answer as `to_markdown` writes it, and where in it each quote stands."""
    parts = arrange(answer)
    above = [*map(_caveat, parts.blocks), *map(_caveat, parts.notes), escape(parts.opening)]
    text = "".join(f"{paragraph}\n\n" for paragraph in above if paragraph)
    placed = []
    for box in parts.quotes:
        start = len(text) + len("> ")
        placed.append(PlacedQuote(box.citation, start, start + len(_quoted(box.citation))))
        text += f"{_quote(box, root)}\n\n"
    below = [_(RELATED), *map(_related, parts.related)] if parts.related else []
    text += "".join(f"{part}\n\n" for part in [*below, *map(_caveat, parts.standing)])
    return text.rstrip("\n") + "\n", tuple(placed)


def article_to_markdown(document: Document, markings: Sequence[Marking], banner: Caveat) -> str:
    """A whole article, its banner first, each note under the line that holds its sentence."""
    paragraphs = [f"# {escape(document.title)}", _caveat(banner)]
    for line in lines_of(document.text):
        paragraphs.append(_MARKS[line.tag] + escape(line.text))
        paragraphs += [
            _block([_on(document.text[m.start : m.end]), _caveat(m.caveat)])
            for m in markings
            if m.start < line.end and line.start < m.end
        ]
    return "\n\n".join(paragraphs) + "\n"


def _on(sentence: str) -> str:
    return _("On “{sentence}”", sentence=escape(sentence))


def turn_to_markdown(answer: Answer, root: str = "") -> str:
    """A section of an exported conversation: the question as its heading, then the answer."""
    return f"## {escape(answer.question)}\n\n{to_markdown(answer, root)}"


def escape(text: str) -> str:
    r"""A text on one line whose characters mean only themselves in Markdown.

    Example: escape("*hi*") -> r"\*hi\*"
    """
    line = re.sub(r"\s+", " ", plain(re.sub(r"\s", " ", text))).strip()
    line = _SPECIAL.sub(r"\\\1", line)
    line = _BARE_LINK.sub(lambda match: f"\\{match.group()}", line)
    return _LINE_START.sub(_escaped_start, line)


def _escaped_start(match: re.Match[str]) -> str:
    space, mark = match.groups()
    return f"{space}{mark}\\" if mark.isdigit() else f"{space}\\{mark}"


def _quote(box: QuoteBox, root: str) -> str:
    citation = box.citation
    place = f", {_('from {place}', place=escape(box.place))}" if box.place else ""
    links = ", ".join(f"[{words}](<{url}>)" for words, url in _links(citation, root))
    body = f"{_quoted(citation)} \\[{citation.number}\\]{place}{links and f' ({links})'}"
    return _block([body, *(_caveat(note) for note in box.notes)])


def _quoted(citation: Citation) -> str:
    return f"“{escape(citation.quote)}”"


def _links(citation: Citation, root: str) -> Iterable[tuple[str, str]]:
    """The sentence on the publisher's page, and in the annotated article."""
    published = citation.url.replace("(", "%28").replace(")", "%29")
    if _WEB.match(published):
        yield escape(citation.title or citation.document_id), published
    if root:
        address = article_address(citation.document_id, citation.start, citation.end)
        yield _("with all notes"), f"{root}{address}"


def _related(hit: Hit) -> str:
    heading = f"**{escape(hit.passage.heading)}**" if hit.passage.heading else ""
    body = [part for part in (heading, escape(hit.passage.text)) if part]
    return _block([*body, *(_caveat(note) for note in hit.caveats)])


def _block(paragraphs: Iterable[str]) -> str:
    lines = "\n\n".join(paragraphs).split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _caveat(caveat: Caveat) -> str:
    """Its words and sources in one paragraph, or its steps as a numbered list between two."""
    label = f"**{_(LABELS[caveat.severity])}:**"
    sources = "; ".join(_source(source) for source in caveat.sources)
    named = _("(Sources: {sources})", sources=sources) if sources else ""
    steps = [escape(step) for step in steps_of(caveat)]
    if len(steps) == 1:
        return " ".join(filter(None, [label, steps[0], named]))
    listed = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    return "\n\n".join(filter(None, [label, listed, named]))


def _source(source: Source) -> str:
    name = escape(source.name)
    link = f"[{name}](<{source.url}>)" if _WEB.match(source.url) else name
    return f"{link}, {escape(source.date)}" if source.date else link
