"""Answers to several lists of questions, each to an article of its own, and their mean.

    python -m benchmarks.lists evals/exam
    python -m benchmarks.lists evals/fields --split heldout

FOLDER holds NAME.jsonl and articles/NAME.*. An article counts once, so the interval of a mean is
that of other articles of such kinds, not of other questions to these.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from askdoc.embedding import load_embedder
from askdoc.evaluation import evaluate
from askdoc.evaluation.lines import rows
from askdoc.evaluation.statistics import mean_interval

MEASURES = (
    "gold passage first",
    "gold sentence quoted",
    "right quote first",
    "clean answers",
    "padding",
    "false answers",
    "missed answers",
    "abstention AUROC",
)


def main() -> None:
    """Evaluates each list and prints its figures and the means."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", default="heldout")
    options = parser.parse_args()
    figures = asked(options.folder, options.split)
    print(f"{'':20}", *(f"{measure:>20}" for measure in MEASURES))
    for name, row in figures.items():
        print(f"{name:20}", *(f"{row[measure]:20.3f}" for measure in MEASURES))
    for measure, (mean, low, high) in means(list(figures.values())).items():
        print(f"{measure}, mean of {len(figures)} articles: {mean:.3f} [{low:.3f}, {high:.3f}]")


def asked(folder: Path, split: str) -> dict[str, Mapping[str, float]]:
    """The figures of each list that has questions of the split."""
    embedder = load_embedder()
    found = {}
    for questions in sorted(folder.glob("*.jsonl")):
        if any(record["split"] == split for record in rows(questions)):
            article = next((folder / "articles").glob(f"{questions.stem}.*"))
            report = evaluate(questions, article=article, split=split, embedder=embedder)
            found[questions.stem] = report.figures
    return found


def means(figures: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, float, float]]:
    """Each measure's mean over articles, and its 95 % interval by bootstrap over articles."""
    found = {}
    for measure in MEASURES:
        values = np.array([row[measure] for row in figures], np.float64)
        found[measure] = (float(values.mean()), *mean_interval(values, np.ones(len(values))))
    return found


if __name__ == "__main__":
    main()
