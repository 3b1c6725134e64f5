"""Queries to a run: what askdoc ranks for each of them.

This module owns the path from queries to ranked documents through `PassageIndex.search`, the one
the chat uses.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from askdoc.answering.reranking import Reranker, rerank
from askdoc.errors import EvaluationError, QuestionError
from askdoc.evaluation.collections import Query
from askdoc.evaluation.runs import Run
from askdoc.followups import resolve
from askdoc.index import FUSION, Fusion, PassageIndex
from askdoc.questions import clean_question
from askdoc.records import Hit

DEPTH = 100
_PASSAGES_PER_DOCUMENT = 2


@dataclass(frozen=True, slots=True)
class Searched:
    """A run and how long each query took, in seconds, the encoding of the query included."""

    run: Run
    seconds: tuple[float, ...]


def search_all(
    index: PassageIndex,
    queries: Sequence[Query],
    *,
    fusion: Fusion = FUSION,
    by_passage: bool = False,
    reranker: Reranker | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Searched:
    """Searches every query as the chat would: cleaned, and resolved with its history.

    Args:
        index: What to search.
        queries: The queries.
        fusion: How much each signal counts.
        by_passage: Rank passages; otherwise documents, each by its best passage.
        reranker: Looks at the best hits again.
        on_progress: Called with (queries done, queries in all).
    """
    run: Run = {}
    seconds = []
    for done, query in enumerate(queries, start=1):
        began = time.perf_counter()
        text = _searchable(query)
        hits = index.search(text, DEPTH * _PASSAGES_PER_DOCUMENT, fusion=fusion)
        if reranker:
            hits = rerank(text, hits, reranker)
        seconds.append(time.perf_counter() - began)
        run[query.id] = _ranking(hits, by_passage=by_passage)
        if on_progress:
            on_progress(done, len(queries))
    return Searched(run, tuple(seconds))


def _searchable(query: Query) -> str:
    try:
        return resolve(clean_question(query.text), query.history)
    except QuestionError as error:
        raise EvaluationError(f'The query "{query.id}" cannot be asked: {error}') from error


def _ranking(hits: Iterable[Hit], *, by_passage: bool) -> dict[str, float]:
    best: dict[str, float] = {}
    for hit in hits:
        best.setdefault(hit.passage.id if by_passage else hit.passage.document_id, hit.score)
    return dict(list(best.items())[:DEPTH])
