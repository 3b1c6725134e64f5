"""A folder of questions to a report, by the same index and the same `ask()` as the chat.

This module owns the order of the steps, and where the indexes of evaluated collections are kept, a
folder or a Milvus store, so that a second run encodes nothing.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TypeAlias

from askdoc.embedding import Embedder, cache_folder, load_embedder
from askdoc.evaluation.answers import ask_all, passage_qrels
from askdoc.evaluation.collections import Cases, Collection, Query, read_collection
from askdoc.evaluation.measures import DEFAULT_MEASURES, Qrels, parse_measures
from askdoc.evaluation.rankings import (
    ON_PASSAGES,
    Ranked,
    Searched,
    expected_documents,
    hits_shown,
    measure_names,
    passage_scores,
    ranking_report,
    search_all,
)
from askdoc.evaluation.report import Expected, Report
from askdoc.evaluation.scorecard import Scorer, answer_figures, with_confidence, worst_first
from askdoc.evaluation.statistics import reliability, risk_coverage
from askdoc.evaluation.variants import Variant
from askdoc.evaluation.words import FILE, words_report
from askdoc.index import PassageIndex, build_index, previous_index
from askdoc.passages import PassageSize
from askdoc.records import Document


def collection_folder(path: Path) -> Path:
    """The folder, in the user's cache, for the index of a collection."""
    name = re.sub(r"[^\w.-]+", "_", path.resolve().name)
    return cache_folder() / "evaluation" / f"{name}-{_digest(path)}"


