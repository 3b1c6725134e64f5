"""Queries to a run: what askdoc ranks for each of them.

This module owns the path from queries to ranked documents through `PassageIndex.search`, the one
the chat uses.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from askdoc.answering.selection import weigh
from askdoc.errors import EvaluationError, QuestionError
from askdoc.evaluation.collections import Query
from askdoc.evaluation.runs import Run
from askdoc.evaluation.scored import Retrieved
from askdoc.followups import resolve
from askdoc.index import FUSION, Fusion, PassageIndex
from askdoc.questions import clean_question
from askdoc.records import Hit

DEPTH = 100
SHOWN = 10
"""How many ranked items a report shows of each query."""
EXCERPT = 400
"""How many characters of each it shows."""
_PASSAGES_PER_DOCUMENT = 2


@dataclass(frozen=True, slots=True)
class Searched:
    """A run, the best hits of each query, and how long each took, with its encoding, in seconds."""

    run: Run
    hits: dict[str, tuple[Hit, ...]]
    seconds: tuple[float, ...]


def search_all(
    index: PassageIndex,
    queries: Sequence[Query],
    *,
    fusion: Fusion = FUSION,
    by_passage: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Searched:
    """Searches every query as the chat would: cleaned, and resolved with its history.

    Passages are ranked as an answer shows them, once read; documents as the search ranks them.

    Args:
        index: What to search.
        queries: The queries.
        fusion: How much each signal counts.
        by_passage: Rank passages; otherwise documents, each by its best passage.
        on_progress: Called with (queries done, queries in all).
    """
    run: Run = {}
    best: dict[str, tuple[Hit, ...]] = {}
    seconds = []
    for done, query in enumerate(queries, start=1):
        began = time.perf_counter()
        text = _searchable(query)
        hits = index.search(text, DEPTH * _PASSAGES_PER_DOCUMENT, fusion=fusion)
        if by_passage:
            hits = weigh(index, text, hits).hits
        seconds.append(time.perf_counter() - began)
        ranked = _ranking(hits, by_passage=by_passage)
        run[query.id] = {name: hit.score for name, hit in ranked.items()}
        best[query.id] = tuple(list(ranked.values())[:SHOWN])
        if on_progress:
            on_progress(done, len(queries))
    return Searched(run, best, tuple(seconds))


def hits_shown(
    hits: Iterable[Hit], grades: Mapping[str, int], *, by_passage: bool = False
) -> tuple[Retrieved, ...]:
    """Hits as a report shows them, with the evidence behind each score."""
    return tuple(
        Retrieved(
            rank=rank,
            id=name,
            score=round(hit.score, 6),
            relevant=grades.get(name, 0) > 0,
            heading=hit.passage.heading,
            text=shorten(hit.passage.text),
            signals={name: round(value, 4) for name, value in asdict(hit.signals).items()},
        )
        for rank, hit in enumerate(hits, start=1)
        for name in [hit.passage.id if by_passage else hit.passage.document_id]
    )


def shorten(text: str) -> str:
    """The beginning of a text, in one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= EXCERPT else flat[: EXCERPT - 1] + "…"


def _searchable(query: Query) -> str:
    try:
        return resolve(clean_question(query.text), query.history)
    except QuestionError as error:
        raise EvaluationError(f'The query "{query.id}" cannot be asked: {error}') from error


def _ranking(hits: Iterable[Hit], *, by_passage: bool) -> dict[str, Hit]:
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.passage.id if by_passage else hit.passage.document_id, hit)
    return dict(list(best.items())[:DEPTH])
