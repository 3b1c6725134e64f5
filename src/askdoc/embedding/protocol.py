"""What an embedding model can do, whatever runs it."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

OnProgress: TypeAlias = Callable[[int], None]


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


def encode_in_batches(
    texts: Sequence[str],
    width: int,
    size: int,
    encode: Callable[[list[str]], NDArray[np.float32]],
    on_progress: OnProgress | None = None,
) -> NDArray[np.float32]:
    """Encodes texts in batches of like length, which waste no work on padding.

    Args:
        texts: n texts.
        width: Dimensions d of a vector.
        size: Texts in a batch.
        encode: From b texts to a (b, d) array.
        on_progress: Called with the size of each batch done.

    Returns:
        An (n, d) array, rows in the order of the texts.
    """
    vectors = np.empty((len(texts), width), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        vectors[rows] = encode([texts[at] for at in rows])
        if on_progress:
            on_progress(len(rows))
    return vectors
