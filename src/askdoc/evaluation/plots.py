"""The plots of a report as SVG text, drawn by matplotlib.

This module owns what is plotted and how it looks. Each plot says in words what it shows.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from askdoc.evaluation.statistics import Bin, Interval, Point

if TYPE_CHECKING:
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
    told = f'<svg role="img" aria-label="{escape(title)}"'
    return text[text.index("<svg") :].replace("<svg", told, 1)


def _short(name: str) -> str:
    return name if len(name) <= _LABEL_LENGTH else name[: _LABEL_LENGTH - 1] + "…"
