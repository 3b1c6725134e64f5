"""Systems that are not askdoc: their runs, and retrievers that answer over HTTP.

This module owns how they are asked and how their passages are judged. The measures, reports and
gates are those of askdoc's own evaluations.
"""

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from askdoc.embedding import Embedder, load_embedder
from askdoc.errors import EvaluationError
from askdoc.evaluation.answers import GoldSpan, gold_spans, overlaps, passage_qrels
from askdoc.evaluation.collections import (
    Case,
    Cases,
    Collection,
    Query,
    read_cases,
    read_collection,
)
from askdoc.evaluation.measures import (
    DEFAULT_MEASURES,
    Qrels,
    Run,
    parse_measures,
    read_judgments,
    read_run,
)
from askdoc.evaluation.pipeline import InFolder, collection_folder
from askdoc.evaluation.rankings import (
    DEPTH,
    SHOWN,
    Ranked,
    expected_documents,
    ranking_report,
    shorten,
)
from askdoc.evaluation.report import Expected, Report, Retrieved
from askdoc.index import PassageIndex
from askdoc.records import Document

RETRIEVER_TIMEOUT_S = 30.0
RETRIES = 2
TOKEN = "ASKDOC_RETRIEVER_TOKEN"
"""The environment variable whose token a retriever is sent, as a bearer."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that a retriever ranked: its id, its score, and what it tells of its place."""

    id: str
    score: float
    text: str = ""
    document_id: str = ""
    span: tuple[int, int] | None = None


def score_run(
    path: str | Path,
    run: str | Path,
    *,
    measures: Sequence[str] = DEFAULT_MEASURES,
    split: str | None = None,
    article: str | Path | None = None,
    index_folder: str | Path | None = None,
    embedder: Embedder | None = None,
) -> Report:
    """Scores a TREC run of any system by a collection's judgments; nothing is searched.

    Args:
        path: A BEIR or TREC folder, a file of judgments, or a folder or file of `evals/`: a run of
            those ranks askdoc's passages, as `askdoc evaluate --run` writes it.
        run: The run.
        measures: Ranking measures in ir-measures' notation.
        split: Which of the folder's judgments.
        article: The article that `evals/` questions are about.
        index_folder: Where the index of that article is kept.
        embedder: The model of that index.

    Raises:
        EvaluationError: A file or a measure cannot be used, or no query is both ranked and judged.
    """
    path = Path(path)
    if _is_cases(path):
        place = InFolder(Path(index_folder) if index_folder else collection_folder(path))
        data = read_cases(path, split=split, article=article)
        index = place.index(data.documents, embedder=embedder or load_embedder())
        return _score_passages(data, index, Path(run), measures)
    qrels, scores = read_judgments(path, split or "test"), read_run(Path(run))
    if not qrels.keys() & scores.keys():
        raise EvaluationError(f"{run} ranks none of the queries judged in {path}.")
    queries = [Query(name, "") for name in qrels]
    if (path / "corpus.jsonl").is_file():
        judged = read_collection(path, split=split)
        queries = list(judged.queries) if isinstance(judged, Collection) else queries
    shown = {name: _first(scores.get(name, {}), grades) for name, grades in qrels.items()}
    expected = expected_documents(queries, qrels)
    ranked = Ranked(scores, shown)
    return ranking_report(Path(run).stem, expected, qrels, ranked, measures, {"run": str(run)})


def _is_cases(path: Path) -> bool:
    """Whether a path holds askdoc's own questions, and not judgments."""
    if path.is_file():
        return path.suffix == ".jsonl"
    held = any(path.glob("qrels*")) or (path / "corpus.jsonl").is_file()
    return not held and any(path.glob("*.jsonl"))


