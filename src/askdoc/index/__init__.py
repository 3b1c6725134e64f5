"""Passages to hits: build, search, save and load a `PassageIndex`.

This room owns the vectors in FAISS, the fusion of their scores with BM25, and the folder an index
lives in. What an answer makes of the hits is left to answering.
"""

from askdoc.index.build import build_index, passage_size_for, previous_index
from askdoc.index.folder import (
    manifest_file,
    recorded_roots,
    recorded_sources,
    refuse_foreign,
)
from askdoc.index.fusion import FUSION, Candidates, Fusion
from askdoc.index.late_interaction import (
    LATE_INTERACTION_SENTENCES,
    SentenceTokens,
    sentence_tokens,
)
from askdoc.index.library import cut_document, duplicate_id
from askdoc.index.manifest import Manifest, files_beside, sources_of
from askdoc.index.search import PassageIndex
from askdoc.index.store import Store, first_of_each_catalogue
from askdoc.index.vectors import Phrases

__all__ = [
    "FUSION",
    "LATE_INTERACTION_SENTENCES",
    "Candidates",
    "Fusion",
    "Manifest",
    "PassageIndex",
    "Phrases",
    "SentenceTokens",
    "Store",
    "build_index",
    "cut_document",
    "duplicate_id",
    "files_beside",
    "first_of_each_catalogue",
    "manifest_file",
    "passage_size_for",
    "previous_index",
    "recorded_roots",
    "recorded_sources",
    "refuse_foreign",
    "sentence_tokens",
    "sources_of",
]
