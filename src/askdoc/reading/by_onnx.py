"""The shipped reader, run by ONNX Runtime: word embeddings in, hidden states out.

The graph is an encoder of the size of the packaged embedding model. It takes word embeddings, not
token ids: the rows are looked up in the packaged model's own file, which is mapped to memory, so
that they are neither shipped twice nor held twice.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from askdoc.reading.protocol import Reading, Text

Array = NDArray[np.float32]

MAX_TOKENS = 320
"""Question, heading and passage together; the encoder has positions for 512."""
MAX_QUESTION_TOKENS = 64
MAX_HEADING_TOKENS = 24
THREADS = 2
_EMBEDDINGS = "embeddings.word_embeddings.weight"


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
        """Loads a graph, its heads, and the tokenizer and word embeddings of a model's folder."""
        self._heads = Heads.load(heads)
        self._words = word_embeddings(model_folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._cls = self._tokenizer.token_to_id("[CLS]")
        self._sep = self._tokenizer.token_to_id("[SEP]")
        self._session = onnxruntime.InferenceSession(
            str(graph), _options(), providers=["CPUExecutionProvider"]
        )
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="reader")

    def read(self, question: str, texts: Sequence[Text]) -> list[Reading]:
        """Reads each text with the question, as `Reader.read` says."""
        asked = self._ids(question)[:MAX_QUESTION_TOKENS]
        if len(texts) == 1:
            return [self._reading(asked, texts[0])]
        return list(self._pool.map(lambda text: self._reading(asked, text), texts))

    def _reading(self, asked: Sequence[int], text: Text) -> Reading:
        before = [self._cls, *asked, self._sep, *self._ids(text.heading)[:MAX_HEADING_TOKENS]]
        ids, spans = self._tokens_of(text)
        kept = ids[: MAX_TOKENS - len(before) - 1]
        row = np.array([*before, *kept, self._sep])
        types = (np.arange(len(row)) >= len(asked) + 2).astype(np.int64)
        feed = {"words": self._words[row][None], "types": types[None]}
        hidden = np.asarray(self._session.run(["hidden"], feed)[0][0], dtype=np.float32)
        return _read_hidden(self._heads, hidden, spans, len(before), len(kept))

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _tokens_of(self, text: Text) -> tuple[list[int], tuple[tuple[int, int], ...]]:
        """The ids of a text, and which of them each sentence is."""
        encoding = self._tokenizer.encode(text.text, add_special_tokens=False)
        starts, ends = np.array(encoding.offsets or [(0, 0)]).T
        spans = tuple(
            (int(np.searchsorted(ends, a, "right")), int(np.searchsorted(starts, b, "left")))
            for a, b in text.sentences
        )
        return list(encoding.ids), spans


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
    pooled = np.concatenate([tokens.mean(axis=0), tokens.max(axis=0)])
    return float(pooled @ heads.sentence + heads.sentence_bias[0])


def word_embeddings(file: Path) -> Array:
    """The word embeddings in a safetensors file, of shape (v, d), left on disk until looked up.

    The format: eight bytes, the length of a header in JSON, the header, then the tensors.
    """
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        entry = json.loads(stream.read(length))[_EMBEDDINGS]
    start = 8 + length + entry["data_offsets"][0]
    return np.memmap(file, np.float32, "r", start, tuple(entry["shape"]))


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    # Passages run side by side, each on a thread of its own.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return options
