"""Ways to search set beside each other: in one table, or as a sweep with a holdout.

This module owns the names of variants and what they stand for, the table of their reports, the
file of a sweep, its halves and its choice. What is chosen on one half of the queries looks better
there than it is: only the other half, which had no part in it, tells how good it is.
"""

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from askdoc.errors import EvaluationError
from askdoc.evaluation.comparison import comparison_cells
from askdoc.evaluation.lines import text_of
from askdoc.evaluation.measures import (
    DEFAULT_MEASURES,
    LOWER_IS_BETTER,
    interval_shown,
    parse_measures,
    shown,
)
from askdoc.evaluation.report import Report, names_in
from askdoc.evaluation.statistics import LEVEL, Comparison, Interval, compare, mean_interval
from askdoc.index import FUSION, Fusion
from askdoc.passages import PassageSize

_SIGNALS = {
    "dense": Fusion(passage=0.5, sentence=0.5, lexical=0, maxsim=0, adapter=0),
    "passages": Fusion(passage=1, sentence=0, lexical=0, maxsim=0, adapter=0),
    "sentences": Fusion(passage=0, sentence=1, lexical=0, maxsim=0, adapter=0),
    "lexical": Fusion(passage=0, sentence=0, lexical=1, maxsim=0, adapter=0),
    "no-maxsim": Fusion(passage=0.5, sentence=0.5, lexical=0.03, maxsim=0),
    "no-adapter": FUSION.adapted(0),
    "fusion": FUSION,
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to search: the weights, and, when they differ from the default, model and size."""

    name: str
    fusion: Fusion = FUSION
    model: str | None = None
    size: PassageSize | None = None


def parse_variant(name: str) -> Variant:
    """Reads a variant: a signal's name, `model=NAME_OR_FOLDER` or `passages=TOKENS`.

    Raises:
        EvaluationError: It is none of these.

    Example: parse_variant("passages=40").size -> PassageSize(window=256, merge_below=40)
    """
    kind, equals, value = name.partition("=")
    if not equals and name in _SIGNALS:
        return Variant(name, fusion=_SIGNALS[name])
    if kind == "model" and value:
        return Variant(name, model=value)
    if kind == "passages" and value.isdecimal() and int(value) > 0:
        return Variant(name, size=PassageSize(merge_below=int(value)))
    raise EvaluationError(
        f'"{name}" is no variant. Give {", ".join(_SIGNALS)}, model=NAME or passages=TOKENS.'
    )


MARKS = {"better": "▲", "worse": "▼", "slightly worse": "▼", "indistinguishable": ""}


@dataclass(frozen=True, slots=True)
class VariantTable:
    """Reports on the same questions under several variants.

    Attributes:
        names: The variants' names.
        reports: Their reports, in the same order.
        comparisons: For each variant but the last, each measure's comparison with the last.
    """

    names: tuple[str, ...]
    reports: tuple[Report, ...]
    comparisons: tuple[dict[str, Comparison], ...]

    @property
    def measures(self) -> tuple[str, ...]:
        """The figures that any report has, in their order."""
        return tuple(dict.fromkeys(name for report in self.reports for name in report.figures))

    def cell(self, column: int, measure: str) -> str:
        """A figure with its interval and its mark; "" where the report lacks it."""
        report = self.reports[column]
        if measure not in report.figures:
            return ""
        found = self.comparisons[column].get(measure) if column < len(self.comparisons) else None
        parts = (
            shown(measure, report.figures[measure]),
            interval_shown(report.intervals.get(measure)),
            MARKS[found.verdict] if found else "",
        )
        return " ".join(part for part in parts if part)

    def key(self) -> str:
        """What the cells and marks mean."""
        return (
            f"[from, to]: 95 % interval. ▲ better and ▼ worse than {self.names[-1]}, the last "
            f"column, by a paired randomisation test (p < {LEVEL}); without a mark the two are "
            "indistinguishable, or the figure is not one of single questions."
        )

    def in_words(self) -> tuple[str, ...]:
        """Each variant against the last one, in a sentence."""
        return tuple(
            f"{name} against {self.names[-1]}: {_told(found)}."
            for name, found in zip(self.names, self.comparisons, strict=False)
        )

    def to_markdown(self) -> str:
        """The table, its key, and each comparison in words."""
        lines = [
            f"| measure | {' | '.join(self.names)} |",
            "|---|" + "---:|" * len(self.names),
            *(
                f"| {name} | {' | '.join(self.cell(at, name) for at in range(len(self.names)))} |"
                for name in self.measures
            ),
            "",
            self.key(),
            "",
            *(f"- {sentence}" for sentence in self.in_words()),
        ]
        return "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, Any]:
        """Every report by its variant, and the comparisons with the last."""
        return {
            "reference": self.names[-1],
            "variants": {
                name: report.to_json()
                for name, report in zip(self.names, self.reports, strict=True)
            },
            "comparisons": {
                name: {
                    measure: {**asdict(one), "verdict": one.verdict}
                    for measure, one in found.items()
                }
                for name, found in zip(self.names, self.comparisons, strict=False)
            },
        }


def comparison_table(names: Sequence[str], reports: Sequence[Report]) -> VariantTable:
    """Puts reports on the same questions side by side.

    Args:
        names: The variants' names.
        reports: Their reports, in the same order; the others are compared with the last.
    """
    *others, last = reports
    return VariantTable(
        tuple(names), tuple(reports), tuple(_compared(report, last) for report in others)
    )


def _compared(report: Report, last: Report) -> dict[str, Comparison]:
    return {
        name: compare(
            report.values(name),
            last.values(name),
            our_weights=report.weights(name),
            their_weights=last.weights(name),
            lower_is_better=name in LOWER_IS_BETTER,
        )
        for name in names_in(report.queries)
        if report.values(name).keys() & last.values(name).keys()
    }


def _told(comparisons: dict[str, Comparison]) -> str:
    kinds: dict[str, list[str]] = {}
    for name, found in comparisons.items():
        kinds.setdefault(found.verdict, []).append(
            name
            if found.verdict == "indistinguishable"
            else f"{name} ({found.difference:+.4f}, p {found.p:.4f})"
        )
    if set(kinds) == {"indistinguishable"}:
        return "indistinguishable on every measure"
    return "; ".join(f"{kind} in {', '.join(names)}" for kind, names in sorted(kinds.items()))


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
        tested: The winner and, where another, the reference: name, mean on the other half, and
            where that lies with 95 % confidence.
        comparison: The winner against the reference on the other half; none where the reference
            won.
    """

    name: str
    measure: str
    tuned: tuple[tuple[str, float], ...]
    reference: str
    winner: str
    halves: tuple[int, int]
    tested: tuple[tuple[str, float, Interval], ...]
    comparison: Comparison | None

    def conclusion(self) -> str:
        """What to do, in a sentence or two."""
        if self.comparison is None:
            return f"Nothing was better than {self.reference} on the tuning half. Keep it."
        verdict = self.comparison.verdict
        kinds = {"better": "better than", "indistinguishable": "indistinguishable from"}
        luck = ": the gain on the tuning half may be luck" if verdict == "indistinguishable" else ""
        stands = kinds.get(verdict, "worse than")
        return f"On queries it was not chosen on, {self.winner} is {stands} {self.reference}{luck}."

    def to_markdown(self) -> str:
        """Both halves as tables, and the conclusion."""
        tuning, testing = self.halves
        rows = [f"| {name} | {shown(self.measure, value)} |" for name, value in self.tuned]
        tested = [
            f"| {name} | {shown(self.measure, value)} | {interval_shown(interval)} |"
            for name, value, interval in self.tested
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
    if not (isinstance(tables, list) and tables):
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
    tuned = {name: float(np.mean([row[q] for q in tuning])) for name, row in values.items()}
    winner = max(tuned, key=lambda name: sign * tuned[name])
    held = {name: {q: values[name][q] for q in testing} for name in (winner, reference)}
    return Sweep(
        name=reports[0].name,
        measure=plan.measure,
        tuned=tuple(sorted(tuned.items(), key=lambda item: -sign * item[1])),
        reference=reference,
        winner=winner,
        halves=(len(tuning), len(testing)),
        tested=tuple(_tested(name, row) for name, row in held.items()),
        comparison=None if winner == reference else compare(held[winner], held[reference]),
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


def _tested(name: str, values: Mapping[str, float]) -> tuple[str, float, Interval]:
    column = np.array(list(values.values()))
    return name, float(column.mean()), mean_interval(column, np.ones(len(column)))


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
    settings = " ".join(f"{key}={value}" for key, value in chosen.items())
    weights = {key: value for key, value in chosen.items() if key in _WEIGHTS}
    size = chosen.get("passages")
    return Variant(
        f"{name} {settings}".strip() if several or not name else name,
        fusion=replace(FUSION, **weights),
        model=chosen.get("model"),
        size=PassageSize(merge_below=int(size)) if size else None,
    )
