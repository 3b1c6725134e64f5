"""What a person sees: lines, counts, JSON, and a bar while there is work."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from askdoc.errors import AskdocError


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
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
            bar.update(task, completed=done, total=total or None, visible=True)

        yield advance


def as_text(value: Any, indent: int | None = 2) -> str:
    """JSON as it is printed."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def count(number: int, noun: str) -> str:
    """A number and its noun, as in "1 text" and "2 texts"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def say(text: str) -> None:
    """Prints a result."""
    typer.echo(text)


def note(text: str) -> None:
    """Prints a remark, to stderr."""
    typer.echo(text, err=True)


def warn(error: AskdocError) -> None:
    """Prints an error, to stderr."""
    note(f"error: {error}")


def fail(error: AskdocError) -> None:
    """Prints an error and ends with exit status 1."""
    warn(error)
    sys.exit(1)
