"""Texts to unit vectors: the one place where a model is loaded.

This room finds, verifies, exports and runs the embedding model. It downloads nothing, runs no
code that comes with a model, and never silently swaps one model for another. A model runs on
sentence-transformers, or, once exported and checked, on ONNX Runtime without torch: the vectors
are the same.
"""

from askdoc.embedding.adapter import QueryAdapter, adapter_for, adapters_to_json
from askdoc.embedding.embedder import (
    QUESTION_TEXTS,
    Embedder,
    TokenEmbedder,
    TokenEmbeddings,
    embeds_tokens,
    encode_with_tokens,
)
from askdoc.embedding.load import describe_embedder, load_embedder, prepare_embedder
from askdoc.embedding.models import DEFAULT_MODEL, cache_folder, default_model_folder

__all__ = [
    "DEFAULT_MODEL",
    "QUESTION_TEXTS",
    "Embedder",
    "QueryAdapter",
    "TokenEmbedder",
    "TokenEmbeddings",
    "adapter_for",
    "adapters_to_json",
    "cache_folder",
    "default_model_folder",
    "describe_embedder",
    "embeds_tokens",
    "encode_with_tokens",
    "load_embedder",
    "prepare_embedder",
]
