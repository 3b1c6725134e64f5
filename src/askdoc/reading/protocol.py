"""What a reader can do, whatever runs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from askdoc.records import Span


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
