"""What an embedding model can do, whatever runs it."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray

OnProgress: TypeAlias = Callable[[int], None]
Job = TypeVar("Job")
Done = TypeVar("Done")


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """What the user called the model."""

    @property
    def fingerprint(self) -> str:
        """Identifies the weights: vectors of different fingerprints do not compare."""

    @property
    def window(self) -> int:
        """Word pieces read at once, special tokens included; the rest of a text is not seen."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, without special tokens."""

    def encode(
        self, texts: Sequence[str], on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """Encodes texts.

        Args:
            texts: n texts.
            on_progress: Called with the number of texts done since the last call.

        Returns:
            An (n, d) array of float32 rows, each of length one.
        """


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text and its word pieces as a model reads them: n pieces of d dimensions.

    Attributes:
        whole: The unit vector of the text, of shape (d,).
        spans: An (n, 2) array: where each piece stands in the text.
        vectors: An (n, d) array of float32 rows, each of length one: the piece in its context.
    """

    whole: NDArray[np.float32]
    spans: NDArray[np.int64]
    vectors: NDArray[np.float32]


class PieceEmbedder(Embedder, Protocol):
    """An embedder that also gives the vectors of single word pieces."""

    def encode_pieces(
        self, texts: Sequence[str], on_progress: OnProgress | None = None
    ) -> list[Pieces]:
        """Encodes each text's word pieces, without the special tokens.

        Args:
            texts: n texts.
            on_progress: Called with the number of texts done since the last call.
        """


def gives_pieces(embedder: Embedder) -> TypeGuard[PieceEmbedder]:
    """Whether an embedder reads word pieces, too."""
    return hasattr(embedder, "encode_pieces")


# Characters in a batch, padding included. Measured on two cores: sentences are fastest some thirty
# at a time, passages one or two at a time; larger batches gain nothing and waste padding.
_BATCH_CHARACTERS = 2000


def encode_in_batches(
    texts: Sequence[str],
    width: int,
    encode: Callable[[list[str]], NDArray[np.float32]],
    on_progress: OnProgress | None = None,
) -> NDArray[np.float32]:
    """Encodes texts in batches of like length, which waste no work on padding.

    Args:
        texts: n texts.
        width: Dimensions d of a vector.
        encode: From b texts to a (b, d) array.
        on_progress: Called with the size of each batch done.

    Returns:
        An (n, d) array, rows in the order of the texts.
    """
    vectors = np.empty((len(texts), width), dtype=np.float32)
    for rows in _batches([len(text) for text in texts]):
        vectors[rows] = encode([texts[at] for at in rows])
        if on_progress:
            on_progress(len(rows))
    return vectors


def spread(work: Callable[[Job], Done], jobs: Sequence[Job], threads: int) -> Iterator[Done]:
    """What becomes of some jobs, in their order, with so many of them worked on at once."""
    if threads == 1 or len(jobs) == 1:
        yield from map(work, jobs)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(work, jobs)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions of texts of like length, the shortest first."""
    batch: list[int] = []
    for at in sorted(range(len(lengths)), key=lambda at: lengths[at]):
        if batch and (len(batch) + 1) * lengths[at] > _BATCH_CHARACTERS:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch
