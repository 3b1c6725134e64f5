"""What an embedding model can do, whatever runs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

OnEncoded: TypeAlias = Callable[[int], None]

LAST_LAYERS = 4
"""How many of a model's last layers token embeddings are read from."""
QUESTION_TEXTS = 16
"""A call with more texts builds an index, it asks no question: tokens come without layers, and
nothing is cached."""
CACHED_TEXTS = 160
"""Enough for a conversation, whose earlier messages come with each question, or the windows of two
long messages."""


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
        """The longest input in tokens, special tokens included; the rest of a text is not seen."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens in each text, without special tokens."""

    def encode(
        self, texts: Sequence[str], on_progress: OnEncoded | None = None
    ) -> NDArray[np.float32]:
        """Encodes texts.

        Args:
            texts: n texts.
            on_progress: Called with the number of texts done since the last call.

        Returns:
            An (n, d) array of float32 rows, each of length one.
        """


@dataclass(frozen=True, slots=True)
class TokenEmbeddings:
    """A text of n tokens as a model encodes it, in d dimensions.

    Attributes:
        whole: The unit vector of the text, of shape (d,).
        spans: An (n, 2) array: where each token begins and ends in the text.
        vectors: An (n, d) array of float32 rows, each of length one: the token in its context.
        layers: The same of each of the model's last `LAST_LAYERS` layers (fewer where it has
            fewer) side by side, an (n, layers * d) array; the last is `vectors`. The earlier
            layers keep more of the words themselves. None where many texts are encoded at once.
    """

    whole: NDArray[np.float32]
    spans: NDArray[np.int64]
    vectors: NDArray[np.float32]
    layers: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        """Makes the arrays read-only: they are cached."""
        for array in (self.whole, self.spans, self.vectors, self.layers):
            if array is not None:
                array.flags.writeable = False


class TokenEmbedder(Embedder, Protocol):
    """An embedder that also returns token embeddings."""

    def encode_tokens(
        self, texts: Sequence[str], on_progress: OnEncoded | None = None
    ) -> list[TokenEmbeddings]:
        """Encodes each text's tokens, without the special ones.

        Args:
            texts: n texts.
            on_progress: Called with the number of texts done since the last call.
        """


def embeds_tokens(embedder: Embedder) -> TypeGuard[TokenEmbedder]:
    """Whether an embedder returns token embeddings, too."""
    return hasattr(embedder, "encode_tokens")


def encode_with_tokens(embedder: Embedder, texts: Sequence[str]) -> list[TokenEmbeddings]:
    """Encodes texts and their tokens; no tokens where the embedder has no token embeddings."""
    if embeds_tokens(embedder):
        return embedder.encode_tokens(texts)
    none = np.zeros((0, 2), dtype=np.int64), np.zeros((0, 0), dtype=np.float32)
    return [TokenEmbeddings(vector, *none) for vector in embedder.encode(texts)]
