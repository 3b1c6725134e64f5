"""A model run by ONNX Runtime and tokenizers, without torch."""

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from askdoc.embedding.models import Model
from askdoc.embedding.protocol import OnProgress, Pieces, encode_in_batches

# Vectors of the questions asked last, in memory alone: triage, topics and retrieval share them.
_REMEMBERED = 256


class OnnxEmbedder:
    """An `Embedder` over an exported model; its vectors are those of the original to 1e-4."""

    def __init__(self, model: Model, graph: Path, window: int) -> None:
        """Loads a graph that `export` made from the model."""
        self.name = model.name
        self.fingerprint = model.fingerprint
        self.window = window
        self._tokenizer = Tokenizer.from_file(str(model.folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._windowed = Tokenizer.from_file(str(model.folder / "tokenizer.json"))
        self._windowed.enable_truncation(window)
        self._pad()
        self._session = onnxruntime.InferenceSession(
            str(graph), _options(), providers=["CPUExecutionProvider"]
        )
        self._inputs = [tensor.name for tensor in self._session.get_inputs()]
        self._width = next(
            int(o.shape[-1]) for o in self._session.get_outputs() if o.name == "vectors"
        )
        self._alone = lru_cache(maxsize=_REMEMBERED)(self._encode_alone)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, without special tokens."""
        rows = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(row.ids) for row in rows]

    def encode(
        self, texts: Sequence[str], on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """Encodes texts, as `Embedder.encode` says."""
        if len(texts) != 1:
            return encode_in_batches(texts, self._width, self._encode, on_progress)
        if on_progress:
            on_progress(1)
        return self._alone(texts[0].strip())[0][None, :]

    def encode_pieces(
        self, texts: Sequence[str], on_progress: OnProgress | None = None
    ) -> list[Pieces]:
        """Encodes word pieces, as `PieceEmbedder.encode_pieces` says."""
        if len(texts) == 1 and texts[0] == texts[0].strip():
            return [self._alone(texts[0])[1]]
        found = []
        for text in texts:
            [row] = self._windowed.encode_batch([text])
            found.append(_pieces(row, self._run(["pieces"], [row])[0][0]))
            if on_progress:
                on_progress(1)
        return found

    def _encode(self, batch: list[str]) -> NDArray[np.float32]:
        rows = self._windowed.encode_batch([text.strip() for text in batch])
        return self._run(["vectors"], rows)[0]

    def _encode_alone(self, text: str) -> tuple[NDArray[np.float32], Pieces]:
        """A text's vector and its word pieces in one run: a question needs both."""
        [row] = self._windowed.encode_batch([text])
        vectors, pieces = self._run(["vectors", "pieces"], [row])
        vectors.flags.writeable = False
        return vectors[0], _pieces(row, pieces[0])

    def _run(self, outputs: Sequence[str], rows: Sequence[Encoding]) -> list[NDArray[np.float32]]:
        known = {
            "input_ids": [row.ids for row in rows],
            "attention_mask": [row.attention_mask for row in rows],
            "token_type_ids": [row.type_ids for row in rows],
        }
        feed = {name: np.array(known[name], dtype=np.int64) for name in self._inputs}
        found = self._session.run(list(outputs), feed)
        return [np.array(array, dtype=np.float32) for array in found]

    def _pad(self) -> None:
        padding = self._windowed.padding or {}
        self._windowed.enable_padding(
            pad_id=padding.get("pad_id", 0), pad_token=padding.get("pad_token", "[PAD]")
        )


def _pieces(row: Encoding, vectors: NDArray[np.float32]) -> Pieces:
    kept = [at for at, special in enumerate(row.special_tokens_mask) if not special]
    spans = np.array([row.offsets[at] for at in kept], dtype=np.int64).reshape(-1, 2)
    return Pieces(spans, vectors[kept])


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS") or 0)
    options.log_severity_level = 3
    # The graph was optimised when it was exported.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # Threads that spin while they wait take the cores from the rest of the server.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
