"""HTML of answers. Every text is escaped; links go only to http, https and telephone numbers."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import urlsplit

from askdoc.i18n import ENGLISH, _, language
from askdoc.records import Answer, Caveat, Citation, Hit, Passage, Source, Span
from askdoc.rendering.arrangement import (
    LABELS,
    RELATED,
    QuoteBox,
    arrange,
    article_address,
    place_of,
    steps_of,
)

_WEB = re.compile(r"https?://[^\s\"'<>]+$", re.I)
_CALL = re.compile(r'Call (?:or text )?<a href="(tel:\d+)">(\d+)</a>', re.ASCII)
_SHOWN_QUOTES = 3
_ACTIONABLE = re.compile(
    r"(?P<phone>\b(?:\+?1-)?\d{3}-\d{3}-\d{4}\b|(?<![\w.,/$%-])(?<!\d )(?:911|988|112|999|000|111)"
    r"(?![\w%/]|[.,]\d))"
    r"|(?P<site>(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:com|org|gov|net|int|eu)\b(?:/[\w/-]*)?)"
)


def to_html(answer: Answer, key: str = "answer", *, named: bool = False) -> str:
    """One answer, without its question.

    Args:
        answer: What to show.
        key: Prefix of the ids of its sources, unique in the page: `KEY-s1` for quote 1.
        named: Whether each quote names its article, even where all are from one.
    """
    parts = arrange(answer, named=named)
    pieces = [
        *(caveat_html(block) for block in parts.blocks),
        *(caveat_html(note) for note in parts.notes),
        f'<p class="opening">{_lines(parts.opening)}</p>' if parts.opening else "",
        _quotes(parts.quotes, key),
        _related(parts.related),
        _standing(parts.standing),
    ]
    return f'<div class="answer {answer.status}">{"".join(pieces)}</div>'


def quote_html(box: QuoteBox, key: str) -> str:
    """A quote and its notes in one box; its number leads to the source `KEY-sNUMBER`."""
    citation = box.citation
    target = f"{_words(key)}-s{citation.number}"
    place = _("from {place}", place=box.place) if box.place else _("in the article")
    shows = f'<span class="unseen">{_("Show where it stands: quote")} </span>'
    link = f'<a class="cite" href="#{target}">{shows}{citation.number}</a>'
    copy = f'{_("Copy")}<span class="unseen"> {_("this quote")}</span>'
    return (
        '<li class="quote"><figure><blockquote>'
        f'<span class="words"{as_written()}>“{_lines(citation.quote)}”</span> {link}</blockquote>'
        f'<figcaption><a class="sentence" data-place="{_words(place_of(citation))}" '
        f'href="{_sentence(citation)}" target="_blank" rel="noopener noreferrer">'
        f"{_words(place)}</a> {_published(citation)}"
        f'<button type="button" class="copy">{copy}</button>'
        f"</figcaption></figure>{_caveats(box.notes)}</li>"
    )


def _sentence(citation: Citation) -> str:
    """Where a quote stands in the annotated article."""
    address = article_address(citation.document_id, citation.start, citation.end)
    return escape(f"../{address}")


def _published(citation: Citation) -> str:
    """A link to the sentence on the publisher's own page, where that is known."""
    if not _WEB.match(citation.url):
        return ""
    site = urlsplit(citation.url).netloc.removeprefix("www.")
    link = _outward(citation.url, _("on {site}", site=_words(site)))
    return f'<span class="published">{link}</span> '


def caveat_html(caveat: Caveat) -> str:
    """A caveat: its severity in words, its text with numbers to call, its sources."""
    role = ' role="alert"' if caveat.severity == "emergency" else ' role="note"'
    return (
        f'<div class="caveat {caveat.severity}"{role}>'
        f"{_said(caveat)}{_sources(caveat.sources)}</div>"
    )


def _said(caveat: Caveat) -> str:
    """The words under their severity: a paragraph, or steps as a list, the call a button."""
    label = f'<strong class="severity">{_(LABELS[caveat.severity])}</strong> '
    steps = steps_of(caveat)
    if len(steps) == 1:
        return f"<p>{label}{_reviewed(actionable(caveat.text))}</p>"
    items = "".join(f"<li>{_buttoned(actionable(step))}</li>" for step in steps)
    return f'<p>{label}</p><ol class="steps"{as_written()}>{items}</ol>'


def as_written() -> str:
    """Marks what is not in the language of the page: articles and reviewed texts are in English."""
    return "" if language() == ENGLISH else f' lang="{ENGLISH}"'


def _reviewed(html: str) -> str:
    return f"<span{as_written()}>{html}</span>" if as_written() else html


def _buttoned(html: str) -> str:
    """A step that begins with whom to call, with that call as a button."""
    begins = _CALL.match(html)
    if not begins:
        return html
    words = f"{begins[0].partition('<')[0]}{begins[2]}"
    return f'<a class="call" href="{begins[1]}">{words}</a>{html[begins.end() :]}'


