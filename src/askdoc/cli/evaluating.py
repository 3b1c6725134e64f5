"""The verb evaluate."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from askdoc.cli.app import AsJson, Model, Store, app
from askdoc.cli.printing import as_text, note, progress, say, warn
from askdoc.errors import EvaluationError, needs_extra

if TYPE_CHECKING:
    from askdoc.evaluation import Report, Sweep, VariantTable

EXTRA = ("httpx", "ir_measures", "jinja2", "matplotlib", "scipy", "sklearn")
"""The modules that the extra `eval` brings."""
NOT_COMPARABLE = 2
"""The exit status when a report and its baseline cannot be compared."""

Questions = Annotated[
    Path, typer.Argument(help="A BEIR, TREC, evals/ or gold.jsonl folder.", exists=True)
]
Measures = Annotated[
    list[str] | None,
    typer.Option("--measure", "-m", help="As ir-measures writes it, e.g. nDCG@10; repeat."),
]
Split = Annotated[str | None, typer.Option(help="Which judgments; test by default.")]
Article = Annotated[Path | None, typer.Option(help="What evals/ questions are about.")]
RunFile = Annotated[Path | None, typer.Option(help="Write the run here, in TREC's form.")]
FromRun = Annotated[
    Path | None, typer.Option(exists=True, help="Score this run instead of searching.")
]
Baseline = Annotated[
    Path | None,
    typer.Option(
        exists=True, help="A JSON report or a run. Exit status 1: worse; 2: not comparable."
    ),
]
MinEffect = Annotated[
    float, typer.Option(min=0, help="With --baseline: a loss up to this is no regression.")
]
Compare = Annotated[
    list[str] | None,
    typer.Option(help="Variants in one table: dense, lexical, model=NAME, passages=N; repeat."),
]
SweepFile = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        help="Variants in TOML: the best on one half of the queries is tested on the other.",
    ),
]
Retriever = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Ask this system for passages instead; see the docs."),
]
Html = Annotated[Path | None, typer.Option(help="Write a page with plots here.")]
Markdown = Annotated[Path | None, typer.Option(help="Write Markdown tables here.")]
IndexFolder = Annotated[
    Path | None, typer.Option("--index", help="Keep the index here, not in the user's cache.")
]


@dataclass(frozen=True, slots=True)
class Output:
    """Where a report goes besides the terminal, and whether JSON is printed."""

    run: Path | None
    html: Path | None
    markdown: Path | None
    as_json: bool


@app.command()
def evaluate(
    path: Questions,
    measures: Measures = None,
    split: Split = None,
    article: Article = None,
    run: RunFile = None,
    from_run: FromRun = None,
    baseline: Baseline = None,
    min_effect: MinEffect = 0.0,
    compare: Compare = None,
    sweep: SweepFile = None,
    retriever: Retriever = None,
    html: Html = None,
    markdown: Markdown = None,
    as_json: AsJson = False,
    folder: IndexFolder = None,
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
    from askdoc.evaluation import DEFAULT_MEASURES
    from askdoc.evaluation import evaluate as evaluated

    judged: dict[str, Any] = {"split": split, "article": article}
    judged["measures"] = measures or DEFAULT_MEASURES
    searched = partial(evaluated, path, index_folder=folder, store=store, model=model, **judged)
    others = {"from-run": from_run, "retriever": retriever, "baseline": baseline, "run": run}
    output = Output(run, html, markdown, as_json)
    if sweep:
        _refuse_beside("--sweep", {"compare": compare, **others})
        _sweep(sweep, measures, searched, output)
    elif compare:
        _refuse_beside("--compare", others)
        _compare(compare, searched, output)
    else:
        report = _other_system(path, from_run, retriever, folder, judged) or _measured(searched)
        _conclude(_made(report), baseline, min_effect, output)


def check_extra() -> None:
    """Refuses to go on without the libraries that only evaluation needs.

    Raises:
        EvaluationError: One is not installed.
    """
    if any(find_spec(name) is None for name in EXTRA):
        raise EvaluationError(needs_extra("Evaluation", "eval"))


def _refuse_beside(option: str, options: Mapping[str, object]) -> None:
    """Refuses the options that are given though a table of variants cannot follow them."""
    if given := [f"--{name}" for name, value in options.items() if value]:
        raise typer.BadParameter(
            f"{option} makes one table of all variants and does not go with {', '.join(given)}. "
            f"Keep the table with --json, --markdown or --html."
        )


def _sweep(
    file: Path, measures: Sequence[str] | None, searched: Callable[..., "Report"], output: Output
) -> None:
    """Tries the variants of a file, by searching alone."""
    from askdoc.evaluation import read_plan, sweep

    plan = read_plan(file, measures)
    searching = partial(searched, measures=[plan.measure], answers=False)
    _tell(sweep(plan, lambda one: _measured(partial(searching, variant=one))), output)


def _compare(names: Sequence[str], searched: Callable[..., "Report"], output: Output) -> None:
    """Evaluates each variant, and sets them beside each other."""
    from askdoc.evaluation import comparison_table, parse_variant

    variants = [parse_variant(name) for name in names]
    reports = [_made(_measured(partial(searched, variant=variant))) for variant in variants]
    _tell(comparison_table(names, reports), output)


def _other_system(
    path: Path,
    from_run: Path | None,
    retriever: str | None,
    folder: Path | None,
    judged: Mapping[str, Any],
) -> "Report | None":
    """A report on a run, or on a retriever; none where neither is given."""
    from askdoc.evaluation import evaluate_retriever, score_run

    if from_run and retriever:
        raise typer.BadParameter("--from-run and --retriever are two systems. Give one.")
    if from_run:
        return score_run(path, from_run, index_folder=folder, **judged)
    if retriever:
        return _measured(partial(evaluate_retriever, path, retriever, **judged))
    return None


def _measured(evaluating: Callable[..., "Report"]) -> "Report":
    """One evaluation, with a bar while it runs."""
    with progress("Evaluating") as advance:
        return evaluating(on_progress=lambda _, done, total: advance(done, total))


def _made(report: "Report") -> "Report":
    """The report with the command line that made it."""
    from askdoc.evaluation import provenance

    return replace(report, made=provenance(["askdoc", *sys.argv[1:]]))


def _tell(table: "VariantTable | Sweep", output: Output) -> None:
    """Prints a table of variants, or a sweep, and writes its files."""
    from askdoc.evaluation import write_table

    say(as_text(table.to_json()) if output.as_json else table.to_markdown())
    write_table(table, html=output.html, markdown=output.markdown)


def _conclude(report: "Report", baseline: Path | None, min_effect: float, output: Output) -> None:
    """Prints a report and writes its files; the exit status tells how it stands to the baseline.

    A report is printed and written even where it cannot be compared, so that nothing is lost.
    """
    from askdoc.evaluation import against, write_files

    compared, refused = None, None
    try:
        compared = against(report, baseline, min_effect=min_effect) if baseline else None
    except EvaluationError as error:
        refused = error
    told = {"against": compared.to_json()} if compared else {}
    say(as_text({**report.to_json(), **told}) if output.as_json else report.to_text())
    if compared:
        (note if output.as_json else say)(compared.to_text())
    write_files(report, compared, run=output.run, html=output.html, markdown=output.markdown)
    if refused:
        warn(refused)
        raise typer.Exit(NOT_COMPARABLE)
    if compared and compared.regressions:
        raise typer.Exit(1)
