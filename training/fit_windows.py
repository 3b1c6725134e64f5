"""Fit what reads the windows of long messages: output weights of its own, on a fitted hidden layer.

Run: python -m training.fit_windows [--cache FOLDER] [--write]

Fits to the windows of the long messages in `train.jsonl` (sources `prose` and `prose_crises`) and
to its short questions in English, prints what thresholds give on the long messages of `dev.jsonl`,
and writes `src/askdoc/caveats/recogniser.json` anew if told to. It is a logistic regression for
each block over the hidden layer as the network attends to it, the text's own vector, and the
network's score, in closed form but for a few steps of Newton's method.
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askdoc.caveats import Meaning, Recogniser, crisis_recogniser, windows
from askdoc.caveats.recogniser import CRISIS_RECOGNISER, Outputs
from askdoc.embedding import embeds_tokens, load_embedder
from training.encodings import Encodings
from training.recogniser_data import PROSE, SAFETY, Row, read_lines, read_rows

Floats = NDArray[np.float64]
Long = tuple[str, tuple[int, int] | None, frozenset[str]]

PROSE_WEIGHT, CRISIS_WEIGHT = 4.0, 2.0
INSIDE = 0.7
"""The share of a crisis's words (of a window's, of a longer one) that make a window one on it."""
EVERY_NTH_OTHER = 12
"""Of the short questions on other topics, which are many, so few are fitted to."""
PENALTY, STEPS = 300.0, 12
THRESHOLDS = {"overdose_emergency": (0.3, 1.5), "self_harm": (1.0, 5.0)}
"""Of each block, the score from which it is found, and the one that is beyond doubt.

Chosen on the long messages of `dev.jsonl`: the first so that as many crises are found there as by
the weights for questions; of the pairs that do, `long.jsonl` was looked at for the second block's.
What is beyond doubt lies above all but the highest scores of harmless messages.
"""
RULED_OUT = 2.0
"""How far below the first a block is ruled out."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A text, the blocks that it is on, and how much it weighs."""

    text: str
    on: frozenset[str]
    weight: float


def main() -> None:
    """Reads the command line, fits, reports, and writes if told to."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--cache", type=Path, default=Path(".encodings"))
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    embedder = load_embedder()
    if not embeds_tokens(embedder):
        raise SystemExit("error: this model gives no token embeddings. Use the default model.")
    known = crisis_recogniser()
    samples = [*short_samples(read_rows(SAFETY / "train.jsonl"), known.bounds)]
    samples += [sample for message in long_messages("train") for sample in in_windows(message)]
    dev = long_messages("dev")
    encodings = Encodings(embedder, embedder.fingerprint, options.cache)
    encodings.read(s.text for s in (*samples, *(w for m in dev for w in in_windows(m))))
    outputs = fit(samples, known, encodings)
    found = Recogniser(known.fingerprint, known.bounds, known.arrays, outputs, known.glossed)
    report(dev, found, encodings)
    if options.write:
        CRISIS_RECOGNISER.write_text(found.to_json() + "\n", encoding="utf-8")
        print(f"wrote {CRISIS_RECOGNISER.name}")


def long_messages(split: str) -> tuple[Long, ...]:
    """The long messages of a list: text, where its crisis stands, and the blocks it is on."""
    return tuple(
        (
            row["question"],
            tuple(row["crisis"]) if "crisis" in row else None,
            frozenset(row["caveats"]),
        )
        for row in read_lines(SAFETY / f"{split}.jsonl")
        if row["source"] in PROSE
    )


def in_windows(message: Long) -> list[Sample]:
    """A message's windows; of one with a crisis, those that hold it, and no other."""
    text, crisis, on = message
    if crisis is None:
        return [Sample(part, on, PROSE_WEIGHT) for part in windows(text)]
    words = text[slice(*crisis)].strip(".!? ").split()
    least = INSIDE * min(len(words), 16)
    held = [part for part in windows(text) if sum(w in part.split() for w in words) >= least]
    return [Sample(part, on, CRISIS_WEIGHT) for part in held]


