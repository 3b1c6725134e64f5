"""What a person sees: lines, counts, JSON, and a bar while there is work."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import typer

from askdoc.errors import AskdocError


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, shown only where someone watches and only when there is work.

    It tells how many a second are done, and how much memory is in use.
    """
    with ExitStack() as stack:
        bar: Callable[[int, int], None] | None = None

        def advance(done: int, total: int) -> None:
            nonlocal bar
            bar = bar or stack.enter_context(_bar(what))
            bar(done, total)

        yield advance if sys.stderr.isatty() else _unseen


def _unseen(done: int, total: int) -> None:
    """Nobody watches."""


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    began, first = time.monotonic(), -1
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    with Progress(
        TextColumn(what),
        *columns,
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(what, total=None, pace="")

        def advance(done: int, total: int) -> None:
            nonlocal began, first
            if first < 0 or done < first:
                began, first = time.monotonic(), done
            bar.update(
                task,
                completed=done,
                total=total or None,
                pace=pace(done - first, time.monotonic() - began),
            )

        yield advance


def pace(done: int, seconds: float) -> str:
    """How quick the work is and the memory it takes, as in "120/s · 245 MB"."""
    rate = f"{done / seconds:,.0f}/s" if seconds > 0 else ""
    return " · ".join(part for part in (rate, _memory()) if part)


def _memory() -> str:
    """The memory in use; "" where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return ""
    return f"{pages * os.sysconf('SC_PAGE_SIZE') / 1e6:,.0f} MB"


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
