"""Runs: what a system ranked for each query, read and written as files.

This module owns TREC's run format. What askdoc itself ranks is found by `searching`.
"""

import math
from pathlib import Path
from typing import TypeAlias

from askdoc.errors import EvaluationError
from askdoc.evaluation.lines import lines_of

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
            query, _, document, _, written, _ = line.split()
            score = float(written)
        except ValueError as error:
            raise EvaluationError(
                f"{place} is not of a TREC run: give `query Q0 document rank score name`."
            ) from error
        if not math.isfinite(score):
            raise EvaluationError(f"{place}: {written} ranks nothing. Give a number as the score.")
        run.setdefault(query, {})[document] = score
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
