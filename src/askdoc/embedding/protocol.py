"""What an embedding model can do, whatever runs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

OnProgress: TypeAlias = Callable[[int], None]

DEPTH = 4
"""How many of a model's last layers are read of word pieces."""


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
        layers: The same of each of the model's last `DEPTH` layers (fewer where it has fewer) side
            by side, an (n, layers * d) array; the last is `vectors`. The earlier ones still
            know more of the words themselves. None where many texts are read at once.
    """

    whole: NDArray[np.float32]
    spans: NDArray[np.int64]
    vectors: NDArray[np.float32]
    layers: NDArray[np.float32] | None = None


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
