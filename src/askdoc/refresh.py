"""Keeps an index folder true to its files: reads, builds what changed, saves.

This room owns the question whether an index has to be built again. Reading, building and saving
are other rooms'.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from askdoc.caveats import phrases_of
from askdoc.documents import read_documents
from askdoc.embedding import prepare_embedder
from askdoc.errors import (
    DocumentError,
    IndexDamagedError,
    IndexFolderError,
    IndexMismatchError,
    IndexMissingError,
    IndexStaleError,
)
from askdoc.index import PassageIndex, build_index, refuse_foreign
from askdoc.records import Document

OnError = Callable[[DocumentError], None]
OnProgress = Callable[[int, int], None]


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
        on_error: Told of each file that cannot be read; the others still go in. Without it, the
            first such file raises.
        on_progress: Called with (texts encoded, texts to encode).

    Raises:
        AskdocError: Nothing could be read or built; the folder is then as it was.
    """
    roots = tuple(str(Path(path).resolve()) for path in paths)
    encoded = 0

    def progress(done: int, total: int) -> None:
        nonlocal encoded
        encoded = done
        if on_progress:
            on_progress(done, total)

    refuse_foreign(Path(folder))
    failures: list[DocumentError] = []
    documents = read_documents(roots, on_error=failures.append if on_error else None)
    if not documents:
        raise DocumentError(" ".join(str(failure) for failure in failures))
    for failure in failures:
        if on_error:
            on_error(failure)
    _refuse_among_articles(Path(folder), roots, documents)
    embedder, remark = prepare_embedder(model)
    previous = _previous(Path(folder))
    if exact is None:
        exact = previous is not None and previous.manifest.exact
    index = build_index(
        documents,
        embedder=embedder,
        previous=previous,
        phrases=phrases_of(documents, embedder.fingerprint),
        exact=exact,
        on_progress=progress,
    )
    index.store.manifest = replace(index.manifest, roots=roots)
    index.save(folder)
    return Refreshed(index, encoded, remark)


def open_index(
    folder: str | Path,
    *,
    paths: Iterable[str | Path] = (),
    model: str | None = None,
    on_refresh: Callable[[str], None] | None = None,
    on_progress: OnProgress | None = None,
) -> PassageIndex:
    """Loads an index; one whose files have changed is brought up to date first.

    Args:
        folder: Where the index lives.
        paths: What to build it from if there is none.
        model: Name or folder of the embedding model.
        on_refresh: Told why the index is being built.
        on_progress: Called with (texts encoded, texts to encode).

    Raises:
        AskdocError: There is no index and nothing to build it from, or it cannot be used.
    """
    try:
        return PassageIndex.load(folder, model)
    except IndexStaleError as error:
        reason, roots = error.reason, error.roots
    except IndexMissingError:
        reason, roots = f"There is no index in {folder} yet.", tuple(map(str, paths))
        if not roots:
            raise
    if on_refresh:
        on_refresh(reason)
    return refresh(roots, folder, model=model, on_progress=on_progress).index


def _previous(folder: Path) -> PassageIndex | None:
    """The index to take vectors from, if it can be read."""
    try:
        return PassageIndex.load(folder, stale=True)
    except (IndexMissingError, IndexMismatchError, IndexDamagedError):
        return None


def _refuse_among_articles(
    folder: Path, roots: Sequence[str], documents: Iterable[Document]
) -> None:
    """An index of its own folder may lie below the articles; none may lie above them."""
    place = folder.resolve()
    read = (Path(document.path).resolve() for document in documents)
    if str(place) in roots or any(place in path.parents for path in read):
        raise IndexFolderError(
            f"{folder} holds the articles themselves. Give --index a folder of its own."
        )
