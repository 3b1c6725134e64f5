"""Markdown for copying and export. Whatever the texts hold, only our own markup acts."""

import re
from collections.abc import Iterable

from askdoc.records import Answer, Caveat, Hit, Source
from askdoc.rendering.arrangement import LABELS, RELATED, QuoteBox, arrange, steps_of
from askdoc.rendering.text import plain

_SPECIAL = re.compile(r"([\\`*_\[\]<>&~|$!])")
_LINE_START = re.compile(r"^(\s*)([#+=-]|\d+(?=[.)]))")
_BARE_LINK = re.compile(r"(?<=[A-Za-z])(://)|(?<=www)(\.)|(@)", re.I)
_WEB = re.compile(r"https?://[^\s<>()\\\"]+$", re.I)


def to_markdown(answer: Answer) -> str:
    """One answer: blocks first, each quote and its notes in one block quotation."""
    parts = arrange(answer)
    paragraphs = [
        *(_caveat(block) for block in parts.blocks),
        *(_caveat(note) for note in parts.notes),
        escape(parts.opening),
        *(_quote(box) for box in parts.quotes),
    ]
    if parts.related:
        paragraphs += [RELATED, *(_related(hit) for hit in parts.related)]
    paragraphs += [_caveat(caveat) for caveat in parts.standing]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def turn_to_markdown(answer: Answer) -> str:
    """A section of an exported conversation: the question as its heading, then the answer."""
    return f"## {escape(answer.question)}\n\n{to_markdown(answer)}"


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


def _quote(box: QuoteBox) -> str:
    citation = box.citation
    place = f", from {escape(box.place)}" if box.place else ""
    body = [f"“{escape(citation.quote)}” \\[{citation.number}\\]{place}"]
    return _block([*body, *(_caveat(note) for note in box.notes)])


def _related(hit: Hit) -> str:
    heading = f"**{escape(hit.passage.heading)}**" if hit.passage.heading else ""
    body = [part for part in (heading, escape(hit.passage.text)) if part]
    return _block([*body, *(_caveat(note) for note in hit.caveats)])


def _block(paragraphs: Iterable[str]) -> str:
    lines = "\n\n".join(paragraphs).split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _caveat(caveat: Caveat) -> str:
    """Its words and sources in one paragraph, or its steps as a numbered list between two."""
    label = f"**{LABELS[caveat.severity]}:**"
    sources = "; ".join(_source(source) for source in caveat.sources)
    named = f"(Sources: {sources})" if sources else ""
    steps = [escape(step) for step in steps_of(caveat)]
    if len(steps) == 1:
        return " ".join(filter(None, [label, steps[0], named]))
    listed = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    return "\n\n".join(filter(None, [label, listed, named]))


def _source(source: Source) -> str:
    name = escape(source.name)
    link = f"[{name}](<{source.url}>)" if _WEB.match(source.url) else name
    return f"{link}, {escape(source.date)}" if source.date else link
