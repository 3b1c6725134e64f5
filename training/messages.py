"""Long messages to train on: those that were written, and those that are put together.

Owns the long messages of `evals/safety` as records, and how crises and lines that only look grave
are put at random places of harmless texts, as sentences, in run-ons without marks, and misspelt.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from askdoc.records import Span
from training.classifier_data import ROOT, SAFETY, UNMARKED, WHOLE_MESSAGES, read_lines

BLOCKS = ("overdose_emergency", "self_harm")
"""The crisis blocks that are read for, in the order of the head's outputs."""
URGENT = frozenset(
    """
    allergy child_swallowed heart overdose_emergency pregnancy_bf seizure self_harm
    seven_oh_breathing severe_withdrawal
    """.split()
)
"""Topics that may tell of a danger: a question on one of them is no example of a harmless one."""
TIMES = {"letters": 3, "long_letters": 3, "long_letters_crises": 3, "lines": 8}
"""How often what was written for this counts beside older rows, by source."""
WRITTEN = 0.1
"""The share of messages whose crisis stands where its writer put it."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Message:
    """A message to train on.

    Attributes:
        text: As it was written.
        crisis: Where in it the crisis stands; None if it is harmless.
        on: The blocks that the crisis is on.
        times: How often it counts.
    """

    text: str
    crisis: Span | None = None
    on: frozenset[str] = frozenset()
    times: int = 1


@dataclass(frozen=True, slots=True)
class Parts:
    """What messages are put together from.

    Attributes:
        crises: Words of who is in danger, with the blocks these are on.
        grave: Lines that look grave and tell of no danger.
        calm: Harmless messages.
        grave_messages: Whole messages with a crisis, as they were written.
        questions: Short harmless questions.
        paragraphs: Paragraphs of articles.
    """

    crises: tuple[tuple[str, frozenset[str]], ...]
    grave: tuple[str, ...]
    calm: tuple[str, ...]
    grave_messages: tuple[Message, ...]
    questions: tuple[str, ...]
    paragraphs: tuple[str, ...]


def long_messages(split: str) -> tuple[Message, ...]:
    """The long messages of a list."""
    messages: list[Message] = []
    for row in read_lines(SAFETY / f"{split}.jsonl"):
        if row["source"] in WHOLE_MESSAGES:
            crisis = (row["crisis"][0], row["crisis"][1]) if "crisis" in row else None
            on = frozenset(row["caveats"])
            messages.append(Message(row["question"], crisis, on, _times(row)))
        if row["source"] in UNMARKED:
            messages.append(unmarked(messages[-1]))
    return tuple(messages)


def unmarked(message: Message) -> Message:
    """A message as a run-on."""
    if message.crisis is None:
        return replace(message, text=run_on(message.text))
    start, end = message.crisis
    before, said = run_on(message.text[:start]), run_on(message.text[start:end])
    after = run_on(message.text[end:])
    crisis = (len(before), len(before + said))
    return replace(message, text=before + said + after, crisis=crisis)


def run_on(text: str) -> str:
    """A text as who types without capitals and marks writes it."""
    return re.sub(r"[^\w\s]", "", text).lower()


def parts_of_train() -> Parts:
    """What the rows of `train.jsonl` and the articles of `training/questions` give."""
    rows = [row for row in read_lines(SAFETY / "train.jsonl") if row["language"] == "en"]
    short = [row for row in rows if row["source"] not in WHOLE_MESSAGES and not row["history"]]
    harmless = [row for row in short if not URGENT & {*row["caveats"]}]
    messages = [message for message in long_messages("train") for _ in range(message.times)]
    crises = [
        (row["question"], frozenset(row["caveats"]) & {*BLOCKS})
        for row in short
        for _ in range(_times(row))
        if {*BLOCKS} & {*row["caveats"]} and len(row["question"].split()) >= 3
    ]
    crises += [(m.text[slice(*m.crisis)].strip(), m.on) for m in messages if m.crisis]
    grave = [
        row["question"]
        for row in harmless
        for _ in range(_times(row))
        if {*BLOCKS} & {*row["forbid"]} or row["kind"] == "everyday"
    ]
    articles = (
        path.read_text("utf-8") for path in sorted((ROOT / "training/questions").glob("*.md"))
    )
    paragraphs = (part for text in articles for part in re.split(r"\n\s*\n", text))
    return Parts(
        tuple(crises),
        tuple(grave),
        tuple(message.text for message in messages if not message.on),
        tuple(message for message in messages if message.crisis),
        tuple(row["question"] for row in harmless for _ in range(_times(row))),
        tuple(part for part in paragraphs if len(part.split()) >= 30),
    )


def _times(row: dict[str, Any]) -> int:
    return TIMES.get(row["source"], 1)


def composed(parts: Parts, chance: random.Random) -> Message:
    """A message as it was written, or one put together of a harmless text, a crisis, or both."""
    if chance.random() < WRITTEN:
        message = chance.choice(parts.grave_messages)
        return unmarked(message) if chance.random() < 0.25 else message
    sentences = _harmless(parts, chance)
    said, on = chance.choice(parts.crises) if chance.random() < 0.45 else ("", frozenset[str]())
    if chance.random() < (0.2 if on else 0.6) or not (sentences or on):
        sentences.insert(chance.randint(0, len(sentences)), chance.choice(parts.grave))
    return _joined(sentences, said, on, chance)


def _harmless(parts: Parts, chance: random.Random) -> list[str]:
    """Sentences of one message, of several, of an article, several questions, or nothing."""
    kind = chance.random()
    if kind < 0.42:
        whole = _SENTENCE_END.split(chance.choice(parts.calm))
        if len(whole) <= 6 or chance.random() < 0.5:
            return whole
        length = chance.randint(4, len(whole))
        start = chance.randrange(len(whole) - length + 1)
        return whole[start : start + length]
    if kind < 0.62:
        texts = [
            _SENTENCE_END.split(chance.choice(parts.calm)) for _ in range(chance.randint(4, 14))
        ]
        return [chance.choice(text) for text in texts]
    if kind < 0.76:
        return [chance.choice(parts.questions) for _ in range(chance.randint(3, 10))]
    if kind < 0.86:
        return _SENTENCE_END.split(chance.choice(parts.paragraphs))[:10]
    return []


def _joined(
    sentences: Sequence[str], said: str, on: frozenset[str], chance: random.Random
) -> Message:
    """Sentences and a crisis as one text: with marks, in small letters, or as a run-on."""
    style, misspelt = chance.random(), chance.random() < 0.12

    def styled(text: str) -> str:
        text = with_slips(text, chance) if misspelt else text
        return run_on(text) if style < 0.25 else text.lower() if style < 0.35 else text

    around = [styled(one).strip() for one in sentences if one.strip()]
    if style < 0.25 and chance.random() < 0.5:
        around = " ".join(around).split()
    if not said:
        return Message(" ".join(around))
    said, at = styled(said).strip(), chance.randint(0, len(around))
    before, after = " ".join(around[:at]), " ".join(around[at:])
    if style >= 0.35 and said[-1:] not in ".!?":
        said += chance.choice([".", ".", "", " -"])
    if style >= 0.35 and before and chance.random() < 0.25:
        link = chance.choice([", ", " and ", " but ", ", and ", " - ", " because "])
        before = before.rstrip(".") + link
    else:
        before += " " if before else ""
    place = (len(before), len(before) + len(said))
    return Message(f"{before}{said}{' ' if after else ''}{after}", place, on)


def with_slips(text: str, chance: random.Random) -> str:
    """A text with three of a hundred letters left out, swapped, doubled, or another one."""
    letters = list(text)
    for at in range(len(letters) - 1):
        if letters[at].isalpha() and chance.random() < 0.03:
            slip = chance.randrange(4)
            if slip == 1:
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
            else:
                letters[at] = ("", "", letters[at] * 2, chance.choice(_ALPHABET))[slip]
    return "".join(letters)
