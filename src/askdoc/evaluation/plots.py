"""Small plots as SVG text: lines in a unit square, with axes and titles.

This module owns drawing. It knows points and labels, nothing of measures.
"""

from collections.abc import Sequence
from html import escape

from askdoc.evaluation.abstention import Point

_SIDE = 220
_MARGIN = 42
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def line_plot(
    title: str,
    points: Sequence[Point],
    *,
    x: str,
    y: str,
    diagonal: bool = False,
    dots: bool = False,
) -> str:
    """Draws points in [0, 1] x [0, 1], joined in the order given.

    Args:
        title: Also the text that a screen reader says.
        points: Pairs of x and y; values outside [0, 1] are drawn at its edge.
        x: Label of the axis from left to right.
        y: Label of the axis from bottom to top.
        diagonal: Draw the line y = x as a reference.
        dots: Mark each point.
    """
    places = [_place(point) for point in points]
    joined = " ".join(f"{left:.1f},{top:.1f}" for left, top in places)
    size = _SIDE + 2 * _MARGIN
    return "\n".join(
        [
            f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {size} {size}" '
            f'width="{size}" height="{size}">',
            f'<text x="{size / 2}" y="20" class="title">{escape(title)}</text>',
            *_axes(x, y),
            *([_segment((0, 0), (1, 1), "reference")] if diagonal else []),
            f'<polyline points="{joined}" class="line"/>',
            *(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in places if dots),
            "</svg>",
        ]
    )


def score_curve(values: Sequence[float]) -> tuple[Point, ...]:
    """Values from best to worst, over the share of queries that reach them."""
    ordered = sorted(values, reverse=True)
    return tuple(((at + 1) / len(ordered), value) for at, value in enumerate(ordered))


def _axes(x: str, y: str) -> list[str]:
    middle, low = _MARGIN + _SIDE / 2, _MARGIN + _SIDE
    parts = [_segment((0, 0), (1, 0), "axis"), _segment((0, 0), (0, 1), "axis")]
    for tick in _TICKS:
        left, top = _place((tick, tick))
        parts.append(f'<text x="{left:.1f}" y="{low + 14}" class="tick">{tick:g}</text>')
        parts.append(f'<text x="{_MARGIN - 8}" y="{top + 4:.1f}" class="tick end">{tick:g}</text>')
    parts.append(f'<text x="{middle}" y="{low + 32}" class="label">{escape(x)}</text>')
    turn = f"rotate(-90 12 {middle})"
    parts.append(f'<text x="12" y="{middle}" transform="{turn}" class="label">{escape(y)}</text>')
    return parts


def _segment(start: Point, end: Point, kind: str) -> str:
    (x1, y1), (x2, y2) = _place(start), _place(end)
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" class="{kind}"/>'


def _place(point: Point) -> Point:
    x, y = (min(max(value, 0.0), 1.0) for value in point)
    return _MARGIN + x * _SIDE, _MARGIN + (1 - y) * _SIDE