def _score_passages(
    data: Cases, index: PassageIndex, file: Path, measures: Sequence[str]
) -> Report:
    run = read_run(file)
    cases = [case for case in data.cases if case.quotes]
    qrels = passage_qrels(index, cases)
    known = {passage.id: passage for passage in index.passages}
    if not any(name in known for query in qrels for name in run.get(query, ())):
        raise EvaluationError(
            f"{file} ranks no passage of {data.name} for any judged question. Give a run that "
            "`askdoc evaluate --run` wrote on this article, or ask its system with --retriever."
        )
    shown = {
        query: tuple(
            replace(item, heading=known[item.id].heading, text=shorten(known[item.id].text))
            if item.id in known
            else item
            for item in _first(run.get(query, {}), grades)
        )
        for query, grades in qrels.items()
    }
    expected = {case.id: Expected.of(case) for case in cases}
    settings: dict[str, str | int | float] = {"run": str(file)}
    ranked = Ranked(run, shown)
    return ranking_report(data.name, expected, qrels, ranked, measures, settings, of_passages=True)


def evaluate_retriever(
    path: str | Path,
    url: str,
    *,
    measures: Sequence[str] = DEFAULT_MEASURES,
    split: str | None = None,
    article: str | Path | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Report:
    """Puts a collection's queries, or an article's questions, to a retriever, and scores its ranks.

    Args:
        path: A BEIR or TREC folder, or a folder or file of `evals/`.
        url: Where the retriever takes `{"question", "history", "k"}` by POST and answers with
            `{"passages": [{"id", "score", "text"}]}`, the best first.
        measures: Ranking measures in ir-measures' notation.
        split: Which judgments.
        article: The article that `evals/` questions are about.
        on_progress: Called with the step, how much of it is done, and how much there is.

    Raises:
        EvaluationError: The data cannot be used, or the retriever does not answer as described.
    """
    parse_measures(measures)
    data = read_collection(path, split=split, article=article)
    queries = _queries(data)
    found: dict[str, tuple[Found, ...]] = {}
    seconds: list[float] = []
    with _client(url) as client:
        for query in queries:
            began = time.perf_counter()
            found[query.id] = _ask(client, url, query)
            seconds.append(time.perf_counter() - began)
            if on_progress:
                on_progress("asking", len(seconds), len(queries))
    settings: dict[str, str | int | float] = {"retriever": _without_login(url)}
    if isinstance(data, Collection):
        return _collection(data, found, tuple(seconds), measures, settings)
    return _article(data, found, tuple(seconds), measures, settings)


def _queries(data: Collection | Cases) -> Sequence[Query]:
    if isinstance(data, Collection):
        return data.queries
    judged = [Query(c.id, c.question, c.history, c.place) for c in data.cases if c.quotes]
    if not judged:
        raise EvaluationError(f"No question of {data.name} has a gold quote to judge passages by.")
    return judged


def _collection(
    data: Collection,
    found: Mapping[str, Sequence[Found]],
    seconds: tuple[float, ...],
    measures: Sequence[str],
    settings: dict[str, str | int | float],
) -> Report:
    run = {query: {item.id: item.score for item in items} for query, items in found.items()}
    shown = {
        query: _retrieved(items, [data.qrels[query].get(item.id, 0) > 0 for item in items])
        for query, items in found.items()
    }
    expected, ranked = expected_documents(data.queries, data.qrels), Ranked(run, shown, seconds)
    return ranking_report(data.name, expected, data.qrels, ranked, measures, settings)


def _article(
    data: Cases,
    found: Mapping[str, Sequence[Found]],
    seconds: tuple[float, ...],
    measures: Sequence[str],
    settings: dict[str, str | int | float],
) -> Report:
    run: Run = {}
    qrels: Qrels = {}
    shown: dict[str, tuple[Retrieved, ...]] = {}
    expected: dict[str, Expected] = {}
    for case in (case for case in data.cases if case.quotes):
        held = [_gold_held(data.documents, case, item) for item in found[case.id]]
        run[case.id], qrels[case.id] = _by_quotes(case, found[case.id], held)
        shown[case.id] = _retrieved(found[case.id], [bool(quotes) for quotes in held])
        expected[case.id] = Expected.of(case)
    ranked = Ranked(run, shown, seconds)
    return ranking_report(data.name, expected, qrels, ranked, measures, settings, of_passages=True)


def _by_quotes(
    case: Case, items: Sequence[Found], held: Sequence[set[int]]
) -> tuple[dict[str, float], dict[str, int]]:
    """A run and judgments in which the relevant items are the gold quotes themselves.

    A passage stands for the gold quotes that it is the first to hold, so that systems with other
    passages are judged alike; one that holds none new stands for itself.
    """
    grades = {f"gold {number}": 1 for number in range(len(case.quotes))}
    ranked: list[str] = []
    for item, quotes in zip(items, held, strict=True):
        new = [name for number in sorted(quotes) if (name := f"gold {number}") not in ranked]
        ranked += new or ([] if quotes else [f"passage {item.id}"])
    return {name: float(-rank) for rank, name in enumerate(ranked)}, grades


def _gold_held(documents: Sequence[Document], case: Case, item: Found) -> set[int]:
    """Which gold quotes a passage holds part of, by its place, else by its text."""
    gold: list[list[GoldSpan]] = [
        gold_spans(documents, Case(case.id, case.question, quotes=(quote,)))
        for quote in case.quotes
    ]
    places = _places(documents, item)
    if places:
        return {
            number
            for number, spans in enumerate(gold)
            if any(
                name == at and overlaps(span, place) for name, span in spans for at, place in places
            )
        }
    text = _flat(item.text)
    return {number for number, quote in enumerate(case.quotes) if text and _flat(quote) in text}


def _places(documents: Sequence[Document], item: Found) -> list[GoldSpan]:
    """Where a passage stands: where its system says, or where its text occurs in the article."""
    if item.span and (item.document_id or len(documents) == 1):
        return [(item.document_id or documents[0].id, item.span)]
    pattern = r"\s+".join(map(re.escape, item.text.split()))
    if not pattern:
        return []
    return [(d.id, found.span()) for d in documents for found in re.finditer(pattern, d.text)]


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()


def _retrieved(items: Sequence[Found], relevant: Sequence[bool]) -> tuple[Retrieved, ...]:
    return tuple(
        Retrieved(rank, item.id, item.score, is_relevant, text=shorten(item.text))
        for rank, (item, is_relevant) in enumerate(zip(items, relevant, strict=True), start=1)
    )[:SHOWN]


def _first(scores: Mapping[str, float], grades: Mapping[str, int]) -> tuple[Retrieved, ...]:
    """The first items of a run."""
    best = sorted(scores.items(), key=lambda item: -item[1])[:SHOWN]
    return tuple(
        Retrieved(rank, name, score, grades.get(name, 0) > 0)
        for rank, (name, score) in enumerate(best, start=1)
    )


def _client(url: str) -> httpx.Client:
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise EvaluationError(f'The retriever "{url}" is no address. Give http(s)://HOST/PATH.')
    token = os.environ.get(TOKEN)
    return httpx.Client(
        timeout=RETRIEVER_TIMEOUT_S,
        transport=httpx.HTTPTransport(retries=RETRIES),
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )


def _ask(client: httpx.Client, url: str, query: Query) -> tuple[Found, ...]:
    asked = {"question": query.text, "history": list(query.history), "k": DEPTH}
    where = f'{_without_login(url)}, asked the query "{query.id}",'
    try:
        response = client.post(url, json=asked)
        response.raise_for_status()
        data = response.json()
    except httpx.HTTPStatusError as error:
        raise EvaluationError(
            f"{where} answered with status {error.response.status_code}."
        ) from error
    except (httpx.HTTPError, ValueError) as error:
        raise EvaluationError(
            f"{where} gave no answer: {error or type(error).__name__}."
        ) from error
    try:
        return tuple(_found(rank, item) for rank, item in enumerate(data["passages"][:DEPTH]))
    except (KeyError, TypeError, ValueError) as error:
        raise EvaluationError(
            f'{where} answered in another form. It has to give {{"passages": [{{"id": "…", '
            '"score": 1.0, "text": "…"}]}, the best first.'
        ) from error


def _found(rank: int, item: Mapping[str, Any]) -> Found:
    """A passage; without scores, its place in the list is its rank."""
    span = (int(item["start"]), int(item["end"])) if {"start", "end"} <= item.keys() else None
    return Found(
        id=str(item["id"]),
        score=float(item.get("score", -rank)),
        text=str(item.get("text") or ""),
        document_id=str(item.get("document_id") or ""),
        span=span,
    )


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
