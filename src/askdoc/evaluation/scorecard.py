"""Judged answers to values and figures: gold sentences, statuses, abstention, caveats, latency.

This module owns which measures an evaluation of answers has; a case has no value of those that it
does not judge.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from askdoc.answering import catalogue_of
from askdoc.caveats import claim_spans
from askdoc.evaluation.answers import GoldSpan, Judged, overlaps, severities
from askdoc.evaluation.report import (
    Expected,
    Figures,
    Given,
    Quoted,
    Retrieved,
    Scored,
    figures_of,
    goodness,
)
from askdoc.evaluation.statistics import (
    Interval,
    abstention_f1,
    auroc,
    auroc_interval,
    calibration_error,
)
from askdoc.records import SEVERITIES, Document, Severity

_QUOTES = ("gold sentence quoted", "right quote first", "clean answers", "padding")
STATUS = ("status accuracy", "missed answers", "false answers")
_CAVEATS = (
    "caveats right",
    "caveat recall",
    *(f"{severity} recall" for severity in reversed(SEVERITIES)),
    "unrelated topics",
    "caveat false alarms",
    "notes on quoted claims",
)
ERRORS = (
    "false answer",
    "missed answer",
    "wrong status",
    "no gold quote",
    "right quote not first",
    "padded",
    "caveat missing",
    "caveat uncalled for",
    "not retrieved",
)
"""What can be wrong with a query, the gravest first."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """Gives judged answers their values.

    Attributes:
        severity: The severity of each topic in the documents' catalogues, by id.
        claims: Where each noted claim stands, and the id of its note.
    """

    severity: Mapping[str, Severity] = field(default_factory=dict)
    claims: Sequence[tuple[GoldSpan, str]] = ()

    @classmethod
    def of(cls, documents: Iterable[Document]) -> "Scorer":
        """A scorer that knows the documents' catalogues."""
        held = tuple(documents)
        claims = [
            ((document.id, span), claim.id)
            for document in held
            for claim in catalogue_of(document).claims
            for span in claim_spans(document, claim)
        ]
        return cls(severities(held), claims)

    def scored(
        self,
        one: Judged,
        ranking: Mapping[str, float],
        retrieved: tuple[Retrieved, ...] = (),
    ) -> Scored:
        """A case with its values, and those of its ranking."""
        judged = {**_quote_values(one), **_status_values(one), **self._caveat_values(one)}
        errors = dict(_errors_of(one, retrieved))
        return Scored(
            id=one.case.id,
            values={**ranking, **{name: value for name, (value, _) in judged.items()}},
            weights={name: weight for name, (_, weight) in judged.items() if weight != 1},
            errors=tuple(error for error in ERRORS if error in errors),
            notes=tuple(errors[error] for error in ERRORS if errors.get(error)),
            expected=Expected.of(one.case),
            given=_given(one),
            retrieved=retrieved,
        )

    def _caveat_values(self, one: Judged) -> dict[str, tuple[float, float]]:
        values: dict[str, tuple[float, float]] = {}
        if one.case.judges_caveats:
            right = not one.missing_caveats and not one.false_caveats
            values["caveats right"] = (float(right), 1)
        missing = {*one.missing_caveats}
        values |= _share("caveat recall", [name not in missing for name in one.demanded])
        for grade in SEVERITIES:
            of_grade = [name for name in one.demanded if self.severity.get(name) == grade]
            values |= _share(f"{grade} recall", [name not in missing for name in of_grade])
        if self.severity and len(one.case.caveats) == 1:
            stray = {c.id for c in one.answer.caveats} & self.severity.keys() - {*one.case.caveats}
            values["unrelated topics"] = (float(len(stray)), 1)
        if one.case.forbid:
            values["caveat false alarms"] = (float(bool(one.false_caveats)), 1)
        return values | _share("notes on quoted claims", list(self._notes_that_came(one)))

    def _notes_that_came(self, one: Judged) -> Iterator[bool]:
        """Of each noted claim in a quote, whether its note came with that quote."""
        for citation in one.answer.citations:
            for (name, span), note in self.claims:
                if name == citation.document_id and overlaps((citation.start, citation.end), span):
                    yield any(
                        c.id == note and c.citation == citation.number for c in one.answer.caveats
                    )


def answer_figures(
    judged: Sequence[Judged], queries: Sequence[Scored], ranking: Iterable[str] = ()
) -> Figures:
    """All figures of an evaluation of answers, in the order they are shown.

    Args:
        judged: The cases with their answers.
        queries: The same, scored.
        ranking: The measures of their rankings, which come first.
    """
    status = figures_of(queries, (*ranking, *_QUOTES, *STATUS))
    caveats = figures_of(queries, _CAVEATS)
    latency = Figures(latency_figures([one.seconds for one in judged]), {})
    return status | _abstention_figures(judged) | caveats | latency


