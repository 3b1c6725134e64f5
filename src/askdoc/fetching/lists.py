"""What sites publish for programs: robots.txt (RFC 9309), sitemaps, RSS and Atom feeds.

This module owns what a site lets askdoc fetch, and its lists of pages. lxml reads these, with
entities, networks and document types shut off.
"""

import re
import zlib
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin

from lxml import etree
from protego import Protego

from askdoc.fetching.bodies import TooLargeError, unpacked

AGENT = "askdoc"
MOST_RULES_BYTES = 512_000
_LONGEST_DELAY_S = 30.0
_MAX_BYTES = 50_000_000  # as sitemaps.org limits them
_GZIP = b"\x1f\x8b"
_KINDS: dict[str, Literal["sitemap", "index", "feed"]] = {
    "urlset": "sitemap",
    "sitemapindex": "index",
    "rss": "feed",
    "RDF": "feed",
    "feed": "feed",
}
_ITEMS = {"url", "sitemap", "item", "entry"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in a list; what the list does not tell is ""."""

    url: str
    title: str = ""
    changed: str = ""
    """When the page changed last, as a sitemap tells it."""


@dataclass(frozen=True, slots=True)
class PageList:
    """A list of pages, or, of kind "index", of sitemaps."""

    kind: Literal["sitemap", "index", "feed"]
    entries: tuple[Entry, ...]


def read_list(data: bytes, base: str) -> PageList | None:
    """The pages in a sitemap or feed; None if the data are neither.

    Args:
        data: The file, perhaps packed by gzip. A text file of addresses is a sitemap, too.
        base: Where it was fetched from.
    """
    try:
        text = unpacked(data, _MAX_BYTES) if data.startswith(_GZIP) else data
    except (TooLargeError, zlib.error):
        return None
    return (
        _from_xml(text, base)
        if text.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")
        else (_from_lines(text))
    )


def _from_xml(data: bytes, base: str) -> PageList | None:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False
    )
    try:
        root = etree.fromstring(data.lstrip(b" \r\n\t"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    kind = _KINDS.get(_name(root)) if root is not None else None
    if kind is None:
        return None
    found = (_entry(item, base) for item in root.iter() if _name(item) in _ITEMS)
    unique = {entry.url: entry for entry in found if entry.url}
    return PageList(kind, tuple(unique.values()))


def _entry(item: etree._Element, base: str) -> Entry:
    title = next((_text(child) for child in item if _name(child) == "title"), "")
    address = _address(item)
    changed = next((_text(child) for child in item if _name(child) == "lastmod"), "")
    return Entry(urljoin(base, address) if address else "", title, changed)


def _address(item: etree._Element) -> str:
    """The address of a page in an item of a sitemap, RSS or Atom."""
    permalink = ""
    for child in item:
        name = _name(child)
        if name == "loc" or (name == "link" and _text(child)):
            return _text(child)
        if name == "link" and child.get("href") and child.get("rel", "alternate") == "alternate":
            return str(child.get("href")).strip()
        if name == "guid" and child.get("isPermaLink", "true") == "true":
            permalink = _text(child)
    return permalink if re.match(r"https?://", permalink) else ""


def _from_lines(data: bytes) -> PageList | None:
    lines = [line.strip() for line in data.decode("utf-8-sig", "replace").splitlines()]
    lines = [line for line in lines if line]
    if not lines or not all(re.match(r"https?://\S+$", line) for line in lines):
        return None
    return PageList("sitemap", tuple(Entry(line) for line in dict.fromkeys(lines)))


def _name(element: etree._Element) -> str:
    """The name of an element without its namespace; "" for comments and the like."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """What one site says to askdoc. `parsed` is None where it says nothing."""

    parsed: Protego | None = None
    closed: bool = False

    def allow(self, url: str) -> bool:
        """Whether an address may be fetched."""
        if self.closed:
            return False
        return self.parsed is None or bool(self.parsed.can_fetch(url, AGENT))

    @property
    def delay_s(self) -> float:
        """The seconds that the site wants between two requests."""
        wanted = self.parsed.crawl_delay(AGENT) if self.parsed else None
        return min(float(wanted or 0), _LONGEST_DELAY_S)


def rules_from(status: int, body: bytes) -> RobotsRules:
    """The rules in a response: a site without the file allows all, one that fails allows nothing.

    Example: rules_from(404, b"").allow("https://example.org/") -> True
    """
    if status >= 500 or status == 429:
        return RobotsRules(closed=True)
    if status >= 400:
        return RobotsRules()
    return RobotsRules(Protego.parse(body[:MOST_RULES_BYTES].decode("utf-8", "replace")))
