"""How good retrieval and answers are: collections, runs, measures, reports.

This room judges the production path from outside: it searches by `PassageIndex` and answers by
`ask()`, as the chat does, and changes nothing in either.
"""

from askdoc.evaluation.evaluate import evaluate
from askdoc.evaluation.report import Report

__all__ = ["Report", "evaluate"]
