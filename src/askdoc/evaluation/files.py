"""The files an evaluation leaves behind: a run, a page, Markdown.

This module owns writing them and the error when that fails; what stands in them is made elsewhere.
"""

from pathlib import Path

from askdoc.errors import EvaluationError
from askdoc.evaluation.comparison import Against
from askdoc.evaluation.page import sweep_html, table_html, to_html
from askdoc.evaluation.report import Report
from askdoc.evaluation.runs import write_run
from askdoc.evaluation.sweep import Sweep
from askdoc.evaluation.table import VariantTable


def write_files(
    report: Report,
    against: Against | None = None,
    *,
    run: Path | None = None,
    html: Path | None = None,
    markdown: Path | None = None,
) -> None:
    """Writes each file that is asked for.

    Raises:
        EvaluationError: One cannot be written.
    """
    if run:
        write_run(report.run, run)
    if html:
        _write(html, to_html(report, against))
    if markdown:
        compared = f"{against.to_markdown()}\n" if against else ""
        _write(markdown, compared + report.to_markdown())


def write_table(
    table: VariantTable | Sweep, *, html: Path | None = None, markdown: Path | None = None
) -> None:
    """Writes each file of a table of variants, or of a sweep, that is asked for.

    Raises:
        EvaluationError: One cannot be written.
    """
    if html:
        _write(html, sweep_html(table) if isinstance(table, Sweep) else table_html(table))
    if markdown:
        _write(markdown, table.to_markdown())


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{file} cannot be written: {error.strerror}.") from error
