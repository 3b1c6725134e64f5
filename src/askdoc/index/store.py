"""Where an index's passages live: the interface to a store, and the store of one machine."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from askdoc.index.fusion import Candidates
from askdoc.index.late_interaction import SentenceTokens
from askdoc.index.library import Library
from askdoc.index.manifest import Manifest
from askdoc.index.vectors import Phrases, Vectors
from askdoc.lexical import LexicalIndex, Lexicon
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


class LocalStore:
    """A `Store` in this machine's memory or on its disk."""

    def __init__(
        self,
        manifest: Manifest,
        library: Library,
        vectors: Vectors,
        lexical: LexicalIndex,
        phrases: Phrases | None = None,
        tokens: SentenceTokens | None = None,
    ) -> None:
        """Holds the parts that `build_index` or `folder.read` made."""
        self.manifest = manifest
        self.library = library
        self.vectors = vectors
        self.lexical = lexical
        self.phrases = phrases or Phrases((), np.zeros((0, 0), dtype=np.float32))
        self.tokens = tokens

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by id, in the order they were given."""
        return self.library.documents

    @property
    def passages(self) -> Sequence[Passage]:
        """The passages, those of one document in a row."""
        return self.library.passages

    @property
    def has_tokens(self) -> bool:
        """Whether token embeddings are kept."""
        return self.tokens is not None

    def propose(
        self, stems: Sequence[str], vectors: NDArray[np.float32], n: int, document: str | None
    ) -> Candidates:
        """As `Store.propose`; of a single document, every passage is a candidate."""
        lexical = self.lexical.scores(stems)
        rows = self._candidates(vectors[:, 0], lexical, n, document)
        sentences = self.vectors.sentences_of(rows)
        return Candidates.of(
            [self.passages[row] for row in rows.tolist()],
            self.vectors.of_passages(rows) @ vectors[:, 0],
            lexical[rows],
            self.vectors.of_sentences(sentences) @ vectors,
        )

    def token_similarities(
        self, passages: Sequence[Passage], question: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """As `Store.token_similarities`."""
        assert self.tokens is not None
        rows = np.array([self.library.row_of(passage) for passage in passages], dtype=np.int64)
        return self.tokens.nearest(self.vectors.sentences_of(rows), question)

    def passages_of(self, document_id: str) -> Sequence[Passage]:
        """As `Store.passages_of`."""
        return tuple(self.passages[row] for row in self.library.rows_of(document_id))

    def catalogued(self) -> Sequence[Document]:
        """As `Store.catalogued`."""
        return first_of_each_catalogue(self.documents.values())

    def latest(self) -> "LocalStore":
        """This store: a local build never changes."""
        return self

    def reachable(self) -> bool:
        """Always true."""
        return True

    def _candidates(
        self,
        vector: NDArray[np.float32],
        lexical: NDArray[np.float32],
        n: int,
        document: str | None,
    ) -> NDArray[np.int64]:
        """The rows of a document's passages, of all if they are few, or of those proposed."""
        if document is not None:
            return np.array(self.library.rows_of(document), dtype=np.int64)
        if len(self.passages) <= n:
            return np.arange(len(self.passages))
        by_words = np.flatnonzero(lexical)
        if len(by_words) > n:
            by_words = by_words[np.argpartition(-lexical[by_words], n)[:n]]
        return np.union1d(self.vectors.nearest(vector, n), by_words)
