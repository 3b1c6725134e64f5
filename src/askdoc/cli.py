"""The command line: each verb is one public function, its arguments and its errors in print.

This room owns what is printed and the exit status: 0 done, 1 a clear error, 2 wrong usage. Heavy
rooms are imported inside the verb that needs them.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from askdoc.errors import AskdocError

if TYPE_CHECKING:
    from askdoc.index import PassageIndex

app = typer.Typer(
    help="Ask an article questions and get its own words back, with the caveats they need.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

IndexFolder = Annotated[
    Path, typer.Option("--index", envvar="ASKDOC_INDEX", help="The folder the index lives in.")
]
Model = Annotated[
    str | None,
    typer.Option(
        envvar="ASKDOC_MODEL",
        help="A sentence-transformers model: a folder, or a name already on this machine. "
        "By default the one that comes with askdoc.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_CORPUS = [Path("corpus")]
_INDEX = Path("index")


def main() -> None:
    """Runs the command line; errors askdoc can explain go to stderr with exit status 1."""
    try:
        app()
    except AskdocError as error:
        _fail(error)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


@app.command()
def index(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files and folders to index; corpus/ by default.", show_default=False),
    ] = None,
    folder: IndexFolder = _INDEX,
    model: Model = None,
) -> None:
    """Build or refresh an index; only changed passages are encoded again.

    Try:

      askdoc index

      askdoc index notes.pdf essays/ --index my-index
    """
    from askdoc.refresh import refresh

    failures: list[AskdocError] = []
    with _progress("Encoding") as advance:
        done = refresh(
            paths or _CORPUS, folder, model=model, on_error=failures.append, on_progress=advance
        )
    for failure in failures:
        _warn(failure)
    if done.remark:
        _note(done.remark)
    held = done.index
    _say(
        f"{_count(len(held.documents), 'document')}, {_count(len(held.passages), 'passage')} in "
        f"{folder}; {_count(done.encoded, 'text')} encoded, the rest unchanged."
    )
    if failures:
        raise typer.Exit(1)


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(show_default=False)] = None,
    as_json: AsJson = False,
    history: Annotated[
        list[str] | None,
        typer.Option(help="An earlier question, oldest first; may be repeated."),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            callback=lambda name: _readable(name),
            help='JSON Lines with "question", and "id" and "history" if wanted; - is stdin.',
        ),
    ] = None,
    folder: IndexFolder = _INDEX,
    model: Model = None,
) -> None:
    """Ask one question, or a file of them.

    Try:

      askdoc ask "will my hair grow back?"

      askdoc ask "is it permanent?" --history "does kratom make hair fall out?" --json

      askdoc ask --batch questions.jsonl > answers.jsonl
    """
    if (question is None) == (batch is None):
        raise typer.BadParameter("give one question, or --batch with a file")
    if batch is not None:
        _ask_batch(batch, folder, model)
    elif question is not None:
        _ask_once(question, history or [], as_json, folder, model)


@app.command()
def search(
    query: Annotated[str, typer.Argument(show_default=False)],
    k: Annotated[int, typer.Option("-k", min=1, help="How many hits.")] = 5,
    as_json: AsJson = False,
    folder: IndexFolder = _INDEX,
    model: Model = None,
) -> None:
    """Find passages only.

    Try:

      askdoc search "hair regrowth" -k 3
    """
    from askdoc.answering import search_passages
    from askdoc.rendering import hits_to_json, hits_to_text

    hits = search_passages(_open(folder, model), query, k)
    _say(_json(hits_to_json(hits)) if as_json else hits_to_text(hits))


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="A folder with an article and its caveats.")] = (
        _CORPUS[0]
    ),
    as_json: AsJson = False,
    model: Model = None,
) -> None:
    """Lint articles and their caveats: quotes found, sources present, reviews due.

    Errors make the exit status 1; what is due for review is listed and does not.

    Try:

      askdoc check corpus/kratom
    """
    from dataclasses import asdict

    from askdoc.check import check as findings_in
    from askdoc.embedding import describe_embedder

    findings = findings_in([path])
    if as_json:
        _say(_json([asdict(finding) for finding in findings]))
    for finding in () if as_json else findings:
        _say(f"{finding.severity}: {finding.where}: {finding.message}")
    errors = sum(finding.severity == "error" for finding in findings)
    if not as_json:
        due = sum(finding.severity == "due" for finding in findings)
        _say(f"model: {describe_embedder(model)}")
        _say(f"{_count(errors, 'error')}; {due:,} to be confirmed by a person.")
    if errors:
        raise typer.Exit(1)


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
    model: Model = None,
) -> None:
    """Measure retrieval and answers on a folder of questions with judgments.

    Try:

      askdoc evaluate evals/kratom --html report.html

      askdoc evaluate scifact -m nDCG@10 -m R@100 --run scifact.run --baseline old.json

      askdoc evaluate scifact --compare dense --compare lexical --compare fusion
    """
    from askdoc import evaluation
    from askdoc.answering.reranking import load_reranker

    chosen = measures or evaluation.DEFAULT_MEASURES
    if compare and (from_run or baseline or run):
        raise typer.BadParameter("--compare goes with neither --from-run, --baseline nor --run")

    def measured(variant: str) -> evaluation.Report:
        with _progress("Evaluating") as advance:
            return evaluation.evaluate(
                path,
                index_folder=folder,
                measures=chosen,
                split=split,
                article=article,
                model=model,
                variant=evaluation.parse_variant(variant),
                reranker=load_reranker(reranker) if reranker else None,
                on_progress=lambda _, done, total: advance(done, total),
            )

    if compare:
        _say(evaluation.comparison_table(compare, [measured(name) for name in compare]))
        return
    report = (
        evaluation.score_run(path, from_run, measures=chosen, split=split)
        if from_run
        else measured("fusion")
    )
    against = evaluation.against(report, baseline) if baseline else None
    _say(_json(report.to_json()) if as_json else report.to_text())
    if against:
        (_note if as_json else _say)(against.to_text())
    evaluation.write_files(report, against, run=run, html=html, markdown=markdown)
    if against and against.regressions:
        raise typer.Exit(1)


@app.command()
def serve(
    host: Annotated[str, typer.Option(envvar="ASKDOC_HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="ASKDOC_PORT", min=0, max=65535)] = 7860,
    folder: IndexFolder = _INDEX,
    model: Model = None,
) -> None:
    """Open the chat in a web server, on this machine alone unless --host says otherwise.

    Try:

      askdoc serve

      askdoc serve --port 8080 --index my-index
    """
    from askdoc.server import serve as run

    _note(f"The chat: http://{host}:{port}/chat/ (stop it with Ctrl+C)")
    run(lambda: _open(folder, model), host=host, port=port)


@app.command()
def mcp(folder: IndexFolder = _INDEX, model: Model = None) -> None:
    """Offer the article as tools to an assistant, by the Model Context Protocol over stdio.

    `askdoc serve` offers the same over HTTP, at /mcp.

    Try, as the command of a server in the assistant's settings:

      askdoc mcp --index my-index
    """
    from askdoc.server import Service, run_stdio

    run_stdio(Service(lambda: _open(folder, model)))


def _ask_once(
    question: str, history: list[str], as_json: bool, folder: Path, model: str | None
) -> None:
    from askdoc.answering import ask as answer_question
    from askdoc.answering import crisis_answer
    from askdoc.rendering import to_json, to_text

    def show(answer: Any) -> None:
        _say(_json(to_json(answer)) if as_json else to_text(answer))

    crisis = crisis_answer(question, history)
    if crisis is not None and crisis.status == "emergency":
        show(crisis)
        return
    try:
        show(answer_question(_open(folder, model), question, history))
    except AskdocError:
        if crisis is not None:
            show(crisis)
        raise


def _ask_batch(batch: str, folder: Path, model: str | None) -> None:
    from askdoc.batch import answer_lines

    index = _open(folder, model)
    failed = False
    with _lines(batch) as lines:
        for record in answer_lines(index, lines):
            failed = failed or "error" in record
            _say(_json(record, indent=None))
            sys.stdout.flush()
    if failed:
        raise typer.Exit(1)


def _readable(name: str | None) -> str | None:
    if name is not None and name != "-" and not Path(name).is_file():
        raise typer.BadParameter(f"there is no file {name}")
    return name


@contextmanager
def _lines(name: str) -> Iterator[Iterator[bytes]]:
    if name == "-":
        yield iter(sys.stdin.buffer)
        return
    with Path(name).open("rb") as stream:
        yield iter(stream)


def _open(folder: Path, model: str | None) -> "PassageIndex":
    from askdoc.refresh import open_index

    corpus = [path for path in _CORPUS if path.is_dir()]
    with _progress("Encoding") as advance:
        return open_index(
            folder,
            paths=corpus if folder == _INDEX else (),
            model=model,
            on_refresh=lambda reason: _note(f"{reason} Building it."),
            on_progress=advance,
        )


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, shown only where someone watches and only when there is work."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(what, total=None, visible=False)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield advance


def _json(value: Any, indent: int | None = 2) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _say(text: str) -> None:
    typer.echo(text)


def _note(text: str) -> None:
    typer.echo(text, err=True)


def _warn(error: AskdocError) -> None:
    _note(f"error: {error}")


def _fail(error: AskdocError) -> None:
    _warn(error)
    sys.exit(1)
