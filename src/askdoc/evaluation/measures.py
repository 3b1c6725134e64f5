"""Qrels, runs, the measures between them in ir-measures' notation, and what each figure means.

This module owns the forms in which judgments and runs are written (BEIR's table, TREC's columns),
where in a folder judgments lie, parsing measure names, and scoring a run against judgments. What
askdoc itself ranks is found by `rankings`; what the measures mean is ir-measures' affair.
"""

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import ir_measures

from askdoc.errors import EvaluationError
from askdoc.evaluation.lines import lines_of
from askdoc.evaluation.statistics import Interval

Qrels: TypeAlias = dict[str, dict[str, int]]
"""Grades by query id and document id."""


def read_judgments(path: Path, split: str) -> Qrels:
    """The judgments of a BEIR or TREC folder, or of a single file.

    Raises:
        EvaluationError: There are none, or they do not parse.
    """
    return read_qrels(path) if path.is_file() else _in_folder(path, split)


def read_qrels(file: Path) -> Qrels:
    """Judgments of a BEIR table (`query-id corpus-id score`) or a TREC file (four columns).

    Raises:
        EvaluationError: The file cannot be read, or a line has neither form.
    """
    qrels: Qrels = {}
    for place, line in lines_of(file):
        if line.split()[0].lower() in {"query-id", "query_id", "qid"}:
            continue
        try:
            query, *_, document, grade = line.split()
            qrels.setdefault(query, {})[document] = int(grade)
        except ValueError as error:
            raise EvaluationError(
                f"{place} is not a judgment: give `query document grade`."
            ) from error
    return qrels


def _in_folder(folder: Path, split: str) -> Qrels:
    for file in (folder / "qrels" / f"{split}.tsv", folder / f"qrels/{split}.txt"):
        if file.is_file():
            return read_qrels(file)
    for name in (f"qrels.{split}.txt", "qrels.txt", "qrels"):
        if (folder / name).is_file():
            return read_qrels(folder / name)
    there = sorted(file.stem for file in (folder / "qrels").glob("*.tsv"))
    known = f" It has: {', '.join(there)}." if there else ""
    raise EvaluationError(f"{folder} holds no judgments for the split {split!r}.{known}")


Run: TypeAlias = dict[str, dict[str, float]]
"""Scores by query id and document id."""


def read_run(file: Path) -> Run:
    """Scores by query id and document id, from a run in TREC's six columns.

    Raises:
        EvaluationError: The file cannot be read, or a line is something else.
    """
    run: Run = {}
    for place, line in lines_of(file):
        try:
            (found,) = ir_measures.read_trec_run(f"{line}\n")  # type: ignore[no-untyped-call]
        except ValueError as error:
            raise EvaluationError(
                f"{place} is not of a TREC run: give `query Q0 document rank score name`."
            ) from error
        if not math.isfinite(found.score):
            written = line.split()[4]
            raise EvaluationError(f"{place}: {written} ranks nothing. Give a finite score.")
        run.setdefault(found.query_id, {})[found.doc_id] = found.score
    if not run:
        raise EvaluationError(f"{file} holds no line of a run.")
    return run


def write_run(run: Run, file: Path, name: str = "askdoc") -> None:
    """Writes a run in TREC's six columns: query, Q0, document, rank, score, name of the system.

    Scores are written in full, so that reading the file gives the same run.

    Raises:
        EvaluationError: An id holds white space, or the file cannot be written.
    """
    lines = [
        f"{_word(query)} Q0 {_word(document)} {rank} {score!r} {name}\n"
        for query, scores in run.items()
        for rank, (document, score) in enumerate(_sorted(scores), start=1)
    ]
    try:
        file.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{file} cannot be written: {error}.") from error


def _sorted(scores: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(scores.items(), key=lambda item: -item[1])


def _word(name: str) -> str:
    if name.split() != [name]:
        raise EvaluationError(f'The id "{name}" holds white space: a TREC run cannot carry it.')
    return name


DEFAULT_MEASURES = ("nDCG@10", "RR@10", "R@1", "R@5")


def parse_measures(names: Iterable[str]) -> tuple[Any, ...]:
    """Parses measure names such as `nDCG@10`, `P(rel=2)@5` or `AP`.

    Raises:
        EvaluationError: ir-measures does not know one of them, or cannot compute it here.
    """
    return tuple(_parsed(part) for name in names for part in name.split())


def is_measure(name: str) -> bool:
    """Whether a name is a ranking measure, and not another figure of a report."""
    try:
        return bool(parse_measures([name]))
    except EvaluationError:
        return False


def score(
    qrels: Qrels, run: Mapping[str, Mapping[str, float]], measures: Iterable[str]
) -> dict[str, dict[str, float]]:
    """Scores a run, query by query.

    Args:
        qrels: The judgments; a judged query that the run lacks scores 0.
        run: Scores by query and document.
        measures: Names in ir-measures' notation.

    Returns:
        Values by query id and measure name, in the order the measures were given.

    Raises:
        EvaluationError: A measure is not known.

    Example: score({"q": {"a": 1}}, {"q": {"b": 2.0, "a": 1.0}}, ["RR"]) -> {"q": {"RR": 0.5}}
    """
    parsed = parse_measures(measures)
    judged = {name: grades for name, grades in qrels.items() if grades}
    known = {name: dict(run[name]) for name in judged if run.get(name)}
    values = {name: dict.fromkeys(map(str, parsed), 0.0) for name in judged}
    for metric in ir_measures.iter_calc(parsed, judged, known):
        values[metric.query_id][str(metric.measure)] = float(metric.value)
    return values


def _parsed(name: str) -> Any:
    try:
        measure = ir_measures.parse_measure(name)
        if ir_measures.DefaultPipeline.supports(measure):  # type: ignore[no-untyped-call]
            return measure
    except (NameError, ValueError, TypeError, SyntaxError) as error:
        raise _unknown(name) from error
    raise _unknown(name)


def _unknown(name: str) -> EvaluationError:
    return EvaluationError(
        f'The measure "{name}" is not one ir-measures can compute here. '
        "Examples: nDCG@10 RR@10 R@100 P@1 Success@3 AP."
    )


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
