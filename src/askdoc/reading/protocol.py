"""What readers can do, whatever runs them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from askdoc.records import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Text:
    """A passage as a reader takes it: its heading, its text, where its sentences stand in it."""

    heading: str
    text: str
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of one passage, as log odds.

    Attributes:
        passage: That the passage answers the question.
        span: How far the best answer found in the passage stands above "no answer".
        sentences: That each sentence answers, in the order of `Text.sentences`.
    """

    passage: float
    span: float
    sentences: tuple[float, ...]


class Reader(Protocol):
    """Reads a question and passages together."""

    def read(self, question: str, texts: Sequence[Text]) -> list[Reading]:
        """Reads each passage with the question; one reading for each text, in order."""


class MessageReader(Protocol):
    """Reads a long message, part by part.

    Attributes:
        thresholds: For each crisis block, the log odds below which it is ruled out, and those from
            which it is found and certain.
    """

    thresholds: Mapping[str, tuple[float, float, float]]

    def read(self, text: str, spans: Sequence[Span], most_tokens: int) -> "NDArray[np.float32]":
        """Log odds that each of n parts raises each of the k blocks: shape (n, k).

        Args:
            text: The message.
            spans: Its parts, in order; they may overlap.
            most_tokens: How many tokens are read. Of a message that has more, the parts with the
                fewest tokens for their length are: the model knows their words.
        """
