"""Late interaction: the token embeddings of a question compared with those of each sentence.

This module owns token embeddings and their comparison. The measure is MaxSim of Khattab and
Zaharia, "ColBERT" (2020), over the token embeddings of an ordinary sentence embedding model
before it averages them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding import Embedder, TokenEmbedder, TokenEmbeddings, embeds_tokens
from askdoc.index.vectors import mapped_array
from askdoc.records import Span
from askdoc.text import Token, content_spans

LATE_INTERACTION_SENTENCES = 5000
"""Larger collections keep no token embeddings: at some 15 KB a sentence they fill the memory."""
_FLOAT32_MAX_VALUES = 8_000_000
_PRODUCT_MAX_STEPS = 750_000
"""OpenBLAS copies the matrices of larger products (`interface/gemm.c`: 100 ** 3 steps)."""


class SentenceTokens:
    """The token embeddings of m sentences: n unit vectors of d dimensions, in half precision."""

    def __init__(self, vectors: NDArray[np.float16], first: NDArray[np.int64]) -> None:
        """Holds (n, d) vectors; those of sentence s are rows `first[s]` up to `first[s + 1]`."""
        self._vectors = vectors
        self._first = first
        # Products need single precision; an article of usual length is converted only once.
        small = vectors.size <= _FLOAT32_MAX_VALUES
        self._single = vectors.astype(np.float32) if small else vectors

    @classmethod
    def of(cls, sentences: Sequence[NDArray[np.float16]]) -> "SentenceTokens":
        """Joins the tokens of each sentence; every sentence has at least one."""
        first = np.concatenate([[0], np.cumsum([len(rows) for rows in sentences])])
        return cls(np.concatenate(sentences), first.astype(np.int64))

    def rows_of(self, sentence: int) -> NDArray[np.float16]:
        """The tokens of one sentence."""
        return self._vectors[self._first[sentence] : self._first[sentence + 1]]

    def nearest(
        self, sentences: NDArray[np.int64], question: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The greatest cosine of each token of a question in each sentence.

        Args:
            sentences: Rows of s sentences.
            question: The (q, d) token embeddings of a question.

        Returns:
            An (s, q) array of cosines, not below 0; the weighted mean of a row is MaxSim.
        """
        lengths = self._first[sentences + 1] - self._first[sentences]
        starts = np.cumsum(lengths) - lengths
        asked = np.ascontiguousarray(question.T)
        block = max(16, _PRODUCT_MAX_STEPS // asked.size)
        cosines = np.concatenate([rows @ asked for rows in self._blocks(sentences, block)])
        return np.asarray(np.maximum(np.maximum.reduceat(cosines, starts, axis=0), 0))

    def _blocks(self, sentences: NDArray[np.int64], size: int) -> Iterator[NDArray[np.float32]]:
        """The tokens of some sentences in single precision, in blocks that are views."""
        for run in np.split(sentences, np.flatnonzero(np.diff(sentences) != 1) + 1):
            past = int(self._first[run[-1] + 1])
            for start in range(int(self._first[run[0]]), past, size):
                rows = self._single[start : min(start + size, past)]
                yield rows.astype(np.float32, copy=False)

    def save(self, folder: Path) -> None:
        """Writes both arrays to a folder."""
        np.save(folder / "tokens.npy", self._vectors, allow_pickle=False)
        np.save(folder / "tokens.first.npy", self._first, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> "SentenceTokens | None":
        """Maps what `save` wrote; None where it wrote nothing."""
        if not (folder / "tokens.npy").exists():
            return None
        return cls(mapped_array(folder / "tokens.npy"), mapped_array(folder / "tokens.first.npy"))


def sentence_tokens(
    sentences: Sequence[str],
    embedder: Embedder,
    known: Callable[[str], NDArray[np.float16] | None],
) -> SentenceTokens | None:
    """Encodes the tokens of sentences, except those that `known` returns.

    Returns:
        None when the embedder has no token embeddings, or there are too many sentences or none.
    """
    if not _keeps_tokens(embedder, len(sentences)):
        return None
    held = {text: known(text) for text in dict.fromkeys(sentences)}
    new = [text for text, rows in held.items() if rows is None]
    fresh = dict(zip(new, embedder.encode_tokens(new), strict=True))
    return SentenceTokens.of(
        [
            rows if (rows := held[text]) is not None else _content(text, fresh[text])
            for text in sentences
        ]
    )


class TokenEncoder:
    """Encodes texts, and keeps the token embeddings of sentences from the same runs.

    Attributes:
        embedder: The model.
        encoded: The tokens of the sentences encoded so far.
    """

    def __init__(self, embedder: TokenEmbedder, sentences: Iterable[str]) -> None:
        """Will keep the tokens of these sentences."""
        self.embedder = embedder
        self.encoded: dict[str, NDArray[np.float16]] = {}
        self._sentences = frozenset(sentences)

    @classmethod
    def of(cls, embedder: Embedder, sentences: Iterable[str], count: int) -> "TokenEncoder | None":
        """An encoder for `count` sentences; None where `sentence_tokens` would return None."""
        if not _keeps_tokens(embedder, count):
            return None
        return cls(embedder, sentences)

    def encode(
        self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """As `Embedder.encode`."""
        is_sentence = np.array([text in self._sentences for text in texts], dtype=bool)
        sentences = [text for text in texts if text in self._sentences]
        others = [text for text in texts if text not in self._sentences]
        vectors = self.embedder.encode(others, on_progress)
        if not sentences:
            return vectors
        found = self.embedder.encode_tokens(sentences, on_progress)
        self.encoded |= {t: _content(t, one) for t, one in zip(sentences, found, strict=True)}
        both = np.empty((len(texts), vectors.shape[1]), dtype=np.float32)
        both[~is_sentence], both[is_sentence] = vectors, [one.whole for one in found]
        return both


@dataclass(frozen=True, slots=True)
class QuestionTokens:
    """The tokens of a question's content words: (q, d) unit vectors, q weights that add to 1."""

    vectors: NDArray[np.float32]
    weights: NDArray[np.float32]


def question_tokens(
    words: Sequence[Token], encoded: TokenEmbeddings, idf: Callable[[str], float]
) -> QuestionTokens | None:
    """The tokens of a question's content words; of all its words if it has none.

    Args:
        words: The content words.
        encoded: What the model makes of the question.
        idf: The inverse document frequency of a stem; a token weighs what its word does.

    Returns:
        None when the question has no token.
    """
    weighed_words = [(word.start, word.end, idf(word.stem)) for word in words]
    weighed = [_weight_of(span, weighed_words) for span in encoded.spans.tolist()]
    weights = np.array(weighed if any(weighed) else [1] * len(weighed), dtype=np.float32)
    kept = weights > 0
    if not kept.any():
        return None
    return QuestionTokens(encoded.vectors[kept], weights[kept] / weights.sum())


def _weight_of(token: Span, words: Sequence[tuple[int, int, float]]) -> float:
    """The weight of the last word that holds a token, or 0."""
    inside = (
        weight for start, end, weight in reversed(words) if start < token[1] and token[0] < end
    )
    return next(inside, 0.0)


def _keeps_tokens(embedder: Embedder, sentences: int) -> TypeGuard[TokenEmbedder]:
    """Whether the token embeddings of so many sentences are kept."""
    return embeds_tokens(embedder) and 0 < sentences <= LATE_INTERACTION_SENTENCES


def _content(text: str, encoded: TokenEmbeddings) -> NDArray[np.float16]:
    """The tokens of a sentence's content words; if it has none, of all words, or all tokens."""
    spans, content = encoded.spans.tolist(), content_spans(text)
    kept = [any(start < b and a < end for start, end in content) for a, b in spans]
    if not any(kept):
        kept = [any(map(str.isalnum, text[a:b])) for a, b in spans]
    rows = encoded.vectors[np.array(kept, dtype=bool)] if any(kept) else encoded.vectors
    if not len(rows):
        rows = np.zeros((1, encoded.vectors.shape[1]), dtype=np.float32)
    return rows.astype(np.float16)
