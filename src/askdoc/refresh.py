"""Keeps an index folder true to its files: reads, builds what changed, saves.

This room owns which files an index depends on, how a change of them is noticed, and whether the
index has to be built again. Reading, building and saving are other rooms'.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from askdoc.caveats import (
    misplaced_claims,
    name_beside,
    parse_catalogue,
    parse_classifier,
    phrases_of,
)
from askdoc.documents import article_files, read_documents
from askdoc.embedding import prepare_embedder
from askdoc.errors import (
    ArticlesGoneError,
    AskdocError,
    CatalogueError,
    DocumentError,
    IndexFolderError,
    IndexMissingError,
    IndexStaleError,
    PartlyReadError,
)
from askdoc.index import (
    Manifest,
    PassageIndex,
    build_index,
    files_beside,
    manifest_file,
    previous_index,
    recorded_roots,
    recorded_sources,
    refuse_foreign,
    sources_of,
)
from askdoc.records import CATALOGUE_FILE, CLASSIFIER_FILE, Document, OnProgress

_MOST_ARTICLES = 1000
"""Of more articles, claims are looked for by `askdoc check` alone: it would take minutes."""
OnError = Callable[[AskdocError], None]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """An index that is true to its files.

    `encoded` counts the texts that were new; `remark` says why the model runs slower than it
    could, or is "".
    """

    index: PassageIndex
    encoded: int
    remark: str = ""


def refresh(
    paths: Iterable[str | Path],
    folder: str | Path,
    *,
    model: str | None = None,
    exact: bool | None = None,
    on_error: OnError | None = None,
    on_progress: OnProgress | None = None,
) -> Refreshed:
    """Reads files and brings the index in a folder up to date with them.

    Args:
        paths: Files and folders; what the index held besides them is left out of the new one.
        folder: Where the index lives. Vectors of texts it holds already are used again.
        model: Name or folder of the embedding model.
        exact: Whether vectors are searched exactly, however many there are; by default as in the
            index that is there.
        on_error: Told of each file that cannot be read, a catalogue among them; the others still
            go in. Of the articles concerned, what the index held stays as it was, catalogue and
            all; what it did not hold stays out. Without it, the first such file raises.
        on_progress: Called with (texts encoded, texts to encode).

    Raises:
        AskdocError: Nothing could be read or built; the folder is then as it was.
    """
    roots, place = _roots(paths), Path(folder)
    refuse_foreign(place)
    previous = previous_index(place)
    held = previous.documents.values() if previous else ()
    articles = _read(roots, held, on_error)
    _refuse_among_articles(place, articles)
    embedder, remark = prepare_embedder(model)
    counted = _Counted(on_progress)
    index = build_index(
        articles.documents,
        embedder=embedder,
        previous=previous,
        phrases=phrases_of(articles.documents, embedder.fingerprint),
        exact=bool(previous and previous.manifest.exact) if exact is None else exact,
        on_progress=counted,
    )
    index.store.manifest = articles.noted_in(index.manifest)
    index.save(folder)
    _tell_outdated(index, on_error)
    _tell_misplaced(index, on_error)
    return Refreshed(index, counted.encoded, remark)


def roots_with(paths: Iterable[str | Path], folder: str | Path) -> tuple[str, ...]:
    """What an index in a folder is built from, and some paths that may be new to it.

    Example: roots_with(["corpus"], "index") -> ("/home/me/corpus",)
    """
    held = recorded_roots(Path(folder))
    new = (r for r in _roots(paths) if not any(Path(r).is_relative_to(other) for other in held))
    return (*held, *new)


def open_index(
    folder: str | Path,
    *,
    paths: Iterable[str | Path] = (),
    model: str | None = None,
    on_refresh: Callable[[str], None] | None = None,
    on_error: OnError | None = None,
    on_progress: OnProgress | None = None,
) -> PassageIndex:
    """Loads an index; one whose files have changed is brought up to date first.

    Args:
        folder: Where the index lives.
        paths: What to build it from if there is none.
        model: Name or folder of the embedding model.
        on_refresh: Told why the index is being built.
        on_error: As for `refresh`; also told of each article that is held in an older version,
            and of each claim that is not found word for word.
        on_progress: Called with (texts encoded, texts to encode).

    Raises:
        AskdocError: There is no index and nothing to build it from, or it cannot be used.
    """
    try:
        index = PassageIndex.load(folder, model)
    except IndexStaleError as error:
        reason, roots = error.reason, error.roots
    except IndexMissingError:
        reason, roots = f"There is no index in {folder} yet.", tuple(map(str, paths))
        if not roots:
            raise
    else:
        _tell_outdated(index, on_error)
        _tell_misplaced(index, on_error)
        return index
    if on_refresh:
        on_refresh(reason)
    done = refresh(roots, folder, model=model, on_error=on_error, on_progress=on_progress)
    return done.index


def _roots(paths: Iterable[str | Path]) -> tuple[str, ...]:
    given = tuple(paths)
    if "" in given:
        raise DocumentError("A path is empty. Name an article or a folder of articles.")
    return tuple(str(Path(path).resolve()) for path in given)


@dataclass
class _Counted:
    """Passes progress on, and keeps how many texts were encoded."""

    on_progress: OnProgress | None
    encoded: int = 0

    def __call__(self, done: int, total: int) -> None:
        """As `OnProgress`."""
        self.encoded = done
        if self.on_progress:
            self.on_progress(done, total)


@dataclass(frozen=True, slots=True)
class _Articles:
    """What a build is made of.

    Attributes:
        roots: The files and folders it was looked for in.
        documents: Those that were read, and older versions of those that could not be.
        outdated: The files of these older versions.
        unread: Files that could not be read, with older versions and without.
    """

    roots: tuple[str, ...]
    documents: tuple[Document, ...]
    outdated: tuple[str, ...]
    unread: tuple[str, ...]

    def noted_in(self, manifest: Manifest) -> Manifest:
        """The manifest of their index, which also tells where they came from."""
        sources = manifest.sources | sources_of(self.unread)
        return replace(manifest, roots=self.roots, sources=sources, outdated=self.outdated)


def _read(
    roots: tuple[str, ...], held: Collection[Document], on_error: OnError | None
) -> _Articles:
    """Reads files. In place of one that cannot be read stands the document that was held of it.

    Raises:
        AskdocError: There is nothing, or, without `on_error`, something cannot be read.
    """
    failures: dict[str, AskdocError] = {}

    def note(error: AskdocError) -> None:
        if on_error is None and not isinstance(error, PartlyReadError):
            raise error
        failures.setdefault(str(error), error)

    good = {d.path: d for d in _sound(read_documents(roots, on_error=note), note)}
    files = article_files(roots) if failures else tuple(good)
    unread = tuple(file for file in files if file not in good)
    ids = {document.id for document in good.values()}
    older = [d for d in (held if unread else ()) if d.path in set(unread) and d.id not in ids]
    kept = {d.path: d for d in _sound(older, lambda error: None)}
    if not (good or kept):
        gone = held and not files
        raise (ArticlesGoneError if gone else DocumentError)(" ".join(failures))
    for failure in failures.values():
        if on_error:
            on_error(failure)
    found = good | kept
    order = dict.fromkeys((*files, *found))
    documents = tuple(found[file] for file in order if file in found)
    return _Articles(roots, documents, tuple(kept), unread)


def _sound(documents: Iterable[Document], on_error: OnError) -> Iterator[Document]:
    """Documents whose catalogue and classifier can be read; each that cannot is told once."""
    known: dict[tuple[str, str, str], bool] = {}
    for document in documents:
        beside = (str(Path(document.path).parent), document.catalogue, document.classifier)
        if beside not in known:
            known[beside] = _is_sound(document, on_error)
        if known[beside]:
            yield document


def _is_sound(document: Document, on_error: OnError) -> bool:
    try:
        parse_catalogue(document.catalogue, name_beside(document, CATALOGUE_FILE))
        if document.classifier:
            parse_classifier(document.classifier, name_beside(document, CLASSIFIER_FILE))
    except CatalogueError as error:
        on_error(error)
        return False
    return True


def _tell_outdated(index: PassageIndex, on_error: OnError | None) -> None:
    if on_error is None:
        return
    for file in index.manifest.outdated:
        on_error(
            DocumentError(
                f"{file}: answers come from its last good version. Correct what cannot be read, "
                "it or what lies beside it; askdoc index tells what that is."
            )
        )


def _tell_misplaced(index: PassageIndex, on_error: OnError | None) -> None:
    """Tells of each claim whose note is lost, or stands beside a sentence that is only like it."""
    if on_error is None or len(index.documents) > _MOST_ARTICLES:
        return
    for claims in misplaced_claims(index.documents.values()).values():
        for claim in claims:
            on_error(CatalogueError(str(claim)))


def _refuse_among_articles(folder: Path, articles: _Articles) -> None:
    """An index of its own folder may lie below the articles; none may lie above them."""
    place = folder.resolve()
    read = (Path(document.path).resolve() for document in articles.documents)
    if str(place) in articles.roots or any(place in path.parents for path in read):
        raise IndexFolderError(
            f"{folder} holds the articles themselves. Give --index a folder of its own."
        )


Stamp: TypeAlias = tuple[int, int, int] | None
"""Time of the last change in nanoseconds, size in bytes, inode; None where there is no file."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the files looked like at one moment; equal to another if nothing has changed."""

    stamps: dict[str, Stamp]


class IndexWatch:
    """Watches an index folder, its articles, and the catalogues and classifiers beside these."""

    def __init__(self, folder: str | Path, paths: Iterable[str | Path] = ()) -> None:
        """Watches `folder`; while it holds no index, the articles below `paths`."""
        self._folder = Path(folder)
        self._paths = tuple(paths)
        self._manifest: Stamp = None
        self._sources: tuple[str, ...] = ()

    def snapshot(self) -> Snapshot:
        """Looks at every file."""
        manifest = manifest_file(self._folder)
        stamp = _stamp(manifest)
        if stamp is None:
            self._sources = self._articles()
        elif stamp != self._manifest:
            self._sources = recorded_sources(self._folder) or self._articles()
        self._manifest = stamp
        return Snapshot({str(manifest): stamp, **{name: _stamp(name) for name in self._sources}})

    def _articles(self) -> tuple[str, ...]:
        if not self._paths:
            return ()
        try:
            return tuple(map(str, files_beside(article_files(self._paths))))
        except DocumentError:
            return ()


def _stamp(file: str | Path) -> Stamp:
    try:
        status = Path(file).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
