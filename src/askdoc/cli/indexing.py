"""The commands index and check."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated

import typer

from askdoc.cli.app import CORPUS, INDEX, AsJson, IndexFolder, Model, Store, app
from askdoc.cli.printing import as_text, count, note, progress, say, warn
from askdoc.errors import AskdocError, PartlyReadError


@app.command()
def index(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files and folders to index; corpus/ by default.",
            show_default=False,
        ),
    ] = None,
    exact: Annotated[
        bool | None,
        typer.Option(
            "--exact/--no-exact",
            help="Search vectors exactly, or, from 20,000 on, in half precision; "
            "by default as the index was, and at first the latter.",
            show_default=False,
        ),
    ] = None,
    folder: IndexFolder = INDEX,
    store: Store = None,
    model: Model = None,
    scheduler: Annotated[
        str,
        typer.Option(
            envvar="ASKDOC_SCHEDULER", help="With --store: a Dask scheduler whose workers encode."
        ),
    ] = "",
    processes: Annotated[
        int, typer.Option(min=0, help="With --store: how many processes of this machine encode.")
    ] = 0,
    grace: Annotated[
        float,
        typer.Option(min=0, help="With --store: seconds for which what was live before is kept."),
    ] = 30,
) -> None:
    """Build or refresh an index. Only changed passages are encoded again.

    Try:

      askdoc index

      askdoc index notes.pdf essays/ --index my-index

      askdoc index articles/ --store http://127.0.0.1:19530 --processes 2
    """
    named = _named(paths or ()) or CORPUS
    if store:
        _index_in_store(named, store, model, scheduler, processes, grace)
        return
    _index_in_folder(named, folder, model, exact)


def index_paths(paths: list[Path], folder: Path, store: str | None, model: str | None) -> None:
    """Brings an index up to date, and adds paths to those it was built from."""
    if store:
        _index_in_store(paths, store, model, "", 0, 30)
        return
    from askdoc.refresh import roots_with

    _index_in_folder(roots_with(paths, folder), folder, model, None)


def _index_in_folder(
    paths: Iterable[str | Path], folder: Path, model: str | None, exact: bool | None
) -> None:
    from askdoc.refresh import refresh

    failures: list[AskdocError] = []
    with progress("Encoding", "Reading and cutting the articles") as advance:
        done = refresh(
            paths,
            folder,
            model=model,
            exact=exact,
            on_error=failures.append,
            on_progress=advance,
        )
    held = done.index
    _report(
        failures,
        done.remark,
        f"{count(len(held.documents), 'document')}, {count(len(held.passages), 'passage')} in "
        f"{folder}; {count(done.encoded, 'text')} encoded, the rest unchanged.",
    )


def _named(given: Collection[str]) -> list[Path]:
    """Paths from arguments; an empty one, as from an unset variable, is refused."""
    if "" in given:
        raise typer.BadParameter("a path is empty; name a file or a folder")
    return [Path(path) for path in given]


def _index_in_store(
    paths: list[Path],
    store: str,
    model: str | None,
    scheduler: str,
    processes: int,
    grace: float,
) -> None:
    from askdoc.milvus import ingest

    failures: list[AskdocError] = []
    with progress("Articles", "Reading and cutting the articles") as advance:
        done = ingest(
            paths,
            store,
            model=model,
            scheduler=scheduler,
            processes=processes,
            grace=grace,
            on_error=failures.append,
            on_progress=advance,
        )
    how = "changed in place" if done.in_place else "now live"
    _report(
        failures,
        done.remark,
        f"{count(done.documents, 'document')}, {count(done.passages, 'passage')} in "
        f"{store}, {how}; {count(done.encoded, 'text')} encoded, the rest unchanged.",
    )


def _report(failures: list[AskdocError], remark: str, done: str) -> None:
    """Prints what could not be read and what was done; a file not read gives status 1."""
    partly = [failure for failure in failures if isinstance(failure, PartlyReadError)]
    for warning in partly:
        note(f"warning: {warning}")
    failures = [failure for failure in failures if failure not in partly]
    for failure in failures:
        warn(failure)
    if remark:
        note(remark)
    say(done)
    if failures:
        raise typer.Exit(1)


@app.command()
def check(
    path: Annotated[str, typer.Argument(help="A folder with an article and its caveats.")] = (
        str(CORPUS[0])
    ),
    as_json: AsJson = False,
    model: Model = None,
) -> None:
    """Lint articles and their caveats.

    It checks that quotes are found, sources present, reviews not due. Errors give exit status 1;
    what is due for review is only listed.

    Try:

      askdoc check corpus/kratom
    """
    from dataclasses import asdict

    from askdoc.check import check as findings_in

    findings = findings_in(_named([path]))
    if as_json:
        say(as_text([asdict(finding) for finding in findings]))
    for finding in () if as_json else findings:
        say(f"{finding.severity}: {finding.where}: {finding.message}")
    errors = sum(finding.severity == "error" for finding in findings)
    if not as_json:
        due = sum(finding.severity == "due" for finding in findings)
        say(f"model: {_described(model)}")
        say(f"{count(errors, 'error')}; {due:,} to be confirmed by a person.")
    if errors:
        raise typer.Exit(1)


def _described(model: str | None) -> str:
    from askdoc.embedding import describe_embedder

    try:
        return describe_embedder(model)
    except AskdocError as error:
        return f"none: {error}"
