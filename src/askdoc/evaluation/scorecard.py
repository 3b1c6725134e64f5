"""Judged answers to figures: gold sentences, statuses, abstention, caveats, latency.

This module owns which figures an evaluation of answers has, and which it leaves out because no
case judges them.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from askdoc.answering import catalogue_of
from askdoc.caveats import claim_spans
from askdoc.evaluation.abstention import abstention_f1, auroc, calibration_error
from askdoc.evaluation.answers import Judged, overlaps, severities
from askdoc.evaluation.measures import mean
from askdoc.evaluation.report import Scored
from askdoc.records import SEVERITIES, Document, Severity


def answer_figures(judged: Sequence[Judged], documents: Iterable[Document]) -> dict[str, float]:
    """Rates over the cases that judge each thing; a figure that none judges is absent.

    Args:
        judged: The cases with their answers.
        documents: What was asked, for the severities in their catalogues and for their claims.
    """
    held = tuple(documents)
    return {
        **_quote_figures(judged),
        **_status_figures(judged),
        **_caveat_figures(judged, held),
        **_note_figures(judged, held),
        **latency_figures([one.seconds for one in judged]),
    }


def latency_figures(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds."""
    if not seconds:
        return {}
    p50, p95 = np.percentile(np.asarray(seconds) * 1000, [50, 95])
    return {"p50 ms": float(p50), "p95 ms": float(p95)}


def scored_answer(one: Judged, ranking: dict[str, float]) -> Scored:
    """One case's values and what went wrong, without the question's words."""
    values = dict(ranking)
    if one.case.status == "answered" and one.gold:
        values["gold sentence quoted"] = float(one.quoted)
    if one.case.status:
        values["status right"] = float(one.status_right)
    if one.case.judges_caveats:
        values["caveats right"] = float(not one.missing_caveats and not one.false_caveats)
    return Scored(one.case.id, values, tuple(_notes(one)))


def worst_first(queries: Iterable[Scored]) -> tuple[Scored, ...]:
    """Queries by rising mean value; those without any come last."""
    return tuple(sorted(queries, key=lambda q: (not q.values, mean(q.values.values()), q.id)))


def with_confidence(judged: Iterable[Judged]) -> tuple[list[float], list[bool]]:
    """Confidences and truths of the cases that abstention is judged on: emergencies aside."""
    kept = [
        one for one in judged if one.case.status in {"answered", "not_in_article"} and _asked(one)
    ]
    return (
        [one.answer.confidence for one in kept],
        [one.case.status == "answered" for one in kept],
    )


def _quote_figures(judged: Sequence[Judged]) -> dict[str, float]:
    rows = [one for one in judged if one.case.status in {"answered", None} and one.gold]
    return {"gold sentence quoted": mean(one.quoted for one in rows)} if rows else {}


def _status_figures(judged: Sequence[Judged]) -> dict[str, float]:
    rows = [one for one in judged if one.case.status]
    if not rows:
        return {}
    confidences, answerable = with_confidence(rows)
    abstained = [one.answer.status == "not_in_article" for one in rows]
    should = [one.case.status == "not_in_article" for one in rows]
    return {
        "status accuracy": mean(one.status_right for one in rows),
        "abstention F1": abstention_f1(abstained, should),
        "abstention AUROC": auroc(confidences, answerable),
        "calibration error": calibration_error(confidences, answerable),
    }


def _caveat_figures(judged: Sequence[Judged], documents: Sequence[Document]) -> dict[str, float]:
    came = [(name, name not in one.missing_caveats) for one in judged for name in one.demanded]
    forbidding = [one for one in judged if one.case.forbid]
    figures = {"caveat recall": mean(found for _, found in came)} if came else {}
    figures |= _by_severity(judged, came, severities(documents))
    if forbidding:
        figures["caveat false alarms"] = mean(bool(one.false_caveats) for one in forbidding)
    return figures


def _by_severity(
    judged: Sequence[Judged],
    came: Sequence[tuple[str, bool]],
    severity: Mapping[str, Severity],
) -> dict[str, float]:
    figures = {}
    for grade in reversed(SEVERITIES):
        if of_grade := [found for name, found in came if severity.get(name) == grade]:
            figures[f"{grade} recall"] = mean(of_grade)
    of_one_topic = [one for one in judged if len(one.case.caveats) == 1]
    if figures and of_one_topic:
        figures["unrelated topics"] = mean(
            len({c.id for c in one.answer.caveats} & severity.keys() - {*one.case.caveats})
            for one in of_one_topic
        )
    return figures


def _note_figures(judged: Sequence[Judged], documents: Sequence[Document]) -> dict[str, float]:
    """The share of claims standing in a quote whose note came with that quote."""
    claims = [
        (document.id, span, claim.id)
        for document in documents
        for claim in catalogue_of(document).claims
        for span in claim_spans(document, claim)
    ]
    came = [
        any(c.id == note and c.citation == citation.number for c in one.answer.caveats)
        for one in judged
        for citation in one.answer.citations
        for name, span, note in claims
        if name == citation.document_id and overlaps((citation.start, citation.end), span)
    ]
    return {"notes on quoted claims": mean(came)} if came else {}


def _asked(one: Judged) -> bool:
    return one.answer.status != "emergency"


def _notes(one: Judged) -> Iterable[str]:
    if one.case.status and not one.status_right:
        yield f"{one.answer.status}, not {one.case.status} ({one.answer.confidence:.2f})"
    if one.missing_caveats:
        yield f"missing caveats: {', '.join(one.missing_caveats)}"
    if one.false_caveats:
        yield f"false caveats: {', '.join(one.false_caveats)}"
