"""Adds the articles that a sitemap or a feed lists, and finds out which have come and gone."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

from askdoc.documents import slug
from askdoc.errors import AskdocError, FetchError, ImportingError
from askdoc.fetching import Entry, Fetcher, PageList, check_address, read_list
from askdoc.importing.changes import Change, name_of
from askdoc.importing.pages import MakeFetcher, add_page, refuse_held
from askdoc.importing.sources import Source, check_name, load_source, locked, sources_below
from askdoc.records import OnProgress

MOST_PAGES = 200
_MOST_SITEMAPS = 50
_MOST_FAILURES_IN_A_ROW = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """The pages of a list that are wanted, and how many more it has that fit."""

    kind: str
    entries: tuple[Entry, ...]
    left_out: int


def add_list(
    address: str,
    corpus: Path,
    *,
    kind: str,
    name: str = "",
    only: str = "",
    most: int = MOST_PAGES,
    fetcher: MakeFetcher = Fetcher,
    on_progress: OnProgress = lambda done, total: None,
) -> tuple[Change, ...]:
    """Adds every article that a sitemap or a feed lists, below a folder of the list's own.

    Args:
        address: The list's web address.
        corpus: The folder of all articles.
        kind: "sitemap" or "feed".
        name: What the list's folder is called; by default as its host.
        only: A pattern such as "/guides/*" that the paths of wanted pages fit; "" for all.
        most: How many pages at most.
        fetcher: Makes what fetches.
        on_progress: Called with (pages looked at, pages).

    Raises:
        AskdocError: The list cannot be fetched or read, or is there already.
    """
    host = urlsplit(str(check_address(address))).hostname or ""
    folder = corpus / check_name(name or slug(host.removeprefix("www.")))
    source = Source(address, list=kind, only=only, most=most)

    async def adding() -> tuple[Change, ...]:
        async with fetcher() as web:
            listed = await listed_by(web, source)
            folder.mkdir(exist_ok=True)
            source.save(folder)
            return await add_entries(web, listed, folder, corpus, on_progress)

    with locked(corpus):
        refuse_held(address, corpus)
        if folder.exists():
            raise ImportingError(
                f"{folder}: is there already. Give the list another name: --name NAME"
            )
        return asyncio.run(adding())


async def listed_by(web: Fetcher, source: Source) -> Listed:
    """The pages that a list has now.

    Raises:
        AskdocError: It cannot be fetched, or is no list of that kind, or lists nothing that fits.
    """
    found = await _pages(web, source.fetched_from, source.list)
    entries = [entry for entry in found if _is_wanted(entry, source)]
    if not entries:
        fitting = f" that fits {source.only!r}" if source.only else ""
        raise ImportingError(
            f"{source.fetched_from}: lists no page{fitting} on its own site. Check the address"
            f"{' and --only' if source.only else ''}."
        )
    most = source.most or MOST_PAGES
    return Listed(source.list, tuple(entries[:most]), max(0, len(entries) - most))


async def _pages(web: Fetcher, address: str, kind: str) -> list[Entry]:
    """The pages of a list; those of the sitemaps in an index of them."""
    waiting, found, seen = [address], dict[str, Entry](), 0
    while waiting and seen < _MOST_SITEMAPS:
        place = waiting.pop(0)
        seen += 1
        read = await _read(web, place, kind)
        if read.kind == "index":
            host = urlsplit(address).hostname
            waiting += [e.url for e in read.entries if urlsplit(e.url).hostname == host]
        else:
            found |= {entry.url: entry for entry in read.entries}
    return list(found.values())


async def _read(web: Fetcher, address: str, kind: str) -> PageList:
    fetched = await web.fetch(address)
    read = read_list(fetched.body, fetched.url) if fetched.status == "ok" else None
    if read is None:
        raise ImportingError(
            f"{address}: is no {kind}. Sites name theirs in /robots.txt, or in the head of a page."
        )
    if (read.kind == "feed") != (kind == "feed"):
        other = "feed" if read.kind == "feed" else "sitemap"
        raise ImportingError(f"{address}: is a {other}. Run: askdoc add --{other} {address}")
    return read


def _is_wanted(entry: Entry, source: Source) -> bool:
    """Whether a page fits the pattern; of a sitemap, only pages of its own site count."""
    try:
        url = urlsplit(str(check_address(entry.url)))
    except FetchError:
        return False
    home = _site(urlsplit(source.fetched_from).hostname)
    at_home = source.list == "feed" or _site(url.hostname) == home
    return at_home and (not source.only or fnmatchcase(url.path, source.only))


def _site(host: str | None) -> str:
    return (host or "").removeprefix("www.")


async def add_entries(
    web: Fetcher, listed: Listed, folder: Path, corpus: Path, on_progress: OnProgress
) -> tuple[Change, ...]:
    """Adds the pages of a list that are not held yet."""
    held = {address for address, _ in held_by(folder)}
    new = [entry for entry in listed.entries if entry.url not in held]
    changes: list[Change] = []
    for done, entry in enumerate(new):
        on_progress(done, len(new))
        changes.append(await _added(web, entry, folder, corpus))
        if _fails_on(changes):
            stopped = (
                f"{name_of(folder, corpus)}: stopped, since {_MOST_FAILURES_IN_A_ROW} pages in a "
                "row could not be added. The rest comes with: askdoc refresh"
            )
            changes.append(Change(name_of(folder, corpus), "failed", stopped))
            break
    return tuple(changes)


def held_by(folder: Path) -> Iterable[tuple[str, Path]]:
    """The articles of a list: the address each is fetched from, and its folder."""
    for place in sources_below(folder):
        source = load_source(place)
        if place != folder and source and not source.list:
            yield source.fetched_from, place


async def _added(web: Fetcher, entry: Entry, folder: Path, corpus: Path) -> Change:
    name = _name(entry.url, folder)
    try:
        return await add_page(web, entry.url, corpus, folder, name, entry.title)
    except AskdocError as error:
        return Change(name_of(folder / name, corpus), "failed", str(error))


def _name(address: str, folder: Path) -> str:
    """A name for a page of a list: its whole path, with a number if that is taken."""
    stem = slug(urlsplit(address).path.rsplit(".", 1)[0])[:80].rstrip("-") or "home"
    names = [stem, *(f"{stem}-{number}" for number in range(2, 1000))]
    return next(name for name in names if not (folder / name).exists())


def _fails_on(changes: list[Change]) -> bool:
    last = changes[-_MOST_FAILURES_IN_A_ROW:]
    return len(last) == _MOST_FAILURES_IN_A_ROW and all(one.what == "failed" for one in last)
