"""The command line: each verb is one public function, its arguments and its errors in print.

This room owns what is printed and the exit status: 0 done, 1 a clear error, 2 wrong usage. Heavy
rooms are imported inside the verb that needs them.
"""

from askdoc.cli import asking, bringing, evaluating, indexing, listing, questioning, serving
from askdoc.cli.app import app, main

__all__ = [
    "app",
    "asking",
    "bringing",
    "evaluating",
    "indexing",
    "listing",
    "main",
    "questioning",
    "serving",
]
