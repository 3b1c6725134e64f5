"""Fetches again what has changed, puts away what is gone, and keeps what a new version would break.

A new version takes the place of an older one only after it was read. One that is far shorter, or
quite another text, is held back until a person accepts it, and so is one of an article that was
edited by hand. An article that is gone is moved to a hidden folder, with all that lies beside it.
"""

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from askdoc.errors import AskdocError, ImportingError
from askdoc.fetching import Fetched, Fetcher, Validators
from askdoc.importing.changes import Change, changed, name_of, suspicion
from askdoc.importing.lists import Listed, add_entries, held_by, listed_by
from askdoc.importing.pages import ImportedPage, MakeFetcher, page_of
from askdoc.importing.sources import (
    Source,
    article_in,
    catalogue_in,
    load_source,
    locked,
    put_away,
    replace_article,
    sources_below,
)
from askdoc.records import OnProgress

_MANY = 3
"""So many articles may be gone at once, whatever their share."""


def renew(
    corpus: Path,
    names: Collection[str] = (),
    *,
    accept: bool = False,
    fetcher: MakeFetcher = Fetcher,
    on_progress: OnProgress = lambda done, total: None,
) -> tuple[Change, ...]:
    """Brings the articles of a corpus that were fetched up to date with their sources.

    Args:
        corpus: The folder of all articles.
        names: Folders below it, articles or lists; by default all.
        accept: Take what would be held back: a far shorter version, one of an article that was
            edited by hand, and that most articles are gone.
        fetcher: Makes what fetches.
        on_progress: Called with (sources looked at, sources).

    Returns:
        What became of each article.

    Raises:
        ImportingError: There is nothing to fetch again, or no such article.
    """
    folders = _wanted(corpus, names)

    async def renewing() -> tuple[Change, ...]:
        async with fetcher() as web:
            return await _Renewal(web, corpus, accept, on_progress).run(folders)

    with locked(corpus):
        return asyncio.run(renewing())


def _wanted(corpus: Path, names: Collection[str]) -> list[Path]:
    """The folders to look at: those named, or all; of a list, what it holds."""
    every = list(sources_below(corpus))
    if not names:
        if not every:
            raise ImportingError(
                f"{corpus}: holds no article that was fetched. To fetch one: askdoc add URL"
            )
        return every
    by_name = {name_of(folder, corpus): folder for folder in every}
    by_name |= {f.name: f for f in every if sum(other.name == f.name for other in every) == 1}
    for name in names:
        if name.rstrip("/") not in by_name:
            known = ", ".join(name_of(folder, corpus) for folder in every[:5]) or "none"
            raise ImportingError(f"{name}: no article of that name was fetched. There is: {known}.")
    named = {by_name[name.rstrip("/")] for name in names}
    return [folder for folder in every if folder in named or set(folder.parents) & named]


