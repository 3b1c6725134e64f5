"""What an evaluation is put to, read from a folder: a collection with judgments, or cases.

This module owns the layouts of BEIR and TREC, and the fields of a case, as `evals/` holds them: a
question to an article with what is expected of the answer, and the way to that article. It runs
nothing and scores nothing; how an answer is judged is left to `answers`.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from rapidfuzz import fuzz, process

from askdoc.documents import read_documents
from askdoc.errors import EvaluationError
from askdoc.evaluation.lines import (
    distinct,
    id_in,
    lines_of,
    needed_text_in,
    objects_of,
    text_in,
    text_of,
    texts_in,
)
from askdoc.evaluation.measures import Qrels, read_judgments
from askdoc.records import Document, Status

_TOPIC = re.compile(
    r"<num>\s*(?:Number:)?\s*(?P<num>[^\s<]+).*?<title>\s*(?:Topic:)?\s*(?P<title>.*?)\s*(?=<|\Z)",
    re.S,
)
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
class Query:
    """One question to a collection.

    Attributes:
        id: Unique in its collection.
        text: The question.
        history: The questions before it, oldest first.
        place: The file and line it stands in, or "".
    """

    id: str
    text: str
    history: tuple[str, ...] = ()
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents, queries and graded judgments of whole documents."""

    name: str
    documents: tuple[Document, ...]
    queries: tuple[Query, ...]
    qrels: Qrels


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


def read_collection(
    path: str | Path, *, split: str | None = None, article: str | Path | None = None
) -> Collection | Cases:
    """Reads a BEIR or TREC folder (`corpus.jsonl`), or a folder or file of `evals/`.

    Args:
        path: The folder; for askdoc's own questions, a single `.jsonl` file will do too.
        split: Which judgments: a BEIR folder's `qrels/<split>.tsv` (by default `test`), or the
            cases with that "split" (by default all).
        article: The article that `evals/` questions are about; by default what `article.txt` in
            the folder names, or `corpus/<name>` beside `evals/` or in the working folder.

    Raises:
        EvaluationError: Files are missing or do not parse.
        DocumentError: The article cannot be read.
    """
    path = Path(path)
    if (path / "corpus.jsonl").is_file():
        return _ranked(path, split or "test")
    return read_cases(path, split=split, article=article)


def made_document(name: str, title: str, text: str) -> Document:
    """A document that no file stands behind. What is no character becomes U+FFFD."""
    title, text = (re.sub("[\ud800-\udfff]", "\ufffd", words) for words in (title, text))
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return Document(name, title, text, "", digest)


def _ranked(folder: Path, split: str) -> Collection:
    qrels = read_judgments(folder, split)
    documents = tuple(distinct(_beir_documents(folder / "corpus.jsonl")))
    if not documents:
        raise EvaluationError(
            f"{folder / 'corpus.jsonl'} holds no document. Give one JSON object a line, with "
            '"_id", "title" and "text".'
        )
    queries = tuple(query for query in distinct(_queries(folder)) if query.id in qrels)
    if not queries:
        raise EvaluationError(f"{folder}: no query has a judgment in the split {split!r}.")
    return Collection(folder.resolve().name, documents, queries, qrels)


def _beir_documents(file: Path) -> Iterator[tuple[str, Document]]:
    for place, row in objects_of(file):
        name, title = id_in(row, "_id", place), text_in(row, "title", place)
        text = text_in(row, "text", place)
        if text.strip() or title.strip():
            yield place, made_document(name, title, text if text.strip() else title)


def _queries(folder: Path) -> Iterator[tuple[str, Query]]:
    if (folder / "queries.jsonl").is_file():
        file = folder / "queries.jsonl"
        for place, row in objects_of(file):
            name, text = id_in(row, "_id", place), needed_text_in(row, "text", place)
            yield place, Query(name, text, texts_in(row, "history", place), place)
        return
    for name in ("topics.tsv", "topics.txt", "topics.trec", "topics.xml"):
        if (folder / name).is_file():
            yield from _topics(folder / name)
            return
    raise EvaluationError(f"{folder} holds neither queries.jsonl nor topics.tsv or topics.txt.")


def _topics(file: Path) -> Iterator[tuple[str, Query]]:
    """TREC topics, in tags (`<num>`, `<title>`) or as `id<TAB>question` lines."""
    text = text_of(file)
    if "<top" in text:
        starts = [found.end() for found in re.finditer(r"<top(?:\s[^>]*)?>", text)]
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
            if found := _TOPIC.search(text, start, end):
                place = f"{file}, line {text.count(chr(10), 0, found.start()) + 1}"
                yield place, Query(found["num"], " ".join(found["title"].split()), place=place)
        return
    for place, line in lines_of(file):
        name, tab, question = line.partition("\t")
        if not tab:
            raise EvaluationError(f"{place} is not `id<TAB>question`. Correct that line.")
        yield place, Query(name.strip(), question.strip(), place=place)


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