def source_html(
    citation: Citation, passage: Passage | None, notes: Iterable[Caveat], key: str, title: str
) -> str:
    """Where a quote stands: its passage with the quoted sentences marked.

    Args:
        citation: The quote.
        passage: What it stands in; without one the quote stands alone.
        notes: What must be said beside the passage.
        key: As in `to_html`.
        title: What the document is called.
    """
    start, text = (passage.start, passage.text) if passage else (citation.start, citation.quote)
    heading = (
        f'<p class="heading"{as_written()}>{_words(citation.heading)}</p>'
        if citation.heading
        else ""
    )
    marked = highlight(text, [(citation.start, citation.end)], start)
    return (
        f'<section class="source" id="{_words(key)}-s{citation.number}" tabindex="-1">'
        f"<h3>{_('Quote {number}', number=citation.number)}</h3>"
        f'<p class="document"><a href="{_sentence(citation)}" target="_blank" '
        f'rel="noopener noreferrer"{as_written()}>{_words(title)}</a> {_published(citation)}</p>'
        f'{heading}<div class="passage"{as_written()}>{marked}</div>'
        f"{_caveats(notes)}</section>"
    )


def highlight(text: str, spans: Iterable[Span], offset: int = 0) -> str:
    """A text, escaped, with some stretches marked.

    Args:
        text: What to show.
        spans: What to mark, in the document's characters; may overlap or reach outside.
        offset: Where in the document the text begins.

    Example: highlight("a <b> c", [(2, 5)]) -> "a <mark>&lt;b&gt;</mark> c"
    """
    pieces, at = [], 0
    for start, end in _merged(spans, offset, len(text)):
        pieces += [_lines(text[at:start]), f"<mark>{_lines(text[start:end])}</mark>"]
        at = end
    return "".join([*pieces, _lines(text[at:])])


def actionable(text: str) -> str:
    """Reviewed text, escaped, its telephone numbers and sites as links.

    Example: actionable("Call 911") -> 'Call <a href="tel:911">911</a>'
    """
    pieces, at = [], 0
    for match in _ACTIONABLE.finditer(text):
        pieces += [_lines(text[at : match.start()]), _link(match)]
        at = match.end()
    return "".join([*pieces, _lines(text[at:])])


def _link(match: re.Match[str]) -> str:
    words = _words(match.group())
    if match["phone"]:
        return f'<a href="tel:{re.sub("[^0-9+]", "", match["phone"])}">{words}</a>'
    return _outward(f"https://{match['site']}", words)


def _outward(url: str, words: str) -> str:
    return f'<a href="{_words(url)}" target="_blank" rel="noopener noreferrer nofollow">{words}</a>'


def _lines(text: str) -> str:
    """Escaped text on one line: line breaks become references, as `pre-line` shows them."""
    return escape(re.sub(r"\r\n?|[\v\f\x85\u2028\u2029]", "\n", text)).replace("\n", "&#10;")


def _words(text: str) -> str:
    """Escaped text with every white space folded: for names, and inside attributes."""
    return escape(re.sub(r"\s+", " ", text)).strip()


def _merged(spans: Iterable[Span], offset: int, length: int) -> list[Span]:
    inside = sorted((max(0, start - offset), min(length, end - offset)) for start, end in spans)
    merged: list[Span] = []
    for start, end in inside:
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _quotes(boxes: Sequence[QuoteBox], key: str) -> str:
    """The quotes; those after the first few are folded, each with its notes."""
    items = [quote_html(box, key) for box in boxes]
    if not items:
        return ""
    shown = f'<ol class="quotes">{"".join(items[:_SHOWN_QUOTES])}</ol>'
    folded = items[_SHOWN_QUOTES:]
    if not folded:
        return shown
    words = _("Further quotes: {count}", count=len(folded))
    return (
        f'{shown}<details class="more"><summary>{words}</summary>'
        f'<ol class="quotes">{"".join(folded)}</ol></details>'
    )


def _caveats(caveats: Iterable[Caveat]) -> str:
    return "".join(caveat_html(caveat) for caveat in caveats)


def _sources(sources: tuple[Source, ...]) -> str:
    if not sources:
        return ""
    items = "".join(f"<li>{_source(source)}</li>" for source in sources)
    words = _("Source") if len(sources) == 1 else _("Sources: {count}", count=len(sources))
    listed = f"<ul{as_written()}>{items}</ul>"
    return f'<details class="sources"><summary>{words}</summary>{listed}</details>'


def _source(source: Source) -> str:
    name = _words(source.name)
    named = _outward(source.url, name) if _WEB.match(source.url) else name
    return f"{named} ({_words(source.date)})" if source.date else named


def _related(hits: tuple[Hit, ...]) -> str:
    if not hits:
        return ""
    items = "".join(f"<li>{_folded(hit)}</li>" for hit in hits)
    return f'<div class="related"><p>{_(RELATED)}</p><ul>{items}</ul></div>'


def _folded(hit: Hit) -> str:
    return (
        f"<details><summary{as_written()}>{_words(hit.passage.heading) or _('Passage')}</summary>"
        f'<div class="passage"{as_written()}>{_lines(hit.passage.text)}</div>'
        f"{_caveats(hit.caveats)}</details>"
    )


def _standing(caveats: tuple[Caveat, ...]) -> str:
    if not caveats:
        return ""
    return (
        f'<details class="standing"><summary>{_("About these answers")}</summary>'
        f"{_caveats(caveats)}</details>"
    )
