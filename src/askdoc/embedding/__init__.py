"""Texts to unit vectors: the one place where a model is loaded.

This room owns finding, verifying, exporting and running the embedding model. It never downloads
anything, runs no code that comes with a model, and never swaps one model for another in silence.
A model runs by sentence-transformers, or, once exported and found to agree, by ONNX Runtime
without torch: the vectors are the same.
"""

from askdoc.embedding.adapter import QueryAdapter, adapter_for, adapters_to_json
from askdoc.embedding.lately import FEW
from askdoc.embedding.load import describe_embedder, load_embedder, prepare_embedder
from askdoc.embedding.models import DEFAULT_MODEL, default_model_folder
from askdoc.embedding.protocol import Embedder, PieceEmbedder, Pieces, gives_pieces

__all__ = [
    "DEFAULT_MODEL",
    "FEW",
    "Embedder",
    "PieceEmbedder",
    "Pieces",
    "QueryAdapter",
    "adapter_for",
    "adapters_to_json",
    "default_model_folder",
    "describe_embedder",
    "gives_pieces",
    "load_embedder",
    "prepare_embedder",
]
