"""A report on what was ranked, by whatever system.

This module owns how ranked queries become such a report. Who ranked them is left to `pipeline`,
which asks askdoc, and to `foreign`, which asks others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from askdoc.evaluation.collections import Query
from askdoc.evaluation.figures import Figures, figures_of
from askdoc.evaluation.measures import parse_measures, score
from askdoc.evaluation.qrels import Qrels
from askdoc.evaluation.report import Kind, Report
from askdoc.evaluation.runs import Run
from askdoc.evaluation.scorecard import latency_figures, worst_first
from askdoc.evaluation.scored import Expected, Retrieved, Scored

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


def measure_names(measures: Iterable[str]) -> tuple[str, ...]:
    """The names of measures as they stand in reports, each once."""
    parsed = (str(measure) for measure in parse_measures(measures))
    return tuple(dict.fromkeys(ON_PASSAGES.get(name, name) for name in parsed))


def passage_scores(qrels: Qrels, run: Run, measures: Sequence[str]) -> dict[str, dict[str, float]]:
    """Values by query and name, those of `ON_PASSAGES` first."""
    rows = score(qrels, run, (*ON_PASSAGES, *measures))
    return {
        query: {ON_PASSAGES.get(measure, measure): value for measure, value in row.items()}
        for query, row in rows.items()
    }


def collection_report(
    name: str,
    queries: Sequence[Query],
    qrels: Qrels,
    ranked: Ranked,
    measures: Sequence[str],
    settings: dict[str, str | int | float],
) -> Report:
    """A report on ranked documents of a collection."""
    values = score(qrels, ranked.run, measures)
    scored = [
        _scored(
            query.id,
            values[query.id],
            ranked.shown.get(query.id, ()),
            Expected(
                query.text, query.history, quotes=_relevant(qrels[query.id]), place=query.place
            ),
        )
        for query in queries
        if query.id in values
    ]
    figures = figures_of(scored, measure_names(measures))
    return _report(name, "ranking", measures, figures, scored, ranked, qrels, settings)


def passages_report(
    name: str,
    expected: Mapping[str, Expected],
    qrels: Qrels,
    ranked: Ranked,
    measures: Sequence[str],
    settings: dict[str, str | int | float],
) -> Report:
    """A report on ranked passages, judged by the gold quotes of an article's questions."""
    values = passage_scores(qrels, ranked.run, measures)
    scored = [
        _scored(query, values[query], ranked.shown.get(query, ()), expected[query])
        for query in expected
        if query in values
    ]
    figures = figures_of(scored, measure_names((*ON_PASSAGES, *measures)))
    return _report(name, "passages", measures, figures, scored, ranked, qrels, settings)


def _report(
    name: str,
    kind: Kind,
    measures: Sequence[str],
    figures: Figures,
    scored: Sequence[Scored],
    ranked: Ranked,
    qrels: Qrels,
    settings: dict[str, str | int | float],
) -> Report:
    """A report on what was ranked, with how long that took."""
    figures |= Figures(latency_figures(ranked.seconds), {})
    return Report(
        name=name,
        kind=kind,
        measures=measure_names(measures),
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
        faults=("not retrieved",) if missed else (),
        expected=expected,
        retrieved=retrieved,
    )


def _relevant(grades: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted(name for name, grade in grades.items() if grade > 0))
