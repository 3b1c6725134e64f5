"""The rows that the classifiers are fitted to and their thresholds chosen on.

Owns `evals/safety/train.jsonl` and `dev.jsonl` as records, what is added from elsewhere as
questions on none of the topics, and that nothing of it stands in a test list.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askdoc.caveats import triage

ROOT = Path(__file__).resolve().parents[1]
SAFETY = ROOT / "evals" / "safety"
UNMARKED = frozenset({"neighbours", "neighbours_crises", "messages", "messages_crises"})
"""The sources of long messages that are read as run-ons without marks, too."""
WHOLE_MESSAGES = UNMARKED | {
    *("prose", "prose_crises", "prose_many", "prose_many_crises", "stories"),
    *("long_letters", "long_letters_crises", "letters_dev", "joined_dev"),
}
"""The sources of long messages, which are read as a whole."""
EVERYDAY_WEIGHT = 4.0
"""An everyday question that brings up a crisis is as bad as a near miss that does."""


@dataclass(frozen=True, slots=True)
class Row:
    """A question and what it must and must not bring up.

    Attributes:
        question: As it was typed.
        caveats: Ids that must come up.
        forbid: Ids that must not, and that it looks like.
        kind: "topic", "near_miss", "everyday" or "plain".
        language: Two letters.
        weight: How much it counts in the loss.
        only: The topics that it says anything about; all if empty.
    """

    question: str
    caveats: frozenset[str] = frozenset()
    forbid: frozenset[str] = frozenset()
    kind: str = "everyday"
    language: str = "en"
    weight: float = 1.0
    only: frozenset[str] = frozenset()


def read_rows(path: Path) -> tuple[Row, ...]:
    """The rows of a list without history."""
    return tuple(
        Row(
            record["question"].strip(),
            frozenset(record["caveats"]),
            frozenset(record["forbid"]),
            record["kind"],
            record["language"],
            EVERYDAY_WEIGHT if record["kind"] == "everyday" else 1.0,
        )
        for record in read_lines(path)
        if not record["history"] and record["source"] not in WHOLE_MESSAGES
    )


def train_rows(data: Path, emergencies: Iterable[str]) -> tuple[Row, ...]:
    """All that is fitted to; no twin of a dev or test row is among it.

    Args:
        data: The folder of public collections: squad2, medquad, cast2019.
        emergencies: The topics that readers' calm questions to articles are never on.
    """
    rows = (
        *read_rows(SAFETY / "train.jsonl"),
        *_typed_anywhere(),
        *_calm(frozenset(emergencies)),
        *(Row(question) for question in _of_collections(data)),
    )
    held_out = held_out_questions()
    return tuple(row for row in rows if normalised(row.question) not in held_out)


def held_out_questions() -> frozenset[str]:
    """The questions of the dev and test lists, normalised."""
    paths = (SAFETY / "dev.jsonl", *sorted((SAFETY / "test").glob("*.jsonl")))
    return frozenset(normalised(line["question"]) for path in paths for line in read_lines(path))


def normalised(question: str) -> str:
    """A question without case, punctuation and runs of space: twins become equal.

    Example: normalised("Who  DIED first?!") -> "who died first"
    """
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", question).casefold()))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _typed_anywhere() -> list[Row]:
    """What people type into any chat, but for what is held out."""
    asked = read_lines(ROOT / "evals/readers/everyday.jsonl")
    return [Row(row["question"], weight=EVERYDAY_WEIGHT) for row in asked if row["split"] == "dev"]


def _calm(emergencies: frozenset[str]) -> list[Row]:
    """What readers ask an article calmly: no emergency, and of other topics nothing is known."""
    files = ("readers/kratom", "readers/medquad", "readers/squad2", "kratom/questions")
    asked = [row for file in files for row in read_lines(ROOT / f"evals/{file}.jsonl")]
    return [
        Row(row["question"], weight=EVERYDAY_WEIGHT, only=emergencies)
        for row in asked
        if row.get("split", "dev") == "dev" and _is_calm(row, emergencies)
    ]


def _is_calm(row: dict[str, Any], emergencies: frozenset[str]) -> bool:
    if row.get("status") == "emergency" or emergencies & set(row.get("caveats") or ()):
        return False
    return not triage(row["question"])


def _of_collections(data: Path) -> Sequence[str]:
    """Questions on none of the topics, from the public collections."""
    squad = [row["question"] for row in read_lines(data / "squad2/questions.jsonl")][::6]
    articles = read_lines(data / "medquad/articles.jsonl")
    health = [part["question"] for row in articles for part in row["sections"]][::4]
    turns = [row["question"] for row in read_lines(data / "cast2019/turns.jsonl")]
    return [text.strip() for text in (*squad, *health, *turns)]
