"""Puts measured figures into docs/performance.md: tables, and a plot beside it.

    python benchmarks/page.py        reads benchmarks/results/*.json

What stands between the two comments of a section is replaced.
"""

import json
import math
import re
from html import escape
from pathlib import Path

from run import table

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "images" / "growth.svg"


def main():
    text = PAGE.read_text(encoding="utf-8")
    for name, show in SECTIONS.items():
        file = RESULTS / f"{name}.json"
        if file.exists():
            text = replaced(text, name, show(json.loads(file.read_text(encoding="utf-8"))))
    PAGE.write_text(text, encoding="utf-8")


def replaced(text, name, body):
    begin, end = f"<!-- {name} -->", f"<!-- end {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.S)
    return pattern.sub(lambda _: f"{begin}\n{body}\n{end}", text)


def growth(rows):
    PLOT.write_text(plot([row for row in rows if row["vectors"] == "synthetic"]), encoding="utf-8")
    lines = [
        "| vectors | kind | built, s | peak memory, MB | flat alone, MB | p50, ms | p95, ms "
        "| flat p50, ms | quicker | recall@10 |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(vectors_line(row) for row in rows if row["vectors"] != "whole"),
    ]
    whole = [row for row in rows if row["vectors"] == "whole"]
    if whole:
        lines += ["", *map(whole_line, whole)]
    return "\n".join(lines)


def vectors_line(row):
    cells = [
        f"{row['size']:,} {row['vectors']}",
        row["kind"],
        f"{row['build_s']:.1f}",
        f"{row['peak_mb']:,.0f}",
        f"{row['flat_mb']:,.0f}",
        f"{row['p50_ms']:.2f}",
        f"{row['p95_ms']:.2f}",
        f"{row['flat_p50_ms']:.2f}",
        f"{row['flat_p50_ms'] / row['p50_ms']:.1f} ×",
        f"{row['recall']:.3f}",
    ]
    return f"| {' | '.join(cells)} |"


def whole_line(row):
    return (
        f"A whole index of {row['size']:,} real passages with {row['sentences']:,} sentences "
        f"({row['kind']}), their vectors known: built in {row['build_s']:.0f} s with "
        f"{row['peak_mb']:,.0f} MB at most (mapped files included), {row['disk_mb']:,.0f} MB on "
        f"disk, loaded in {row['load_s']:.1f} s with every hash checked. Its hybrid search takes "
        f"{row['p50_ms']:.1f} ms (p95 {row['p95_ms']:.1f}) after the encoding; "
        f"{row['recall']:.3f} of its ten best hits are those of the index built with `--exact`."
    )


def peers(figures):
    bare = figures["sentence-transformers + FAISS"]
    lines = [
        "| | process start to first passage, s | warm query, ms | peak memory, MB |",
        "|---|---|---|---|",
    ]
    for name, row in figures.items():
        cells = [f"{row[key]:.2f} ({row[key] / bare[key]:.2f})" for key in bare]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", "In brackets: times that of sentence-transformers + FAISS."])


SECTIONS = {"run": table, "growth": growth, "peers": peers}
WIDTH, HEIGHT, MARGIN = 560, 300, 56


def plot(rows):
    """Latency over size on logarithmic axes: askdoc's kinds, and exact search."""
    sizes = [row["size"] for row in rows]
    slow = [value for row in rows for value in (row["p50_ms"], row["flat_p50_ms"])]
    left, right = math.log10(min(sizes)), math.log10(max(sizes))
    low, high = math.floor(math.log10(min(slow))), math.ceil(math.log10(max(slow)))

    def place(size, value):
        x = (math.log10(size) - left) / ((right - left) or 1)
        y = (math.log10(value) - low) / ((high - low) or 1)
        return MARGIN + x * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - y * (HEIGHT - 2 * MARGIN)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        "<title>Milliseconds a search over the number of vectors</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for power in range(low, high + 1):
        _, y = place(sizes[0], 10**power)
        parts.append(f'<path d="M{MARGIN} {y:.0f}H{WIDTH - MARGIN}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{MARGIN - 6}" y="{y + 4:.0f}" text-anchor="end">{10.0**power:g}</text>'
        )
    for size in sizes:
        x, _ = place(size, 10**low)
        parts.append(f'<text x="{x:.0f}" y="{HEIGHT - 36}" text-anchor="middle">{size:,}</text>')
    for key, colour, name in (
        ("flat_p50_ms", "#b45309", "exact (FAISS flat)"),
        ("p50_ms", "#1d4ed8", "askdoc"),
    ):
        points = [place(row["size"], row[key]) for row in rows]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = points[-1]
        parts.append(
            f'<text x="{x:.0f}" y="{y - 8:.0f}" fill="{colour}" text-anchor="end">'
            f"{escape(name)}</text>"
        )
    parts.append(
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">vectors; p50 in ms</text>'
    )
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    main()
