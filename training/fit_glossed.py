"""Fit what reads other languages: output weights and word weights for texts glossed in English.

Run: python -m training.fit_glossed [--cache FOLDER] [--write]

Fits to the questions in other languages of `train.jsonl`, glossed, and to its short ones in English
on the blocks or near them; prints what the thresholds give on `dev.jsonl`, and writes
`src/askdoc/caveats/classifier.json` anew if told to. It is a logistic regression for each block,
over the glossary's words, too.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askdoc.caveats import Classifier, Prediction, clauses, crisis_classifier, gloss, match_crisis
from askdoc.caveats.classifier import CRISIS_CLASSIFIER, ClassifierWeights
from askdoc.caveats.glossary import LANGUAGES
from training.classifier_data import SAFETY, Row, read_rows
from training.encodings import Encodings, open_encodings
from training.output_weights import Sample, fit, thresholds_from

FOREIGN_WEIGHT, ENGLISH_WEIGHT = 3.0, 0.5
EVERY_NTH_ENGLISH = 2
EVERY_NTH_OTHER = 12
"""Of the English questions on other topics, which are many, so few are fitted to."""
WORD_SCALE = 5.0
"""A word's column: the greater, the less its weight is held back."""
LEAST_ROWS = 2
"""How many of the glossed questions a word stands in that gets a weight."""
PENALTY = 100.0
RULED_OUT = 3.0
"""How far below its threshold a block is ruled out."""
THRESHOLDS = {"overdose_emergency": (-0.9, 3.0), "self_harm": (-0.9, 3.0)}
"""Of each block, the score from which it is found, and the one that is beyond doubt."""


def main() -> None:
    """Reads the command line, fits, reports, and writes if told to."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--cache", type=Path, default=Path(".encodings"))
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    encodings = open_encodings(options.cache)
    found = refitted(crisis_classifier(), encodings)
    report(foreign(read_rows(SAFETY / "dev.jsonl")), found, encodings)
    if options.write:
        CRISIS_CLASSIFIER.write_text(found.to_json() + "\n", encoding="utf-8")
        print(f"wrote {CRISIS_CLASSIFIER.name}")


def refitted(known: Classifier, encodings: Encodings) -> Classifier:
    """A classifier with new weights for texts in other languages."""
    train = read_rows(SAFETY / "train.jsonl")
    english = short_samples(train, known.thresholds)[::EVERY_NTH_ENGLISH]
    samples = [
        *(Sample(gloss(r.question, r.language), r.caveats, FOREIGN_WEIGHT) for r in foreign(train)),
        *(Sample(sample.text, sample.on, ENGLISH_WEIGHT) for sample in english),
    ]
    encodings.read(sample.text for sample in samples)
    weights = fit_with_words(samples, known, encodings)
    return Classifier(known.fingerprint, known.thresholds, known.arrays, weights)


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


def foreign(rows: Sequence[Row]) -> list[Row]:
    """The rows in languages that the glossary has."""
    return [row for row in rows if row.language in LANGUAGES]


def fit_with_words(
    samples: Sequence[Sample], known: Classifier, encodings: Encodings
) -> ClassifierWeights:
    """Output weights and word weights, of each block of a classifier."""
    vocabulary = words_of([sample.text for sample in samples if sample.weight == FOREIGN_WEIGHT])
    places = {word: place for place, word in enumerate(vocabulary)}
    table = np.zeros((len(samples), len(vocabulary)), np.float32)
    for row, sample in zip(table, samples, strict=True):
        row[[places[word] for word in {*sample.text.split()} & places.keys()]] = WORD_SCALE
    thresholds = thresholds_from(THRESHOLDS, RULED_OUT)
    weights, of_words = fit(samples, known, encodings, thresholds, PENALTY, table)
    return replace(weights, words=rounded(vocabulary, (WORD_SCALE * of_words).T))


def words_of(texts: Sequence[str]) -> list[str]:
    """The words that stand in several texts."""
    count = Counter(word for text in texts for word in {*text.split()})
    return sorted(word for word, rows in count.items() if rows >= LEAST_ROWS)


def rounded(words: Sequence[str], weights: NDArray[np.float64]) -> dict[str, tuple[float, ...]]:
    """The weights of each word, to two decimals; words that weigh nothing are left out."""
    table = zip(words, weights.round(2).tolist(), strict=True)
    return {word: tuple(row) for word, row in table if any(row)}


def report(dev: Sequence[Row], found: Classifier, encodings: Encodings) -> None:
    """Prints what comes up of the questions in other languages, by thresholds and with rules."""
    encodings.read(gloss(part, row.language) for row in dev for part in clauses(row.question))
    read: list[tuple[Row, Prediction, bool]] = []
    for row in dev:
        glosses = [gloss(part, row.language) for part in clauses(row.question)]
        prediction = found.predict_glossed(glosses, [encodings[text] for text in glosses])
        read.append((row, prediction, bool(match_crisis(row.question).blocks())))
    for shift in np.arange(-1.0, 1.1, 0.25):
        up = [ruled or best(prediction) >= shift for _, prediction, ruled in read]
        print(f"thresholds {shift:+.2f}: " + shares(read, up))
    certain = [bool(prediction.certain) or ruled for _, prediction, ruled in read]
    print("beyond doubt: " + shares(read, certain))


def best(prediction: Prediction) -> float:
    """The greatest margin of any block in any clause."""
    return max(margin for margins in prediction.margins for margin in margins.values())


def shares(read: Sequence[tuple[Row, Prediction, bool]], up: Sequence[bool]) -> str:
    """What share of crises, everyday messages and questions on other topics comes up."""
    groups: dict[str, list[bool]] = {"crises": [], "everyday": [], "topics": []}
    for (row, prediction, _), is_up in zip(read, up, strict=True):
        crisis = row.caveats & prediction.margins[0].keys()
        kind = "crises" if crisis else "everyday" if row.kind == "everyday" else "topics"
        groups[kind].append(is_up)
    return "  ".join(f"{name} {np.mean(each):.3f}" for name, each in groups.items() if each)


if __name__ == "__main__":
    main()
