"""How good retrieval and answers are: collections, runs, measures, reports.

This room judges the production path from outside: it searches by `PassageIndex` and answers by
`ask()`, as the chat does, and changes nothing in either.
"""

from askdoc.evaluation.comparison import Against, NotComparableError, against
from askdoc.evaluation.files import write_files, write_table
from askdoc.evaluation.foreign import evaluate_retriever, score_run
from askdoc.evaluation.measures import DEFAULT_MEASURES
from askdoc.evaluation.page import table_html, to_html
from askdoc.evaluation.pipeline import evaluate
from askdoc.evaluation.provenance import Provenance, provenance
from askdoc.evaluation.report import Report
from askdoc.evaluation.runs import write_run
from askdoc.evaluation.sweep import Sweep, read_plan, sweep
from askdoc.evaluation.table import VariantTable, comparison_table
from askdoc.evaluation.variants import DEFAULT_VARIANTS, Variant, parse_variant

__all__ = [
    "DEFAULT_MEASURES",
    "DEFAULT_VARIANTS",
    "Against",
    "NotComparableError",
    "Provenance",
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
    "table_html",
    "to_html",
    "write_files",
    "write_run",
    "write_table",
]
