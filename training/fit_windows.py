"""Fit what reads the windows of long messages: output weights of its own, on a fitted hidden layer.

Run: python -m training.fit_windows [--cache FOLDER] [--write]

Fits to the windows of the long messages in `train.jsonl` (sources in `PROSE`; the weights that ship
to `prose` and `prose_crises` alone) and to its short questions in English, prints what thresholds
give on the long messages of `dev.jsonl`, and writes `src/askdoc/caveats/recogniser.json` anew if
told to. It is a logistic regression for each block over the hidden layer as the network attends to
it, the text's own vector, and the network's score, in closed form but for a few steps of Newton's
method.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from askdoc.caveats import Meaning, Recogniser, crisis_recogniser, windows
from askdoc.caveats.recogniser import CRISIS_RECOGNISER
from training.encodings import Encodings, open_encodings
from training.output_weights import Sample, bounds_from, fit
from training.recogniser_data import PROSE, SAFETY, Row, read_lines, read_rows

Long = tuple[str, tuple[int, int] | None, frozenset[str]]

PROSE_WEIGHT, CRISIS_WEIGHT = 4.0, 2.0
INSIDE = 0.7
"""The share of a crisis's words (of a window's, of a longer one) that make a window one on it."""
EVERY_NTH_OTHER = 12
"""Of the short questions on other topics, which are many, so few are fitted to."""
PENALTY = 300.0
THRESHOLDS = {"overdose_emergency": (0.3, 1.5), "self_harm": (1.0, 5.0)}
"""Of each block, the score from which it is found, and the one that is beyond doubt.

Chosen on the long messages of `dev.jsonl`: the first so that as many crises are found there as by
the weights for questions; of the pairs that do, `long.jsonl` was looked at for the second block's.
What is beyond doubt lies above all but the highest scores of harmless messages.
"""
RULED_OUT = 2.0
"""How far below the first a block is ruled out."""


def main() -> None:
    """Reads the command line, fits, reports, and writes if told to."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--cache", type=Path, default=Path(".encodings"))
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    encodings = open_encodings(options.cache)
    found = refitted(crisis_recogniser(), encodings)
    report(long_messages("dev"), found, encodings)
    if options.write:
        CRISIS_RECOGNISER.write_text(found.to_json() + "\n", encoding="utf-8")
        print(f"wrote {CRISIS_RECOGNISER.name}")


def refitted(known: Recogniser, encodings: Encodings) -> Recogniser:
    """A recogniser with new weights for windows."""
    samples = [*short_samples(read_rows(SAFETY / "train.jsonl"), known.bounds)]
    samples += [sample for message in long_messages("train") for sample in in_windows(message)]
    encodings.read(sample.text for sample in samples)
    outputs, _ = fit(samples, known, encodings, bounds_from(THRESHOLDS, RULED_OUT), PENALTY)
    return Recogniser(known.fingerprint, known.bounds, known.arrays, outputs, known.glossed)


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


def report(dev: Sequence[Long], found: Recogniser, encodings: Encodings) -> None:
    """Prints how many of the long messages bring up a block by meaning alone."""
    encodings.read(sample.text for message in dev for sample in in_windows(message))
    up: dict[str, list[bool]] = {}
    for message in dev:
        meanings: list[Meaning] = [encodings[sample.text] for sample in in_windows(message)]
        name = next(iter(message[2]), "harmless")
        up.setdefault(name, []).append(bool(found.judge_windows(meanings).found))
    for name, each in up.items():
        print(f"{name:20} {sum(each)} of {len(each)} bring up a block")


if __name__ == "__main__":
    main()
