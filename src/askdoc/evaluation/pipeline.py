"""A folder of questions to a report, by the same index and the same `ask()` as the chat."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeAlias

from askdoc.answering.reranking import Reranker
from askdoc.embedding import Embedder, load_embedder
from askdoc.errors import EvaluationError
from askdoc.evaluation.abstention import reliability, risk_coverage
from askdoc.evaluation.answers import ask_all, passage_qrels
from askdoc.evaluation.cases import Cases
from askdoc.evaluation.collections import Collection, Query, read_collection
from askdoc.evaluation.figures import Figures, figures_of
from askdoc.evaluation.measures import DEFAULT_MEASURES, parse_measures, score
from askdoc.evaluation.qrels import Qrels, read_judgments
from askdoc.evaluation.report import Report
from askdoc.evaluation.runs import read_run
from askdoc.evaluation.scorecard import (
    Scorer,
    answer_figures,
    latency_figures,
    with_confidence,
    worst_first,
)
from askdoc.evaluation.scored import Expected, Retrieved, Scored
from askdoc.evaluation.searching import SHOWN, Searched, hits_shown, search_all
from askdoc.evaluation.store import InFolder, InStore, cache_folder
from askdoc.evaluation.variants import Variant
from askdoc.index import PassageIndex

OnProgress: TypeAlias = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

_RENAMED = {"P@1": "gold passage first", "Success@3": "gold passage among three"}
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
    reranker: Reranker | None = None,
    on_progress: OnProgress | None = None,
) -> Report:
    """Evaluates askdoc on a folder of questions with judgments.

    Args:
        path: A BEIR or TREC folder, or a folder or file of `evals/`.
        index_folder: Where the index is kept between runs; by default the user's cache.
        store: A Milvus store that holds the index instead, under a name of its own.
        measures: Ranking measures in ir-measures' notation.
        split: Which judgments (see `read_collection`).
        article: The article `evals/` questions are about.
        model: Name or folder of the embedding model.
        embedder: The model itself, when it is loaded already.
        variant: Another way to search than the chat's. Answers are judged in the usual way only.
        reranker: Looks at the best hits again.
        on_progress: Told how far each step is.

    Raises:
        EvaluationError: The folder, a judgment or a measure cannot be used.
        AskdocError: The article or the model cannot be read.
    """
    parse_measures(measures)
    data = read_collection(path, split=split, article=article)
    index = _place(path, index_folder, store, variant).index(
        data.documents,
        embedder=embedder or load_embedder(variant.model or model),
        size=variant.size,
        on_progress=_step("encoding", on_progress),
    )
    if isinstance(data, Collection):
        return rank_report(
            index, data, measures, variant=variant, reranker=reranker, on_progress=on_progress
        )
    return answer_report(
        index, data, measures, variant=variant, reranker=reranker, on_progress=on_progress
    )


def score_run(
    path: str | Path,
    run: str | Path,
    *,
    measures: Sequence[str] = DEFAULT_MEASURES,
    split: str | None = None,
) -> Report:
    """Scores a TREC run of any system by a collection's judgments; nothing is searched.

    Args:
        path: A BEIR or TREC folder, or a file of judgments.
        run: The run.
        measures: Ranking measures in ir-measures' notation.
        split: Which of the folder's judgments.

    Raises:
        EvaluationError: A file or a measure cannot be used, or no query is both ranked and judged.
    """
    qrels, ranked = read_judgments(Path(path), split or "test"), read_run(Path(run))
    if not qrels.keys() & ranked.keys():
        raise EvaluationError(f"{run} ranks none of the queries judged in {path}.")
    values = score(qrels, ranked, measures)
    queries = [
        _ranked(Query(name, ""), row, _shown(ranked.get(name, {}), qrels[name]), qrels)
        for name, row in values.items()
    ]
    figures = figures_of(queries, _names(measures))
    return Report(
        name=Path(run).stem,
        kind="ranking",
        measures=_names(measures),
        figures=figures.values,
        intervals=figures.intervals,
        queries=worst_first(queries),
        run=ranked,
        qrels=qrels,
        settings={"run": str(run)},
    )


def rank_report(
    index: PassageIndex,
    data: Collection,
    measures: Sequence[str],
    *,
    variant: Variant = _USUAL,
    reranker: Reranker | None = None,
    on_progress: OnProgress | None = None,
) -> Report:
    """Searches a collection's queries and scores the ranked documents."""
    found = search_all(
        index,
        data.queries,
        fusion=variant.fusion,
        reranker=reranker,
        on_progress=_step("searching", on_progress),
    )
    values = score(data.qrels, found.run, measures)
    queries = [
        _ranked(
            query,
            values[query.id],
            hits_shown(found.hits[query.id], data.qrels[query.id]),
            data.qrels,
        )
        for query in data.queries
        if query.id in values
    ]
    figures = figures_of(queries, _names(measures)) | Figures(latency_figures(found.seconds), {})
    return Report(
        name=data.name,
        kind="ranking",
        measures=_names(measures),
        figures=figures.values,
        intervals=figures.intervals,
        queries=worst_first(queries),
        run=found.run,
        qrels=data.qrels,
        settings=_settings(index, variant),
    )


