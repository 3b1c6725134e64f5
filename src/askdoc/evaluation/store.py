"""Where the indexes of evaluated collections are kept, so that a second run encodes nothing.

This module owns the places, a folder or a Milvus store, and what has to be written anew.
"""

import hashlib
import os
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from operator import eq
from pathlib import Path

from platformdirs import user_cache_path

from askdoc.embedding import Embedder
from askdoc.index import PassageIndex, build_index, previous_index
from askdoc.passages import PassageSize
from askdoc.records import Document


def cache_folder(path: Path) -> Path:
    """The folder, in the user's cache, for the index of a collection."""
    name = re.sub(r"[^\w.-]+", "_", path.resolve().name)
    root = os.environ.get("ASKDOC_CACHE") or user_cache_path("askdoc")
    return Path(root) / "evaluation" / f"{name}-{_digest(path)}"


@dataclass(frozen=True, slots=True)
class InFolder:
    """A folder as the place of an index. It is written when something was new."""

    folder: Path

    def index(
        self,
        documents: Sequence[Document],
        *,
        embedder: Embedder,
        size: PassageSize | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> PassageIndex:
        """An index of exactly these documents; texts held already are not encoded again.

        Args:
            documents: What to index.
            embedder: The model.
            size: How passages are packed; by default as in the chat.
            on_progress: Called with (texts encoded, texts to encode).
        """
        previous = previous_index(self.folder)
        index = build_index(
            documents, embedder=embedder, previous=previous, size=size, on_progress=on_progress
        )
        if previous is None or _differ(index, previous):
            index.save(self.folder)
        return index


@dataclass(frozen=True, slots=True)
class InStore:
    """A Milvus store as the place of an index, which lies apart from what is served there.

    Attributes:
        store: The store's address.
        collection: What is evaluated: its index has a name of its own in the store.
    """

    store: str
    collection: str

    @property
    def address(self) -> str:
        """Where in the store the index lies."""
        return f"{self.store.partition('#')[0]}#evaluation_{_digest(Path(self.collection))}"

    def index(
        self,
        documents: Sequence[Document],
        *,
        embedder: Embedder,
        size: PassageSize | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> PassageIndex:
        """As `InFolder.index`; `on_progress` is called with (documents done, 0).

        Raises:
            StoreError: The store is away, or the address makes no sense.
        """
        from askdoc.milvus import ingest_documents, open_store

        ingest_documents(
            lambda: documents,
            self.address,
            embedder=embedder,
            size=size,
            grace=0,
            on_progress=on_progress,
        )
        return PassageIndex(open_store(self.address).store, embedder)


def _digest(path: Path) -> str:
    """Tells collections of one name apart by where they lie."""
    whole = str(path.resolve()).encode("utf-8", "surrogateescape")
    return hashlib.sha256(whole).hexdigest()[:12]


def _differ(one: PassageIndex, other: PassageIndex) -> bool:
    return (
        one.manifest.fingerprint != other.manifest.fingerprint
        or not _equal(one.documents.values(), other.documents.values())
        or not _equal(one.passages, other.passages)
    )


def _equal(some: Collection[object], others: Collection[object]) -> bool:
    """Whether both hold the same in the same order, without holding all of it at once."""
    return len(some) == len(others) and all(map(eq, some, others))
