"""Fit the classifiers that find crises and topics in wordings no lexicon foresaw.

Run: python -m training.fit_classifier DATA [--cache FOLDER] [--write]

DATA is the folder of public collections (squad2, medquad, cast2019). Fits to `train.jsonl` and
what is added to it, chooses thresholds on `dev.jsonl`, prints what these give there. No test list
is read but to keep its twins out. `--write` writes `src/askdoc/caveats/classifier.json` (askdoc's
own emergency blocks, with what `fit_glossed` fits further to this network) and
`corpus/kratom/classifier.json` (the other topics of that catalogue).
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from askdoc.caveats import Catalogue, Classifier, parse_catalogue
from askdoc.caveats.classifier import Thresholds
from training import fit_glossed
from training.classifier_data import ROOT, SAFETY, Row, read_rows, train_rows
from training.classifier_network import Network, fit
from training.classifier_thresholds import (
    lexicon,
    report,
    scored,
    summary,
    thresholds_of,
)
from training.encodings import Encodings, open_encodings

CATALOGUE = ROOT / "corpus/kratom/caveats.toml"


def main() -> None:
    """Reads the command line, fits, reports, and writes if told to."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--cache", type=Path, default=Path(".encodings"))
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    torch.set_num_threads(1)  # The batches are small: more threads only wait for each other.
    encodings = open_encodings(options.cache)
    catalogue = parse_catalogue(CATALOGUE.read_text(encoding="utf-8"), str(CATALOGUE))
    dev = read_rows(SAFETY / "dev.jsonl")
    grades = labelled_topics(catalogue, read_rows(SAFETY / "train.jsonl"), dev)
    rows = train_rows(options.data, [topic for topic in grades if grades[topic] == "emergency"])
    encodings.read(row.question for row in (*rows, *dev))
    print(f"{len(rows)} rows to fit to, {len(dev)} to choose thresholds on")
    network = fit(rows, list(grades), encodings)
    thresholds = choose(network, dev, encodings, catalogue, grades, encodings.fingerprint)
    if options.write:
        write(network, thresholds, grades, encodings)


def labelled_topics(
    catalogue: Catalogue, train: Sequence[Row], dev: Sequence[Row]
) -> dict[str, str]:
    """The severity of each topic of the catalogue that can be fitted and given thresholds.

    A topic that no row of `dev` in English is on stays with the rules alone.
    """
    fitted = {topic for row in train for topic in row.caveats}
    measured = {topic for row in dev if row.language == "en" for topic in row.caveats}
    return {t.id: t.caveat.severity for t in catalogue.topics if t.id in fitted & measured}


def choose(
    network: Network,
    dev: Sequence[Row],
    encodings: Encodings,
    catalogue: Catalogue,
    grades: Mapping[str, str],
    fingerprint: str,
) -> dict[str, Thresholds]:
    """Thresholds for each topic from the rows in English, with a report on them."""
    rows = [row for row in dev if row.language == "en"]
    raw = classifier(network, dict.fromkeys(grades, (0.0, 0.0, 0.0)), grades, fingerprint)
    scores = np.stack([raw.scores(encodings[row.question]) for row in rows])
    lexicons = [lexicon(row.question, catalogue) for row in rows]
    found = {t: scored(t, rows, scores[:, at], lexicons) for at, t in enumerate(grades)}
    thresholds = {topic: thresholds_of(found[topic], grades[topic]) for topic in grades}
    for topic in grades:
        print(report(topic, found[topic], thresholds[topic]))
    print(summary(found, thresholds, grades))
    return thresholds


def write(
    network: Network,
    thresholds: Mapping[str, Thresholds],
    grades: Mapping[str, str],
    encodings: Encodings,
) -> None:
    """Writes the two files: askdoc's own emergencies, and the catalogue's other topics."""
    for own, file in (
        (True, ROOT / "src/askdoc/caveats/classifier.json"),
        (False, CATALOGUE.with_name("classifier.json")),
    ):
        chosen = {t: thresholds[t] for t in grades if (grades[t] == "emergency") == own}
        found = classifier(network, chosen, grades, encodings.fingerprint)
        if own:
            found = fit_glossed.refitted(found, encodings)
        file.write_text(found.to_json() + "\n", encoding="utf-8")
        print(f"wrote {file.relative_to(ROOT)}")


def classifier(
    network: Network,
    thresholds: Mapping[str, Thresholds],
    grades: Mapping[str, str],
    fingerprint: str,
) -> Classifier:
    """The network for the topics that have thresholds."""
    columns = [at for at, topic in enumerate(grades) if topic in thresholds]
    return Classifier(fingerprint, thresholds, network.arrays(columns))


if __name__ == "__main__":
    main()
