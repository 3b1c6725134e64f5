"""Queries to a run, and a run to a report.

This module owns the path from queries to ranked documents through `PassageIndex.search`, the one
the chat uses, and how ranked queries, of whatever system, become a report. Who else ranks is
`foreign`'s affair.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from askdoc.answering.selection import weigh
from askdoc.errors import EvaluationError, QuestionError
from askdoc.evaluation.collections import Query
from askdoc.evaluation.measures import Qrels, Run, parse_measures, score
from askdoc.evaluation.report import Expected, Figures, Report, Retrieved, Scored, figures_of
from askdoc.evaluation.scorecard import latency_figures, worst_first
from askdoc.index import FUSION, Fusion, PassageIndex
from askdoc.question import clean_question, resolve
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


ON_PASSAGES = {"P@1": "gold passage first", "Success@3": "gold passage among three"}
"""Measures that every evaluation by gold quotes has, and what reports call them."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What some system ranked.

    Attributes:
        run: Scores by query and item.
        shown: The best items of each query, as a report shows them.
        seconds: How long each query took; none where nobody knows.
    """

    run: Run
    shown: Mapping[str, tuple[Retrieved, ...]]
    seconds: tuple[float, ...] = ()


def measure_names(measures: Iterable[str], *, of_passages: bool = True) -> tuple[str, ...]:
    """The names of measures as they stand in reports, each once."""
    called = ON_PASSAGES if of_passages else {}
    return tuple(dict.fromkeys(called.get(str(m), str(m)) for m in parse_measures(measures)))


def passage_scores(qrels: Qrels, run: Run, measures: Sequence[str]) -> dict[str, dict[str, float]]:
    """Values by query and name, those of `ON_PASSAGES` first."""
    rows = score(qrels, run, (*ON_PASSAGES, *measures))
    return {
        query: {ON_PASSAGES.get(measure, measure): value for measure, value in row.items()}
        for query, row in rows.items()
    }


def expected_documents(queries: Iterable[Query], qrels: Qrels) -> dict[str, Expected]:
    """What a collection expects of each query: the ids of the relevant documents."""
    return {
        query.id: Expected(
            query.text, query.history, quotes=_relevant(qrels[query.id]), place=query.place
        )
        for query in queries
    }


def ranking_report(
    name: str,
    expected: Mapping[str, Expected],
    qrels: Qrels,
    ranked: Ranked,
    measures: Sequence[str],
    settings: dict[str, str | int | float],
    *,
    of_passages: bool = False,
) -> Report:
    """A report on what was ranked for the expected queries, with how long that took.

    Args:
        name: The collection's.
        expected: What is expected of each query, by its id.
        qrels: The judgments.
        ranked: What was ranked.
        measures: Ranking measures in ir-measures' notation.
        settings: What was evaluated.
        of_passages: Whether passages were ranked, which gold quotes judge; else documents.
    """
    scoring = passage_scores if of_passages else score
    values = scoring(qrels, ranked.run, measures)
    scored = [
        _scored(query, values[query], ranked.shown.get(query, ()), one)
        for query, one in expected.items()
        if query in values
    ]
    asked = (*ON_PASSAGES, *measures) if of_passages else measures
    figures = figures_of(scored, measure_names(asked, of_passages=of_passages))
    figures |= Figures(latency_figures(ranked.seconds), {})
    return Report(
        name=name,
        kind="passages" if of_passages else "ranking",
        measures=measure_names(measures, of_passages=of_passages),
        figures=figures.values,
        intervals=figures.intervals,
        queries=worst_first(scored),
        run=ranked.run,
        qrels=qrels,
        settings=settings,
    )


def _scored(
    query: str, values: dict[str, float], retrieved: tuple[Retrieved, ...], expected: Expected
) -> Scored:
    missed = bool(expected.quotes) and not any(item.relevant for item in retrieved)
    return Scored(
        query,
        values,
        errors=("not retrieved",) if missed else (),
        expected=expected,
        retrieved=retrieved,
    )


def _relevant(grades: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted(name for name, grade in grades.items() if grade > 0))
