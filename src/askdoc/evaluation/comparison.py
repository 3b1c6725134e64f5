"""Reports side by side: against a baseline, and variants in one table.

This module owns reading a baseline and deciding what is a regression. The test itself is
`significance`'s.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from askdoc.errors import EvaluationError
from askdoc.evaluation.lines import text_of
from askdoc.evaluation.measures import LOWER_IS_BETTER, is_measure, score
from askdoc.evaluation.report import Report, shown
from askdoc.evaluation.runs import read_run
from askdoc.evaluation.significance import Comparison, compare


@dataclass(frozen=True, slots=True)
class Against:
    """A report against its baseline, measure by measure."""

    baseline: str
    comparisons: dict[str, Comparison]

    @property
    def regressions(self) -> tuple[str, ...]:
        """The measures on which the report is worse by more than luck."""
        return tuple(name for name, found in self.comparisons.items() if found.is_regression)

    def to_text(self) -> str:
        """A table for a terminal."""
        width = max((len(name) for name in self.comparisons), default=0)
        lines = [f"against {self.baseline} (paired randomisation test, win/tie/loss):"]
        lines += [f"  {name:<{width}}  {_row(found)}" for name, found in self.comparisons.items()]
        return "\n".join(lines)


def against(report: Report, baseline: str | Path) -> Against:
    """Compares a report with an earlier one, or with another system's run.

    Args:
        report: What was measured now.
        baseline: A report written as JSON, or a TREC run, scored here by the report's judgments.

    Raises:
        EvaluationError: The file cannot be read, or shares no measure or query with the report.
    """
    file = Path(baseline)
    values = _written(file) or _ranked(report, file)
    comparisons = {
        measure: compare(
            report.values(measure),
            values[measure],
            lower_is_better=measure in LOWER_IS_BETTER,
        )
        for measure in dict.fromkeys(name for q in report.queries for name in q.values)
        if report.values(measure).keys() & values.get(measure, {}).keys()
    }
    if not comparisons:
        raise EvaluationError(f"{file} and this evaluation share no measure.")
    return Against(str(baseline), comparisons)


def comparison_table(names: Sequence[str], reports: Sequence[Report]) -> str:
    """Variants as the columns of a Markdown table; a * marks what differs from the last column.

    A star stands where the paired randomisation test gives p < 0.05.
    """
    last = reports[-1]
    measures = list(dict.fromkeys(name for report in reports for name in report.figures))
    lines = [f"| measure | {' | '.join(names)} |", "|---|" + "---:|" * len(names)]
    for measure in measures:
        cells = [_cell(report, last, measure) for report in reports]
        lines.append(f"| {measure} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(report: Report, last: Report, measure: str) -> str:
    if measure not in report.figures:
        return ""
    ours, theirs = report.values(measure), last.values(measure)
    comparable = report is not last and bool(ours.keys() & theirs.keys())
    differs = comparable and compare(ours, theirs).p < 0.05
    return shown(measure, report.figures[measure]) + ("*" if differs else "")


def _written(file: Path) -> dict[str, dict[str, float]]:
    """Values by measure and query of a report in JSON; nothing when the file is no JSON."""
    try:
        data = json.loads(text_of(file))
    except ValueError:
        return {}
    values: dict[str, dict[str, float]] = {}
    try:
        for query in data["queries"]:
            for measure, value in query["values"].items():
                values.setdefault(measure, {})[query["id"]] = float(value)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise EvaluationError(
            f"{file} is not a report. Write one: askdoc evaluate --json > report.json."
        ) from error
    return values


def _ranked(report: Report, file: Path) -> dict[str, dict[str, float]]:
    names = dict.fromkeys(name for query in report.queries for name in query.values)
    known = [name for name in names if is_measure(name)]
    rows = score(report.qrels, read_run(file), known)
    return {name: {query: row[name] for query, row in rows.items()} for name in known}


def _row(found: Comparison) -> str:
    mark = "  REGRESSION" if found.is_regression else ""
    counts = f"{found.wins}/{found.ties}/{found.losses}"
    return f"{found.difference:+.4f}  p {found.p:.4f}  {counts}{mark}"
