"""The seam between the search and the place where passages live: what one asks of the other."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from askdoc.index.fusion import Candidates
from askdoc.index.manifest import Manifest
from askdoc.index.vectors import Phrases
from askdoc.lexical import Lexicon
from askdoc.records import Document, Passage


class Store(Protocol):
    """Where documents, passages and their vectors live. All of it stays true to one build.

    Attributes:
        manifest: What made it.
        documents: The documents by id.
        passages: All passages, those of one document in a row.
        phrases: Texts whose vectors are kept.
        lexical: Which stems occur, and how often.
        has_pieces: Whether the word pieces of sentences are kept.
    """

    manifest: Manifest

    @property
    def phrases(self) -> Phrases:
        """Texts whose vectors are kept."""

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by id."""

    @property
    def passages(self) -> Collection[Passage]:
        """All passages."""

    @property
    def lexical(self) -> Lexicon:
        """Which stems occur."""

    @property
    def has_pieces(self) -> bool:
        """Whether word pieces are kept."""

    def propose(
        self, query: str, vectors: NDArray[np.float32], n: int, document: str | None
    ) -> Candidates:
        """Passages that may fit a query, with the evidence on each.

        Args:
            query: What to look for.
            vectors: Of shape (d, 2): its vector to search by, and what of it the adapter added.
            n: How many passages each way of looking proposes.
            document: Look in the document of this id alone.
        """

    def nearest_pieces(
        self, passages: Sequence[Passage], question: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """How near each sentence of some passages comes to each of q pieces of a question.

        Returns:
            An (s, q) array of cosines, not below 0, where `has_pieces` is true.
        """

    def passages_of(self, document_id: str) -> Sequence[Passage]:
        """The passages of a document, in its order; none of one that is not held."""

    def catalogued(self) -> Sequence[Document]:
        """For each catalogue held, and for none, one document that it came with."""

    def latest(self) -> "Store":
        """The build that is live now, which may be this one."""

    def reachable(self) -> bool:
        """Whether it would answer now."""


def first_of_each_catalogue(documents: Iterable[Document]) -> tuple[Document, ...]:
    """For each catalogue, and for none, the first document that it came with."""
    found: dict[str, Document] = {}
    for document in documents:
        found.setdefault(document.catalogue, document)
    return tuple(found.values())