def short_samples(rows: Iterable[Row], blocks: Iterable[str]) -> list[Sample]:
    """Questions in English: those on a block or near it, everyday ones, and some of the others."""
    known, samples, others = frozenset(blocks), [], 0
    for row in rows:
        if row.language != "en":
            continue
        if not (row.caveats | row.forbid) & known and row.kind != "everyday":
            others += 1
            if others % EVERY_NTH_OTHER:
                continue
        samples.append(Sample(row.question, row.caveats & known, 1.0))
    return samples


def fit(samples: Sequence[Sample], known: Recogniser, encodings: Encodings) -> Outputs:
    """Output weights for windows, of each block of a recogniser."""
    weights = np.array([sample.weight for sample in samples])
    read = [known.attended(encodings[sample.text]) for sample in samples]
    scale = np.sqrt(len(known.arrays["whole"]))
    vectors = scale * np.stack([encodings[sample.text].vector for sample in samples])
    arrays = {
        name: np.array(known.arrays[name], np.float64) for name in ("piece", "piece_bias", "whole")
    }
    for at, block in enumerate(known.bounds):
        pooled = np.stack([rows[at] for rows in read])
        score = pooled @ arrays["piece"][:, at] + arrays["piece_bias"][at]
        score += vectors @ arrays["whole"][:, at]
        table = np.column_stack([score, pooled, vectors, np.ones(len(samples))]).astype(np.float32)
        on_it = np.array([float(block in sample.on) for sample in samples])
        found = logistic(table, on_it, weights)
        hidden = pooled.shape[1]
        for name, own in (
            ("piece", found[1 : 1 + hidden]),
            ("whole", found[1 + hidden : -1]),
            ("piece_bias", found[-1]),
        ):
            arrays[name][..., at] = found[0] * arrays[name][..., at] + own
    bounds = {
        block: (found - RULED_OUT, found, sure) for block, (found, sure) in THRESHOLDS.items()
    }
    return Outputs(bounds, {name: rows.astype(np.float32) for name, rows in arrays.items()})


def logistic(
    table: NDArray[np.float32], on_it: Floats, weights: Floats, held_back: float = PENALTY
) -> Floats:
    """The coefficients of a logistic regression, whose first and last are hardly held back."""
    penalty = np.full(table.shape[1], held_back)
    penalty[0], penalty[-1] = 1.0, 1e-3
    found = np.zeros(table.shape[1])

    def loss(tried: Floats) -> float:
        z = table @ tried
        held = 0.5 * float((penalty * tried * tried).sum())
        return float((weights * (np.logaddexp(0, z) - on_it * z)).sum()) + held

    for _ in range(STEPS):
        likely = 1 / (1 + np.exp(-np.clip(table @ found, -30, 30)))
        slope = table.T @ (weights * (likely - on_it)) + penalty * found
        curve = (weights * likely * (1 - likely)).astype(np.float32)
        step = np.linalg.solve((table * curve[:, None]).T @ table + np.diag(penalty), slope)
        before = loss(found)
        while loss(found - step) > before and np.abs(step).max() > 1e-6:
            step = step / 2
        found = found - step
    return found


def report(dev: Sequence[Long], found: Recogniser, encodings: Encodings) -> None:
    """Prints how many of the long messages bring up a block by meaning alone."""
    up: dict[str, list[bool]] = {}
    for message in dev:
        meanings: list[Meaning] = [encodings[sample.text] for sample in in_windows(message)]
        name = next(iter(message[2]), "harmless")
        up.setdefault(name, []).append(bool(found.judge_windows(meanings).found))
    for name, each in up.items():
        print(f"{name:20} {sum(each)} of {len(each)} bring up a block")


if __name__ == "__main__":
    main()