@dataclass
class _Renewal:
    """One run over some sources."""

    web: Fetcher
    corpus: Path
    accept: bool
    on_progress: OnProgress
    changes: list[Change] = field(default_factory=list)
    gone: list[Path] = field(default_factory=list)
    listed: dict[str, str] = field(default_factory=dict)
    """When the pages of sitemaps changed last, by their addresses."""

    async def run(self, folders: list[Path]) -> tuple[Change, ...]:
        for done, folder in enumerate(folders):
            self.on_progress(done, len(folders))
            if folder not in self.gone:
                await self._look_at(folder)
        self._put_away(len(folders))
        return tuple(self.changes)

    async def _look_at(self, folder: Path) -> None:
        name = name_of(folder, self.corpus)
        try:
            source = load_source(folder)
            if source is None:
                return
            if source.list:
                await self._renew_list(folder, source)
            elif self._is_listed_unchanged(folder, source):
                self.changes.append(Change(name, "unchanged"))
            elif (change := await renewed(self.web, folder, name, source, self.accept)) is None:
                self.gone.append(folder)
            else:
                self.changes.append(change)
                self._note_listed(folder, source, change)
        except AskdocError as error:
            self.changes.append(Change(name, "failed", str(error)))

    def _is_listed_unchanged(self, folder: Path, source: Source) -> bool:
        """Whether a sitemap tells that a page is as it was when it was fetched."""
        told = self.listed.get(source.fetched_from)
        return bool(told) and told == source.listed and (folder / source.file).is_file()

    def _note_listed(self, folder: Path, source: Source, change: Change) -> None:
        told, held = self.listed.get(source.fetched_from), load_source(folder)
        if told and held and change.what in {"changed", "unchanged"}:
            replace(held, listed=told).save(folder)

    async def _renew_list(self, folder: Path, source: Source) -> None:
        """Adds what is new in a list, and notes what a sitemap has no more."""
        listed: Listed = await listed_by(self.web, source)
        self.changes += await add_entries(
            self.web, listed, folder, self.corpus, lambda done, total: None
        )
        if source.list == "sitemap":
            self.listed |= {entry.url: entry.changed for entry in listed.entries}
        if source.list == "sitemap" and not listed.left_out:
            now = {entry.url for entry in listed.entries}
            self.gone += [place for address, place in held_by(folder) if address not in now]

    def _put_away(self, looked_at: int) -> None:
        """Moves away what is gone, unless that is so much that the site itself may be broken."""
        if len(self.gone) > max(_MANY, looked_at // 2) and not self.accept:
            self.changes.append(
                Change(
                    f"{len(self.gone)} articles",
                    "kept",
                    f"{len(self.gone)} of {looked_at} are gone at once, which may be a fault of "
                    "the site. They stay. If they are to go: askdoc refresh --accept",
                )
            )
            return
        self.changes += _moved(self.gone, self.corpus)


def _moved(folders: Iterable[Path], corpus: Path) -> Iterator[Change]:
    for folder in folders:
        name = name_of(folder, corpus)
        try:
            place = put_away(folder, corpus)
        except ImportingError as error:
            yield Change(name, "failed", str(error))
        else:
            yield Change(
                name, "gone", f"its page is gone; moved to {place}, from where it can be moved back"
            )


async def renewed(
    web: Fetcher, folder: Path, name: str, source: Source, accept: bool
) -> Change | None:
    """Fetches one article again; None if it is gone.

    Raises:
        AskdocError: It cannot be fetched or read; what is held stays as it was.
    """
    held = (folder / source.file).is_file()
    known = Validators(source.etag, source.last_modified) if held else None
    fetched = await web.fetch(source.fetched_from, known)
    if fetched.status == "gone":
        return None
    if fetched.status == "unchanged":
        return Change(name, "unchanged")
    return _taken(folder, name, source, fetched, accept)


def _taken(folder: Path, name: str, source: Source, fetched: Fetched, accept: bool) -> Change:
    """Puts a new version in the place of an older one, if there is nothing against it."""
    page = page_of(fetched, catalogue_in(folder))
    fresh = _kept_fields(page.source(source.fetched_from, fetched), source)
    before = article_in(folder, source.file)
    if before and (fresh.sha256 == source.sha256 or before.text == page.document.text):
        _note_validators(folder, source, fresh)
        return Change(name, "unchanged")
    doubt = _doubt(folder, source, page)
    if doubt and not accept:
        way_out = f"Look at {source.fetched_from}; to take it: askdoc refresh {name} --accept"
        return Change(name, "kept", f"the new version {doubt}, and is not taken. {way_out}")
    replace_article(folder, source.file, page.data, fresh)
    after = article_in(folder, fresh.file)
    if before is None or after is None:
        return Change(name, "changed", "could not be read before")
    return changed(name, before, after)


def _kept_fields(fresh: Source, source: Source) -> Source:
    """What a page does not state is kept as it was stated."""
    return replace(
        fresh,
        title=fresh.title or source.title,
        author=fresh.author or source.author,
        date=fresh.date or source.date,
    )


def _note_validators(folder: Path, source: Source, fresh: Source) -> None:
    noted = replace(source, etag=fresh.etag, last_modified=fresh.last_modified)
    if noted != source:
        noted.save(folder)


def _doubt(folder: Path, source: Source, page: ImportedPage) -> str:
    file = folder / source.file
    written = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
    if written and source.sha256 and written != source.sha256:
        return f"would overwrite {source.file}, which was edited by hand"
    before = article_in(folder, source.file)
    return suspicion(before, page.document) if before else ""
