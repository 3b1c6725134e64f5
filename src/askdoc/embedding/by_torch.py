"""A model run by sentence-transformers on torch: any model, at the price of a heavy import."""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding.embedder import (
    CACHED_TEXTS,
    LAST_LAYERS,
    QUESTION_TEXTS,
    OnEncoded,
    TokenEmbeddings,
)
from askdoc.embedding.models import DEFAULT_MODEL, Model, stay_offline
from askdoc.errors import EmbedderError
from askdoc.resources import LRUCache

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

_BATCH_CHARACTERS = 2000
"""Padding included. Measured on two cores: sentences are fastest some thirty at a time, passages
one or two at a time; larger batches gain nothing and waste padding."""


class TorchEmbedder:
    """An `Embedder` over any model that sentence-transformers can load."""

    def __init__(self, model: Model) -> None:
        """Loads the model on the CPU, or the GPU torch finds.

        Raises:
            EmbedderError: sentence-transformers cannot load it.
        """
        self.name = model.name
        self.fingerprint = model.fingerprint
        self.transformer = _load(model)
        self.window = int(self.transformer.max_seq_length or 512)
        self._width = int(self.transformer.get_embedding_dimension() or 0)
        self._cached = LRUCache[str, TokenEmbeddings](CACHED_TEXTS)

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens in each text, without special tokens."""
        if not texts:
            return []
        with quiet():
            ids = self.transformer.tokenizer(
                list(texts), add_special_tokens=False, truncation=False, verbose=False
            )["input_ids"]
        return [len(row) for row in ids]

    def encode(
        self, texts: Sequence[str], on_progress: OnEncoded | None = None
    ) -> NDArray[np.float32]:
        """Encodes texts, as `Embedder.encode` says."""
        vectors = np.empty((len(texts), self._width), dtype=np.float32)
        for rows in _batches([len(text) for text in texts]):
            vectors[rows] = self._encode([texts[at] for at in rows])
            if on_progress:
                on_progress(len(rows))
        return vectors

    def encode_tokens(
        self, texts: Sequence[str], on_progress: OnEncoded | None = None
    ) -> list[TokenEmbeddings]:
        """Encodes tokens, as `TokenEmbedder.encode_tokens` says."""
        if len(texts) > QUESTION_TEXTS:
            return self._encode_each(texts, on_progress, with_layers=False)
        found = self._cached.made(texts, self._encode_each)
        if on_progress:
            on_progress(len(texts))
        return found

    def _encode_each(
        self,
        texts: Sequence[str],
        on_progress: OnEncoded | None = None,
        *,
        with_layers: bool = True,
    ) -> list[TokenEmbeddings]:
        found = []
        for text in texts:
            found.append(self._encode_one(text, with_layers=with_layers))
            if on_progress:
                on_progress(1)
        return found

    def _encode_one(self, text: str, *, with_layers: bool) -> TokenEmbeddings:
        with quiet():
            encoding = self.transformer.tokenizer(
                text,
                truncation=True,
                max_length=self.window,
                return_offsets_mapping=True,
                return_special_tokens_mask=True,
            )
            output: Any = self.transformer.encode(text, output_value=None, show_progress_bar=False)
        kept = [at for at, special in enumerate(encoding["special_tokens_mask"]) if not special]
        spans = np.array([encoding["offset_mapping"][at] for at in kept], dtype=np.int64)
        whole = np.asarray(output["sentence_embedding"].cpu(), dtype=np.float32)
        rows = np.asarray(output["token_embeddings"].cpu(), dtype=np.float32)[kept]
        layers = _side_by_side(last_layers(output), kept) if with_layers else None
        return TokenEmbeddings(_unit(whole), spans.reshape(-1, 2), _unit(rows), layers)

    def _encode(self, batch: list[str]) -> NDArray[np.float32]:
        vectors = self.transformer.encode(
            batch,
            batch_size=len(batch),
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)


def last_layers(output: Mapping[str, Any]) -> "Sequence[torch.Tensor]":
    """The last `LAST_LAYERS` layers of a transformer's output, each of shape (texts, tokens, d)."""
    layers = output.get("all_layer_embeddings")
    if layers:
        return list(layers[1:][-LAST_LAYERS:])
    tokens = output["token_embeddings"]
    return [tokens if tokens.ndim == 3 else tokens[None]]


def _side_by_side(layers: "Sequence[torch.Tensor]", kept: list[int]) -> NDArray[np.float32]:
    """The kept tokens of one text, each layer's vectors of length one."""
    rows = (np.asarray(layer[0].cpu(), dtype=np.float32)[kept] for layer in layers)
    return np.concatenate([_unit(layer) for layer in rows], axis=1)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)


def _load(model: Model) -> "SentenceTransformer":
    stay_offline()
    with quiet():
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            return SentenceTransformer(
                str(model.folder),
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
                config_kwargs={"output_hidden_states": True},
            )
        except Exception as error:  # each library below has errors of its own
            reason = str(error).strip().split("\n", 1)[0] or type(error).__name__
            raise EmbedderError(
                f'The model "{model.name}" cannot be loaded: {reason}. Give --model the folder of '
                f"a sentence-transformers model with safetensors weights, or leave it out to use "
                f"{DEFAULT_MODEL}."
            ) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Silences the model libraries' notices; askdoc reports what matters as an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("transformers").setLevel(logging.ERROR)
        logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
        yield


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions of texts of like length, the shortest first."""
    batch: list[int] = []
    for at in sorted(range(len(lengths)), key=lambda at: lengths[at]):
        if batch and (len(batch) + 1) * lengths[at] > _BATCH_CHARACTERS:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch
