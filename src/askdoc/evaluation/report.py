"""What an evaluation found, as a value, and as a table, Markdown or JSON.

This module owns the report's shape. Plots and HTML are left to their own module.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from askdoc.evaluation.abstention import Bin, Point
from askdoc.evaluation.qrels import Qrels
from askdoc.evaluation.runs import Run

Kind = Literal["ranking", "answers"]


@dataclass(frozen=True, slots=True)
class Scored:
    """One query's values by measure, and what went wrong with it, in a word or two."""

    id: str
    values: dict[str, float]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One evaluation.

    Attributes:
        name: The collection's.
        kind: Whether rankings of documents or whole answers were judged.
        figures: Means and rates by measure, in the order they are shown.
        queries: Every query, the worst first.
        run: What was ranked, for a TREC run file.
        qrels: The judgments it was scored by.
        settings: What was evaluated: sizes, model, weights.
        risk_coverage: (coverage, risk) points, for answers.
        reliability: Bins of confidence, for answers.
    """

    name: str
    kind: Kind
    figures: dict[str, float]
    queries: tuple[Scored, ...]
    run: Run
    qrels: Qrels
    settings: dict[str, str | int | float]
    risk_coverage: tuple[Point, ...] = ()
    reliability: tuple[Bin, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Everything but the run and its judgments, in values that JSON has."""
        data = asdict(self)
        del data["run"], data["qrels"]
        return data

    def values(self, measure: str) -> dict[str, float]:
        """One measure's value by query id."""
        return {q.id: q.values[measure] for q in self.queries if measure in q.values}

    def to_text(self) -> str:
        """A table of the figures, for a terminal."""
        width = max(map(len, self.figures), default=0)
        head = f"{self.name}: {len(self.queries)} queries, {_listed(self.settings)}"
        rows = [f"  {name:<{width}}  {shown(name, value)}" for name, value in self.figures.items()]
        return "\n".join([head, *rows, *self._wrong_caveats()])

    def _wrong_caveats(self) -> list[str]:
        wrong = [
            f"  {query.id}: {remark}"
            for query in self.queries
            for remark in query.notes
            if remark.startswith(("missing caveats", "false caveats"))
        ]
        return ["", "Caveats that did not come, or came uncalled for:", *wrong] if wrong else []

    def to_markdown(self, worst: int = 10) -> str:
        """The figures and the worst queries as Markdown tables."""
        lines = [
            f"## {self.name}",
            "",
            f"{len(self.queries)} queries; {_listed(self.settings)}.",
            "",
            "| measure | value |",
            "|---|---:|",
            *(f"| {name} | {shown(name, value)} |" for name, value in self.figures.items()),
        ]
        failed = [query for query in self.queries[:worst] if query.values]
        if failed:
            names = list(failed[0].values)
            lines += ["", f"### Worst {len(failed)} queries", ""]
            lines += [
                f"| query | {' | '.join(names)} | notes |",
                "|---|" + "---:|" * len(names) + "---|",
            ]
            lines += [_markdown_row(query, names) for query in failed]
        return "\n".join(lines) + "\n"


def shown(name: str, value: float) -> str:
    """A figure as people read it: counts whole, milliseconds with one digit, else four digits."""
    if name.startswith("n ("):
        return f"{value:.0f}"
    return f"{value:.1f}" if name.endswith(" ms") else f"{value:.4f}"


def _listed(settings: dict[str, str | int | float]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def _markdown_row(query: Scored, names: list[str]) -> str:
    cells = [shown(name, query.values[name]) if name in query.values else "" for name in names]
    return f"| {query.id} | {' | '.join(cells)} | {'; '.join(query.notes)} |"
