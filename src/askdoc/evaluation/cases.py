"""Cases: questions to an article with what is expected of the answers, as `evals/` holds them.

This module owns their fields and the way to their article. How an answer is judged is left to
`answers`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from rapidfuzz import fuzz, process

from askdoc.documents import read_documents
from askdoc.errors import EvaluationError
from askdoc.evaluation.lines import (
    distinct,
    id_in,
    needed_text_in,
    objects_of,
    text_in,
    text_of,
    texts_in,
)
from askdoc.records import Document, Status

_FIELDS = (
    "id",
    "question",
    "history",
    "status",
    "quotes",
    "caveats",
    "forbid",
    "split",
    "resolved",
    "without",
)
"""What of a line of questions is read. Others are its author's, unless they are misspelt."""
_LEAST_LIKENESS = 85


@dataclass(frozen=True, slots=True)
class Case:
    """A question with what is expected of its answer.

    Attributes:
        id: Unique in its folder.
        question: A reader's words.
        history: The questions before it, oldest first.
        status: The status expected, or none when the case does not judge it.
        quotes: Sentences of the article, any of which answers.
        caveats: Ids of the caveats that must come.
        forbid: Ids of the caveats that must not.
        judges_caveats: Whether the case says anything about caveats.
        resolved: The question as it would be asked without history, or "".
        without: Sentences that are taken out of the article before it is asked.
        place: The file and line it stands in, or "".
    """

    id: str
    question: str
    history: tuple[str, ...] = ()
    status: Status | None = None
    quotes: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    judges_caveats: bool = False
    resolved: str = ""
    without: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Cases:
    """An article and the questions put to it."""

    name: str
    documents: tuple[Document, ...]
    cases: tuple[Case, ...]


def read_cases(path: Path, *, split: str | None = None, article: str | Path | None = None) -> Cases:
    """Reads a folder of `.jsonl` questions, or one such file.

    Args:
        path: The folder or file.
        split: Reads the cases with that "split"; by default all.
        article: The article they are about (see `read_collection`).

    Raises:
        EvaluationError: Files are missing or do not parse.
        DocumentError: The article cannot be read.
    """
    files = [path] if path.is_file() else sorted(path.glob("*.jsonl"))
    if not files:
        raise EvaluationError(
            f"{path} holds no questions. Give a BEIR folder (corpus.jsonl, queries.jsonl, "
            "qrels/test.tsv) or a folder of .jsonl questions like evals/kratom."
        )
    folder = path if path.is_dir() else path.parent
    cases = _cases(files, path, split)
    return Cases(path.stem, read_documents([article_of(folder, article)]), cases)


def article_of(folder: Path, article: str | Path | None) -> Path:
    """The article that the questions in a folder are about, as `read_collection` finds it.

    Raises:
        EvaluationError: There is none.
    """
    if article:
        return Path(article)
    named = folder / "article.txt"
    if named.is_file():
        return folder / text_of(named).strip()
    name = folder.resolve().name
    places = [folder.resolve().parent.parent / "corpus" / name, Path("corpus") / name]
    for place in places:
        if place.exists():
            return place
    raise EvaluationError(
        f"No article for {folder}: there is no corpus/{name}. Name it with --article."
    )


def _cases(files: Iterable[Path], path: Path, split: str | None) -> tuple[Case, ...]:
    """The cases with that split; all are checked."""
    read = [(place, row) for file in files for place, row in objects_of(file)]
    cases = tuple(distinct((place, read_case(row, place)) for place, row in read))
    if not cases:
        raise EvaluationError(
            f'{path} holds no question. Give one JSON object a line, with "id" and "question".'
        )
    splits = [text_in(row, "split", place) for place, row in read]
    kept = tuple(
        case for case, named in zip(cases, splits, strict=True) if not split or named == split
    )
    if not kept:
        known = ", ".join(sorted({*splits} - {""})) or "none"
        raise EvaluationError(
            f'{path} holds no case with the split "{split}". It has: {known}. Name one, or none.'
        )
    return kept


def read_case(row: Mapping[str, Any], place: str) -> Case:
    """A line of a file of questions.

    Raises:
        EvaluationError: A field is missing, misspelt, or of another kind.
    """
    _refuse_misspelt(row, place)
    status = row.get("status")
    if status is not None and status not in get_args(Status):
        raise EvaluationError(f"{place}: the status must be one of {', '.join(get_args(Status))}.")
    caveats, forbid = texts_in(row, "caveats", place), texts_in(row, "forbid", place)
    return Case(
        id=id_in(row, "id", place),
        question=needed_text_in(row, "question", place),
        history=texts_in(row, "history", place),
        status=status,
        quotes=texts_in(row, "quotes", place),
        caveats=caveats,
        forbid=forbid,
        judges_caveats=bool(caveats or forbid),
        resolved=text_in(row, "resolved", place),
        without=texts_in(row, "without", place),
        place=place,
    )


def _refuse_misspelt(row: Mapping[str, Any], place: str) -> None:
    """Refuses a field that is nearly one of those read, and in its stead."""
    missing = [name for name in _FIELDS if name not in row]
    for name in (name for name in row if name not in _FIELDS):
        if near := process.extractOne(
            name, missing, scorer=fuzz.ratio, score_cutoff=_LEAST_LIKENESS
        ):
            raise EvaluationError(
                f'{place}: "{name}" is no field of a question. Write "{near[0]}", or another name '
                f"that is not so near to {', '.join(_FIELDS)}."
            )
