"""The index in memory, and how it finds passages."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding import Embedder, load_embedder
from askdoc.errors import IndexMismatchError
from askdoc.index import folder as _folder
from askdoc.index.library import Library
from askdoc.index.manifest import Manifest
from askdoc.index.pieces import SentencePieces, question_pieces
from askdoc.index.vectors import Phrases, Vectors
from askdoc.lexical import LexicalIndex
from askdoc.records import Document, Hit, Passage, SentenceScore, Signals, Span


@dataclass(frozen=True, slots=True)
class Fusion:
    """Weights of the evidence that a passage fits a query, all of it added up.

    A passage scores `passage` times its cosine, plus `sentence` times its best sentence, plus
    `lexical` times its BM25. A sentence scores its cosine plus `pieces` times its MaxSim over word
    pieces: best is the one that is near in meaning *and* has something for each word. Nothing is
    scaled by the other candidates, so that a score does not depend on how many there are. Compare
    Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2022), on
    convex combinations against rank fusion. `docs/experiments.md` says how they were chosen.

    `candidates` is how many passages each side proposes; `compared` is how many of the best are
    compared by word pieces.
    """

    passage: float = 0.5
    sentence: float = 0.5
    lexical: float = 0.03
    pieces: float = 1.0
    candidates: int = 100
    compared: int = 30


FUSION = Fusion()


class PassageIndex:
    """Passages of some documents, ready to be searched. Build it with `build_index`."""

    def __init__(
        self,
        manifest: Manifest,
        library: Library,
        vectors: Vectors,
        lexical: LexicalIndex,
        embedder: Embedder | None = None,
        phrases: Phrases | None = None,
        pieces: SentencePieces | None = None,
    ) -> None:
        """Holds parts made elsewhere; without an embedder, the manifest's is loaded when needed."""
        self.phrases = phrases or Phrases((), np.zeros((0, 0), dtype=np.float32))
        self.manifest = manifest
        self.library = library
        self.vectors = vectors
        self.lexical = lexical
        self.pieces = pieces
        self._embedder = embedder
        self._model = manifest.model

    @classmethod
    def load(
        cls, folder: str | Path, model: str | None = None, *, stale: bool = False
    ) -> "PassageIndex":
        """Loads an index from the folder it was saved in.

        Args:
            folder: Where `save` put it.
            model: Where the index's embedding model is, when not where it was at build time.
            stale: Take the index even if its files have changed since it was built.

        Raises:
            IndexMissingError: The folder holds no index.
            IndexDamagedError: Files are missing, altered or not askdoc's.
            IndexMismatchError: The index is of another format, or its files have changed since
                (`IndexStaleError`).
        """
        index = _folder.read(Path(folder), cls, stale=stale)
        index._model = model or os.environ.get("ASKDOC_MODEL") or index._model
        return index

    def save(self, folder: str | Path) -> None:
        """Writes the index to a folder; one that is already there stays whole until the last step.

        Raises:
            IndexDamagedError: The folder holds a manifest that is not askdoc's.
        """
        _folder.write(Path(folder), self)

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by id, in the order they were given."""
        return self.library.documents

    @property
    def passages(self) -> Sequence[Passage]:
        """The passages, those of one document in a row."""
        return self.library.passages

    @cached_property
    def embedder(self) -> Embedder:
        """The model that made this index.

        Raises:
            EmbedderError: It cannot be loaded.
            IndexMismatchError: The model found is not the one that made the vectors.
        """
        embedder = self._embedder or load_embedder(self._model)
        if embedder.fingerprint != self.manifest.fingerprint:
            raise IndexMismatchError(
                f'The index was built with "{self.manifest.model}", you asked for '
                f'"{embedder.name}". Rebuild it: askdoc index --model {embedder.name}'
            )
        return embedder

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of texts, of shape (n, d); those of stored phrases are at hand."""
        if all(text in self.phrases for text in texts):
            return self.phrases.vectors_of(texts)
        return self.embedder.encode(texts)

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        fusion: Fusion = FUSION,
        vector: NDArray[np.float32] | None = None,
    ) -> tuple[Hit, ...]:
        """Finds the passages that fit a query best.

        Args:
            query: What to look for.
            k: How many hits at most.
            fusion: How much each signal counts.
            vector: The query's unit vector of shape (d,), if it is known already.

        Returns:
            Hits by falling score; none when the index is empty.
        """
        if not self.passages or k < 1:
            return ()
        if vector is None:
            vector = self.embedder.encode([query])[0]
        found = self._candidates(query, vector, max(fusion.candidates, k))
        if self.pieces is not None:
            self._compare_pieces(query, found, fusion)
        scores, sentences = found.scores(fusion), found.sentence_scores(fusion)
        return tuple(
            self._hit(rank, float(scores[at]), found, int(at), sentences)
            for rank, at in enumerate(np.argsort(-scores, kind="stable")[:k], start=1)
        )

    def whole_sentences(self, document_id: str, span: Span) -> tuple[Passage, Span]:
        """The passage that holds a stretch of a document, and the whole sentences it touches.

        Raises:
            KeyError: No passage of that document holds any of it.
        """
        for passage in self.library.passages_of(document_id):
            touched = [s for s in passage.sentences if s[0] < span[1] and span[0] < s[1]]
            if touched:
                return passage, (touched[0][0], touched[-1][1])
        raise KeyError(document_id, span)

    def _candidates(self, query: str, vector: NDArray[np.float32], n: int) -> "_Candidates":
        lexical = self.lexical.scores(query)
        rows = self._proposed(vector, lexical, n)
        sentence_rows, starts = self.vectors.sentences_of(rows)
        return _Candidates(
            rows=rows,
            sentence_rows=sentence_rows,
            starts=starts,
            passage=self.vectors.passage_cosines(rows, vector),
            lexical=lexical[rows],
            cosines=self.vectors.sentence_cosines(sentence_rows, vector),
            pieces=np.zeros(len(sentence_rows), dtype=np.float32),
            weakest=np.zeros(len(rows), dtype=np.float32),
        )

    def _compare_pieces(self, query: str, found: "_Candidates", fusion: Fusion) -> None:
        """Fills in MaxSim for the sentences of the best candidates so far."""
        question = question_pieces(query, self.embedder, self.lexical.rarity)
        if question is None or self.pieces is None:
            return
        best = np.argsort(-found.scores(fusion), kind="stable")[: fusion.compared]
        inside = np.isin(found.owners, best)
        nearest = self.pieces.nearest(found.sentence_rows[inside], question.vectors)
        found.pieces[inside] = nearest @ question.weights
        owners, starts = np.unique(found.owners[inside], return_index=True)
        found.weakest[owners] = np.maximum.reduceat(nearest, starts, axis=0).min(axis=1)

    def _proposed(
        self, vector: NDArray[np.float32], lexical: NDArray[np.float32], n: int
    ) -> NDArray[np.int64]:
        if len(self.passages) <= n:
            return np.arange(len(self.passages))
        dense = self.vectors.nearest(vector, n)
        worded = np.flatnonzero(lexical)
        if len(worded) > n:
            worded = worded[np.argpartition(-lexical[worded], n)[:n]]
        return np.union1d(dense, worded)

    def _hit(
        self,
        rank: int,
        score: float,
        found: "_Candidates",
        at: int,
        sentences: NDArray[np.float32],
    ) -> Hit:
        passage = self.passages[int(found.rows[at])]
        own = slice(found.starts[at], found.starts[at] + len(passage.sentences))
        best = tuple(
            SentenceScore(passage.sentences[i], float(sentences[own][i]))
            for i in np.argsort(-sentences[own], kind="stable")
        )
        signals = Signals(
            passage=float(found.passage[at]),
            sentence=float(found.cosines[own].max()),
            lexical=float(found.lexical[at]),
            pieces=float(found.pieces[own].max()),
            weakest=float(found.weakest[at]),
        )
        return Hit(rank, score, passage, best, signals)


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Evidence on n passages and on all their m sentences, which begin at `starts`."""

    rows: NDArray[np.int64]
    sentence_rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    passage: NDArray[np.float32]
    lexical: NDArray[np.float32]
    cosines: NDArray[np.float32]
    pieces: NDArray[np.float32]
    weakest: NDArray[np.float32]

    @property
    def owners(self) -> NDArray[np.int64]:
        """Which of the n passages each sentence belongs to."""
        ends = np.append(self.starts[1:], len(self.sentence_rows))
        return np.repeat(np.arange(len(self.rows)), ends - self.starts)

    def sentence_scores(self, fusion: Fusion) -> NDArray[np.float32]:
        """Scores of the m sentences."""
        total: NDArray[np.float32] = self.cosines + fusion.pieces * self.pieces
        return total

    def scores(self, fusion: Fusion) -> NDArray[np.float32]:
        """Scores of the n passages."""
        best = np.maximum.reduceat(self.sentence_scores(fusion), self.starts)
        total: NDArray[np.float32] = (
            fusion.passage * self.passage + fusion.sentence * best + fusion.lexical * self.lexical
        )
        return total
