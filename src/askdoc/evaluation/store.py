"""Where the indexes of evaluated collections are kept, so that a second run encodes nothing.

This module owns the choice between loading, refreshing and building such an index.
"""

import hashlib
import os
import re
from collections.abc import Callable, Collection, Sequence
from operator import eq
from pathlib import Path

from platformdirs import user_cache_path

from askdoc.embedding import Embedder, load_embedder
from askdoc.errors import IndexDamagedError, IndexMismatchError, IndexMissingError
from askdoc.index import PassageIndex, build_index
from askdoc.passages import PassageSize
from askdoc.records import Document


def cache_folder(path: Path) -> Path:
    """The folder, in the user's cache, for the index of a collection."""
    whole = path.resolve()
    name = re.sub(r"[^\w.-]+", "_", whole.name)
    digest = hashlib.sha256(str(whole).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    root = os.environ.get("ASKDOC_CACHE") or user_cache_path("askdoc")
    return Path(root) / "evaluation" / f"{name}-{digest}"


def index_of(
    documents: Sequence[Document],
    folder: Path,
    *,
    embedder: Embedder | None = None,
    size: PassageSize | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> PassageIndex:
    """An index of exactly these documents; texts that the folder holds are not encoded again.

    Args:
        documents: What to index.
        folder: Where the index is kept. It is written when something was new.
        embedder: The model; the default one if none is given.
        size: How passages are packed; by default as in the chat.
        on_progress: Called with (texts encoded, texts to encode).
    """
    embedder = embedder or load_embedder()
    previous = _previous(folder)
    index = build_index(
        documents, embedder=embedder, previous=previous, size=size, on_progress=on_progress
    )
    if previous is None or _differ(index, previous):
        index.save(folder)
    return index


def index_in(
    documents: Sequence[Document],
    store: str,
    collection: str,
    *,
    embedder: Embedder,
    size: PassageSize | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> PassageIndex:
    """An index of exactly these documents in a Milvus store, apart from what is served there.

    Args:
        documents: What to index.
        store: The store's address.
        collection: What is evaluated: its index has a name of its own in the store.
        embedder: The model.
        size: How passages are packed; by default as in the chat.
        on_progress: Called with (documents done, 0).

    Raises:
        StoreError: The store is away, or the address makes no sense.
    """
    from askdoc.milvus import ingest_documents, open_store

    whole = str(Path(collection).resolve())
    name = f"evaluation_{hashlib.sha256(whole.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
    address = f"{store.partition('#')[0]}#{name}"
    ingest_documents(
        lambda: documents,
        address,
        embedder=embedder,
        size=size,
        grace=0,
        on_progress=on_progress,
    )
    index = open_store(address)
    return PassageIndex(index.store, embedder)


def _previous(folder: Path) -> PassageIndex | None:
    try:
        return PassageIndex.load(folder, stale=True)
    except (IndexMissingError, IndexMismatchError, IndexDamagedError):
        return None


def _differ(one: PassageIndex, other: PassageIndex) -> bool:
    return (
        one.manifest.fingerprint != other.manifest.fingerprint
        or not _equal(one.documents.values(), other.documents.values())
        or not _equal(one.passages, other.passages)
    )


def _equal(some: Collection[object], others: Collection[object]) -> bool:
    """Whether both hold the same in the same order, without holding all of it at once."""
    return len(some) == len(others) and all(map(eq, some, others))
