"""What an evaluation found, as a value, and as a table, Markdown or JSON; and where it comes from.

This module owns the report's shape and its provenance: when it was made, by which command, version
and commit. Plots and HTML are left to `page`.
"""

import platform
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Literal

from askdoc.evaluation.figures import Scored, explained, interval_shown, shown
from askdoc.evaluation.measures import Qrels, Run
from askdoc.evaluation.statistics import Bin, Interval, Point

GIT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Provenance:
    """When and how a report was made.

    Attributes:
        date: In UTC, as in "2026-11-29 19:30 UTC".
        version: askdoc's, and Python's.
        commit: The commit of the working folder, with "+ changes" where files differ from it; ""
            outside of a repository.
        command: The command line, or "".
    """

    date: str
    version: str
    commit: str = ""
    command: str = ""


def provenance(command: Sequence[str] = ()) -> Provenance:
    """The facts as they are now.

    Args:
        command: The words of the command line.
    """
    return Provenance(
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        version=f"askdoc {version('askdoc')}, Python {platform.python_version()}",
        commit=_commit(),
        command=shlex.join(command),
    )


def _commit() -> str:
    commit = _git("rev-parse", "--short=12", "HEAD")
    changed = commit and _git("status", "--porcelain", "--untracked-files=no")
    return f"{commit} + changes" if changed else commit


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


Kind = Literal["ranking", "passages", "answers", "words"]


@dataclass(frozen=True, slots=True)
class Report:
    """One evaluation.

    Attributes:
        name: The collection's.
        kind: What was judged: ranked documents, ranked passages, whole answers, or quoted words.
        measures: The ranking measures that were asked for.
        figures: Means and rates by measure, in the order they are shown.
        queries: Every query, the worst first.
        run: What was ranked, for a TREC run file.
        qrels: The judgments it was scored by.
        settings: What was evaluated: sizes, model, weights.
        intervals: Where a figure lies with 95 % confidence, where that is known.
        risk_coverage: (coverage, risk) points, for answers.
        reliability: Bins of confidence, for answers.
        made: When, and by which command.
    """

    name: str
    kind: Kind
    measures: tuple[str, ...]
    figures: dict[str, float]
    queries: tuple[Scored, ...]
    run: Run
    qrels: Qrels
    settings: dict[str, str | int | float]
    intervals: dict[str, Interval] = field(default_factory=dict)
    risk_coverage: tuple[Point, ...] = ()
    reliability: tuple[Bin, ...] = ()
    made: Provenance | None = None

    def to_json(self) -> dict[str, Any]:
        """Everything but the run and its judgments, in values that JSON has."""
        data = asdict(self)
        del data["run"], data["qrels"]
        return data

    def values(self, measure: str) -> dict[str, float]:
        """One measure's value by query id."""
        return {q.id: q.values[measure] for q in self.queries if measure in q.values}

    def weights(self, measure: str) -> dict[str, float]:
        """How much queries count in one measure, by query id, where that is not 1."""
        return {q.id: q.weights[measure] for q in self.queries if measure in q.weights}

    def to_text(self) -> str:
        """A table of the figures, for a terminal."""
        width = max(map(len, self.figures), default=0)
        head = f"{self.name}: {len(self.queries)} queries, {_listed(self.settings)}"
        rows = [
            f"  {name:<{width}}  {shown(name, value):>8}  "
            f"{interval_shown(self.intervals.get(name))}".rstrip()
            for name, value in self.figures.items()
        ]
        key = ["  [from, to]: where a figure lies with 95 % confidence"] if self.intervals else []
        return "\n".join([head, *rows, *key, *self._wrong_caveats()])

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
            f"## {_cell(self.name)}",
            "",
            f"{len(self.queries)} queries; {_listed(self.settings)}.",
            *_made(self.made),
            "",
            "| measure | value | 95 % interval | meaning |",
            "|---|---:|---|---|",
            *(
                f"| {_cell(name)} | {shown(name, value)} | "
                f"{interval_shown(self.intervals.get(name))} | {explained(name)} |"
                for name, value in self.figures.items()
            ),
        ]
        faulty = [query for query in self.queries if query.faults or query.values][:worst]
        if faulty:
            lines += ["", f"### Worst {len(faulty)} queries", "", *_worst(faulty)]
        return "\n".join(lines) + "\n"


def _listed(settings: dict[str, str | int | float]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def _made(made: Provenance | None) -> list[str]:
    if made is None:
        return []
    commit = f", commit {made.commit}" if made.commit else ""
    command = f" `{made.command.replace('`', chr(39))}`" if made.command else ""
    return ["", f"{made.date}, {made.version}{commit}.{command}"]


def _worst(queries: Sequence[Scored]) -> list[str]:
    names = list(dict.fromkeys(name for query in queries for name in query.values))
    return [
        f"| query | question | {' | '.join(names)} | notes |",
        "|---|---|" + "---:|" * len(names) + "---|",
        *(_worst_row(query, names) for query in queries),
    ]


def _worst_row(query: Scored, names: Sequence[str]) -> str:
    cells = [shown(name, query.values[name]) if name in query.values else "" for name in names]
    question = query.expected.question if query.expected else ""
    told = "; ".join([*query.faults, *query.notes])
    return f"| {_cell(query.id)} | {_cell(question)} | {' | '.join(cells)} | {_cell(told)} |"


def _cell(text: str) -> str:
    """Text that breaks no table and starts no markup."""
    flat = " ".join(text.split())
    for mark in "\\`*_|<>[]":
        flat = flat.replace(mark, f"\\{mark}")
    return flat
