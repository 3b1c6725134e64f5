"""The command line: each command calls one public function, and prints its result or error.

This room owns the output and the exit status: 0 done, 1 a clear error, 2 wrong usage. Commands
import what is slow to load when they run.
"""

from askdoc.cli import asking, bringing, evaluating, indexing, questioning, serving
from askdoc.cli.app import app, main

__all__ = [
    "app",
    "asking",
    "bringing",
    "evaluating",
    "indexing",
    "main",
    "questioning",
    "serving",
]
