"""A report as a page, its plots, and the files an evaluation leaves behind.

This module owns what is plotted, by matplotlib as SVG text, rendering by templates, writing a run,
a page and Markdown, and the error when that fails.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from askdoc.errors import EvaluationError
from askdoc.evaluation.comparison import KEY, Against, Before, comparison_cells
from askdoc.evaluation.measures import LOWER_IS_BETTER, explained, interval_shown, shown, write_run
from askdoc.evaluation.report import Report, Scored, goodness
from askdoc.evaluation.statistics import Bin, Interval, Point
from askdoc.evaluation.variants import Sweep, VariantTable

if TYPE_CHECKING:
    from jinja2 import Template
    from matplotlib.figure import Figure


WIDTH_IN = 4.4
_BLUE, _GREY, _RED = "#0550ae", "#57606a", "#a40e26"
_LABEL_LENGTH = 26
_LEAST_COVERAGE = 0.05
"""Risk among fewer questions than this jumps with each of them, and is not drawn."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing, its title, and how to read it."""

    title: str
    reading: str
    svg: str


def interval_plot(figures: Mapping[str, float], intervals: Mapping[str, Interval]) -> Plot | None:
    """Each figure with its interval, one row each; none where no interval lies in [0, 1]."""
    names = [n for n in figures if n in intervals and 0 <= intervals[n][1] <= 1 and figures[n] <= 1]
    if not names:
        return None
    figure = _figure(0.6 + 0.24 * len(names))
    axes = figure.subplots()
    rows = range(len(names), 0, -1)
    for row, name in zip(rows, names, strict=True):
        axes.plot(intervals[name], (row, row), color=_GREY, linewidth=2, zorder=1)
    axes.scatter([figures[name] for name in names], rows, color=_BLUE, s=22, zorder=2)
    axes.set_yticks(rows, [_short(name) for name in names])
    axes.set_xlim(-0.02, 1.02)
    axes.grid(axis="x", color="#d0d7de")
    return Plot(
        "Figures and their intervals",
        "Dots are the figures, lines their 95 % intervals: the shorter, the surer.",
        _svg(figure, "Figures and their intervals"),
    )


def risk_plot(points: Sequence[Point]) -> Plot:
    """The share of wrong answers over the share of questions answered."""
    points = [point for point in points if point[0] >= _LEAST_COVERAGE]
    figure = _figure(3.0)
    axes = figure.subplots()
    axes.plot(*zip(*points, strict=True), color=_BLUE)
    axes.set(xlabel="share of questions answered, surest first", ylabel="wrong among them")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, max(0.05, 1.1 * max(risk for _, risk in points)))
    axes.grid(color="#d0d7de")
    return Plot(
        "Risk and coverage",
        "If only the surest questions were answered, how many would be wrong. Lower is better; a "
        "curve that rises to the right tells that confidence is worth something.",
        _svg(figure, "Risk and coverage"),
    )


def reliability_plot(bins: Sequence[Bin]) -> Plot:
    """The share answerable over the confidence, a dot as large as its bin."""
    figure = _figure(3.0)
    axes = figure.subplots()
    axes.plot((0, 1), (0, 1), color=_GREY, linestyle="--", linewidth=1)
    largest = max(one.count for one in bins)
    axes.scatter(
        [one.confidence for one in bins],
        [one.answerable for one in bins],
        s=[12 + 120 * one.count / largest for one in bins],
        color=_BLUE,
        alpha=0.8,
    )
    axes.set(xlabel="confidence", ylabel="share answerable", xlim=(0, 1), ylim=(-0.03, 1.03))
    axes.grid(color="#d0d7de")
    return Plot(
        "Reliability",
        "Dots are questions of like confidence, larger for more. On the dashed line confidence is "
        "true; below it, too high.",
        _svg(figure, "Reliability"),
    )


def difference_plot(differences: Mapping[str, tuple[float, Interval, bool]]) -> Plot | None:
    """Each measure's difference from the baseline with its interval; regressions in red.

    Args:
        differences: By measure: difference, interval, whether it is a regression.
    """
    if not differences:
        return None
    figure = _figure(0.6 + 0.24 * len(differences))
    axes = figure.subplots()
    rows = range(len(differences), 0, -1)
    axes.axvline(0, color=_GREY, linewidth=1)
    for row, (difference, interval, worse) in zip(rows, differences.values(), strict=True):
        color = _RED if worse else _BLUE
        axes.plot(interval, (row, row), color=color, linewidth=2)
        axes.scatter([difference], [row], color=color, s=22)
    axes.set_yticks(rows, [_short(name) for name in differences])
    axes.grid(axis="x", color="#d0d7de")
    return Plot(
        "Differences from the baseline",
        "A line that crosses 0 tells that the difference may be luck. Red: a regression.",
        _svg(figure, "Differences from the baseline"),
    )


def _figure(height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH_IN, height), layout="constrained")


def _svg(figure: "Figure", title: str) -> str:
    """The drawing as an element to stand in a page, without what only a file needs."""
    from matplotlib import rc_context

    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        axes.xaxis.label.set_fontsize(9)
        axes.yaxis.label.set_fontsize(9)
    drawn = io.StringIO()
    bare = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": title}):
        figure.savefig(drawn, format="svg", metadata=bare)
    text = drawn.getvalue()
    opening = f'<svg role="img" aria-label="{escape(title)}"'
    return text[text.index("<svg") :].replace("<svg", opening, 1)


def _short(name: str) -> str:
    return name if len(name) <= _LABEL_LENGTH else name[: _LABEL_LENGTH - 1] + "…"


OPEN = 5
"""How many of the worst queries are unfolded."""
_MILD = frozenset({"padded", "right quote not first"})
"""Errors of an answer that still holds what was looked for."""


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


def is_wrong(errors: tuple[str, ...]) -> bool:
    """Whether any error is more than a quote too many or out of order."""
    return bool({*errors} - _MILD)


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
    if is_wrong(query.errors):
        yield "wrong"
    if before:
        shared = {name: query.values[name] for name in query.values if name in before.values}
        if is_wrong(query.errors) and before.errors is not None and not is_wrong(before.errors):
            yield "newly-wrong"
        if goodness(shared) < goodness({name: before.values[name] for name in shared}):
            yield "worse"
    yield from (error.replace(" ", "-") for error in query.errors)


def _filters(queries: list[Shown], against: Against | None) -> Iterator[Filter]:
    """The choices, in the order a reader needs them; an error that nothing has is left out."""
    labels = {"all": "all, the worst first", "wrong": "wrong"}
    if against:
        labels |= {"newly-wrong": "newly wrong", "worse": "worse than the baseline"}
    for shown_query in queries:
        for error in shown_query.query.errors:
            labels.setdefault(error.replace(" ", "-"), error)
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
