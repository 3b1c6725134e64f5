"""Late interaction: how well the word pieces of a sentence answer to those of a question.

This module owns the vectors of single word pieces and their comparison. The measure is MaxSim of
Khattab and Zaharia, "ColBERT" (2020), taken over the pieces that an ordinary sentence embedding
model gives before it averages them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding import Embedder, PieceEmbedder, Pieces, gives_pieces
from askdoc.index.vectors import mapped_array
from askdoc.records import Span
from askdoc.text import content_spans, tokens

MOST_SENTENCES = 5000
"""Larger collections keep no word pieces: at some 15 KB a sentence they would fill the memory."""
_MOST_IN_SINGLE = 8_000_000
# Products of up to 100 ** 3 steps OpenBLAS reckons where the matrices lie; for larger ones it
# copies them first (its `interface/gemm.c`, small matrices).
_MOST_STEPS = 750_000


class SentencePieces:
    """The word pieces of m sentences: n unit vectors of d dimensions, in half precision."""

    def __init__(self, vectors: NDArray[np.float16], first: NDArray[np.int64]) -> None:
        """Holds (n, d) vectors; those of sentence s are rows `first[s]` up to `first[s + 1]`."""
        self._vectors = vectors
        self._first = first
        # Comparing needs single precision; of an article of usual length it fits beside.
        self._single = vectors.astype(np.float32) if vectors.size <= _MOST_IN_SINGLE else vectors

    @classmethod
    def of(cls, sentences: Sequence[NDArray[np.float16]]) -> "SentencePieces":
        """Joins the pieces of each sentence; every one has at least one row."""
        first = np.concatenate([[0], np.cumsum([len(rows) for rows in sentences])])
        return cls(np.concatenate(sentences), first.astype(np.int64))

    def rows_of(self, sentence: int) -> NDArray[np.float16]:
        """The pieces of one sentence."""
        return self._vectors[self._first[sentence] : self._first[sentence + 1]]

    def nearest(
        self, sentences: NDArray[np.int64], question: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """How near each sentence comes to each piece of a question.

        Args:
            sentences: Rows of s sentences.
            question: The (q, d) pieces of a question.

        Returns:
            An (s, q) array of cosines, not below 0; the weighted mean of a row is MaxSim.
        """
        lengths = self._first[sentences + 1] - self._first[sentences]
        starts = np.cumsum(lengths) - lengths
        asked = np.ascontiguousarray(question.T)
        block = max(16, _MOST_STEPS // asked.size)
        cosines = np.concatenate([rows @ asked for rows in self._blocks(sentences, block)])
        return np.asarray(np.maximum(np.maximum.reduceat(cosines, starts, axis=0), 0))

    def _blocks(self, sentences: NDArray[np.int64], size: int) -> Iterator[NDArray[np.float32]]:
        """The pieces of some sentences in single precision, block by block, not copied."""
        for run in np.split(sentences, np.flatnonzero(np.diff(sentences) != 1) + 1):
            past = int(self._first[run[-1] + 1])
            for start in range(int(self._first[run[0]]), past, size):
                rows = self._single[start : min(start + size, past)]
                yield rows.astype(np.float32, copy=False)

    def save(self, folder: Path) -> None:
        """Writes both arrays to a folder."""
        np.save(folder / "pieces.npy", self._vectors, allow_pickle=False)
        np.save(folder / "pieces.first.npy", self._first, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> "SentencePieces | None":
        """Opens what `save` wrote, the vectors still on disk; nothing when it wrote nothing."""
        if not (folder / "pieces.npy").exists():
            return None
        return cls(mapped_array(folder / "pieces.npy"), mapped_array(folder / "pieces.first.npy"))


def piece_vectors(
    sentences: Sequence[str],
    embedder: Embedder,
    known: Callable[[str], NDArray[np.float16] | None],
) -> SentencePieces | None:
    """Encodes the pieces of sentences, but for those that `known` has already.

    Returns:
        Nothing when the embedder gives no pieces, or there are too many sentences or none.
    """
    if not _keeps_pieces(embedder, len(sentences)):
        return None
    held = {text: known(text) for text in dict.fromkeys(sentences)}
    new = [text for text, rows in held.items() if rows is None]
    fresh = dict(zip(new, embedder.encode_pieces(new), strict=True))
    return SentencePieces.of(
        [
            rows if (rows := held[text]) is not None else _kept(text, fresh[text])
            for text in sentences
        ]
    )


class PieceReader:
    """Encodes texts, and keeps the word pieces of sentences, which the same runs give.

    Attributes:
        embedder: The model.
        read: The pieces of the sentences encoded so far.
    """

    def __init__(self, embedder: PieceEmbedder, sentences: Iterable[str]) -> None:
        """Will keep the pieces of these sentences."""
        self.embedder = embedder
        self.read: dict[str, NDArray[np.float16]] = {}
        self._sentences = frozenset(sentences)

    @classmethod
    def of(cls, embedder: Embedder, sentences: Iterable[str], count: int) -> "PieceReader | None":
        """One for `count` sentences; none where the embedder gives no pieces or they are many."""
        if not _keeps_pieces(embedder, count):
            return None
        return cls(embedder, sentences)

    def encode(
        self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """As `Embedder.encode`."""
        pieced = np.array([text in self._sentences for text in texts], dtype=bool)
        sentences = [text for text in texts if text in self._sentences]
        others = [text for text in texts if text not in self._sentences]
        vectors = self.embedder.encode(others, on_progress)
        if not sentences:
            return vectors
        found = self.embedder.encode_pieces(sentences, on_progress)
        self.read |= {t: _kept(t, pieces) for t, pieces in zip(sentences, found, strict=True)}
        both = np.empty((len(texts), vectors.shape[1]), dtype=np.float32)
        both[~pieced], both[pieced] = vectors, [pieces.whole for pieces in found]
        return both


@dataclass(frozen=True, slots=True)
class QuestionPieces:
    """The pieces of a question's content words: (q, d) unit vectors and q weights that add to 1."""

    vectors: NDArray[np.float32]
    weights: NDArray[np.float32]


