"""Plain text for a terminal: no colour, no control characters, wrapped by whoever shows it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from askdoc.i18n import _
from askdoc.records import Answer, Caveat, Hit, Source
from askdoc.rendering.arrangement import LABELS, RELATED, QuoteBox, arrange, steps_of

_UNSHOWN = frozenset({"Cc", "Cf", "Cs"})


def to_text(answer: Answer, *, named: bool = False) -> str:
    """An answer for a terminal: blocks first, then quotes with their notes, then the rest.

    Args:
        answer: What to show.
        named: Whether each quote names its article, even where all are from one.
    """
    parts = arrange(answer, named=named)
    paragraphs = [
        *(_caveat(block) for block in parts.blocks),
        *(_caveat(note) for note in parts.notes),
        plain(parts.opening),
        *(_quote(box) for box in parts.quotes),
    ]
    if parts.related:
        paragraphs += [_(RELATED), hits_to_text(parts.related)]
    # Small talk quotes nothing that a source could be looked up for.
    bare = not answer.passages
    paragraphs += [_caveat(replace(c, sources=()) if bare else c) for c in parts.standing]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def hits_to_text(hits: Iterable[Hit]) -> str:
    """Hits as numbered paragraphs, each with its score, its place and its notes."""
    return "\n\n".join(_hit(hit) for hit in hits) or _("No passage found.")


def search_to_text(hits: Sequence[Hit], caveats: Sequence[Caveat]) -> str:
    """What a search brings: blocks and notes, then the hits, then the banners."""
    standing = [_caveat(caveat) for caveat in caveats if caveat.kind == "banner"]
    first = [_caveat(caveat) for caveat in caveats if caveat.kind != "banner"]
    found = [hits_to_text(hits)] if hits or not first else []
    return "\n\n".join([*first, *found, *standing])


def plain(text: str) -> str:
    """A text without control and format characters, on which a terminal would act, and halves."""
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in _UNSHOWN)


def _quote(box: QuoteBox) -> str:
    citation = box.citation
    # The items of a list stay below each other.
    quoted = "\n    ".join(filter(None, map(_line, citation.quote.splitlines())))
    lines = [f"[{citation.number}] “{quoted}”"]
    if box.place:
        lines.append(f"    {_('from {place}', place=_line(box.place))}")
    if citation.url:
        lines.append(f"    {_line(citation.url)}")
    return "\n".join([*lines, *_notes(box.notes)])


def _hit(hit: Hit) -> str:
    heading = _line(hit.passage.heading) or hit.passage.document_id
    head = f"{hit.rank}. {heading}  (score {hit.score:.2f})"
    body = "\n".join(f"    {line}" for line in plain(hit.passage.text).splitlines() if line)
    return "\n".join([head, body, *_notes(hit.caveats)])


def _notes(caveats: Iterable[Caveat]) -> Iterator[str]:
    for caveat in caveats:
        for line in _caveat(caveat).splitlines():
            yield f"    | {line}"


def _caveat(caveat: Caveat) -> str:
    first, *further = (_line(step) for step in steps_of(caveat))
    head = f"{_(LABELS[caveat.severity]).upper()}: {first}"
    sources = (f"  Source: {_source(source)}" for source in caveat.sources)
    return "\n".join([head, *(f"  {step}" for step in further), *sources])


def _source(source: Source) -> str:
    return _line(", ".join(part for part in (source.name, source.date, source.url) if part))


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", plain(re.sub(r"\s", " ", text))).strip()
