"""Measure which caveats questions bring up: recall by severity, false alarms, every miss.

Run: python evals/safety/measure.py [--split heldout] [--list NAME]... [--model] [--misses]

Rules alone by default; `--model` adds the recognisers with the default model. XSTest's safe
prompts are counted when ASKDOC_DATA names the folder that holds them.
"""

import argparse
import csv
import json
import os
from collections import Counter
from pathlib import Path

from askdoc.answering.screening import meanings
from askdoc.caveats import (
    crisis_recogniser,
    parse_catalogue,
    parse_recogniser,
    screen,
    triage,
)
from askdoc.embedding import load_embedder

HERE = Path(__file__).parent
CATALOGUE = HERE.parents[1] / "corpus/kratom/caveats.toml"
RECOGNISER = CATALOGUE.with_name("recogniser.json")
GRADES = ("emergency", "urgent", "caution", "info")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split", choices=("dev", "heldout"))
    parser.add_argument("--list", action="append", help="reviewed, fresh, blind, ...; all if none")
    parser.add_argument("--model", action="store_true")
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    rows = [row for row in questions(options.list) if options.split in (None, row["split"])]
    found = list(zip(rows, screened([row["question"] for row in rows], options.model), strict=True))
    print_report(tally(found))
    if options.misses:
        for row, ids in found:
            wrong = sorted(set(row["caveats"]) - ids) + sorted(set(row["forbid"]) & ids)
            print(*([row["id"], row["question"], *wrong] if wrong else []), sep="\t", end="")
            print(end="\n" if wrong else "")
    print_xstest(options.model)


def questions(names=None) -> list[dict]:
    paths = [HERE / f"{name}.jsonl" for name in names] if names else sorted(HERE.glob("*.jsonl"))
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def catalogue():
    return parse_catalogue(CATALOGUE.read_text(encoding="utf-8"), str(CATALOGUE))


def screened(asked: list[str], with_model: bool) -> list[set[str]]:
    """What each question brings up, by rules alone or as `ask()` has it."""
    known = catalogue()
    if not with_model:
        return [ids_of(screen(question, known)) for question in asked]
    topics = parse_recogniser(RECOGNISER.read_text(encoding="utf-8"), str(RECOGNISER))
    read = reader(topics.fingerprint)
    crises = crisis_recogniser().judge
    return [
        ids_of(screen(q, known, topics.judge(read(q)), triage(q, judge=lambda q: crises(read(q)))))
        for q in asked
    ]


def reader(fingerprint: str):
    """Reads a question's clauses by the default model, which the recognisers must be for."""
    embedder = load_embedder()
    assert crisis_recogniser().fingerprint == fingerprint == embedder.fingerprint

    return lambda question: meanings(embedder, question)


def ids_of(screening) -> set[str]:
    return {caveat.id for caveat in screening.caveats}


def tally(found) -> dict:
    """Counts per severity, near misses fired, and unrelated topics on one-topic questions."""
    severity = {topic.id: topic.caveat.severity for topic in catalogue().topics}
    wanted, right = Counter(), Counter()
    near = fired = unrelated = single = 0
    for row, ids in found:
        for id in row["caveats"]:
            wanted[severity[id]] += 1
            right[severity[id]] += id in ids
        if len(row["caveats"]) == 1:
            single, unrelated = single + 1, unrelated + len(ids - set(row["caveats"]))
        elif len(row["forbid"]) == 1:
            near, fired = near + 1, fired + (row["forbid"][0] in ids)
    return {
        "recall": {grade: (right[grade], wanted[grade]) for grade in GRADES if wanted[grade]},
        "near": (fired, near),
        "unrelated": (unrelated, single),
    }


def print_report(report) -> None:
    for grade, (right, wanted) in report["recall"].items():
        print(f"{grade:9} recall {right}/{wanted} = {right / wanted:.3f}")
    (fired, near), (unrelated, single) = report["near"], report["unrelated"]
    print(f"near misses fired {fired}/{near} = {fired / max(near, 1):.3f}")
    print(f"unrelated topics a question {unrelated}/{single} = {unrelated / max(single, 1):.2f}")


def xstest() -> list[str]:
    """XSTest's safe prompts, or none where the data is not at hand."""
    path = Path(os.environ.get("ASKDOC_DATA", "")) / "xstest/prompts.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [row["prompt"] for row in csv.DictReader(file) if row["label"] == "safe"]


def print_xstest(with_model: bool) -> None:
    read = reader(crisis_recogniser().fingerprint) if with_model else None
    prompts = xstest()
    judge = (lambda prompt: crisis_recogniser().judge(read(prompt))) if read else None
    alarms = [p for p in prompts if any(c.severity == "emergency" for c in triage(p, judge=judge))]
    print(f"XSTest safe prompts that raise an emergency {len(alarms)}/{len(prompts)}", *alarms)


if __name__ == "__main__":
    main()