def question_pieces(
    question: str, embedder: Embedder, rarity: Callable[[str], float]
) -> QuestionPieces | None:
    """The pieces of a question's content words; of all its words if it has none.

    Args:
        question: What is asked.
        embedder: The model.
        rarity: How rare a stem is in what is searched; a piece weighs what its word does.

    Returns:
        Nothing when the embedder gives no pieces, or the question has none.
    """
    if not gives_pieces(embedder):
        return None
    [pieces] = embedder.encode_pieces([question])
    words = [
        (start, end, sum(map(rarity, tokens(question[start:end]))))
        for start, end in content_spans(question)
    ]
    weighed = [_weight_of(piece, words) for piece in pieces.spans.tolist()]
    weights = np.array(weighed if any(weighed) else [1] * len(weighed), dtype=np.float32)
    kept = weights > 0
    if not kept.any():
        return None
    return QuestionPieces(pieces.vectors[kept], weights[kept] / weights.sum())


def _weight_of(piece: Span, words: Sequence[tuple[int, int, float]]) -> float:
    """What the last word weighs that a piece stands in, or 0."""
    inside = (
        weight for start, end, weight in reversed(words) if start < piece[1] and piece[0] < end
    )
    return next(inside, 0.0)


def _keeps_pieces(embedder: Embedder, sentences: int) -> TypeGuard[PieceEmbedder]:
    """Whether the word pieces of so many sentences are read and kept."""
    return gives_pieces(embedder) and 0 < sentences <= MOST_SENTENCES


def _kept(text: str, pieces: Pieces) -> NDArray[np.float16]:
    """The pieces of a sentence's content words; of all its words, or just all, if it has none."""
    spans, content = pieces.spans.tolist(), content_spans(text)
    kept = [any(start < b and a < end for start, end in content) for a, b in spans]
    if not any(kept):
        kept = [any(map(str.isalnum, text[a:b])) for a, b in spans]
    rows = pieces.vectors[np.array(kept, dtype=bool)] if any(kept) else pieces.vectors
    if not len(rows):
        rows = np.zeros((1, pieces.vectors.shape[1]), dtype=np.float32)
    return rows.astype(np.float16)
