"""A report against a baseline: an earlier report, or a run of another system.

This module owns reading a baseline, deciding whether the two can be compared, and how the
comparison is written. The tests are those of `statistics`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from askdoc.errors import EvaluationError
from askdoc.evaluation.lines import text_of
from askdoc.evaluation.measures import LOWER_IS_BETTER, is_measure, read_run, score
from askdoc.evaluation.report import Expected, Report, Scored, names_in
from askdoc.evaluation.statistics import LEVEL, Comparison, compare

_SHOWN_LINES = 10

KEY = (
    "Difference: now minus baseline, with its 95 % interval. Effect: the difference in standard "
    "deviations of the queries' differences. p: paired randomisation test. "
    f"Indistinguishable: p is {LEVEL} or more."
)


class NotComparableError(EvaluationError):
    """A baseline of other questions, or without a measure that was asked for."""


@dataclass(frozen=True, slots=True)
class Before:
    """One query of a baseline, as far as it is known: of a run, only the values are."""

    values: dict[str, float]
    weights: dict[str, float]
    status: str = ""
    quotes: tuple[str, ...] = ()
    retrieved: tuple[str, ...] = ()
    errors: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Against:
    """A report against its baseline, measure by measure.

    Attributes:
        baseline: The baseline's file.
        comparisons: Each measure that both have.
        before: The baseline's queries, by id.
        remarks: What could not be compared, and why.
    """

    baseline: str
    comparisons: dict[str, Comparison]
    before: dict[str, Before]
    remarks: tuple[str, ...] = ()

    @property
    def regressions(self) -> tuple[str, ...]:
        """The measures on which the report is worse, by more than luck and the least effect."""
        return tuple(name for name, found in self.comparisons.items() if found.is_regression)

    def to_text(self) -> str:
        """A table for a terminal."""
        width = max((len(name) for name in self.comparisons), default=0)
        lines = [f"against {self.baseline} (win/tie/loss, paired randomisation test):"]
        lines += [
            f"  {name:<{width}}  {'  '.join(comparison_cells(found))}"
            f"{'  REGRESSION' if found.is_regression else ''}"
            for name, found in self.comparisons.items()
        ]
        return "\n".join([*lines, *(f"  {remark}" for remark in self.remarks)])

    def to_markdown(self) -> str:
        """A table, the verdict before it and the key after it."""
        worse = ", ".join(self.regressions)
        rows = [
            f"| {name} | {' | '.join(comparison_cells(found))} |"
            for name, found in self.comparisons.items()
        ]
        return "\n".join(
            [
                f"### Against {self.baseline}",
                "",
                f"**Worse: {worse}.**" if worse else "**No measure is worse.**",
                "",
                "| measure | difference | 95 % interval | effect | p | win/tie/loss | verdict |",
                "|---|---:|---|---:|---:|---|---|",
                *rows,
                "",
                KEY,
                *(f"\n{remark}" for remark in self.remarks),
                "",
            ]
        )

    def to_json(self) -> dict[str, Any]:
        """The comparisons and verdicts, in values that JSON has."""
        return {
            "baseline": self.baseline,
            "regressions": list(self.regressions),
            "remarks": list(self.remarks),
            "comparisons": {
                name: {**asdict(found), "verdict": found.verdict}
                for name, found in self.comparisons.items()
            },
        }


def comparison_cells(found: Comparison) -> tuple[str, ...]:
    """A comparison as people read it: difference, interval, effect, p, counts, verdict."""
    low, high = found.interval
    return (
        f"{found.difference:+.4f}",
        f"[{low:+.3f}, {high:+.3f}]",
        "–" if found.effect is None else f"{found.effect:+.2f}",
        f"{found.p:.4f}",
        f"{found.wins}/{found.ties}/{found.losses}",
        found.verdict,
    )


def against(report: Report, baseline: str | Path, *, min_effect: float = 0.0) -> Against:
    """Compares a report with an earlier one, or with another system's run.

    Args:
        report: What was measured now.
        baseline: A report written as JSON, or a TREC run, scored here by the report's judgments.
        min_effect: The loss, in a measure's own unit, that a regression has to exceed.

    Raises:
        NotComparableError: The baseline is of other questions, or lacks a measure asked for.
        EvaluationError: The file cannot be read.
    """
    file = Path(baseline)
    data = _json_of(file)
    if data is None:
        before, remarks = _ranked(report, file)
    else:
        before, remarks = _written(data, file), []
        _refuse_other_questions(report, data, file)
    then = list(dict.fromkeys(name for row in before.values() for name in row.values))
    now = names_in(report.queries)
    _refuse_other_measures(report, then, file)
    if absent := [name for name in now if name not in then]:
        remarks.append(f"Not compared, the baseline lacks them: {', '.join(absent)}.")
    if gone := [name for name in then if name not in now]:
        remarks.append(f"Not compared, this evaluation lacks them: {', '.join(gone)}.")
    comparisons = {
        name: found
        for name in dict.fromkeys((*report.figures, *now))
        if (found := _compared(report, before, name, min_effect)) is not None
    }
    if not comparisons:
        raise NotComparableError(f"{file} and this evaluation share no measure.")
    return Against(str(baseline), comparisons, before, tuple(remarks))


def _compared(
    report: Report, before: Mapping[str, Before], name: str, min_effect: float
) -> Comparison | None:
    ours = report.values(name)
    theirs = {query: row.values[name] for query, row in before.items() if name in row.values}
    if not ours.keys() & theirs.keys():
        return None
    return compare(
        ours,
        theirs,
        our_weights=report.weights(name),
        their_weights={q: row.weights[name] for q, row in before.items() if name in row.weights},
        lower_is_better=name in LOWER_IS_BETTER,
        min_effect=min_effect,
    )


def _json_of(file: Path) -> Any:
    """What a JSON file holds; none when it is no JSON."""
    try:
        return json.loads(text_of(file))
    except (ValueError, RecursionError):
        return None


def _written(data: Any, file: Path) -> dict[str, Before]:
    """The queries of a report in JSON."""
    try:
        return {str(query["id"]): _before(query) for query in data["queries"]}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise NotComparableError(
            f"{file} is not a report. Write one: askdoc evaluate --json > report.json."
        ) from error


def _before(query: Mapping[str, Any]) -> Before:
    given = query.get("given") or {}
    return Before(
        values={name: float(value) for name, value in query["values"].items()},
        weights={name: float(value) for name, value in query.get("weights", {}).items()},
        status=str(given.get("status", "")),
        quotes=tuple(str(quote["text"]) for quote in given.get("quotes", ())),
        retrieved=tuple(str(item["id"]) for item in query.get("retrieved", ())),
        errors=tuple(map(str, query["errors"])) if "errors" in query else None,
    )


def _ranked(report: Report, file: Path) -> tuple[dict[str, Before], list[str]]:
    run = read_run(file)
    if not report.qrels.keys() & run.keys():
        raise NotComparableError(f"{file} ranks none of the queries that are judged here.")
    known = [name for name in report.measures if is_measure(name)]
    rows = score(report.qrels, run, known)
    lacking = len(report.qrels.keys() - run.keys())
    note = f"{lacking} of {len(report.qrels)} judged queries are not in the run and score 0 there."
    return {name: Before(row, {}) for name, row in rows.items()}, [note] if lacking else []


def _refuse_other_measures(report: Report, then: Sequence[str], file: Path) -> None:
    """Refuses a baseline in which no query has a value of a measure that was asked for."""
    measured = {name for query in report.queries for name in query.values}
    if lacking := [m for m in report.measures if m in measured and m not in then]:
        known = " ".join(f"-m {name}" for name in then if is_measure(name))
        way_out = f"Measure by {known}, or write" if known else "Write"
        raise NotComparableError(
            f"{file} was measured by other measures: it lacks {', '.join(lacking)}. "
            f"{way_out} the baseline anew."
        )


def _refuse_other_questions(report: Report, data: Mapping[str, Any], file: Path) -> None:
    differences = list(_differences(report.queries, data["queries"]))
    if not differences:
        return
    shown = differences[:_SHOWN_LINES]
    if more := len(differences) - len(shown):
        shown.append(f"and {more} more")
    raise NotComparableError(
        f"{file} was measured on other questions. They differ in:\n  "
        + "\n  ".join(shown)
        + "\nEvaluate the same questions, or write the baseline anew: "
        "askdoc evaluate --json > baseline.json"
    )


def _differences(now: Sequence[Scored], then: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Each query that only one has, or of which they expect different things, with its line."""
    theirs = {str(query["id"]): query.get("expected") for query in then}
    for query in now:
        if query.id not in theirs:
            yield f"{_placed(query)}: not in the baseline"
        elif changed := _changed(query.expected, theirs[query.id]):
            yield f"{_placed(query)}: another {', '.join(changed)}"
    ours = {query.id for query in now}
    for name, expected in theirs.items():
        if name not in ours:
            place = (expected or {}).get("place") or ""
            yield f'{place} ("{name}"): only in the baseline'.lstrip()


def _placed(query: Scored) -> str:
    place = query.expected.place if query.expected else ""
    return f'{place} ("{query.id}")'.lstrip()


def _changed(now: Expected | None, then: Mapping[str, Any] | None) -> list[str]:
    """The names of what differs; nothing where a report does not tell what it expected."""
    if not now or not then:
        return []
    pairs = {
        "question": (now.question, then.get("question")),
        "history": (list(now.history), list(then.get("history", ()))),
        "expected status": (now.status, then.get("status")),
        "gold": (sorted(now.quotes), sorted(then.get("quotes", ()))),
    }
    return [name for name, (ours, theirs) in pairs.items() if ours != theirs]
