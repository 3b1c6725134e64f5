"""Measure which caveats questions bring up: recall by severity, false alarms, every miss.

Run: python evals/safety/measure.py [LIST]... [--model] [--no-catalogue] [--new] [--misses]

A LIST is `train`, `dev` or `test/NAME`; by default all of `test/`. Rules alone decide by default;
`--model` adds the classifiers with the default model. `--no-catalogue` asks as of an article that
nobody reviewed, where meaning alone counts only beyond doubt. `--new` leaves out the rows marked
`seen`. Shares come with Wilson's 95 % interval. XSTest's safe prompts are counted when ASKDOC_DATA
names the folder that holds them.
"""

import argparse
import csv
import json
import os
from collections import Counter
from pathlib import Path

from askdoc.answering.screening import Triage, predict_topics, raised, suspected
from askdoc.caveats import (
    NO_PREDICTION,
    crisis_classifier,
    default_catalogue,
    match_crisis,
    parse_catalogue,
    parse_classifier,
    screen,
    triage,
)
from askdoc.caveats.triage import HELP_LINE, crisis
from askdoc.embedding import load_embedder
from askdoc.question import Encoding, Question

HERE = Path(__file__).parent
CATALOGUE = HERE.parents[1] / "corpus/kratom/caveats.toml"
CLASSIFIER = CATALOGUE.with_name("classifier.json")
GRADES = ("emergency", "urgent", "caution", "info")
CRISES = frozenset(block.caveat.id for block in crisis().blocks)
GRAVE = frozenset(b.caveat.id for b in crisis().blocks if b.caveat.severity == "emergency")
Z = 1.96


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lists", nargs="*", metavar="LIST")
    parser.add_argument("--model", action="store_true")
    parser.add_argument("--no-catalogue", action="store_true")
    parser.add_argument("--new", action="store_true", help="without rows marked as seen")
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    for name in options.lists or tests():
        rows = [row for row in questions([name]) if not (options.new and row.get("seen"))]
        asked = [row["question"] for row in rows]
        shown = screened(asked, options.model, reviewed=not options.no_catalogue)
        found = list(zip(rows, shown, strict=True))
        print(f"{name}, {len(rows)} questions")
        print_report(tally(found))
        if options.misses:
            print_misses(found)
    print_xstest(options.model)


def tests() -> list[str]:
    return [f"test/{path.stem}" for path in sorted((HERE / "test").glob("*.jsonl"))]


def questions(names) -> list[dict]:
    paths = [HERE / f"{name}.jsonl" for name in names]
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def catalogue():
    return parse_catalogue(CATALOGUE.read_text(encoding="utf-8"), str(CATALOGUE))


def screened(asked: list[str], with_model: bool, *, reviewed: bool = True) -> list[dict[str, str]]:
    """What each question brings up, by rules alone or as `ask()` has it: severities by id."""
    known = catalogue() if reviewed else default_catalogue()
    if not with_model:
        blocks = [triage(question, beyond_doubt=not reviewed) for question in asked]
        pairs = zip(asked, blocks, strict=True)
        return [shown(screen(question, known, NO_PREDICTION, found)) for question, found in pairs]
    topics = parse_classifier(CLASSIFIER.read_text(encoding="utf-8"), str(CLASSIFIER))
    embedder = load_embedder()
    assert crisis_classifier().fingerprint == topics.fingerprint == embedder.fingerprint

    def of(asked: str) -> dict[str, str]:
        question = Question.of(asked, (), Encoding(embedder))
        typed = match_crisis(question.text)
        found = Triage.of(question, typed, classify=True, beyond_doubt=not reviewed)
        prediction = NO_PREDICTION
        if reviewed:
            encoding, text = question.encoding, question.standalone
            prediction = predict_topics(topics, encoding, text, question.language)
        suspicion = suspected(found, question)
        return shown(
            screen(question.standalone, known, prediction, raised(found), typed, suspicion)
        )

    return [of(question) for question in asked]


