"""Find the cosine from which a topic may fire without its lexicon, where there is no classifier.

Run: python -m training.calibrate_similarity [CATALOGUE]

Reads `evals/safety/dev.jsonl`. A question that stands among the catalogue's own examples or near
misses is compared with the others, never with itself; rules are not asked. For each threshold and
severity it prints how many questions find their own topic, how many find another, and how many
that should bring up nothing find one. `NEAR_ENOUGH` in `askdoc.caveats` holds the choice: the
lowest threshold at which at most 5 % of these bring up a topic of that severity.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askdoc.caveats import ExampleVectors, embed_examples, nearest_topic, parse_catalogue
from askdoc.embedding import load_embedder
from askdoc.records import SEVERITIES
from training.classifier_data import ROOT, SAFETY, Row, read_rows

IDENTICAL = 0.999
THRESHOLDS = (0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80)

Near = tuple[str, float] | None


def main() -> None:
    """Reads the command line and prints a table for each severity."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = ROOT / "corpus/kratom/caveats.toml"
    parser.add_argument("catalogue", type=Path, nargs="?", default=default)
    path = parser.parse_args().catalogue
    catalogue = parse_catalogue(path.read_text(encoding="utf-8"), str(path))
    embedder = load_embedder()
    examples = embed_examples(catalogue, embedder.encode)
    rows = [row for row in read_rows(SAFETY / "dev.jsonl") if row.language == "en"]
    found = [nearest(v, examples) for v in embedder.encode([row.question for row in rows])]
    severity = {topic.id: topic.caveat.severity for topic in catalogue.topics}
    for grade in reversed(SEVERITIES):
        print(f"{grade}\nthreshold  right  other  quiet ones fired")
        for threshold in THRESHOLDS:
            print(f"{threshold:9.2f}", *counts(rows, found, severity, grade, threshold), sep="  ")


def nearest(vector: NDArray[np.float32], examples: ExampleVectors) -> Near:
    """The topic nearest to a question, of the examples that are not the question itself."""

    def others(
        vectors: NDArray[np.float32], topics: Sequence[str]
    ) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        keep = [i for i, row in enumerate(vectors) if float(row @ vector) < IDENTICAL]
        return vectors[keep], tuple(topics[i] for i in keep)

    rest = ExampleVectors(
        *others(examples.examples, examples.example_topics),
        *others(examples.near_misses, examples.near_miss_topics),
    )
    return nearest_topic(vector[None, :], rest)


def counts(
    rows: Sequence[Row],
    found: Sequence[Near],
    severity: Mapping[str, str],
    grade: str,
    threshold: float,
) -> tuple[int, int, int]:
    """How many find their topic, another, and one where there is none."""
    right = other = fired = 0
    for row, near in zip(rows, found, strict=True):
        if near is None or near[1] < threshold or severity[near[0]] != grade:
            continue
        right += near[0] in row.caveats
        other += bool(row.caveats) and near[0] not in row.caveats
        fired += not row.caveats
    return right, other, fired


if __name__ == "__main__":
    main()
