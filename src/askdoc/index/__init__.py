"""Passages to hits: build, search, save and load a `PassageIndex`.

This room owns the vectors in FAISS, the fusion of their scores with BM25, and the folder an index
lives in. What an answer makes of the hits is left to answering.
"""

from askdoc.index.build import build_index
from askdoc.index.search import FUSION, Fusion, PassageIndex

__all__ = ["FUSION", "Fusion", "PassageIndex", "build_index"]
