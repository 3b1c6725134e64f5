"""Output: lines, counts, JSON, and a progress bar."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import typer

from askdoc.errors import AskdocError

QUIET_S = 2.0
"""When work that cannot be counted yet is first reported."""
_BETWEEN_LINES_S = 30.0


@contextmanager
def progress(what: str, before: str = "") -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr with rate and memory, if stderr is a terminal and there is work.

    Args:
        what: The work that is counted.
        before: The work before anything can be counted, reported after two seconds. Without a
            terminal a line then reports the progress, and another every half minute.
    """
    shown = _Progress(what, before, on_terminal=sys.stderr.isatty())
    ended = threading.Event()
    reporter = threading.Thread(target=shown.report_until, args=(ended,), daemon=True)
    with shown.stack:
        if before:
            reporter.start()
        try:
            yield shown.advance
        finally:
            ended.set()
            if before:
                reporter.join()


class _Progress:
    """Reports progress on a bar, or in lines."""

    def __init__(self, what: str, before: str, *, on_terminal: bool) -> None:
        self.stack = ExitStack()
        self._what, self._before, self._on_terminal = what, before, on_terminal
        self._done = self._total = 0
        self._bar: Callable[[str, int, int], None] | None = None
        self._opening = threading.Lock()

    def advance(self, done: int, total: int) -> None:
        self._done, self._total = done, total
        if self._on_terminal:
            self._open_bar()(self._what, done, total)

    def report_until(self, ended: threading.Event) -> None:
        pause = QUIET_S
        while not ended.wait(pause):
            pause = _BETWEEN_LINES_S
            if not self._on_terminal:
                note(self._line())
            elif not self._total:
                self._open_bar()(self._before, 0, 0)

    def _line(self) -> str:
        if self._total:
            return f"{self._what}: {self._done:,} of {self._total:,}."
        memory = _memory()
        return f"{self._before}; {memory} in use." if memory else f"{self._before}."

    def _open_bar(self) -> Callable[[str, int, int], None]:
        with self._opening:
            self._bar = self._bar or self.stack.enter_context(_bar())
            return self._bar


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
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
        TextColumn("{task.description}"),
        *columns,
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None, pace="")

        def advance(what: str, done: int, total: int) -> None:
            nonlocal began, first
            if first < 0 or done < first:
                began, first = time.monotonic(), done
            bar.update(
                task,
                description=what,
                completed=done,
                total=total or None,
                pace=pace(done - first, time.monotonic() - began),
            )

        yield advance


def pace(done: int, seconds: float) -> str:
    """Rate and memory, as in "120/s · 245 MB"."""
    rate = f"{done / seconds:,.0f}/s" if seconds > 0 else ""
    return " · ".join(part for part in (rate, _memory()) if part)


def _memory() -> str:
    """The memory in use; "" where the system does not report it."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return ""
    return f"{pages * os.sysconf('SC_PAGE_SIZE') / 1e6:,.0f} MB"


def as_text(value: Any, indent: int | None = 2) -> str:
    """JSON for printing."""
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
