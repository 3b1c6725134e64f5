"""Many variants, the best of which is chosen on one half of the queries and tested on the other.

This module owns the file of variants, the halves and the choice. What is chosen on a half looks
better there than it is: only the other half, which had no part in it, tells how good it is.
"""

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

from askdoc.errors import EvaluationError
from askdoc.evaluation.comparison import comparison_cells
from askdoc.evaluation.figures import LOWER_IS_BETTER, interval_shown, shown
from askdoc.evaluation.lines import text_of
from askdoc.evaluation.measures import DEFAULT_MEASURES, parse_measures
from askdoc.evaluation.report import Report
from askdoc.evaluation.statistics import Comparison, Interval, compare, mean_interval
from askdoc.evaluation.variants import Variant
from askdoc.index import FUSION, Fusion
from askdoc.passages import PassageSize

MOST_VARIANTS = 200
FEWEST_QUERIES = 10
_WEIGHTS = tuple(field.name for field in fields(Fusion))
_KEYS = ("name", "model", "passages", *_WEIGHTS)


@dataclass(frozen=True, slots=True)
class Plan:
    """A file of variants: what to try, and the measure to choose by."""

    variants: tuple[Variant, ...]
    measure: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep found.

    Attributes:
        name: The collection's.
        measure: What was chosen by.
        tuned: Each variant's mean on the half it was chosen on, the best first.
        reference: The variant that was there before, which the winner is tested against.
        winner: The variant that was chosen.
        halves: How many queries were chosen on, and how many tested on.
        tested: The winner's mean on the other half, and the reference's.
        intervals: Where these lie with 95 % confidence.
        comparison: The winner against the reference on the other half; none where the reference
            won.
    """

    name: str
    measure: str
    tuned: tuple[tuple[str, float], ...]
    reference: str
    winner: str
    halves: tuple[int, int]
    tested: tuple[float, float]
    intervals: tuple[Interval, Interval]
    comparison: Comparison | None

    def conclusion(self) -> str:
        """What to do, in a sentence or two."""
        if self.comparison is None:
            return f"Nothing was better than {self.reference} on the tuning half. Keep it."
        verdict = self.comparison.verdict
        if verdict == "better":
            return f"{self.winner} is better than {self.reference} on queries it was not chosen on."
        if verdict == "indistinguishable":
            return (
                f"On queries it was not chosen on, {self.winner} is indistinguishable from "
                f"{self.reference}: the gain on the tuning half may be luck."
            )
        return f"On queries it was not chosen on, {self.winner} is worse than {self.reference}."

    def to_markdown(self) -> str:
        """Both halves as tables, and the conclusion."""
        tuning, testing = self.halves
        rows = [f"| {name} | {shown(self.measure, value)} |" for name, value in self.tuned]
        tested = [
            f"| {name} | {shown(self.measure, value)} | {interval_shown(interval)} |"
            for name, value, interval in zip(
                dict.fromkeys((self.winner, self.reference)),
                self.tested,
                self.intervals,
                strict=False,
            )
        ]
        lines = [
            f"## {self.name}: {len(self.tuned)} variants by {self.measure}",
            "",
            f"**{self.conclusion()}**",
            "",
            f"Chosen on {tuning} queries. These values flatter the best:",
            "",
            f"| variant | {self.measure} |",
            "|---|---:|",
            *rows,
            "",
            f"Tested on the other {testing} queries:",
            "",
            f"| variant | {self.measure} | 95 % interval |",
            "|---|---:|---|",
            *tested,
        ]
        if self.comparison:
            difference, interval, effect, p, counts, verdict = comparison_cells(self.comparison)
            lines += [
                "",
                f"Difference {difference} {interval}, effect {effect}, p {p}, "
                f"win/tie/loss {counts}: {verdict}.",
            ]
        return "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, Any]:
        """All of it, in values that JSON has."""
        data = asdict(self)
        if self.comparison:
            data["comparison"]["verdict"] = self.comparison.verdict
        return {**data, "conclusion": self.conclusion()}


def read_plan(file: Path, measures: Sequence[str] | None = None) -> Plan:
    """Reads a TOML file of variants.

    Each `[[variant]]` has weights of the fusion, `passages` or `model`; a list of values stands
    for a variant each. The usual search is always among them, and comes first.

    Args:
        file: The file.
        measures: The measures of the command line, of which the first is chosen by when the file
            names no `measure`.

    Raises:
        EvaluationError: The file cannot be read or says something else.
    """
    try:
        data = tomllib.loads(text_of(file))
    except tomllib.TOMLDecodeError as error:
        raise EvaluationError(f"{file} is not TOML: {error}. Correct it.") from error
    tables = data.get("variant")
    if not isinstance(tables, list) or not tables:
        raise EvaluationError(f"{file} names no variant. Add a table: [[variant]], lexical = 0.1")
    measure = str(data.get("measure") or (measures or DEFAULT_MEASURES)[0])
    parse_measures([measure])
    made = [Variant("fusion"), *(one for table in tables for one in _variants(table, file))]
    if len(made) > MOST_VARIANTS:
        raise EvaluationError(f"{file} makes {len(made)} variants. Give {MOST_VARIANTS} at most.")
    if len({one.name for one in made}) < len(made):
        raise EvaluationError(f"{file} makes two variants of one name. Give each its own.")
    return Plan(tuple(made), measure)


def sweep(plan: Plan, evaluating: Callable[[Variant], Report]) -> Sweep:
    """Evaluates every variant, chooses on one half of the queries, and tests on the other.

    Args:
        plan: What to try; the first variant is the reference.
        evaluating: Makes a variant's report.

    Raises:
        EvaluationError: The reports lack the measure, or there are too few queries to halve.
    """
    reports = [evaluating(variant) for variant in plan.variants]
    values = {v.name: r.values(plan.measure) for v, r in zip(plan.variants, reports, strict=True)}
    reference = plan.variants[0].name
    if not values[reference]:
        raise EvaluationError(
            f'No query has a value of "{plan.measure}". Sweeps choose by ranking measures, as -m '
            "names them."
        )
    tuning, testing = halves(values[reference])
    sign = -1 if plan.measure in LOWER_IS_BETTER else 1
    tuned = {name: _mean(row, tuning) for name, row in values.items()}
    winner = max(tuned, key=lambda name: sign * tuned[name])
    held = {name: {q: values[name][q] for q in testing} for name in (winner, reference)}
    won = winner != reference
    return Sweep(
        name=reports[0].name,
        measure=plan.measure,
        tuned=tuple(sorted(tuned.items(), key=lambda item: -sign * item[1])),
        reference=reference,
        winner=winner,
        halves=(len(tuning), len(testing)),
        tested=(_mean(values[winner], testing), _mean(values[reference], testing)),
        intervals=(_interval(held[winner]), _interval(held[reference])),
        comparison=compare(held[winner], held[reference]) if won else None,
    )


def halves(queries: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The queries to choose on and those to test on: the same at each call, by a hash of the id.

    Raises:
        EvaluationError: There are too few.
    """
    ordered = sorted(queries, key=lambda name: hashlib.sha256(name.encode()).digest())
    if len(ordered) < FEWEST_QUERIES:
        raise EvaluationError(
            f"{len(ordered)} judged queries are too few to halve. Judge {FEWEST_QUERIES} or more."
        )
    return tuple(ordered[::2]), tuple(ordered[1::2])


