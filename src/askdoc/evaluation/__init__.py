"""How good retrieval and answers are: collections, runs, measures, reports.

This room judges the production path from outside: it searches by `PassageIndex` and answers by
`ask()`, as the chat does, and changes nothing in either.
"""

from askdoc.evaluation.comparison import NotComparableError, against
from askdoc.evaluation.foreign import evaluate_retriever, score_run
from askdoc.evaluation.measures import DEFAULT_MEASURES, write_run
from askdoc.evaluation.page import to_html, write_files, write_table
from askdoc.evaluation.pipeline import evaluate
from askdoc.evaluation.report import Report, provenance
from askdoc.evaluation.variants import (
    Sweep,
    Variant,
    VariantTable,
    comparison_table,
    parse_variant,
    read_plan,
    sweep,
)

__all__ = [
    "DEFAULT_MEASURES",
    "NotComparableError",
    "Report",
    "Sweep",
    "Variant",
    "VariantTable",
    "against",
    "comparison_table",
    "evaluate",
    "evaluate_retriever",
    "parse_variant",
    "provenance",
    "read_plan",
    "score_run",
    "sweep",
    "to_html",
    "write_files",
    "write_run",
    "write_table",
]
