"""A whole article with its noted claims underlined and the notes beside them."""

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from askdoc.i18n import _, language
from askdoc.records import Caveat, Document, Span
from askdoc.rendering.html import as_written, caveat_html

_HEADING = re.compile(r"(#{1,6})\s+")
_ITEM = re.compile(r"[-*•]\s+")
_LINE_CHARACTERS, _LINE_PX, _SLACK_PX = 66, 29, 60
_NOTE_CHARACTERS, _NOTE_LINE_PX, _NOTE_PX = 52, 20, 45
"""How wide and high text and notes are on a wide screen, measured there; heads and sources
included."""
_WEB = re.compile(r"https?://[^\s\"'<>]+$", re.I)


@dataclass(frozen=True, slots=True)
class Marking:
    """A note on a stretch of an article: `document.text[start:end]`."""

    caveat: Caveat
    start: int
    end: int


def article_html(
    document: Document,
    markings: Sequence[Marking],
    banner: Caveat,
    quoted: Span | None = None,
) -> str:
    """The inside of a page: title, banner, text with notes in the margin.

    Args:
        document: The article.
        markings: The notes on its claims.
        banner: What stands over everything taken from it.
        quoted: A stretch to mark, as the place `#quote`.
    """
    numbers = {m.caveat.id: n for n, m in enumerate(_distinct(markings), start=1)}
    body = "".join(_line(line, markings, quoted, numbers) for line in lines_of(document.text))
    return (
        f"<header><h1{as_written()}>{escape(document.title)}</h1>"
        f"{_origin(document)}{caveat_html(banner)}</header>"
        f"<main{as_written()}>{body}</main>"
    )


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line of an article without its mark: `text[start:end]` of the document."""

    tag: str
    text: str
    start: int
    end: int


def lines_of(text: str) -> Iterator[MarkedLine]:
    """The lines of an article that hold words."""
    at = 0
    for whole in text.splitlines(keepends=True):
        words = whole.strip()
        start = at + len(whole) - len(whole.lstrip())
        at += len(whole)
        if words:
            tag, skipped = _kind(words)
            yield MarkedLine(tag, words[skipped:], start + skipped, start + len(words))


def _kind(words: str) -> tuple[str, int]:
    if heading := _HEADING.match(words):
        return ("h2" if len(heading[1]) <= 2 else "h3"), heading.end()
    if item := _ITEM.match(words):
        return "li", item.end()
    return "p", 0


def _distinct(markings: Iterable[Marking]) -> list[Marking]:
    return list({marking.caveat.id: marking for marking in reversed(list(markings))}.values())[::-1]


def _line(
    line: MarkedLine, markings: Sequence[Marking], quoted: Span | None, numbers: Mapping[str, int]
) -> str:
    own = [m for m in markings if m.start < line.end and line.start < m.end]
    words = _marked(line, own, quoted, numbers)
    tag, kind = ("p", ' class="item"') if line.tag == "li" else (line.tag, "")
    opening, closing = f"<{tag}{kind}>", f"</{tag}>"
    noted = _distinct(own)
    beside = _fitting(line, noted)
    notes = [_note(m, line, numbers) for m in noted]
    return (
        f'<div class="row" id="at-{line.start}"><div class="text">{opening}{words}{closing}</div>'
        f"{_aside(notes[:beside], 'beside')}{_aside(notes[beside:], 'under')}</div>"
    )


def _aside(notes: Sequence[str], place: str) -> str:
    if not notes:
        return ""
    label = _("Notes on this paragraph")
    return f'<aside class="{place}"{_spoken()} aria-label="{label}">{"".join(notes)}</aside>'


def _fitting(line: MarkedLine, noted: Sequence[Marking]) -> int:
    """How many of its notes stand beside a line, by the height they need; at least one."""
    room = _LINE_PX * math.ceil(len(line.text) / _LINE_CHARACTERS) + _SLACK_PX
    heights = [
        _NOTE_PX + _NOTE_LINE_PX * math.ceil(len(m.caveat.text) / _NOTE_CHARACTERS) for m in noted
    ]
    fitting = sum(1 for height in itertools.accumulate(heights) if height <= room)
    return max(fitting, 1)


def _note(marking: Marking, line: MarkedLine, numbers: Mapping[str, int]) -> str:
    number = numbers[marking.caveat.id]
    reference = f'<span class="ref">{number}</span>'
    place = _note_place(line, number)
    return f'<div class="numbered" id="{place}">{reference}{caveat_html(marking.caveat)}</div>'


def _note_place(line: MarkedLine, number: int) -> str:
    return f"note-{line.start}-{number}"


def _marked(
    line: MarkedLine, markings: Sequence[Marking], quoted: Span | None, numbers: Mapping[str, int]
) -> str:
    """The line cut wherever a note or the quote begins or ends, each piece in its element."""
    claims = [(m.start, m.end) for m in markings]
    spans = [*claims, quoted] if quoted else claims
    cuts = {max(line.start, min(line.end, edge)) for span in spans for edge in span}
    pieces = []
    for start, end in itertools.pairwise(sorted(cuts | {line.start, line.end})):
        words = escape(line.text[start - line.start : end - line.start])
        if any(a <= start and end <= b for a, b in claims):
            words = f"<u>{words}</u>"
        if quoted and quoted[0] <= start and end <= quoted[1]:
            place = ' id="quote"' if start == max(quoted[0], line.start) else ""
            words = f"<mark{place}>{words}</mark>"
        ending = {numbers[m.caveat.id] for m in markings if min(m.end, line.end) == end}
        pieces.append(words + _references(line, sorted(ending)))
    return "".join(pieces)


def _references(line: MarkedLine, numbers: Sequence[int]) -> str:
    return "".join(
        f'<sup class="ref"><a href="#{_note_place(line, number)}">'
        f'<span class="unseen"{_spoken()}>{_("Note")} </span>{number}</a></sup>'
        for number in numbers
    )


def _spoken() -> str:
    """Marks words of the page's own inside the text of an article."""
    return f' lang="{language()}"' if as_written() else ""


def _origin(document: Document) -> str:
    if not _WEB.match(document.url):
        return ""
    url = escape(document.url)
    link = f'<a href="{url}" rel="noopener noreferrer nofollow">{url}</a>'
    return f'<p class="origin">{_("From {link}", link=link)}</p>'
