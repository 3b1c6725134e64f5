"""A store of its own: FAISS and BM25, read from a folder or made in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from askdoc.index.fusion import Candidates
from askdoc.index.library import Library
from askdoc.index.manifest import Manifest
from askdoc.index.pieces import SentencePieces
from askdoc.index.store import first_of_each_catalogue
from askdoc.index.vectors import Phrases, Vectors
from askdoc.lexical import LexicalIndex
from askdoc.records import Document, Passage

_ARTICLES_KEPT = 8
"""Of how many articles the passages are at hand: one answer looks at them several times."""
_FEW = 100
"""So many passages are gathered once for all questions, where all of them are candidates."""


class LocalStore:
    """A `Store` that this machine holds whole."""

    def __init__(
        self,
        manifest: Manifest,
        library: Library,
        vectors: Vectors,
        lexical: LexicalIndex,
        phrases: Phrases | None = None,
        pieces: SentencePieces | None = None,
    ) -> None:
        """Holds parts made elsewhere."""
        self.manifest = manifest
        self.library = library
        self.vectors = vectors
        self.lexical = lexical
        self.phrases = phrases or Phrases((), np.zeros((0, 0), dtype=np.float32))
        self.pieces = pieces
        self._kept = lru_cache(maxsize=_ARTICLES_KEPT)(self._passages_of)

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by id, in the order they were given."""
        return self.library.documents

    @property
    def passages(self) -> Sequence[Passage]:
        """The passages, those of one document in a row."""
        return self.library.passages

    @property
    def has_pieces(self) -> bool:
        """Whether word pieces are kept."""
        return self.pieces is not None

    def propose(
        self, query: str, vectors: NDArray[np.float32], n: int, document: str | None
    ) -> Candidates:
        """As `Store.propose`; of a single document, every passage is a candidate."""
        lexical = self.lexical.scores(query)
        found = self._found(vectors[:, 0], lexical, n, document)
        return Candidates.of(
            found.passages,
            found.vectors @ vectors[:, 0],
            lexical[found.rows],
            found.sentence_vectors @ vectors,
        )

    def nearest_pieces(
        self, passages: Sequence[Passage], question: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """As `Store.nearest_pieces`."""
        assert self.pieces is not None
        rows = np.array([self._row_of[passage.id] for passage in passages], dtype=np.int64)
        return self.pieces.nearest(self.vectors.sentences_of(rows), question)

    def passages_of(self, document_id: str) -> Sequence[Passage]:
        """As `Store.passages_of`."""
        return self._kept(document_id)

    def catalogued(self) -> Sequence[Document]:
        """As `Store.catalogued`."""
        return first_of_each_catalogue(self.documents.values())

    def latest(self) -> "LocalStore":
        """Itself: a build in memory stays what it is."""
        return self

    def reachable(self) -> bool:
        """Always: there is nobody to reach."""
        return True

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {passage.id: row for row, passage in enumerate(self.passages)}

    def _passages_of(self, document_id: str) -> tuple[Passage, ...]:
        return tuple(self.passages[row] for row in self.library.rows_of(document_id))

    def _found(
        self,
        vector: NDArray[np.float32],
        lexical: NDArray[np.float32],
        n: int,
        document: str | None,
    ) -> "_Gathered":
        if document is not None:
            return self._gathered(np.array(self.library.rows_of(document), dtype=np.int64))
        if len(self.passages) > n:
            return self._gathered(self._proposed(vector, lexical, n))
        return self._all if len(self.passages) <= _FEW else self._everything()

    @cached_property
    def _all(self) -> "_Gathered":
        return self._everything()

    def _everything(self) -> "_Gathered":
        return self._gathered(np.arange(len(self.passages)))

    def _gathered(self, rows: NDArray[np.int64]) -> "_Gathered":
        passages = self.passages
        return _Gathered(
            rows,
            tuple(passages[row] for row in rows.tolist()),
            self.vectors.of_passages(rows),
            self.vectors.of_sentences(self.vectors.sentences_of(rows)),
        )

    def _proposed(
        self, vector: NDArray[np.float32], lexical: NDArray[np.float32], n: int
    ) -> NDArray[np.int64]:
        dense = self.vectors.nearest(vector, n)
        worded = np.flatnonzero(lexical)
        if len(worded) > n:
            worded = worded[np.argpartition(-lexical[worded], n)[:n]]
        return np.union1d(dense, worded)


@dataclass(frozen=True, slots=True, eq=False)
class _Gathered:
    """Some rows: their passages, and the vectors of these and of all their sentences."""

    rows: NDArray[np.int64]
    passages: tuple[Passage, ...]
    vectors: NDArray[np.float32]
    sentence_vectors: NDArray[np.float32]
