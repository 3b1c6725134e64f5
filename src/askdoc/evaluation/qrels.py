"""Qrels: how well documents answer queries, as people judged it.

This module owns the forms they are written in, BEIR's table and TREC's four columns, and where in
a folder they lie. Runs are scored by them elsewhere.
"""

from pathlib import Path
from typing import TypeAlias

from askdoc.errors import EvaluationError
from askdoc.evaluation.lines import lines_of

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
