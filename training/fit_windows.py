"""Fit what reads the windows of long messages: the network for questions, fitted further.

Run: python -m training.fit_windows [--cache FOLDER] [--write]

Fits to the windows of the long messages in `train.jsonl` (sources in `PROSE`), to its short
questions in English, to windows of harmless messages that crises among these are put into, and to
windows of articles and long questions that the reader is trained on. Prints what the thresholds
give on the long messages of `dev.jsonl`, and writes `src/askdoc/caveats/classifier.json` anew if
told to.
"""

import argparse
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import torch

from askdoc.caveats import Classifier, crisis_classifier, match_crisis, windows
from askdoc.caveats.classifier import CRISIS_CLASSIFIER, ClassifierWeights
from training.classifier_data import (
    PROSE,
    ROOT,
    SAFETY,
    UNMARKED,
    Row,
    read_lines,
    read_rows,
)
from training.classifier_network import fit_further
from training.encodings import Encodings, open_encodings
from training.output_weights import Sample, thresholds_from

QUESTIONS = ROOT / "training/questions"
Long = tuple[str, tuple[int, int] | None, frozenset[str]]

HARMLESS_WEIGHT, CRISIS_WEIGHT, PLACED_WEIGHT = 4.0, 2.0, 1.5
INSIDE = 0.7
"""The share of a crisis's words (of a window's, of a longer one) that make a window one on it."""
PLACED = 2000
"""Of the crises that are short questions, so many are put into harmless messages."""
LONG_QUESTION = 14
"""Words of a question of the reader's that is like a window."""
EVERY_NTH_OTHER = 12
"""Of the short questions on other topics, which are many, so few are fitted to."""
EVERY_NTH_OF_READERS = 4
THRESHOLDS = {"overdose_emergency": (0.5, 2.0), "self_harm": (0.5, 3.0)}
"""Of each block, the score from which it is found, and the one that is beyond doubt.

Chosen on the long messages of `dev.jsonl`, and on stories of `train.jsonl` that were held out: at
least as many crises are found there as by output weights alone, and few harmless messages.
"""
RULED_OUT = 2.0
"""How far below the first a block is ruled out."""


def main() -> None:
    """Reads the command line, fits, reports, and writes if told to."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--cache", type=Path, default=Path(".encodings"))
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    torch.set_num_threads(1)  # The batches are small: more threads only wait for each other.
    encodings = open_encodings(options.cache)
    found = refitted(crisis_classifier(), encodings)
    report(long_messages("dev"), found, encodings)
    if options.write:
        CRISIS_CLASSIFIER.write_text(found.to_json() + "\n", encoding="utf-8")
        print(f"wrote {CRISIS_CLASSIFIER.name}")


def refitted(known: Classifier, encodings: Encodings) -> Classifier:
    """A classifier with new weights for windows."""
    samples = all_samples(known.thresholds)
    encodings.read(sample.text for sample in samples)
    arrays = fit_further(known, samples, encodings).arrays(range(len(known.thresholds)))
    weights = ClassifierWeights(thresholds_from(THRESHOLDS, RULED_OUT), arrays)
    return Classifier(known.fingerprint, known.thresholds, known.arrays, weights, known.glossed)


def all_samples(blocks: Iterable[str]) -> list[Sample]:
    """What is fitted to, each text once; where a crisis is one of two equal texts, that one."""
    short, prose = short_samples(read_rows(SAFETY / "train.jsonl"), blocks), long_messages("train")
    samples = [*short, *(sample for message in prose for sample in in_windows(message))]
    for message in placed(short, prose):
        samples += in_windows(message, PLACED_WEIGHT)
    samples += of_readers()
    ordered = sorted(samples, key=lambda sample: not sample.on)
    return list({sample.text: sample for sample in reversed(ordered)}.values())


def long_messages(split: str) -> tuple[Long, ...]:
    """The long messages of a list: text, where its crisis stands, and the blocks it is on."""
    messages: list[Long] = []
    for row in read_lines(SAFETY / f"{split}.jsonl"):
        if row["source"] in PROSE:
            crisis = tuple(row["crisis"]) if "crisis" in row else None
            messages.append((row["question"], crisis, frozenset(row["caveats"])))
        if row["source"] in UNMARKED:
            messages.append(unmarked(messages[-1]))
    return tuple(messages)


def unmarked(message: Long) -> Long:
    """A message as a run-on."""
    text, crisis, on = message
    if crisis is None:
        return run_on(text), None, on
    start, end = crisis
    before, said = run_on(text[:start]), run_on(text[start:end])
    return before + said + run_on(text[end:]), (len(before), len(before + said)), on


def in_windows(message: Long, of_crisis: float = CRISIS_WEIGHT) -> list[Sample]:
    """A message's windows; of one with a crisis, those that hold it, and no other."""
    text, crisis, on = message
    parts = dict.fromkeys([*windows(text), *windows(text, overlapping=False)])
    if crisis is None:
        return [Sample(part, on, HARMLESS_WEIGHT) for part in parts]
    said = _words(text[slice(*crisis)])
    least = INSIDE * min(len(said), 16)
    held = [part for part in parts if sum(word in _words(part) for word in said) >= least]
    return [Sample(part, on, of_crisis) for part in held]


