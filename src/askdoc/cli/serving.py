"""The commands serve and mcp, and the refresh behind a server's hook."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askdoc.cli.app import (
    CORPUS,
    INDEX,
    IndexFolder,
    Model,
    Store,
    app,
    look_at_index,
    open_index_or_build,
    tell_if_missing,
)
from askdoc.cli.evaluating import check_extra
from askdoc.cli.printing import note
from askdoc.errors import AskdocError

if TYPE_CHECKING:
    from askdoc.importing import Change


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(envvar="ASKDOC_HOST", help="The address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            envvar="ASKDOC_PORT", min=0, max=65535, help="The port; 0 for any that is free."
        ),
    ] = 7860,
    folder: IndexFolder = INDEX,
    store: Store = None,
    model: Model = None,
    review: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Review a file of proposed questions instead; on this machine alone.",
        ),
    ] = None,
) -> None:
    """Open the chat in a web server. It listens on this machine alone unless --host says otherwise.

    A changed article or catalogue, and a new index, is served a few seconds later.

    Try:

      askdoc serve

      askdoc serve --port 8080 --index my-index

      askdoc serve --review evals/kratom/questions.proposed
    """
    if review:
        _serve_review(review, host, port)
        return
    note("Starting the server.")
    from askdoc.server import serve as run

    tell_if_missing(folder, store)
    before = "Preparing the model and the index"
    run(
        lambda: open_index_or_build(folder, model, store, before=before),
        host=host,
        port=port,
        look=look_at_index(folder, store),
        refresh=refresher(folder, store, model),
        on_open=lambda address: note(f"The chat will be on {address} (stop it with Ctrl+C)."),
        on_load=lambda address: note(f"Ready: {address}"),
    )


def _serve_review(file: Path, host: str, port: int) -> None:
    """Serves the review of a file of questions to this machine alone, for it has no login."""
    if host not in {"127.0.0.1", "localhost", "::1"}:
        raise typer.BadParameter("A review is served to this machine alone. Leave --host out.")
    check_extra()
    from askdoc.evaluation.reviewing import Review, serve_review

    serve_review(
        Review.open(file),
        port=port,
        on_open=lambda address: note(f"The review: {address} (stop it with Ctrl+C)"),
    )


@app.command()
def mcp(folder: IndexFolder = INDEX, store: Store = None, model: Model = None) -> None:
    """Offer the article as tools to an assistant.

    It speaks the Model Context Protocol over stdio; `askdoc serve` offers the same over HTTP, at
    /mcp.

    Try, as the command of a server in the assistant's settings:

      askdoc mcp --index my-index
    """
    from askdoc.server import Service, Settings, run_stdio

    url = Settings.from_environment().url
    look = look_at_index(folder, store)
    run_stdio(Service(lambda: open_index_or_build(folder, model, store), look=look), url)


def refresher(
    folder: Path, store: str | None, model: str | None
) -> Callable[[Collection[str]], list[str]]:
    """A function that fetches an index's articles again and refreshes it, be it in a store.

    It takes the names of articles, or none for all, and returns lines for the log.
    """

    def refreshed(names: Collection[str]) -> list[str]:
        from askdoc.index import recorded_roots

        held = open_index_or_build(folder, model, store).manifest.roots if store else ()
        roots = held or recorded_roots(folder) or tuple(map(str, CORPUS))
        lines = [line for root in roots for line in _renewed(Path(root), names)]
        failures: list[AskdocError] = []
        if store:
            from askdoc.milvus import ingest

            ingest(roots, store, model=model, on_error=failures.append)
        else:
            from askdoc.refresh import refresh

            refresh(roots, folder, model=model, on_error=failures.append)
        return lines + [str(failure) for failure in failures]

    return refreshed


def _renewed(root: Path, names: Collection[str]) -> list[str]:
    """Fetches again what was fetched below a root; returns lines for the log."""
    from askdoc.importing import has_sources
    from askdoc.importing.renewing import renew

    if not has_sources(root):
        return []
    try:
        return [line for change in renew(root, names) for line in _log_lines(change)]
    except AskdocError as error:
        return [str(error)]


def _log_lines(change: "Change") -> list[str]:
    if change.what == "unchanged":
        return []
    return [f"{change.what}: {change.name}: {change.detail}", *change.lost]
