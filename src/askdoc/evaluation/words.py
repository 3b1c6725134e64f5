"""Quoted words against gold spans: texts in which people marked what answers a query.

This module owns the file of such texts (`gold.jsonl`), and the measure that papers on extractive
quoting report: precision, recall and F1 of words, counted over all texts together. After
"ACL-Verbatim" (arXiv 2605.21102), a word is a run of characters that are no white space, and it is
quoted, or gold, when a span touches it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askdoc.answering import ask
from askdoc.embedding import Embedder
from askdoc.errors import EvaluationError, QuestionError
from askdoc.evaluation.answers import Judged, overlaps
from askdoc.evaluation.collections import Case, made_document
from askdoc.evaluation.lines import needed_text_in, objects_of, text_in
from askdoc.evaluation.report import Report, Scored, figures_of
from askdoc.evaluation.scorecard import STATUS, Scorer, worst_first
from askdoc.index import build_index
from askdoc.records import Document, Span

FILE = "gold.jsonl"
_WORD = re.compile(r"\S+")
_MEASURES = ("word precision", "word recall", "word F1")


@dataclass(frozen=True, slots=True)
class Marked:
    """A query, the text it is put to, and what of the text answers it; nothing, if none does."""

    case: Case
    document: Document
    spans: tuple[Span, ...]


def read_marked(folder: Path) -> tuple[Marked, ...]:
    """Reads `gold.jsonl`: rows of "query", "text" and "spans", which are [start, end) in the text.

    Raises:
        EvaluationError: The file cannot be read, or a row says something else.
    """
    rows = tuple(
        _marked(row, place, number)
        for number, (place, row) in enumerate(objects_of(folder / FILE), start=1)
    )
    if not rows:
        raise EvaluationError(f"{folder / FILE} holds no row.")
    return rows


def words_report(
    folder: Path, embedder: Embedder, *, on_progress: Callable[[int, int], None] | None = None
) -> Report:
    """Asks each query of its own text, and compares the quoted words with the gold ones.

    Raises:
        EvaluationError: As of `read_marked`.
    """
    rows = read_marked(folder)
    queries = []
    for done, row in enumerate(rows, start=1):
        queries.append(_asked(row, embedder))
        if on_progress:
            on_progress(done, len(rows))
    figures = figures_of(queries, (*_MEASURES, *STATUS))
    return Report(
        name=folder.resolve().name,
        kind="words",
        measures=(),
        figures=figures.values,
        intervals=figures.intervals,
        queries=worst_first(queries),
        run={},
        qrels={},
        settings={"texts": len(rows), "model": embedder.name},
    )


def word_values(
    text: str, quoted: Sequence[Span], gold: Sequence[Span]
) -> dict[str, tuple[float, float]]:
    """Value and weight of each measure: weighted means over texts are those over all words.

    Example: word_values("a b c d", [(0, 3)], [(2, 7)])["word F1"] -> (0.4, 5)
    """
    words = [found.span() for found in _WORD.finditer(text)]
    said = {word for word in words for span in quoted if overlaps(word, span)}
    right = {word for word in words for span in gold if overlaps(word, span)}
    both, total = len(said & right), len(said) + len(right)
    # Where nothing is gold and nothing was quoted, all is well, and no word counts.
    values = {"word F1": (2 * both / total if total else 1.0, float(total))}
    if said:
        values["word precision"] = (both / len(said), float(len(said)))
    if right:
        values["word recall"] = (both / len(right), float(len(right)))
    return values


def _asked(row: Marked, embedder: Embedder) -> Scored:
    index = build_index([row.document], embedder=embedder)
    try:
        answer = ask(index, row.case.question)
    except QuestionError as error:
        raise EvaluationError(f"{row.case.place}: {error}") from None
    gold = tuple((row.document.id, span) for span in row.spans)
    scored = Scorer().scored(Judged(row.case, answer, 0.0, gold, ()), {})
    quoted = [(one.start, one.end) for one in answer.citations]
    words = word_values(row.document.text, quoted, row.spans)
    kept = {name: value for name, value in scored.values.items() if name in STATUS}
    return Scored(
        id=scored.id,
        values={**{name: value for name, (value, _) in words.items()}, **kept},
        weights={name: weight for name, (_, weight) in words.items()},
        errors=scored.errors,
        notes=scored.notes,
        expected=scored.expected,
        given=scored.given,
    )


def _marked(row: Mapping[str, Any], place: str, number: int) -> Marked:
    query, text = needed_text_in(row, "query", place), needed_text_in(row, "text", place)
    spans = tuple(_spans(row, text, place))
    case = Case(
        id=str(number),
        question=query,
        status="answered" if spans else "not_in_article",
        quotes=tuple(text[start:end] for start, end in spans),
        place=place,
    )
    return Marked(case, made_document("text", text_in(row, "title", place), text), spans)


def _spans(row: Mapping[str, Any], text: str, place: str) -> Iterator[Span]:
    try:
        for start, end in row["spans"]:
            if not 0 <= start < end <= len(text):
                raise ValueError
            yield int(start), int(end)
    except (KeyError, TypeError, ValueError) as error:
        raise EvaluationError(
            f'{place}: "spans" must be a list of [start, end) within the text, or [].'
        ) from error
