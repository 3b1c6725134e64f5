"""Cuts a document into passages: whole sentences under one heading, with exact offsets.

This room owns blocks (headings, paragraphs, list items), sentence boundaries, the packing of
sentences into a model's window, and which sentences lead to others. It never alters a character:
it only says where things start and end.
"""

from askdoc.passages.cutting import Counter, PassageSize, cut, embedding_text
from askdoc.passages.sentences import (
    answer_to,
    introduces,
    is_label,
    is_question,
    list_around,
    quotable,
    run_of,
    sentence_spans,
)

__all__ = [
    "Counter",
    "PassageSize",
    "answer_to",
    "cut",
    "embedding_text",
    "introduces",
    "is_label",
    "is_question",
    "list_around",
    "quotable",
    "run_of",
    "sentence_spans",
]
