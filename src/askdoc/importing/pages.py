"""A web page: fetched and added; its format, its document, and what is recorded of it."""

import asyncio
import codecs
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from askdoc.documents import Provenance, document_from_bytes, provenance_of, slug
from askdoc.errors import DocumentError, ImportingError
from askdoc.fetching import Fetched, Fetcher, check_address, read_list
from askdoc.importing.changes import Change, added, name_of
from askdoc.importing.sources import (
    Source,
    load_source,
    locked,
    place,
    sources_below,
    suffix_of_data,
)
from askdoc.records import Document

MakeFetcher = Callable[[], Fetcher]
FEWEST_WORDS = 20
"""Of a page with fewer, the text is drawn by scripts, or it is no article."""
_GENERIC = frozenset("index default home main article page view show amp".split())
_BY_TYPE = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "application/x-pdf": ".pdf",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
_TEXTS = frozenset({".html", ".md", ".txt"})
_BY_ENDING = {".md": ".md", ".markdown": ".md", ".txt": ".txt", ".pdf": ".pdf", ".docx": ".docx"}


@dataclass(frozen=True, slots=True)
class ImportedPage:
    """A page that can be read: its bytes, the ending of its format, its document."""

    data: bytes
    suffix: str
    document: Document
    provenance: Provenance

    def source(self, fetched_from: str, fetched: Fetched, title: str = "") -> Source:
        """What is recorded of it."""
        return Source(
            fetched_from,
            f"article{self.suffix}",
            url=self.document.url or fetched.url,
            title=self.document.title or title,
            author=self.provenance.author,
            date=self.provenance.date,
            etag=fetched.validators.etag,
            last_modified=fetched.validators.last_modified,
            sha256=hashlib.sha256(self.data).hexdigest(),
        )


def add_address(address: str, corpus: Path, name: str, fetcher: MakeFetcher | None) -> Change:
    """Fetches a web page and adds it to a corpus, as `add` says."""
    check_address(address)

    async def adding() -> Change:
        async with (fetcher or Fetcher)() as web:
            return await add_page(web, address, corpus, corpus, name)

    with locked(corpus):
        refuse_held(address, corpus)
        return asyncio.run(adding())


def refuse_held(address: str, corpus: Path) -> None:
    """Refuses the address of an article, or list, that was added before.

    Raises:
        ImportingError: It was.
    """
    for folder in sources_below(corpus):
        source = load_source(folder)
        if source and address in {source.fetched_from, source.url}:
            name = name_of(folder, corpus)
            raise ImportingError(
                f"{address}: is there already, as {name}. To fetch it again: askdoc refresh {name}"
            )


async def add_page(
    web: Fetcher, address: str, corpus: Path, parent: Path, name: str = "", title: str = ""
) -> Change:
    """Fetches one page and adds it below `parent`, a folder of the corpus.

    Raises:
        AskdocError: As in `add`.
    """
    fetched = await web.fetch(address)
    if fetched.status == "gone":
        raise ImportingError(f"{address}: there is no such page. Check the address.")
    page: ImportedPage = page_of(fetched)
    folder = parent / (name or name_from(fetched.url))
    place(folder, page.data, page.suffix, page.source(address, fetched, title))
    return added(name_of(folder, corpus), page.document)


def page_of(fetched: Fetched, catalogue: str = "") -> ImportedPage:
    """The article in what was fetched.

    Args:
        fetched: The page.
        catalogue: The text of its `caveats.toml`, if any.

    Raises:
        ImportingError: It is no article: a feed, a picture, a page of a few words.
        DocumentError: It cannot be read.
    """
    data, suffix = article_bytes(fetched)
    name = f"{name_from(fetched.url)}{suffix}"
    try:
        document = document_from_bytes(data, name, url=fetched.url, catalogue=catalogue)
    except DocumentError as error:
        raise ImportingError(f"{fetched.url}: {str(error).partition(': ')[2]}") from None
    words = len(document.text.split())
    if words < FEWEST_WORDS:
        raise ImportingError(
            f"{fetched.url}: holds {words} words. It may be drawn by a script, or want a login. "
            "Open it in a browser, save it, and run: askdoc add FILE"
        )
    return ImportedPage(data, suffix, document, provenance_of(data, suffix))


def article_bytes(fetched: Fetched) -> tuple[bytes, str]:
    """The file in what was fetched, text in UTF-8, and the ending of its format.

    Raises:
        ImportingError: It is a feed, a picture or something else that is no article.
    """
    suffix = _suffix(fetched)
    return (_as_utf8(fetched) if suffix in _TEXTS else fetched.body), suffix


def name_from(address: str) -> str:
    """A name for the article at an address: the last part of its path, or its host.

    Example: name_from("https://example.org/tea/Green_Tea.html") -> "green-tea"
    """
    parts = urlsplit(address)
    for part in reversed(unquote(parts.path).split("/")):
        stem = PurePosixPath(part).stem if "." in part else part
        if slug(stem) and slug(stem) not in _GENERIC:
            return slug(stem)[:80].rstrip("-")
    return slug(parts.hostname or "") or "article"


def _suffix(fetched: Fetched) -> str:
    told, ending = fetched.content_type, PurePosixPath(urlsplit(fetched.url).path).suffix.lower()
    if fetched.body.startswith(b"%PDF-"):
        return ".pdf"
    if told in _BY_TYPE:
        _refuse_list(fetched)
        return _BY_TYPE[told]
    if told in {"", "text/plain", "application/octet-stream", "binary/octet-stream"}:
        seen = suffix_of_data(fetched.body) or _BY_ENDING.get(ending, "")
        if seen or told == "text/plain":
            return seen or ".txt"
    _refuse_list(fetched)
    raise ImportingError(
        f"{fetched.url}: is {told or 'of no known type'}. askdoc reads web pages, PDF, Word, "
        "Markdown and text; save it as one of these and run: askdoc add FILE"
    )


def _refuse_list(fetched: Fetched) -> None:
    start = fetched.body[:2000].lower()
    if not any(
        mark in start for mark in (b"<rss", b"<feed", b"<urlset", b"<sitemapindex", b"<rdf")
    ):
        return
    found = read_list(fetched.body, fetched.url)
    if found is not None:
        flag = "--feed" if found.kind == "feed" else "--sitemap"
        raise ImportingError(
            f"{fetched.url}: is a list of {len(found.entries):,} pages. To add them: "
            f"askdoc add {flag} {fetched.url}"
        )


def _as_utf8(fetched: Fetched) -> bytes:
    """Text in UTF-8 where the server tells its encoding; else as it came."""
    try:
        fetched.body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return fetched.body
    try:
        name = codecs.lookup(fetched.charset).name
        return fetched.body.decode("cp1252" if name == "iso8859-1" else name).encode()
    except (LookupError, UnicodeError):
        return fetched.body
