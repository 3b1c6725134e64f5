"""Who wrote an article and when, as pages and PDF files state it.

This module owns what is recorded of an article besides its text; nothing of it is quoted.
"""

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bs4 import BeautifulSoup, Tag

from askdoc.documents.decoding import decode
from askdoc.documents.extract import UnreadableError, one_line

_AUTHORS = (
    'meta[name="author" i]',
    'meta[name="citation_author" i]',
    'meta[name="dc.creator" i]',
    'meta[property="article:author"]',
)
_DATES = (
    'meta[property="article:published_time"]',
    'meta[name="citation_publication_date" i]',
    'meta[name="dc.date" i]',
    'meta[name="date" i]',
    'meta[itemprop="datePublished"]',
)
_LONGEST_HEAD = 500_000  # bytes in which a page says all this


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a file states of its making. Fields it does not state are ""; dates are ISO 8601."""

    author: str = ""
    date: str = ""


def provenance_of(data: bytes, suffix: str) -> Provenance:
    """The author and date that an HTML page or a PDF states.

    Example: provenance_of(b'<meta name="author" content="A. Vet">', ".html").author -> "A. Vet"
    """
    if suffix in {".html", ".htm"}:
        return _of_page(data)
    return _of_pdf(data) if suffix == ".pdf" else Provenance()


def _of_page(data: bytes) -> Provenance:
    try:
        soup = BeautifulSoup(decode(data, html=True)[:_LONGEST_HEAD], "lxml")
    except UnreadableError:
        return Provenance()
    linked = _linked_data(soup)
    author = _stated(soup, _AUTHORS) or _names(linked.get("author"))
    time = soup.select_one("article time[datetime], time[pubdate][datetime]")
    date = _stated(soup, _DATES) or str(linked.get("datePublished") or "")
    date = date or (str(time["datetime"]) if time else "")
    return Provenance("" if author.startswith("http") else one_line(author), _day(date))


def _stated(soup: BeautifulSoup, selectors: tuple[str, ...]) -> str:
    found = (soup.select_one(selector) for selector in selectors)
    return next(
        (str(tag.get("content")).strip() for tag in found if tag and tag.get("content")), ""
    )


def _linked_data(soup: BeautifulSoup) -> dict[str, Any]:
    """The first JSON-LD object that tells an author or a date."""
    for script in soup.find_all("script", type="application/ld+json"):
        for thing in _things(script):
            if "author" in thing or "datePublished" in thing:
                return thing
    return {}


def _things(script: Tag) -> Iterator[dict[str, Any]]:
    with contextlib.suppress(ValueError, RecursionError):
        told = json.loads(script.get_text())
        graph = told.get("@graph", [told]) if isinstance(told, dict) else told
        yield from (thing for thing in graph if isinstance(thing, dict))


def _names(author: Any) -> str:
    """The names in the author of a JSON-LD object: a text, an object with a name, or several."""
    several = author if isinstance(author, list) else [author]
    named = [one.get("name") if isinstance(one, dict) else one for one in several]
    return ", ".join(name for name in named if isinstance(name, str))


def _of_pdf(data: bytes) -> Provenance:
    import pypdfium2

    from askdoc.documents.pdf import metadata_of

    try:
        author, made = metadata_of(data, ("Author", "CreationDate"))
    except (UnreadableError, pypdfium2.PdfiumError):
        return Provenance()
    digits = re.match(r"(?:D:)?(\d{4})(\d\d)(\d\d)", made)
    return Provenance(one_line(author), _day("-".join(digits.groups())) if digits else "")


def _day(text: str) -> str:
    """The day in a date, or "" where there is none.

    Example: _day("2024-05-01T10:00:00Z") -> "2024-05-01"
    """
    found = re.match(r"(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2}))?", text.strip())
    if not found:
        return ""
    parts = [found[1], *(f"{int(part):02}" for part in found.groups()[1:] if part)]
    return "-".join(parts)