@dataclass(frozen=True, slots=True)
class InFolder:
    """A folder as the place of an index. It is written when something was new."""

    folder: Path

    def index(
        self,
        documents: Sequence[Document],
        *,
        embedder: Embedder,
        size: PassageSize | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> PassageIndex:
        """An index of exactly these documents; texts held already are not encoded again.

        Args:
            documents: What to index.
            embedder: The model.
            size: How passages are packed; by default as in the chat.
            on_progress: Called with (texts encoded, texts to encode).
        """
        previous = previous_index(self.folder)
        index = build_index(
            documents, embedder=embedder, previous=previous, size=size, on_progress=on_progress
        )
        if previous is None or _differ(index, previous):
            index.save(self.folder)
        return index


@dataclass(frozen=True, slots=True)
class InStore:
    """A Milvus store as the place of an index, apart from what is served there.

    Attributes:
        store: The store's address.
        collection: What is evaluated: its index has a name of its own in the store.
    """

    store: str
    collection: str

    @property
    def address(self) -> str:
        """Where in the store the index lies."""
        return f"{self.store.partition('#')[0]}#evaluation_{_digest(Path(self.collection))}"

    def index(
        self,
        documents: Sequence[Document],
        *,
        embedder: Embedder,
        size: PassageSize | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> PassageIndex:
        """As `InFolder.index`; `on_progress` is called with (documents done, 0).

        Raises:
            StoreError: The store is away, or the address makes no sense.
        """
        from askdoc.milvus import ingest_documents, open_store

        ingest_documents(
            lambda: documents,
            self.address,
            embedder=embedder,
            size=size,
            grace=0,
            on_progress=on_progress,
        )
        return PassageIndex(open_store(self.address).store, embedder)


def _digest(path: Path) -> str:
    """Tells collections of one name apart by where they lie."""
    whole = str(path.resolve()).encode("utf-8", "surrogateescape")
    return hashlib.sha256(whole).hexdigest()[:12]


def _differ(one: PassageIndex, other: PassageIndex) -> bool:
    return (
        one.manifest.fingerprint != other.manifest.fingerprint
        or not _equal(one.documents.values(), other.documents.values())
        or not _equal(one.passages, other.passages)
    )


def _equal(some: Iterable[object], others: Iterable[object]) -> bool:
    """Whether both hold the same in the same order, without holding all of it at once."""
    return all(one == other for one, other in zip_longest(some, others))


OnStep: TypeAlias = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

_USUAL = Variant("fusion")


def evaluate(
    path: str | Path,
    *,
    index_folder: str | Path | None = None,
    store: str | None = None,
    measures: Sequence[str] = DEFAULT_MEASURES,
    split: str | None = None,
    article: str | Path | None = None,
    model: str | None = None,
    embedder: Embedder | None = None,
    variant: Variant = _USUAL,
    answers: bool = True,
    on_progress: OnStep | None = None,
) -> Report:
    """Evaluates askdoc on a folder of questions with judgments.

    Args:
        path: A BEIR or TREC folder, a folder or file of `evals/`, or a folder of texts in which
            answers are marked (`gold.jsonl`).
        index_folder: Where the index is kept between runs; by default the user's cache.
        store: A Milvus store that holds the index instead, under a name of its own.
        measures: Ranking measures in ir-measures' notation.
        split: Which judgments (see `read_collection`).
        article: The article `evals/` questions are about.
        model: Name or folder of the embedding model.
        embedder: The model itself, when it is loaded already.
        variant: Another way to search than the chat's. Answers are judged in the usual way only.
        answers: Whether an article's questions are answered, and not only searched.
        on_progress: Called with the step, how much of it is done, and how much there is.

    Raises:
        EvaluationError: The folder, a judgment or a measure cannot be used.
        AskdocError: The article or the model cannot be read.
    """
    parse_measures(measures)
    embedder = embedder or load_embedder(variant.model or model)
    if (Path(path) / FILE).is_file():
        return words_report(Path(path), embedder, on_progress=_step("asking", on_progress))
    data = read_collection(path, split=split, article=article)
    index = _place(path, index_folder, store, variant).index(
        data.documents,
        embedder=embedder,
        size=variant.size,
        on_progress=_step("encoding", on_progress),
    )
    if isinstance(data, Collection):
        return rank_report(index, data, measures, variant=variant, on_progress=on_progress)
    judging = answer_report if answers else search_report
    return judging(index, data, measures, variant=variant, on_progress=on_progress)


def rank_report(
    index: PassageIndex,
    data: Collection,
    measures: Sequence[str],
    *,
    variant: Variant = _USUAL,
    on_progress: OnStep | None = None,
) -> Report:
    """Searches a collection's queries and scores the ranked documents."""
    found = search_all(
        index,
        data.queries,
        fusion=variant.fusion,
        on_progress=_step("searching", on_progress),
    )
    shown = {
        query: hits_shown(hits, data.qrels.get(query, {})) for query, hits in found.hits.items()
    }
    return ranking_report(
        data.name,
        expected_documents(data.queries, data.qrels),
        data.qrels,
        Ranked(found.run, shown, found.seconds),
        measures,
        _settings(index, variant),
    )


def search_report(
    index: PassageIndex,
    data: Cases,
    measures: Sequence[str],
    *,
    variant: Variant = _USUAL,
    on_progress: OnStep | None = None,
) -> Report:
    """Searches an article's judged cases and scores the passages found; nothing is answered."""
    found, qrels = _passages_found(index, data, variant, on_progress)
    shown = {
        query: hits_shown(hits, qrels[query], by_passage=True) for query, hits in found.hits.items()
    }
    expected = {case.id: Expected.of(case) for case in data.cases}
    ranked = Ranked(found.run, shown, found.seconds)
    settings = _settings(index, variant)
    return ranking_report(data.name, expected, qrels, ranked, measures, settings, of_passages=True)


def answer_report(
    index: PassageIndex,
    data: Cases,
    measures: Sequence[str],
    *,
    variant: Variant = _USUAL,
    on_progress: OnStep | None = None,
) -> Report:
    """Asks an article's cases, and scores the passages found and the answers given."""
    found, qrels = _passages_found(index, data, variant, None)
    values = passage_scores(qrels, found.run, measures)
    judged = ask_all(index, data.cases, on_progress=_step("asking", on_progress))
    confidences, answerable = with_confidence(judged)
    right = [one.status_right for one in judged if one.case.status]
    sure = [one.answer.confidence for one in judged if one.case.status]
    scorer = Scorer.of(data.documents)
    queries = [
        scorer.scored(
            one,
            values.get(one.case.id, {}),
            hits_shown(
                found.hits.get(one.case.id, one.answer.passages),
                qrels.get(one.case.id, {}),
                by_passage=True,
            ),
        )
        for one in judged
    ]
    figures = answer_figures(judged, queries, measure_names((*ON_PASSAGES, *measures)))
    return Report(
        name=data.name,
        kind="answers",
        measures=measure_names(measures),
        figures=figures.values,
        intervals=figures.intervals,
        queries=worst_first(queries),
        run=found.run,
        qrels=qrels,
        settings=_settings(index, variant),
        risk_coverage=risk_coverage(sure, right),
        reliability=reliability(confidences, answerable),
    )


def _place(
    path: str | Path, index_folder: str | Path | None, store: str | None, variant: Variant
) -> InFolder | InStore:
    """Where the index is kept; one with a model or a size of its own has its own folder."""
    usual = variant.model is None and variant.size is None
    if store:
        return InStore(store, f"{path}" if usual else f"{path} {variant.name}")
    folder = Path(index_folder) if index_folder else collection_folder(Path(path))
    return InFolder(folder if usual else folder / _file_name(variant))


def _file_name(variant: Variant) -> str:
    return re.sub(r"[^\w.=-]+", "_", variant.name)


def _passages_found(
    index: PassageIndex,
    data: Cases,
    variant: Variant,
    on_progress: OnStep | None,
) -> tuple[Searched, Qrels]:
    judged = [case for case in data.cases if case.quotes]
    queries = [Query(case.id, case.question, case.history) for case in judged]
    found = search_all(
        index,
        queries,
        fusion=variant.fusion,
        by_passage=True,
        on_progress=_step("searching", on_progress),
    )
    return found, passage_qrels(index, judged)


def _settings(index: PassageIndex, variant: Variant) -> dict[str, str | int | float]:
    return {
        "documents": len(index.documents),
        "passages": len(index.passages),
        "model": index.manifest.model,
        "variant": variant.name,
        "weights": ", ".join(f"{name} {value}" for name, value in asdict(variant.fusion).items()),
    }


def _step(name: str, on_progress: OnStep | None) -> Callable[[int, int], None] | None:
    if on_progress is None:
        return None
    return lambda done, total: on_progress(name, done, total)
