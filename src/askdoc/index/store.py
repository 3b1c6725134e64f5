"""The interface between the search and the place where passages live."""

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
    """Where documents, passages and their vectors live; all of one build.

    Attributes:
        manifest: What made it.
        documents: The documents by id.
        passages: All passages, those of one document in a row.
        phrases: Texts whose vectors are kept.
        lexical: Which stems occur, and how often.
        has_tokens: Whether the token embeddings of sentences are kept.
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
    def has_tokens(self) -> bool:
        """Whether token embeddings are kept."""

    def propose(
        self, stems: Sequence[str], vectors: NDArray[np.float32], n: int, document: str | None
    ) -> Candidates:
        """Finds candidates for a query, with the evidence on each.

        Args:
            stems: The stems of what to look for.
            vectors: Of shape (d, 2): its vector to search by, and what of it the adapter added.
            n: How many candidates each signal proposes.
            document: Search the document of this id alone.
        """

    def token_similarities(
        self, passages: Sequence[Passage], question: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The greatest cosine of each of q question tokens in each sentence of some passages.

        Returns:
            An (s, q) array of cosines, not below 0, where `has_tokens` is true.
        """

    def passages_of(self, document_id: str) -> Sequence[Passage]:
        """The passages of a document, in its order; none if the id is unknown."""

    def catalogued(self) -> Sequence[Document]:
        """One document for each catalogue, and one without a catalogue."""

    def latest(self) -> "Store":
        """The build that is live now, which may be this one."""

    def reachable(self) -> bool:
        """Whether the store answers now."""


def first_of_each_catalogue(documents: Iterable[Document]) -> tuple[Document, ...]:
    """The first document with each catalogue, and the first without one."""
    found: dict[str, Document] = {}
    for document in documents:
        found.setdefault(document.catalogue, document)
    return tuple(found.values())
