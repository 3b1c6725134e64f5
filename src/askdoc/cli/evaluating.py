"""The verb evaluate."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askdoc.cli.app import AsJson, Model, Store, app
from askdoc.cli.printing import as_text, note, progress, say

if TYPE_CHECKING:
    from askdoc.evaluation import Report


@app.command()
def evaluate(
    path: Annotated[Path, typer.Argument(help="A BEIR, TREC or evals/ folder.", exists=True)],
    measures: Annotated[
        list[str] | None,
        typer.Option("--measure", "-m", help="As ir-measures writes it, e.g. nDCG@10; repeat."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="Which judgments; test by default.")] = None,
    article: Annotated[Path | None, typer.Option(help="What evals/ questions are about.")] = None,
    run: Annotated[Path | None, typer.Option(help="Write the run here, in TREC's form.")] = None,
    from_run: Annotated[
        Path | None, typer.Option(exists=True, help="Score this run instead of searching.")
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(exists=True, help="A JSON report or a run; a regression gives status 1."),
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(help="Variants in one table: dense, lexical, model=NAME, passages=N; repeat."),
    ] = None,
    reranker: Annotated[
        str | None, typer.Option(help="A cross-encoder: a folder, or a name on this machine.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots here.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write Markdown tables here.")] = None,
    as_json: AsJson = False,
    folder: Annotated[
        Path | None, typer.Option("--index", help="Keep the index here, not in the user's cache.")
    ] = None,
    store: Store = None,
    model: Model = None,
) -> None:
    """Measure retrieval and answers on judged questions.

    Try:

      askdoc evaluate evals/kratom --html report.html

      askdoc evaluate scifact -m nDCG@10 -m R@100 --run scifact.run --baseline old.json

      askdoc evaluate scifact --compare dense --compare lexical --compare fusion
    """
    from askdoc import evaluation

    chosen = measures or evaluation.DEFAULT_MEASURES
    files = {"run": run, "html": html, "markdown": markdown}
    evaluating = partial(
        evaluation.evaluate,
        path,
        index_folder=folder,
        store=store,
        measures=chosen,
        split=split,
        article=article,
        model=model,
    )
    if compare:
        _refuse_beside_compare(
            {"from-run": from_run, "baseline": baseline, "json": as_json, **files}
        )
        reports = [_measured(evaluating, variant, reranker) for variant in compare]
        say(evaluation.comparison_table(compare, reports))
        return
    report = (
        evaluation.score_run(path, from_run, measures=chosen, split=split)
        if from_run
        else _measured(evaluating, "fusion", reranker)
    )
    _conclude(report, baseline, files, as_json=as_json)


def _refuse_beside_compare(options: Mapping[str, object]) -> None:
    """Refuses the options that are given though one table of all variants cannot follow them."""
    if given := [f"--{name}" for name, value in options.items() if value]:
        raise typer.BadParameter(
            f"--compare prints one table of all variants and does not go with {', '.join(given)}. "
            "To keep the table: askdoc evaluate ... --compare ... > table.md"
        )


def _measured(evaluating: Callable[..., "Report"], variant: str, reranker: str | None) -> "Report":
    """One evaluation, with a bar while it runs."""
    from askdoc.answering.reranking import load_reranker
    from askdoc.evaluation import parse_variant

    with progress("Evaluating") as advance:
        return evaluating(
            variant=parse_variant(variant),
            reranker=load_reranker(reranker) if reranker else None,
            on_progress=lambda _, done, total: advance(done, total),
        )


def _conclude(
    report: "Report", baseline: Path | None, files: Mapping[str, Path | None], *, as_json: bool
) -> None:
    """Prints a report and writes its files; a regression against the baseline gives status 1."""
    from askdoc.evaluation import against, write_files

    compared = against(report, baseline) if baseline else None
    say(as_text(report.to_json()) if as_json else report.to_text())
    if compared:
        (note if as_json else say)(compared.to_text())
    write_files(report, compared, **files)
    if compared and compared.regressions:
        raise typer.Exit(1)
