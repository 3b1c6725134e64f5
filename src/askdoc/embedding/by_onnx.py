"""A model run by ONNX Runtime and tokenizers, without torch."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from askdoc.embedding.embedder import (
    CACHED_TEXTS,
    QUESTION_TEXTS,
    OnEncoded,
    TokenEmbeddings,
)
from askdoc.embedding.models import Model
from askdoc.resources import LRUCache

_RUN_COST_TOKENS = 10
"""A run of the model costs about as much as this many tokens of padding."""
_BATCH_TOKENS = 400
_TOKENIZED_TEXTS = 1024
"""How many texts are tokenised at once."""
# Reports are off already, but in a program that imported ONNX Runtime before askdoc.
onnxruntime.disable_telemetry_events()
Job = TypeVar("Job")
Done = TypeVar("Done")


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
        padding = self._windowed.padding or {}
        self._padding = {
            "pad_id": padding.get("pad_id", 0),
            "pad_token": padding.get("pad_token", "[PAD]"),
        }
        self._windowed.no_padding()
        self._session = onnxruntime.InferenceSession(
            str(graph), _options(), providers=["CPUExecutionProvider"]
        )
        self._inputs = [tensor.name for tensor in self._session.get_inputs()]
        self._width = next(
            int(o.shape[-1]) for o in self._session.get_outputs() if o.name == "vectors"
        )
        self._cached = LRUCache[str, TokenEmbeddings](CACHED_TEXTS)

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens in each text, without special tokens."""
        rows = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(row.ids) for row in rows]

    def encode(
        self, texts: Sequence[str], on_progress: OnEncoded | None = None
    ) -> NDArray[np.float32]:
        """Encodes texts, as `Embedder.encode` says."""
        vectors = np.empty((len(texts), self._width), dtype=np.float32)
        for start in range(0, len(texts), _TOKENIZED_TEXTS):
            rows = self._windowed.encode_batch(
                [t.strip() for t in texts[start : start + _TOKENIZED_TEXTS]]
            )
            for group, found in self._in_groups(rows, ["vectors"], _cores()):
                vectors[[start + at for at in group]] = found[0]
                if on_progress:
                    on_progress(len(group))
        return vectors

    def encode_tokens(
        self, texts: Sequence[str], on_progress: OnEncoded | None = None
    ) -> list[TokenEmbeddings]:
        """Encodes tokens, as `TokenEmbedder.encode_tokens` says."""
        if len(texts) > QUESTION_TEXTS:
            return self._encode(texts, ["vectors", "pieces"], _cores(), on_progress)
        found = self._cached.made(texts, self._encode)
        if on_progress:
            on_progress(len(texts))
        return found

    def _encode(
        self,
        texts: Sequence[str],
        outputs: Sequence[str] = ("vectors", "pieces", "layers"),
        threads: int = 1,
        on_progress: OnEncoded | None = None,
    ) -> list[TokenEmbeddings]:
        """Encodes texts and their tokens, those of like length in one run."""
        rows = self._windowed.encode_batch(list(texts))
        found: dict[int, TokenEmbeddings] = {}
        for group, arrays in self._in_groups(rows, outputs, threads):
            for at, *one in zip(group, *arrays, strict=True):
                found[at] = _without_special(rows[at], *one)
            if on_progress:
                on_progress(len(group))
        return [found[at] for at in range(len(rows))]

    def _in_groups(
        self, rows: Sequence[Encoding], outputs: Sequence[str], threads: int
    ) -> Iterator[tuple[list[int], list[NDArray[np.float32]]]]:
        """Runs texts in groups of like length, and yields each group's positions and outputs.

        The longest come first, so that no thread ends with a long one.
        """
        groups = list(_groups([len(row.ids) for row in rows]))[::-1]
        ran = _spread(lambda group: self._run(outputs, [rows[at] for at in group]), groups, threads)
        yield from zip(groups, ran, strict=True)

    def _run(self, outputs: Sequence[str], rows: Sequence[Encoding]) -> list[NDArray[np.float32]]:
        longest = max(len(row.ids) for row in rows)
        for row in rows:
            row.pad(longest, **self._padding)
        known = {
            "input_ids": [row.ids for row in rows],
            "attention_mask": [row.attention_mask for row in rows],
            "token_type_ids": [row.type_ids for row in rows],
        }
        feed = {name: np.array(known[name], dtype=np.int64) for name in self._inputs}
        found = self._session.run(list(outputs), feed)
        return [np.asarray(array, dtype=np.float32) for array in found]


def _groups(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions of texts so near in length that a run together is quicker than apart."""
    group: list[int] = []
    for at in sorted(range(len(lengths)), key=lambda at: lengths[at]):
        longer = lengths[at] - lengths[group[-1]] if group else 0
        if longer * len(group) > _RUN_COST_TOKENS or (len(group) + 1) * lengths[at] > _BATCH_TOKENS:
            if group:
                yield group
            group = []
        group.append(at)
    if group:
        yield group


def _spread(work: Callable[[Job], Done], jobs: Sequence[Job], threads: int) -> Iterator[Done]:
    """Runs jobs on threads, and yields their results in order."""
    if threads == 1 or len(jobs) == 1:
        yield from map(work, jobs)
        return
    with ThreadPoolExecutor(threads) as executor:
        yield from executor.map(work, jobs)


def _without_special(
    row: Encoding,
    whole: NDArray[np.float32],
    vectors: NDArray[np.float32],
    layers: NDArray[np.float32] | None = None,
) -> TokenEmbeddings:
    kept = np.array(row.special_tokens_mask) == 0
    spans = np.array(row.offsets, dtype=np.int64).reshape(-1, 2)
    deep = None if layers is None else layers[kept]
    return TokenEmbeddings(whole.copy(), spans[kept], vectors[kept], deep)


def _cores() -> int:
    """How many threads encode where there are many texts."""
    return int(os.environ.get("OMP_NUM_THREADS") or 0) or os.cpu_count() or 1


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    # A second thread makes a short text no quicker; with many texts, each thread takes its own.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    # The graph was optimised when it was exported.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return options
