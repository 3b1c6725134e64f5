"""A report as HTML, and the files an evaluation leaves behind: a run, a page, Markdown.

This module owns rendering by templates, writing, and the error when that fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from askdoc.errors import EvaluationError
from askdoc.evaluation.comparison import KEY, Against, Before, comparison_cells
from askdoc.evaluation.figures import (
    LOWER_IS_BETTER,
    Scored,
    explained,
    goodness,
    interval_shown,
    shown,
)
from askdoc.evaluation.measures import write_run
from askdoc.evaluation.plots import (
    Plot,
    difference_plot,
    interval_plot,
    reliability_plot,
    risk_plot,
)
from askdoc.evaluation.report import Report
from askdoc.evaluation.sweep import Sweep
from askdoc.evaluation.variants import VariantTable

if TYPE_CHECKING:
    from jinja2 import Template

OPEN = 5
"""How many of the worst queries are unfolded."""
_MILD = frozenset({"padded", "right quote not first"})
"""Faults of an answer that still holds what was looked for."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice of queries: its id in the page, its label, and how many it keeps."""

    name: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A query in the page.

    Attributes:
        query: The query.
        before: The same in the baseline, where there is one.
        filters: The ids of the filters that keep it.
        values: Its measures: name, value, and the baseline's value or "".
    """

    query: Scored
    before: Before | None
    filters: tuple[str, ...]
    values: tuple[tuple[str, str, str], ...]

    @property
    def differs(self) -> bool:
        """Whether status, quotes or the first ranks are others than in the baseline."""
        before, given = self.before, self.query.given
        if before is None:
            return False
        quotes = tuple(quote.text for quote in given.quotes) if given else ()
        ranked = tuple(item.id for item in self.query.retrieved)[:3]
        status = given.status if given else ""
        return bool(
            (before.status and before.status != status)
            or (before.status and before.quotes != quotes)
            or (before.retrieved and before.retrieved[:3] != ranked)
        )


def to_html(report: Report, against: Against | None = None) -> str:
    """The figures, plots and every query, the worst first."""
    queries = [_shown(query, against) for query in report.queries]
    return template("report.html").render(
        report=report,
        against=against,
        cells=comparison_cells,
        key=KEY,
        plots=[plot for plot in _plots(report, against) if plot],
        filters=list(_filters(queries, against)),
        queries=queries,
        unfolded=OPEN,
    )


def table_html(table: VariantTable) -> str:
    """Variants side by side, each against the last in words, and the key."""
    return template("table.html").render(table=table)


def sweep_html(found: Sweep) -> str:
    """A sweep: what was chosen, how it did on the other half, and every variant."""
    cells = comparison_cells(found.comparison) if found.comparison else ()
    return template("sweep.html").render(sweep=found, cells=cells)


def is_wrong(faults: tuple[str, ...]) -> bool:
    """Whether any fault is more than a quote too many or out of order."""
    return bool({*faults} - _MILD)


def template(name: str) -> "Template":
    """A page's template; what is written into it is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("askdoc.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "shown": shown,
        "interval_shown": interval_shown,
        "explained": explained,
        "lower_is_better": LOWER_IS_BETTER,
    }
    return made.get_template(name)


def _plots(report: Report, against: Against | None) -> Iterator[Plot | None]:
    yield interval_plot(report.figures, report.intervals)
    if against:
        yield difference_plot(
            {
                name: (found.difference, found.interval, found.is_regression)
                for name, found in against.comparisons.items()
            }
        )
    if report.risk_coverage:
        yield risk_plot(report.risk_coverage)
    if report.reliability:
        yield reliability_plot(report.reliability)


def _shown(query: Scored, against: Against | None) -> Shown:
    before = against.before.get(query.id) if against else None
    then = before.values if before else {}
    return Shown(
        query,
        before,
        tuple(_kept_by(query, before)),
        tuple(
            (name, shown(name, value), shown(name, then[name]) if name in then else "")
            for name, value in query.values.items()
        ),
    )


def _kept_by(query: Scored, before: Before | None) -> Iterator[str]:
    yield "all"
    if is_wrong(query.faults):
        yield "wrong"
    if before:
        shared = {name: query.values[name] for name in query.values if name in before.values}
        if is_wrong(query.faults) and before.faults is not None and not is_wrong(before.faults):
            yield "newly-wrong"
        if goodness(shared) < goodness({name: before.values[name] for name in shared}):
            yield "worse"
    yield from (fault.replace(" ", "-") for fault in query.faults)


def _filters(queries: list[Shown], against: Against | None) -> Iterator[Filter]:
    """The choices, in the order a reader needs them; a fault that nothing has is left out."""
    labels = {"all": "all, the worst first", "wrong": "wrong"}
    if against:
        labels |= {"newly-wrong": "newly wrong", "worse": "worse than the baseline"}
    for shown_query in queries:
        for fault in shown_query.query.faults:
            labels.setdefault(fault.replace(" ", "-"), fault)
    for name, label in labels.items():
        yield Filter(name, label, sum(name in one.filters for one in queries))


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
