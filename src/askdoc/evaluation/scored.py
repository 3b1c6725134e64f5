"""One query of a report: what was asked and expected, what was found and said, what it is worth.

This module owns these records; everything in them can be written as JSON.
"""

from dataclasses import dataclass, field

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
    """

    question: str
    history: tuple[str, ...] = ()
    status: Status | None = None
    quotes: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote of an answer, and whether it overlaps a gold quote."""

    text: str
    document_id: str
    heading: str
    gold: bool


@dataclass(frozen=True, slots=True)
class Given:
    """The answer that was given; `confidence` is the probability that the article answers."""

    status: Status
    confidence: float
    quotes: tuple[Quoted, ...] = ()


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
