"""How good retrieval and answers are: collections, runs, measures, reports.

This room judges the production path from outside: it searches by `PassageIndex` and answers by
`ask()`, as the chat does, and changes nothing in either.
"""

from askdoc.evaluation.comparison import Against, against, comparison_table
from askdoc.evaluation.files import write_files
from askdoc.evaluation.measures import DEFAULT_MEASURES
from askdoc.evaluation.page import to_html
from askdoc.evaluation.pipeline import evaluate, score_run
from askdoc.evaluation.report import Report
from askdoc.evaluation.runs import write_run
from askdoc.evaluation.variants import DEFAULT_VARIANTS, Variant, parse_variant

__all__ = [
    "DEFAULT_MEASURES",
    "DEFAULT_VARIANTS",
    "Against",
    "Report",
    "Variant",
    "against",
    "comparison_table",
    "evaluate",
    "parse_variant",
    "score_run",
    "to_html",
    "write_files",
    "write_run",
]