def _words(text: str) -> list[str]:
    return re.sub(r"[^\w\s]", "", text).split()


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


def placed(short: Sequence[Sample], prose: Sequence[Long]) -> Iterator[Long]:
    """Crises at random places of harmless messages, as sentences and in run-ons without marks."""
    dice = random.Random(0)
    said = [Sample(text[slice(*at)], on, 1.0) for text, at, on in prose if at]
    known = {run_on(s.text): s for s in (*said, *short) if s.on}.values()
    crises = [s for s in known if 3 <= len(s.text.split()) <= 30]
    calm = [text for text, _, on in prose if not on]
    for sample in dice.sample(crises, min(PLACED, len(crises))):
        parts = re.split(r"(?<=[.!?])\s+", dice.choice(calm))
        crisis, words = sample.text, dice.random() < 0.5
        if words:
            parts, crisis = run_on(" ".join(parts)).split(), run_on(crisis)
        at = dice.randrange(len(parts) + 1)
        before = "".join(f"{part} " for part in parts[:at])
        end = "" if words or crisis[-1] in ".!?" else "."
        text = f"{before}{crisis}{end} {' '.join(parts[at:])}"
        yield text, (len(before), len(before) + len(crisis)), sample.on


def run_on(text: str) -> str:
    """A text as who types without capitals and marks writes it."""
    return re.sub(r"[^\w\s]", "", text).lower()


def of_readers() -> list[Sample]:
    """Windows of articles, and long questions to them, all of them harmless."""
    read, asked = sorted(QUESTIONS.glob("*.md")), sorted(QUESTIONS.glob("*.jsonl"))
    texts = [
        *(part for path in read for part in windows(path.read_text("utf-8"))),
        *(row["question"] for path in asked for row in read_lines(path)),
    ][::EVERY_NTH_OF_READERS]
    return [Sample(text, frozenset(), 1.0) for text in texts if len(text.split()) >= LONG_QUESTION]


def report(dev: Sequence[Long], found: Classifier, encodings: Encodings) -> None:
    """Prints how many of the long messages bring up a block, by rules and classifier."""
    encodings.read(part for text, _, _ in dev for part in windows(text))
    up: dict[str, list[bool]] = {}
    for text, _, on in dev:
        prediction = found.predict_windows([encodings[part] for part in windows(text)])
        is_up = any(block.id in found.thresholds for block in match_crisis(text).blocks(prediction))
        up.setdefault(next(iter(on), "harmless"), []).append(is_up)
    for name, each in up.items():
        print(f"{name:20} {sum(each)} of {len(each)} bring up a block")


if __name__ == "__main__":
    main()
