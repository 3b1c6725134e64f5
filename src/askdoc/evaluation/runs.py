"""Runs: what a system ranked for each query, made by searching or read and written as files.

This module owns the path from queries to ranked documents through `PassageIndex.search`, the one
the chat uses, and TREC's run format.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from askdoc.answering.reranking import Reranker, rerank
from askdoc.errors import EvaluationError, QuestionError
from askdoc.evaluation.collections import Query
from askdoc.evaluation.measures import Run
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


def write_run(run: Run, file: Path, name: str = "askdoc") -> None:
    """Writes a run in TREC's six columns: query, Q0, document, rank, score, name of the system.

    Scores are written in full, so that reading the file gives the same run.

    Raises:
        EvaluationError: An id holds white space, or the file cannot be written.
    """
    lines = [
        f"{_word(query)} Q0 {_word(document)} {rank} {score!r} {name}\n"
        for query, scores in run.items()
        for rank, (document, score) in enumerate(_sorted(scores), start=1)
    ]
    try:
        file.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{file} cannot be written: {error}.") from error


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


def _sorted(scores: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(scores.items(), key=lambda item: -item[1])


def _word(name: str) -> str:
    if name.split() != [name]:
        raise EvaluationError(f'The id "{name}" holds white space: a TREC run cannot carry it.')
    return name
