"""A folder of questions to a report, by the same index and the same `ask()` as the chat."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeAlias

from askdoc.embedding import Embedder, load_embedder
from askdoc.evaluation.answers import ask_all, passage_qrels
from askdoc.evaluation.cases import Cases
from askdoc.evaluation.collections import Collection, Query, read_collection
from askdoc.evaluation.figures import Expected
from askdoc.evaluation.measures import DEFAULT_MEASURES, Qrels, parse_measures
from askdoc.evaluation.rankings import (
    ON_PASSAGES,
    Ranked,
    Searched,
    collection_report,
    hits_shown,
    measure_names,
    passage_scores,
    passages_report,
    search_all,
)
from askdoc.evaluation.report import Report
from askdoc.evaluation.scorecard import Scorer, answer_figures, with_confidence, worst_first
from askdoc.evaluation.statistics import reliability, risk_coverage
from askdoc.evaluation.store import InFolder, InStore, cache_folder
from askdoc.evaluation.variants import Variant
from askdoc.evaluation.words import FILE, read_marked, words_report
from askdoc.index import PassageIndex

OnProgress: TypeAlias = Callable[[str, int, int], None]
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
    on_progress: OnProgress | None = None,
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
        on_progress: Told how far each step is.

    Raises:
        EvaluationError: The folder, a judgment or a measure cannot be used.
        AskdocError: The article or the model cannot be read.
    """
    parse_measures(measures)
    if (Path(path) / FILE).is_file():
        return words_report(
            Path(path).resolve().name,
            read_marked(Path(path)),
            embedder or load_embedder(variant.model or model),
            on_progress=_step("asking", on_progress),
        )
    data = read_collection(path, split=split, article=article)
    index = _place(path, index_folder, store, variant).index(
        data.documents,
        embedder=embedder or load_embedder(variant.model or model),
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
    on_progress: OnProgress | None = None,
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
    return collection_report(
        data.name,
        data.queries,
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
    on_progress: OnProgress | None = None,
) -> Report:
    """Searches an article's judged cases and scores the passages found; nothing is answered."""
    found, qrels = _passages_found(index, data, variant, on_progress)
    shown = {
        query: hits_shown(hits, qrels[query], by_passage=True) for query, hits in found.hits.items()
    }
    expected = {case.id: Expected.of(case) for case in data.cases}
    ranked = Ranked(found.run, shown, found.seconds)
    return passages_report(data.name, expected, qrels, ranked, measures, _settings(index, variant))


def answer_report(
    index: PassageIndex,
    data: Cases,
    measures: Sequence[str],
    *,
    variant: Variant = _USUAL,
    on_progress: OnProgress | None = None,
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
    """Where the index is kept; one with a model or a size of its own lies apart."""
    usual = variant.model is None and variant.size is None
    if store:
        return InStore(store, f"{path}" if usual else f"{path} {variant.name}")
    folder = Path(index_folder) if index_folder else cache_folder(Path(path))
    return InFolder(folder if usual else folder / _file_name(variant))


def _file_name(variant: Variant) -> str:
    return re.sub(r"[^\w.=-]+", "_", variant.name)


def _passages_found(
    index: PassageIndex,
    data: Cases,
    variant: Variant,
    on_progress: OnProgress | None,
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
        **asdict(variant.fusion),
    }


def _step(name: str, on_progress: OnProgress | None) -> Callable[[int, int], None] | None:
    if on_progress is None:
        return None
    return lambda done, total: on_progress(name, done, total)
