"""A shipped encoder, run by ONNX Runtime: word embeddings in, hidden states out.

The graph is an encoder of the size of the packaged embedding model. It takes word embeddings, not
token ids: the rows are looked up in the packaged model's own file, which is mapped to memory, so
that they are neither shipped twice nor held twice.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from askdoc.records import Span

Array = NDArray[np.float32]

_EMBEDDINGS = "embeddings.word_embeddings.weight"


class Encoder:
    """An exported graph, with the tokenizer and word embeddings of an embedding model.

    Attributes:
        cls: The id of the token that stands first.
        sep: The id of the token that ends a text.
    """

    def __init__(self, graph: Path, model_folder: Path) -> None:
        """Loads a graph, and what it needs of a model's folder."""
        self._words = word_embeddings(model_folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.cls: int = self._tokenizer.token_to_id("[CLS]")  # type: ignore[assignment]
        self.sep: int = self._tokenizer.token_to_id("[SEP]")  # type: ignore[assignment]
        self._session = onnxruntime.InferenceSession(
            str(graph), _options(), providers=["CPUExecutionProvider"]
        )

    def ids(self, text: str) -> list[int]:
        """The token ids of a text, without those that stand first and last."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def tokens_of(self, text: str, spans: Sequence[Span]) -> tuple[list[int], tuple[Span, ...]]:
        """The ids of a text, and which of them each span of its characters is."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return list(encoding.ids), token_places(encoding.offsets, spans)

    def hidden(self, ids: Sequence[int], types: NDArray[np.int64] | None = None) -> Array:
        """The hidden states of token ids, shape (n, d); `types` are 0 unless given."""
        kinds = np.zeros(len(ids), np.int64) if types is None else types
        feed = {"words": self._words[np.array(ids)][None], "types": kinds[None]}
        return np.asarray(self._session.run(["hidden"], feed)[0][0], dtype=np.float32)


def token_places(offsets: Sequence[Span], spans: Sequence[Span]) -> tuple[Span, ...]:
    """Which tokens each span of characters is.

    Args:
        offsets: The characters of each token, in order.
        spans: The spans.
    """
    starts, ends = np.array(offsets or [(0, 0)]).T
    return tuple(
        (int(np.searchsorted(ends, a, "right")), int(np.searchsorted(starts, b, "left")))
        for a, b in spans
    )


def mean_and_maximum(tokens: Array) -> Array:
    """Token states of shape (n, d) as one vector, shape (2 d,)."""
    return np.concatenate([tokens.mean(axis=0), tokens.max(axis=0)])


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
    # A text that is read alone has two cores; those read side by side share them. Threads that
    # wait for the next product would keep a core busy between questions.
    options.intra_op_num_threads = 2
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options