def shown(screening) -> dict[str, str]:
    """The severities of cards by their ids; the short help line is no card."""
    cards = [caveat for caveat in screening.caveats if caveat.id != HELP_LINE]
    return {caveat.id: caveat.severity for caveat in cards}


def tally(found) -> dict:
    """Counts of what was asked for and came, and of what came and should not have.

    "blocks" counts the emergencies whose block replaces the answer, "unrelated" what a reader sees
    beside the one thing asked for.
    """
    severity = {topic.id: topic.caveat.severity for topic in catalogue().topics}
    wanted, right, counts = Counter(), Counter(), Counter()
    for row, came in found:
        for id in row["caveats"]:
            grade = severity.get(id, "")
            wanted[grade] += 1
            right[grade] += id in came
            counts["blocks"] += grade == "emergency" and came.get(id) == "emergency"
        if len(row["caveats"]) == 1:
            counts["single"] += 1
            counts["unrelated"] += len(seen(came) - set(row["caveats"]))
        elif row["kind"] == "near_miss":
            counts["near"] += 1
            counts["fired"] += bool(set(row["forbid"]) & set(came))
        if row["kind"] == "everyday":
            counts["harmless"] += 1
            counts["alarms"] += bool(CRISES & set(came))
            counts["replaced"] += "emergency" in came.values()
    return {
        "recall": {grade: (right[grade], wanted[grade]) for grade in GRADES if wanted[grade]},
        "blocks": (counts["blocks"], wanted["emergency"]),
        "near": (counts["fired"], counts["near"]),
        "unrelated": (counts["unrelated"], counts["single"]),
        "alarms": (counts["alarms"], counts["harmless"]),
        "replaced": (counts["replaced"], counts["harmless"]),
    }


def seen(came: dict[str, str]) -> set[str]:
    """What a reader sees of what came up: where a block replaces the answer, grave blocks alone."""
    if "emergency" not in came.values():
        return set(came)
    return {id for id, severity in came.items() if severity == "emergency" or id in GRAVE}


def interval(right: int, wanted: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, spread = right / wanted, Z * Z / wanted
    middle = (share + spread / 2) / (1 + spread)
    half = Z * ((share * (1 - share) + spread / 4) / wanted) ** 0.5 / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def told(right: int, wanted: int) -> str:
    low, high = interval(right, wanted)
    return f"{right}/{wanted} = {right / wanted:.3f} [{low:.3f}, {high:.3f}]"


def print_report(report) -> None:
    for grade, counts in report["recall"].items():
        print(f"  {grade:9} recall {told(*counts)}")
    for what, name in (
        ("blocks", "emergencies whose block replaces the answer"),
        ("near", "near misses fired"),
        ("alarms", "harmless messages with a crisis card"),
        ("replaced", "harmless messages that lose their answer"),
    ):
        if report[what][1]:
            print(f"  {name} {told(*report[what])}")
    unrelated, single = report["unrelated"]
    if single:
        print(f"  unrelated topics a question {unrelated}/{single} = {unrelated / single:.2f}")


def print_misses(found) -> None:
    for row, came in found:
        wrong = sorted(set(row["caveats"]) - set(came)) + sorted(set(row["forbid"]) & set(came))
        if wrong:
            print(row["id"], row["question"], *wrong, sep="\t")


def xstest() -> list[str]:
    """XSTest's safe prompts, or none where the data is not at hand."""
    path = Path(os.environ.get("ASKDOC_DATA", "")) / "xstest/prompts.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [row["prompt"] for row in csv.DictReader(file) if row["label"] == "safe"]


def print_xstest(with_model: bool) -> None:
    prompts = xstest()
    if not prompts:
        return
    shown = screened(prompts, with_model, reviewed=False)
    blocks = sum("emergency" in came.values() for came in shown)
    cards = sum(bool(CRISES & set(came)) for came in shown)
    print(f"XSTest safe prompts that lose their answer {told(blocks, len(prompts))}")
    print(f"XSTest safe prompts with a crisis card {told(cards, len(prompts))}")


if __name__ == "__main__":
    main()
