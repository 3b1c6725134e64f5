"""Ranking measures, by ir-measures and in its notation.

This module owns parsing measure names and scoring a run against judgments. What the measures
mean is ir-measures' affair.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import ir_measures

from askdoc.errors import EvaluationError
from askdoc.evaluation.qrels import Qrels

DEFAULT_MEASURES = ("nDCG@10", "RR@10", "R@1", "R@5")


def parse_measures(names: Iterable[str]) -> tuple[Any, ...]:
    """Parses measure names such as `nDCG@10`, `P(rel=2)@5` or `AP`.

    Raises:
        EvaluationError: ir-measures does not know one of them, or cannot compute it here.
    """
    return tuple(_parsed(part) for name in names for part in name.split())


def is_measure(name: str) -> bool:
    """Whether a name is a ranking measure, and not another figure of a report."""
    try:
        return bool(parse_measures([name]))
    except EvaluationError:
        return False


def score(
    qrels: Qrels, run: Mapping[str, Mapping[str, float]], measures: Iterable[str]
) -> dict[str, dict[str, float]]:
    """Scores a run, query by query.

    Args:
        qrels: The judgments; a judged query that the run lacks scores 0.
        run: Scores by query and document.
        measures: Names in ir-measures' notation.

    Returns:
        Values by query id and measure name, in the order the measures were given.

    Raises:
        EvaluationError: A measure is not known.

    Example: score({"q": {"a": 1}}, {"q": {"b": 2.0, "a": 1.0}}, ["RR"]) -> {"q": {"RR": 0.5}}
    """
    parsed = parse_measures(measures)
    judged = {name: grades for name, grades in qrels.items() if grades}
    known = {name: dict(run[name]) for name in judged if run.get(name)}
    values = {name: dict.fromkeys(map(str, parsed), 0.0) for name in judged}
    for metric in ir_measures.iter_calc(parsed, judged, known):
        values[metric.query_id][str(metric.measure)] = float(metric.value)
    return values


def _parsed(name: str) -> Any:
    try:
        measure = ir_measures.parse_measure(name)
        if ir_measures.DefaultPipeline.supports(measure):  # type: ignore[no-untyped-call]
            return measure
    except (NameError, ValueError, TypeError, SyntaxError) as error:
        raise _unknown(name) from error
    raise _unknown(name)


def _unknown(name: str) -> EvaluationError:
    return EvaluationError(
        f'The measure "{name}" is not one ir-measures can compute here. '
        "Examples: nDCG@10 RR@10 R@100 P@1 Success@3 AP."
    )