def _mean(values: Mapping[str, float], queries: Sequence[str]) -> float:
    return sum(values[query] for query in queries) / len(queries)


def _interval(values: Mapping[str, float]) -> Interval:
    import numpy as np

    column = np.array(list(values.values()))
    return mean_interval(column, np.ones(len(column)))


def _variants(table: Any, file: Path) -> list[Variant]:
    """The variants of a table: one for each combination of its lists."""
    if not isinstance(table, dict) or (strange := [key for key in table if key not in _KEYS]):
        named = ", ".join(strange) if isinstance(table, dict) else "a variant"
        raise EvaluationError(f"{file}: {named} is unknown. A variant has {', '.join(_KEYS)}.")
    choices = {k: v if isinstance(v, list) else [v] for k, v in table.items() if k != "name"}
    if not choices:
        raise EvaluationError(f"{file}: a variant sets nothing. Set one of {', '.join(_KEYS[1:])}.")
    made = [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]
    return [_variant(str(table.get("name", "")), one, len(made) > 1, file) for one in made]


def _variant(name: str, chosen: Mapping[str, Any], several: bool, file: Path) -> Variant:
    for key, value in chosen.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        if not (isinstance(value, str) and value if key == "model" else is_number):
            raise EvaluationError(f"{file}: {key} = {value!r} is neither a number nor a model.")
    told = " ".join(f"{key}={value}" for key, value in chosen.items())
    weights = {key: value for key, value in chosen.items() if key in _WEIGHTS}
    size = chosen.get("passages")
    return Variant(
        f"{name} {told}".strip() if several or not name else name,
        fusion=replace(FUSION, **weights),
        model=chosen.get("model"),
        size=PassageSize(merge_below=int(size)) if size else None,
    )