def answer_report(
    index: PassageIndex,
    data: Cases,
    measures: Sequence[str],
    *,
    variant: Variant = _USUAL,
    reranker: Reranker | None = None,
    on_progress: OnProgress | None = None,
) -> Report:
    """Asks an article's cases, and scores the passages found and the answers given."""
    found, qrels, values = _passages_found(index, data, (*_RENAMED, *measures), variant, reranker)
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
    figures = answer_figures(judged, queries, _names((*_RENAMED, *measures)))
    return Report(
        name=data.name,
        kind="answers",
        measures=_names(measures),
        figures=figures.values,
        intervals=figures.intervals,
        queries=worst_first(queries),
        run=found.run,
        qrels=qrels,
        settings=_settings(index, variant),
        risk_coverage=risk_coverage(sure, right),
        reliability=reliability(confidences, answerable),
    )


def _names(measures: Iterable[str]) -> tuple[str, ...]:
    """The measures' names as they stand in reports, each once."""
    parsed = (str(measure) for measure in parse_measures(measures))
    return tuple(dict.fromkeys(_RENAMED.get(name, name) for name in parsed))


def _ranked(
    query: Query, values: dict[str, float], retrieved: tuple[Retrieved, ...], qrels: Qrels
) -> Scored:
    """A query of a collection."""
    relevant = tuple(sorted(name for name, grade in qrels[query.id].items() if grade > 0))
    found = any(item.relevant for item in retrieved)
    return Scored(
        query.id,
        values,
        faults=() if found or not relevant else ("not retrieved",),
        expected=Expected(query.text, query.history, quotes=relevant, place=query.place),
        retrieved=retrieved,
    )


def _place(
    path: str | Path, index_folder: str | Path | None, store: str | None, variant: Variant
) -> InFolder | InStore:
    """Where the index is kept; one with a model or a size of its own lies apart."""
    usual = variant.model is None and variant.size is None
    if store:
        return InStore(store, f"{path}" if usual else f"{path} {variant.name}")
    folder = Path(index_folder) if index_folder else cache_folder(Path(path))
    return InFolder(folder if usual else folder / variant.name)


def _passages_found(
    index: PassageIndex,
    data: Cases,
    measures: Sequence[str],
    variant: Variant,
    reranker: Reranker | None,
) -> tuple[Searched, Qrels, dict[str, dict[str, float]]]:
    judged = [case for case in data.cases if case.quotes]
    queries = [Query(case.id, case.question, case.history) for case in judged]
    found = search_all(index, queries, fusion=variant.fusion, by_passage=True, reranker=reranker)
    qrels = passage_qrels(index, judged)
    return (
        found,
        qrels,
        {
            name: {_RENAMED.get(measure, measure): value for measure, value in row.items()}
            for name, row in score(qrels, found.run, measures).items()
        },
    )


def _shown(scores: Mapping[str, float], grades: Mapping[str, int]) -> tuple[Retrieved, ...]:
    """The first items of a run that is not ours."""
    best = sorted(scores.items(), key=lambda item: -item[1])[:SHOWN]
    return tuple(
        Retrieved(rank, name, score, grades.get(name, 0) > 0)
        for rank, (name, score) in enumerate(best, start=1)
    )


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
