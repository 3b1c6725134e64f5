"""What an evaluation found, as a value, and as a table, Markdown or JSON; and where it comes from.

This module owns the records of a query (what was asked and expected, what was found and said, what
it is worth), which way each figure is better and what it means, means with their intervals, the
report's shape and its provenance. The values of single queries come from `measures` and
`scorecard`; plots and HTML are left to `page`.
"""

import platform
import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Literal

import numpy as np

from askdoc.evaluation.collections import Case
from askdoc.evaluation.measures import LOWER_IS_BETTER, Qrels, Run, explained, interval_shown, shown
from askdoc.evaluation.statistics import Bin, Interval, Point, mean_interval
from askdoc.records import Status


@dataclass(frozen=True, slots=True)
class Expected:
    """What a file of questions says of a query.

    Attributes:
        question: Its text.
        history: The questions before it, oldest first.
        status: The status expected, or none.
        quotes: Gold quotes; of a collection, the ids of the relevant documents.
        place: File and line, or "".
        without: Sentences that were taken out of the article before it was asked.
    """

    question: str
    history: tuple[str, ...] = ()
    status: Status | None = None
    quotes: tuple[str, ...] = ()
    place: str = ""
    without: tuple[str, ...] = ()

    @classmethod
    def of(cls, case: Case) -> "Expected":
        """What a case expects."""
        return cls(case.question, case.history, case.status, case.quotes, case.place, case.without)


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote of an answer, and whether it overlaps a gold quote."""

    text: str
    document_id: str
    heading: str
    gold: bool


@dataclass(frozen=True, slots=True)
class Reasons:
    """What decided whether an answer was given.

    Attributes:
        likeliest: The sentences that most likely answer, each with its probability.
        passage: The reader's probability that the likeliest passage answers.
        prior: How often articles answer questions put like this one.
        holds_the_kind: Whether a likely sentence holds the kind of thing asked for, as a time or
            a number; true where no kind is asked for.
        threshold: The confidence below which it abstains.
    """

    likeliest: tuple[tuple[str, float], ...]
    passage: float
    prior: float
    holds_the_kind: bool
    threshold: float


@dataclass(frozen=True, slots=True)
class Given:
    """The answer that was given.

    Attributes:
        status: Its status.
        confidence: The probability that the article answers.
        quotes: Its quotes.
        reasons: What decided, for answers that something is wrong with.
    """

    status: Status
    confidence: float
    quotes: tuple[Quoted, ...] = ()
    reasons: Reasons | None = None


@dataclass(frozen=True, slots=True)
class Retrieved:
    """One ranked item: its score, the evidence behind it, and how its text begins."""

    rank: int
    id: str
    score: float
    relevant: bool
    heading: str = ""
    text: str = ""
    signals: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scored:
    """One query.

    Attributes:
        id: The query's.
        values: Its value by measure.
        weights: How much it counts in a measure's mean, where that is not 1.
        errors: What is wrong with it, in the words that reports filter by.
        notes: The errors in full.
        expected: What was asked, where that is known.
        given: The answer, where one was asked for.
        retrieved: The best ranked items.
    """

    id: str
    values: dict[str, float]
    weights: dict[str, float] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    expected: Expected | None = None
    given: Given | None = None
    retrieved: tuple[Retrieved, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """Means by measure, and where each lies with 95 % confidence, as far as that is known."""

    values: dict[str, float]
    intervals: dict[str, Interval]

    def __or__(self, other: "Figures") -> "Figures":
        """Both, in this order."""
        return Figures(self.values | other.values, self.intervals | other.intervals)


def figures_of(queries: Iterable[Scored], names: Iterable[str]) -> Figures:
    """The weighted mean of each measure over the queries that have a value.

    A measure without a value, or whose weights are all 0, is left out.
    """
    queries = tuple(queries)
    columns = {
        name: np.array(
            [(q.values[name], q.weights.get(name, 1.0)) for q in queries if name in q.values]
        )
        for name in names
    }
    known = {name: column for name, column in columns.items() if column.size and column[:, 1].any()}
    return Figures(
        {name: float(np.average(c[:, 0], weights=c[:, 1])) for name, c in known.items()},
        {name: mean_interval(c[:, 0], c[:, 1]) for name, c in known.items()},
    )


def names_in(queries: Iterable[Scored]) -> tuple[str, ...]:
    """The measures that any query has a value of, in their order."""
    return tuple(dict.fromkeys(name for query in queries for name in query.values))


def goodness(values: Mapping[str, float]) -> float:
    """The mean of a query's values, those of which less is better turned round; 1 of nothing."""
    turned = [1 - value if name in LOWER_IS_BETTER else value for name, value in values.items()]
    return sum(turned) / len(turned) if turned else 1.0


GIT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class ReportOrigin:
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


def provenance(command: Sequence[str] = ()) -> ReportOrigin:
    """The facts as they are now.

    Args:
        command: The words of the command line.
    """
    return ReportOrigin(
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
    made: ReportOrigin | None = None

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
        wrong = [query for query in self.queries if query.errors or query.values][:worst]
        if wrong:
            lines += ["", f"### Worst {len(wrong)} queries", "", *_worst(wrong)]
        return "\n".join(lines) + "\n"


def _listed(settings: dict[str, str | int | float]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def _made(made: ReportOrigin | None) -> list[str]:
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
    errors = "; ".join([*query.errors, *query.notes])
    return f"| {_cell(query.id)} | {_cell(question)} | {' | '.join(cells)} | {_cell(errors)} |"


def _cell(text: str) -> str:
    """Text that breaks no table and starts no markup."""
    flat = " ".join(text.split())
    for mark in "\\`*_|<>[]":
        flat = flat.replace(mark, f"\\{mark}")
    return flat
