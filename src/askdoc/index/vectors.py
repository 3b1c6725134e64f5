"""Vectors of passages and sentences in FAISS, and of phrases.

Up to `EXACT_UP_TO` vectors are searched exactly, more of them exhaustively in half precision, which
takes half the memory and a quarter of the time. Collections of more than some 100,000 passages
belong in a Milvus store.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

EXACT_UP_TO = 20_000
"""How many vectors are searched exactly without `exact`."""
_FILES = ("passages.faiss", "sentences.faiss")


def faiss_index(vectors: NDArray[np.float32], *, exact: bool = False) -> "faiss.Index":
    """Indexes unit vectors by inner product.

    Args:
        vectors: An (n, d) array.
        exact: Search exactly, whatever their number.
    """
    width = vectors.shape[1]
    index: faiss.Index
    if exact or len(vectors) <= EXACT_UP_TO:
        index = faiss.IndexFlatIP(width)
    else:
        half = faiss.ScalarQuantizer.QT_fp16
        index = faiss.IndexScalarQuantizer(width, half, faiss.METRIC_INNER_PRODUCT)
    index.add(vectors)
    return index


def mapped_array(file: Path) -> NDArray[Any]:
    """A memory-mapped array, as a plain one: `numpy.memmap` is slow to slice."""
    return np.asarray(np.load(file, "r", allow_pickle=False))


class Vectors:
    """Unit vectors of n passages and of all their sentences, in FAISS, by inner product."""

    def __init__(
        self, passages: "faiss.Index", sentences: "faiss.Index", first: NDArray[np.int64]
    ) -> None:
        """Holds two indexes; passage p has the sentences `first[p]` up to `first[p + 1]`."""
        self.passages = passages
        self.sentences = sentences
        self._first = first

    @classmethod
    def load(cls, folder: Path, first: NDArray[np.int64]) -> "Vectors":
        """Maps what `save` wrote into memory."""
        passages, sentences = (
            faiss.read_index(str(folder / name), faiss.IO_FLAG_MMAP_IFC) for name in _FILES
        )
        return cls(passages, sentences, first)

    def save(self, folder: Path) -> None:
        """Writes both indexes to a folder.

        Raises:
            OSError: They cannot be written.
        """
        try:
            for name, index in zip(_FILES, (self.passages, self.sentences), strict=True):
                faiss.write_index(index, str(folder / name))
        except RuntimeError as error:  # FAISS has no errors of its own
            raise OSError(f"write error of FAISS: {error}") from error

    def nearest(self, vector: NDArray[np.float32], n: int) -> NDArray[np.int64]:
        """Rows of the passages nearest to a vector, by themselves or by one of their sentences."""
        by_passage = _nearest(self.passages, vector, n)
        by_sentence = _nearest(self.sentences, vector, 2 * n)
        owners = np.searchsorted(self._first, by_sentence, side="right") - 1
        return np.union1d(by_passage, owners)

    def sentences_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of the sentences of these passages."""
        first, past = self._first[rows], self._first[rows + 1]
        lengths = past - first
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        offsets = np.arange(lengths.sum()) - np.repeat(starts, lengths)
        return np.asarray(np.repeat(first, lengths) + offsets)

    def of_passages(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of n passages, an (n, d) array."""
        return np.asarray(self.passages.reconstruct_batch(rows), dtype=np.float32)

    def of_sentences(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of m sentences, an (m, d) array."""
        return np.asarray(self.sentences.reconstruct_batch(rows), dtype=np.float32)


def _nearest(index: "faiss.Index", vector: NDArray[np.float32], n: int) -> NDArray[np.int64]:
    """Up to n rows."""
    _, rows = index.search(vector[None, :], min(n, index.ntotal))
    return np.asarray(rows[0], dtype=np.int64)


class Phrases:
    """Texts whose vectors an index keeps, for matching questions against them."""

    def __init__(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Holds n texts and their (n, d) unit vectors."""
        self.texts = tuple(texts)
        self.vectors = vectors
        self._rows = {text: row for row, text in enumerate(texts)}

    def __contains__(self, text: str) -> bool:
        """Whether a text's vector is kept."""
        return text in self._rows

    def vectors_of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The (n, d) vectors of n texts, all of which are kept."""
        return self.vectors[[self._rows[text] for text in texts]]
