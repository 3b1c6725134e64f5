"""A report as one HTML file that opens offline: no script, no request, no outside style.

This module owns the page. Everything written into it is escaped.
"""

from collections.abc import Sequence
from html import escape

from askdoc.evaluation.comparison import Against
from askdoc.evaluation.plots import line_plot, score_curve
from askdoc.evaluation.report import Report, Scored, shown

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;
 color:#1b1f24;background:#fff}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.25rem .7rem;text-align:left;
 border-bottom:1px solid #d0d7de}td.n{text-align:right;font-variant-numeric:tabular-nums}
.bad{color:#a40e26;font-weight:600}.plots{display:flex;flex-wrap:wrap;gap:1rem}
svg .line{fill:none;stroke:#0550ae;stroke-width:2}svg circle{fill:#0550ae}
svg .axis{stroke:#57606a}svg .reference{stroke:#57606a;stroke-dasharray:4 4}
svg text{font-size:11px;fill:#1b1f24;text-anchor:middle}svg .end{text-anchor:end}
svg .title{font-size:13px;font-weight:600}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}svg text{fill:#e6edf3}
 svg .line{stroke:#79c0ff}svg circle{fill:#79c0ff}th,td{border-color:#30363d}.bad{color:#ff7b72}}
"""


def to_html(report: Report, against: Against | None = None) -> str:
    """The figures, plots and every query, the worst first."""
    settings = ", ".join(f"{name} {value}" for name, value in report.settings.items())
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{escape(report.name)} – askdoc evaluate</title><style>{_STYLE}</style>",
            f"</head><body><h1>{escape(report.name)}</h1>",
            f"<p>{len(report.queries)} queries; {escape(settings)}</p>",
            _figures(report),
            _against(against) if against else "",
            f'<div class="plots">{"".join(_plots(report))}</div>',
            _queries(report.queries),
            "</body></html>\n",
        ]
    )


def _figures(report: Report) -> str:
    rows = [[name, shown(name, value)] for name, value in report.figures.items()]
    return _table(["measure", "value"], rows)


def _against(against: Against) -> str:
    rows = [
        [
            name,
            f"{found.difference:+.4f}",
            f"{found.p:.4f}",
            f"{found.wins}/{found.ties}/{found.losses}",
            "regression" if found.is_regression else "",
        ]
        for name, found in against.comparisons.items()
    ]
    head = ["measure", "difference", "p", "win/tie/loss", ""]
    return f"<h2>Against {escape(against.baseline)}</h2>{_table(head, rows)}"


def _plots(report: Report) -> list[str]:
    names = dict.fromkeys(name for query in report.queries for name in query.values)
    plots = [
        line_plot(name, score_curve(list(report.values(name).values())), x="queries", y=name)
        for name in names
    ]
    if report.risk_coverage:
        plots.append(
            line_plot("Risk and coverage", report.risk_coverage, x="answered", y="wrong status")
        )
    if report.reliability:
        points = [(one.confidence, one.answerable) for one in report.reliability]
        plots.append(
            line_plot(
                "Reliability", points, x="confidence", y="answerable", diagonal=True, dots=True
            )
        )
    return plots


def _queries(queries: Sequence[Scored]) -> str:
    names = list(dict.fromkeys(name for query in queries for name in query.values))
    rows = [
        [
            query.id,
            *(shown(name, query.values[name]) if name in query.values else "" for name in names),
            "; ".join(query.notes),
        ]
        for query in queries
    ]
    return f"<h2>Queries, the worst first</h2>{_table(['query', *names, 'notes'], rows)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    if text == "regression":
        return f'<td class="bad">{text}</td>'
    number = text.lstrip("+-").replace(".", "", 1).isdecimal()
    kind = ' class="n"' if number else ""
    return f"<td{kind}>{escape(text)}</td>"