def latency_figures(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds."""
    if not seconds:
        return {}
    p50, p95 = np.percentile(np.asarray(seconds) * 1000, [50, 95])
    return {"p50 ms": float(p50), "p95 ms": float(p95)}


def worst_first(queries: Iterable[Scored]) -> tuple[Scored, ...]:
    """Queries by their gravest error, then by rising mean goodness."""
    ranks = {error: rank for rank, error in enumerate(ERRORS)}

    def badness(query: Scored) -> tuple[int, float, str]:
        gravest = min((ranks[error] for error in query.errors), default=len(ERRORS))
        return gravest, goodness(query.values), query.id

    return tuple(sorted(queries, key=badness))


def with_confidence(judged: Iterable[Judged]) -> tuple[list[float], list[bool]]:
    """Confidences and truths of the cases that abstention is judged on: emergencies aside."""
    kept = [
        one
        for one in judged
        if one.case.status in {"answered", "not_in_article"} and one.answer.status != "emergency"
    ]
    return (
        [one.answer.confidence for one in kept],
        [one.case.status == "answered" for one in kept],
    )


def _abstention_figures(judged: Sequence[Judged]) -> Figures:
    rows = [one for one in judged if one.case.status]
    if not rows:
        return Figures({}, {})
    confidences, answerable = with_confidence(rows)
    abstained = [one.answer.status == "not_in_article" for one in rows]
    should = [one.case.status == "not_in_article" for one in rows]
    intervals: dict[str, Interval] = {}
    if len(set(answerable)) == 2:
        intervals["abstention AUROC"] = auroc_interval(confidences, answerable)
    return Figures(
        {
            "abstention F1": abstention_f1(abstained, should),
            "abstention AUROC": auroc(confidences, answerable),
            "calibration error": calibration_error(confidences, answerable),
        },
        intervals,
    )


def _quote_values(one: Judged) -> dict[str, tuple[float, float]]:
    """Value and weight by measure; padding counts quotes, so that a question weighs as many."""
    if not one.answerable:
        return {}
    gold = one.gold_quotes
    values: dict[str, tuple[float, float]] = {
        "gold sentence quoted": (float(any(gold)), 1),
        "right quote first": (float(bool(gold) and gold[0]), 1),
        "clean answers": (float(bool(gold) and all(gold)), 1),
    }
    return values | _share("padding", [not one for one in gold])


def _status_values(one: Judged) -> dict[str, tuple[float, float]]:
    if not one.case.status:
        return {}
    values: dict[str, tuple[float, float]] = {"status accuracy": (float(one.status_right), 1)}
    given = one.answer.status
    if one.case.status == "answered":
        values["missed answers"] = (float(given == "not_in_article"), 1)
    if one.case.status == "not_in_article":
        values["false answers"] = (float(given == "answered"), 1)
    return values


def _share(name: str, counted: Sequence[bool]) -> dict[str, tuple[float, float]]:
    """The share of those that are true, weighing as many as there are."""
    return {name: (sum(counted) / len(counted), len(counted))} if counted else {}


def _errors_of(one: Judged, retrieved: Sequence[Retrieved]) -> Iterator[tuple[str, str]]:
    """Each error, and the same in full where there is more to say."""
    if one.case.status and not one.status_right:
        kinds = {
            ("not_in_article", "answered"): "false answer",
            ("answered", "not_in_article"): "missed answer",
        }
        kind = kinds.get((one.case.status, one.answer.status), "wrong status")
        given, wanted = (s.replace("_", " ") for s in (one.answer.status, one.case.status))
        yield kind, f"{given}, where {wanted} was expected (confidence {one.answer.confidence:.2f})"
    gold = one.gold_quotes
    if one.answerable and gold and not any(gold):
        yield "no gold quote", ""
    elif one.answerable and gold and not gold[0]:
        yield "right quote not first", ""
    if one.answerable and any(gold) and not all(gold):
        yield "padded", ""
    if one.missing_caveats:
        yield "caveat missing", f"missing caveats: {', '.join(one.missing_caveats)}"
    if one.false_caveats:
        yield "caveat uncalled for", f"false caveats: {', '.join(one.false_caveats)}"
    if one.gold and retrieved and not any(item.relevant for item in retrieved):
        yield "not retrieved", ""


def _given(one: Judged) -> Given:
    return Given(
        one.answer.status,
        one.answer.confidence,
        tuple(
            Quoted(citation.quote, citation.document_id, citation.heading, gold)
            for citation, gold in zip(one.answer.citations, one.gold_quotes, strict=True)
        ),
        one.reasons,
    )
