"""Where a report comes from: when it was made, by which command, version and commit.

This module owns these facts. What was evaluated, with which model, stands in a report's settings.
"""

import platform
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

GIT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Provenance:
    """When and how a report was made.

    Attributes:
        date: In UTC, as in "2026-11-29 19:30 UTC".
        version: askdoc's, and Python's.
        commit: The commit of the working folder, with "+ changes" where files differ from it; ""
            outside of a repository.
        command: The command line, or "".
    """

    date: str
    version: str
    commit: str = ""
    command: str = ""


def provenance(command: Sequence[str] = ()) -> Provenance:
    """The facts as they are now.

    Args:
        command: The words of the command line.
    """
    return Provenance(
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        version=f"askdoc {version('askdoc')}, Python {platform.python_version()}",
        commit=_commit(),
        command=shlex.join(command),
    )


def _commit() -> str:
    commit = _git("rev-parse", "--short=12", "HEAD")
    changed = commit and _git("status", "--porcelain", "--untracked-files=no")
    return f"{commit} + changes" if changed else commit


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
