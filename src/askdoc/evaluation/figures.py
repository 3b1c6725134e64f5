"""One query of a report, and the figures that queries make together.

This module owns the records of a query (what was asked and expected, what was found and said, what
it is worth), which way each figure is better, the explanations that reports show, and the weighted
mean with its interval. The values of single queries come from `measures` and `scorecard`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from askdoc.evaluation.cases import Case
from askdoc.evaluation.statistics import Interval, mean_interval
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
        faults: What is wrong with it, in the words that reports filter by.
        notes: The faults in full.
        expected: What was asked, where that is known.
        given: The answer, where one was asked for.
        retrieved: The best ranked items.
    """

    id: str
    values: dict[str, float]
    weights: dict[str, float] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    expected: Expected | None = None
    given: Given | None = None
    retrieved: tuple[Retrieved, ...] = ()


LOWER_IS_BETTER = frozenset(
    {
        "padding",
        "missed answers",
        "false answers",
        "calibration error",
        "caveat false alarms",
        "unrelated topics",
        "p50 ms",
        "p95 ms",
    }
)
"""The figures of which less is better."""

_EXPLAINED = {
    "gold passage first": "A passage that holds part of a gold quote is ranked first.",
    "gold passage among three": "A passage that holds part of a gold quote is among the first 3.",
    "gold sentence quoted": "A quote overlaps a gold quote; abstaining is a miss.",
    "right quote first": "The first quote overlaps a gold quote; abstaining is a miss.",
    "clean answers": "There are quotes, and each overlaps a gold quote; abstaining is a miss.",
    "padding": "Share of the quotes given to answerable questions that overlap no gold quote.",
    "status accuracy": "Answered, abstained or emergency, as expected.",
    "missed answers": "Answerable questions that it abstained from.",
    "false answers": "Questions the article does not answer that it answered.",
    "abstention F1": "F1 of abstaining.",
    "abstention AUROC": "Chance that an answerable question gets more confidence than another.",
    "calibration error": "Mean gap of confidence and truth, in ten bins of confidence.",
    "caveats right": "Every expected caveat came, and no forbidden one.",
    "caveat recall": "Share of the expected caveats that came.",
    "caveat false alarms": "Cases in which a forbidden caveat came.",
    "unrelated topics": "Topics that came uncalled for, a question of one topic.",
    "notes on quoted claims": "Share of the noted claims in quotes whose note came along.",
    "word precision": "Share of the quoted words that are gold.",
    "word recall": "Share of the gold words that are quoted.",
    "word F1": "Harmonic mean of word precision and word recall.",
    "p50 ms": "Median time of one question, in milliseconds.",
    "p95 ms": "95th percentile of the time of one question, in milliseconds.",
}
_FAMILIES = (
    (
        r"nDCG(?:\(.*\))?@(\d+)",
        "Gain of the first {0} ranks, discounted by rank, over the best there can be.",
    ),
    (
        r"RR(?:\(.*\))?@(\d+)",
        "1 / rank of the first relevant item; 0 where none is among the first {0}.",
    ),
    (r"RR(?:\(.*\))?", "1 / rank of the first relevant item."),
    (r"R(?:\(.*\))?@(\d+)", "Share of the relevant items that are among the first {0}."),
    (r"P(?:\(.*\))?@(\d+)", "Share of the first {0} items that are relevant."),
    (r"Success(?:\(.*\))?@(\d+)", "A relevant item is among the first {0}."),
    (r"AP(?:\(.*\))?(?:@\d+)?", "Mean of the precision at each relevant item."),
    (r"(\w+) recall", "Share of the expected caveats of severity {0} that came."),
)


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


def explained(name: str) -> str:
    """What a figure means, in a sentence; "" where that is the measure's own affair."""
    if name in _EXPLAINED:
        return _EXPLAINED[name]
    for pattern, sentence in _FAMILIES:
        if found := re.fullmatch(pattern, name):
            return sentence.format(*found.groups())
    return ""


def shown(name: str, value: float) -> str:
    """A figure as people read it: counts whole, milliseconds with one digit, else four digits."""
    if name.startswith("n ("):
        return f"{value:.0f}"
    return f"{value:.1f}" if name.endswith(" ms") else f"{value:.4f}"


def interval_shown(interval: Interval | None) -> str:
    """An interval as people read it; "" where there is none."""
    return f"[{interval[0]:.3f}, {interval[1]:.3f}]" if interval else ""
