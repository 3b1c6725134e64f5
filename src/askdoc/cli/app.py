"""What the commands share: the application, its options, opening the index, reporting errors."""

import errno
import os
import sys
from collections.abc import Callable
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askdoc.cli.printing import fail, note, progress, say
from askdoc.errors import AskdocError, needs_extra

if TYPE_CHECKING:
    from askdoc.index import PassageIndex

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"askdoc {installed('askdoc')}")
        raise typer.Exit


@app.callback()
def askdoc(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_show_version, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Ask an article questions and get its own words back, with the caveats they need."""
    if os.environ.get("ASKDOC_REGION"):
        from askdoc.caveats.regions import checked_region

        checked_region()


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
Article = Annotated[
    str | None,
    typer.Option("--document", metavar="ID", help="Ask this article alone.", show_default=False),
]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="ASKDOC_STORE",
        metavar="URI",
        help="A Milvus store in place of --index: a file ending in .db, or http(s)://HOST:PORT. "
        "A #NAME at its end keeps several apart. A token is read from ASKDOC_STORE_TOKEN.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CORPUS = [Path("corpus")]
INDEX = Path("index")
EXTRA_OF = {
    **dict.fromkeys(("pymilvus", "distributed", "grpc", "tenacity"), "milvus"),
    **dict.fromkeys(
        "babel fastapi gradio httpx limits mcp prometheus_client protego starlette uvicorn".split(),
        "server",
    ),
}
"""The extra that brings each optional module; `evaluate` checks for its own before it starts."""


def open_index_or_build(
    folder: Path, model: str | None, store: str | None = None, *, before: str = ""
) -> "PassageIndex":
    """The index in a store as it is, or the one in a folder, brought up to date.

    The default folder is built from corpus/ if it has no index; a store is never built here.
    What is done `before` anything can be counted is told where it takes long.
    """
    if store:
        from askdoc.milvus import open_store

        return open_store(store, model=model)
    from askdoc.refresh import open_index

    corpus = _corpus()
    with progress("Encoding", before) as advance:
        return open_index(
            folder,
            paths=corpus if folder == INDEX else (),
            model=model,
            on_refresh=lambda reason: note(f"{reason} Building it."),
            on_error=lambda error: note(f"warning: {error}"),
            on_progress=advance,
        )


def tell_if_missing(folder: Path, store: str | None = None) -> None:
    """Tells of a folder that was named and holds no index, before anybody visits the chat."""
    from askdoc.index.manifest import NAME

    if not store and folder != INDEX and not (folder / NAME).exists():
        note(
            f"warning: there is no index in {folder}. Until there is one, the chat answers "
            f"emergencies alone. Build it: askdoc index corpus --index {folder}"
        )


def look_at_index(folder: Path, store: str | None = None) -> Callable[[], object] | None:
    """A function whose result changes with a folder's index or its files; None for a store."""
    if store:
        return None
    from askdoc.refresh import IndexWatch

    return IndexWatch(folder, _corpus() if folder == INDEX else ()).snapshot


def _corpus() -> list[Path]:
    return [path for path in CORPUS if path.is_dir()]


def main() -> None:
    """Runs the command line; errors go to stderr in one line, with exit status 1.

    A closed pipe is no error worth a line.
    """
    # A question's matrix products are so small that threads slow them down; numpy reads this when
    # it is first imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app()
    except AskdocError as error:
        fail(error)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except ModuleNotFoundError as error:
        if (extra := EXTRA_OF.get(error.name or "")) is None:
            raise
        fail(AskdocError(needs_extra("This command", extra)))
    except OSError as error:
        fail(AskdocError(_in_one_line(error)))


def _in_one_line(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}:
        return f"the output cannot be written: {error.strerror}. Make room, or write it elsewhere."
    return " ".join(str(error).split())
