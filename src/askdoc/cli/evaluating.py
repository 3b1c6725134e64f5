"""The verb evaluate."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askdoc.cli.app import AsJson, Model, Store, app
from askdoc.cli.printing import as_text, note, progress, say, warn
from askdoc.errors import EvaluationError

if TYPE_CHECKING:
    from askdoc.evaluation import Against, Report, Sweep, Variant, VariantTable

EXTRA = ("httpx", "ir_measures", "jinja2", "matplotlib", "scipy", "sklearn")
"""The modules that the extra `eval` brings."""
NOT_COMPARABLE = 2
"""The exit status when a report and its baseline cannot be compared."""


@app.command()
def evaluate(
    path: Annotated[
        Path, typer.Argument(help="A BEIR, TREC, evals/ or gold.jsonl folder.", exists=True)
    ],
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
        typer.Option(
            exists=True, help="A JSON report or a run. Exit status 1: worse; 2: not comparable."
        ),
    ] = None,
    min_effect: Annotated[
        float,
        typer.Option(min=0, help="With --baseline: a loss up to this is no regression."),
    ] = 0.0,
    compare: Annotated[
        list[str] | None,
        typer.Option(help="Variants in one table: dense, lexical, model=NAME, passages=N; repeat."),
    ] = None,
    sweep: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            help="Variants in TOML: the best on one half of the queries is tested on the other.",
        ),
    ] = None,
    retriever: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask this system for passages instead; see the docs."),
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
    check_extra()
    from askdoc import evaluation

    chosen = measures or evaluation.DEFAULT_MEASURES
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
    others = {"from-run": from_run, "retriever": retriever, "baseline": baseline, "run": run}
    if sweep:
        _refuse_beside("--sweep", {"compare": compare, **others})
        plan = evaluation.read_plan(sweep, measures)
        searching = partial(evaluating, measures=[plan.measure], answers=False)
        found = evaluation.sweep(plan, lambda one: _measured(searching, one))
        _tell(found, html, markdown, as_json=as_json)
        return
    if compare:
        _refuse_beside("--compare", others)
        variants = [evaluation.parse_variant(name) for name in compare]
        reports = [_made(_measured(evaluating, variant)) for variant in variants]
        _tell(evaluation.comparison_table(compare, reports), html, markdown, as_json=as_json)
        return
    if from_run and retriever:
        raise typer.BadParameter("--from-run and --retriever are two systems. Give one.")
    if from_run:
        report = evaluation.score_run(
            path, from_run, measures=chosen, split=split, article=article, index_folder=folder
        )
    elif retriever:
        with progress("Asking") as advance:
            report = evaluation.evaluate_retriever(
                path,
                retriever,
                measures=chosen,
                split=split,
                article=article,
                on_progress=lambda _, done, total: advance(done, total),
            )
    else:
        report = _measured(evaluating, evaluation.Variant("fusion"))
    _conclude(
        _made(report),
        partial(evaluation.against, baseline=baseline, min_effect=min_effect) if baseline else None,
        {"run": run, "html": html, "markdown": markdown},
        as_json=as_json,
    )


def check_extra() -> None:
    """Refuses to go on without the libraries that only evaluation needs.

    Raises:
        EvaluationError: One is not installed.
    """
    if missing := [name for name in EXTRA if find_spec(name) is None]:
        raise EvaluationError(
            f"Evaluation needs {', '.join(missing)}, not installed here. "
            "Install it: pip install 'askdoc[eval]'"
        )


def _refuse_beside(option: str, options: Mapping[str, object]) -> None:
    """Refuses the options that are given though a table of variants cannot follow them."""
    if given := [f"--{name}" for name, value in options.items() if value]:
        raise typer.BadParameter(
            f"{option} makes one table of all variants and does not go with {', '.join(given)}. "
            f"Keep the table with --json, --markdown or --html."
        )


def _measured(evaluating: Callable[..., "Report"], variant: "Variant") -> "Report":
    """One evaluation, with a bar while it runs."""
    with progress("Evaluating") as advance:
        return evaluating(
            variant=variant,
            on_progress=lambda _, done, total: advance(done, total),
        )


def _made(report: "Report") -> "Report":
    """The report with the command line that made it."""
    from askdoc.evaluation import provenance

    return replace(report, made=provenance(["askdoc", *sys.argv[1:]]))


def _tell(
    table: "VariantTable | Sweep",
    html: Path | None,
    markdown: Path | None,
    *,
    as_json: bool = False,
) -> None:
    """Prints a table of variants, or a sweep, and writes its files."""
    from askdoc.evaluation import write_table

    say(as_text(table.to_json()) if as_json else table.to_markdown())
    write_table(table, html=html, markdown=markdown)


def _conclude(
    report: "Report",
    against: Callable[["Report"], "Against"] | None,
    files: Mapping[str, Path | None],
    *,
    as_json: bool,
) -> None:
    """Prints a report and writes its files; the exit status tells how it stands to the baseline.

    A report is printed and written even where it cannot be compared, so that nothing is lost.
    """
    from askdoc.evaluation import write_files

    compared, refused = None, None
    try:
        compared = against(report) if against else None
    except EvaluationError as error:
        refused = error
    if as_json:
        told = {"against": compared.to_json()} if compared else {}
        say(as_text({**report.to_json(), **told}))
    else:
        say(report.to_text())
    if compared:
        (note if as_json else say)(compared.to_text())
    write_files(report, compared, **files)
    if refused:
        warn(refused)
        raise typer.Exit(NOT_COMPARABLE)
    if compared and compared.regressions:
        raise typer.Exit(1)
