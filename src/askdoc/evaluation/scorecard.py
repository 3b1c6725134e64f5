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
from askdoc.evaluation.measures import LOWER_IS_BETTER, mean
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
    if one.answerable:
        values |= quote_values(one.gold_quotes)
    if one.case.status:
        values["status right"] = float(one.status_right)
    if one.case.judges_caveats:
        values["caveats right"] = float(not one.missing_caveats and not one.false_caveats)
    return Scored(one.case.id, values, tuple(_notes(one)))


def quote_values(gold: Sequence[bool]) -> dict[str, float]:
    """What the quotes of one answerable question are worth; without a quote all but padding is 0.

    Args:
        gold: Whether each quote overlaps a gold sentence, in the order of the quotes.

    Example: quote_values([True, False]) -> {"gold sentence quoted": 1.0, "right quote first": 1.0,
        "clean answers": 0.0, "padding": 0.5}
    """
    values = {
        "gold sentence quoted": float(any(gold)),
        "right quote first": float(bool(gold) and gold[0]),
        "clean answers": float(bool(gold) and all(gold)),
    }
    return values | ({"padding": 1 - sum(gold) / len(gold)} if gold else {})


def worst_first(queries: Iterable[Scored]) -> tuple[Scored, ...]:
    """Queries by rising mean goodness; those without any value come last."""
    return tuple(sorted(queries, key=lambda q: (not q.values, _goodness(q), q.id)))


def _goodness(query: Scored) -> float:
    return mean(1 - v if name in LOWER_IS_BETTER else v for name, v in query.values.items())


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
    """Means over the answerable cases, and the padding among all of their quotes together."""
    rows = [one.gold_quotes for one in judged if one.answerable]
    if not rows:
        return {}
    values = [quote_values(gold) for gold in rows]
    names = ("gold sentence quoted", "right quote first", "clean answers")
    figures = {name: mean(value[name] for value in values) for name in names}
    quotes = [gold for row in rows for gold in row]
    return figures | ({"padding": 1 - mean(quotes)} if quotes else {})


def _status_figures(judged: Sequence[Judged]) -> dict[str, float]:
    rows = [one for one in judged if one.case.status]
    if not rows:
        return {}
    confidences, answerable = with_confidence(rows)
    abstained = [one.answer.status == "not_in_article" for one in rows]
    should = [one.case.status == "not_in_article" for one in rows]
    return {
        "status accuracy": mean(one.status_right for one in rows),
        **_wrong_ways(rows),
        "abstention F1": abstention_f1(abstained, should),
        "abstention AUROC": auroc(confidences, answerable),
        "calibration error": calibration_error(confidences, answerable),
    }


def _wrong_ways(rows: Sequence[Judged]) -> dict[str, float]:
    """How often it abstained from what the article answers, and answered what it does not."""
    expected = {"missed answers": "answered", "false answers": "not_in_article"}
    given = {"missed answers": "not_in_article", "false answers": "answered"}
    figures = {}
    for name, status in expected.items():
        if of_status := [one for one in rows if one.case.status == status]:
            figures[name] = mean(one.answer.status == given[name] for one in of_status)
    return figures


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
