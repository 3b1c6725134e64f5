"""The shipped reader of question and passage, over an exported encoder."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askdoc.reading.encoder import Encoder, mean_and_maximum
from askdoc.reading.protocol import Reading, Text

Array = NDArray[np.float32]

MAX_TOKENS = 320
"""Question, heading and passage together; the encoder has positions for 512."""
MAX_QUESTION_TOKENS = 64
MAX_HEADING_TOKENS = 24
THREADS = 2


@dataclass(frozen=True, slots=True)
class Heads:
    """Weights that read hidden states of width d.

    Attributes:
        sentence: Of the mean and the maximum of a sentence's tokens, (2 d,), and its bias.
        passage: Of the first token, (d,), and its bias.
        span: Of an answer's first and last token, (2, d), and their biases.
    """

    sentence: Array
    sentence_bias: Array
    passage: Array
    passage_bias: Array
    span: Array
    span_bias: Array

    @classmethod
    def load(cls, file: Path) -> "Heads":
        """Reads what `training.reader_export` wrote."""
        with np.load(file, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name].astype(np.float32) for name in arrays.files})


class OnnxReader:
    """A `Reader` over an exported graph."""

    def __init__(self, graph: Path, heads: Path, model_folder: Path) -> None:
        """Loads a graph, its heads, and what the encoder needs of a model's folder."""
        self._heads = Heads.load(heads)
        self._encoder = Encoder(graph, model_folder)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="reader")

    def read(self, question: str, texts: Sequence[Text]) -> list[Reading]:
        """Reads each text with the question, as `Reader.read` says."""
        asked = self._encoder.ids(question)[:MAX_QUESTION_TOKENS]
        if len(texts) == 1:
            return [self._reading(asked, texts[0])]
        return list(self._pool.map(lambda text: self._reading(asked, text), texts))

    def _reading(self, asked: Sequence[int], text: Text) -> Reading:
        encoder = self._encoder
        heading = encoder.ids(text.heading)[:MAX_HEADING_TOKENS]
        before = [encoder.cls, *asked, encoder.sep, *heading]
        ids, spans = encoder.tokens_of(text.text, text.sentences)
        kept = ids[: MAX_TOKENS - len(before) - 1]
        row = [*before, *kept, encoder.sep]
        types = (np.arange(len(row)) >= len(asked) + 2).astype(np.int64)
        hidden = encoder.hidden(row, types)
        return _read_hidden(self._heads, hidden, spans, len(before), len(kept))


def _read_hidden(
    heads: Heads, hidden: Array, spans: Sequence[tuple[int, int]], before: int, kept: int
) -> Reading:
    """The heads' log odds; a sentence beyond what was read gets the lowest of all."""
    passage = float(hidden[0] @ heads.passage + heads.passage_bias[0])
    sentences = [
        _sentence(heads, hidden[before + a : before + min(b, kept)]) if a < min(b, kept) else -20.0
        for a, b in spans
    ]
    first, last = (hidden @ heads.span.T + heads.span_bias).T
    inside = slice(before, before + kept)
    best = float(first[inside].max() + last[inside].max()) if kept else 0.0
    return Reading(passage, best - float(first[0] + last[0]), tuple(sentences))


def _sentence(heads: Heads, tokens: Array) -> float:
    return float(mean_and_maximum(tokens) @ heads.sentence + heads.sentence_bias[0])
