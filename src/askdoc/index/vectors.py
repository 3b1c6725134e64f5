"""Vectors of passages, sentences and phrases, and who is nearest to whom."""

from collections.abc import Sequence

import faiss
import numpy as np
from numpy.typing import NDArray


class Vectors:
    """Unit vectors of n passages and of all their sentences, in FAISS, by exact inner product."""

    def __init__(self, passages: "faiss.Index", sentences: "faiss.Index", owners: Sequence[int]):
        """Holds two indexes; `owners[s]` is the row of the passage that sentence s belongs to."""
        self.passages = passages
        self.sentences = sentences
        self._owners = np.asarray(owners, dtype=np.int64)
        self._first = np.searchsorted(self._owners, np.arange(passages.ntotal + 1))

    @classmethod
    def of(
        cls,
        passages: NDArray[np.float32],
        sentences: NDArray[np.float32],
        owners: Sequence[int],
    ) -> "Vectors":
        """Indexes (n, d) passage vectors and (m, d) sentence vectors, m >= n."""
        indexes = []
        for rows in (passages, sentences):
            index = faiss.IndexFlatIP(rows.shape[1])
            index.add(np.ascontiguousarray(rows))
            indexes.append(index)
        return cls(indexes[0], indexes[1], owners)

    def nearest(self, vector: NDArray[np.float32], n: int) -> NDArray[np.int64]:
        """Rows of the passages nearest to a vector, by themselves or by one of their sentences."""
        query = vector[None, :]
        _, by_passage = self.passages.search(query, n)
        _, by_sentence = self.sentences.search(query, min(2 * n, self.sentences.ntotal))
        return np.union1d(by_passage[0], self._owners[by_sentence[0]])

    def sentences_of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the sentences of these passages, and where each passage's begin among them."""
        first, past = self._first[rows], self._first[rows + 1]
        lengths = past - first
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        offsets = np.arange(lengths.sum()) - np.repeat(starts, lengths)
        return np.repeat(first, lengths) + offsets, starts

    def passage_cosines(
        self, rows: NDArray[np.int64], vector: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Cosine of these passages with a unit vector."""
        return np.asarray(self.passages.reconstruct_batch(rows) @ vector, dtype=np.float32)

    def sentence_cosines(
        self, rows: NDArray[np.int64], vector: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Cosine of these sentences with a unit vector."""
        return np.asarray(self.sentences.reconstruct_batch(rows) @ vector, dtype=np.float32)


class Phrases:
    """Texts whose vectors an index keeps for those who match questions against them."""

    def __init__(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Holds n texts and their (n, d) unit vectors."""
        self.texts = tuple(texts)
        self.vectors = vectors
        self._rows = {text: row for row, text in enumerate(texts)}

    def __contains__(self, text: str) -> bool:
        """Whether a text's vector is at hand."""
        return text in self._rows

    def vectors_of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The (n, d) vectors of n texts, all of them held."""
        return self.vectors[[self._rows[text] for text in texts]]
