"""What an evaluation is put to: documents, queries and judgments, read from a folder.

This module owns the layouts of BEIR and TREC, and tells them from askdoc's own `evals/`, which
`cases` reads. It runs nothing and scores nothing.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from askdoc.errors import EvaluationError
from askdoc.evaluation.cases import Cases, read_cases
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
from askdoc.records import Document

_TOPIC = re.compile(
    r"<num>\s*(?:Number:)?\s*(?P<num>[^\s<]+).*?<title>\s*(?:Topic:)?\s*(?P<title>.*?)\s*(?=<|\Z)",
    re.S,
)


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
