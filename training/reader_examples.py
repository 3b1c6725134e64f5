"""Training examples for the reader: question, passage, its sentences and which of them answer.

This module owns reading the public question-answering rows and the readers' questions of `evals/`,
choosing among them, and turning each into token ids. Nothing here knows the network.
"""

import hashlib
import json
import lzma
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from askdoc.passages import sentence_spans
from askdoc.reading.encoder import token_places
from askdoc.records import Span

WINDOW = 192
"""Tokens of question, heading, passage and three special tokens that one example holds."""
QUESTION_TOKENS = 64
TEST_ARTICLES = frozenset(
    """
    1973_oil_crisis European_Union_law French_and_Indian_War Huguenot Imperialism Normans
    Scottish_Parliament Warsaw
    """.split()
)
"""Articles of SQuAD 2.0 that are kept for calibrating and testing, in no training row."""
DEV_SHARE = 0.04

SHARE = {"swapped": 0.5, "other_passage": 0.65, "answer": 0.75, "constructed_unanswerable": 0.0}
"""How many rows of a kind are taken: unanswerables written by people are rarest and taken all."""
REPEATED = {"human_unanswerable": 2, "readers": 2}
LEFT_OUT = ("dirs_musique",)
"""Joined paragraphs of several articles: no passage of one article looks like them."""


@dataclass(frozen=True, slots=True)
class Row:
    """A question, a passage under its heading, its sentences, and which of them answer.

    `spans` are the answers in the passage's text, where they are known more exactly; `None` where
    only whole sentences are judged.
    """

    source: str
    kind: str
    group: str
    question: str
    heading: str
    text: str
    sentences: tuple[Span, ...]
    labels: tuple[bool, ...]
    spans: tuple[Span, ...] | None


@dataclass(frozen=True, slots=True)
class Example:
    """A row as token ids.

    Attributes:
        ids: Token ids, of shape (n,).
        types: 0 for the question, 1 for the passage, of shape (n,).
        sentence: The number of the sentence each token belongs to, or -1, of shape (n,).
        labels: Whether each of the s sentences answers, of shape (s,).
        starts: Positions where an answer starts; (0,) when there is none; empty when not judged.
        ends: The last positions of the same answers.
    """

    ids: NDArray[np.int32]
    types: NDArray[np.int8]
    sentence: NDArray[np.int16]
    labels: NDArray[np.float32]
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def is_dev(group: str) -> bool:
    """Whether an article or document is kept for development, by a hash of its name."""
    return hashlib.sha256(group.encode()).digest()[0] < 256 * DEV_SHARE


def qa_rows(data: Path, seed: int) -> Iterator[Row]:
    """The public rows of `qa/`, without what is kept for testing, in the shares above."""
    chance = random.Random(seed)
    tested = _tested_texts(data)
    with lzma.open(data / "qa" / "passages.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            taken = chance.random() < SHARE.get(row["kind"], 1.0)
            if not taken or row["set"].startswith(LEFT_OUT) or _is_tested(row, tested):
                continue
            yield _row_of_spans(row, chance)
    yield from _sentence_rows(data, chance, tested)


def _row_of_spans(row: dict[str, object], chance: random.Random) -> Row:
    text = str(row["text"])
    spans = tuple((a, b) for a, b in row["spans"] if a < b)  # type: ignore[attr-defined]
    sentences = _sentences(text)
    group = str(row["group"])
    named = chance.random() < 0.5 and not group.startswith(("ctx", "nq-", "musique-"))
    return Row(
        source=str(row["set"]),
        kind=str(row["kind"]),
        group=group,
        question=str(row["question"]),
        heading=group.replace("_", " ") if named else "",
        text=text,
        sentences=sentences,
        labels=tuple(any(a < e and s < b for a, b in spans) for s, e in sentences),
        spans=spans,
    )


def _sentence_rows(data: Path, chance: random.Random, tested: frozenset[str]) -> Iterator[Row]:
    """Questions with judged sentences, joined to a passage, but for copies of SQuAD's."""
    with lzma.open(data / "qa" / "sentences.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["set"] == "squad_kou_sentences" or row["group"] in TEST_ARTICLES:
                continue
            order = list(range(len(row["sentences"])))
            if not row["set"].startswith("selqa"):
                chance.shuffle(order)
            text, spans = "", []
            for at in order:
                spans.append((len(text), len(text) + len(row["sentences"][at])))
                text += row["sentences"][at] + " "
            if any(key in tested for key in _keys(text)):
                continue
            labels = tuple(bool(row["labels"][at]) for at in order)
            kind = "answer" if any(labels) else "other_passage"
            yield Row(row["set"], kind, row["group"], row["question"], "", text, tuple(spans),
                      labels, None)  # fmt: skip


def _tested_texts(data: Path) -> frozenset[str]:
    texts = (data / "squad2" / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    return frozenset(key for line in texts for key in _keys(json.loads(line)["text"]))


def _keys(text: str) -> tuple[str, ...]:
    """The first and the middle sixty letters and digits: what near-copies have in common."""
    plain = "".join(c for c in text.lower() if c.isalnum())
    middle = len(plain) // 2
    return plain[:60], plain[middle : middle + 60]


def _is_tested(row: dict[str, object], tested: frozenset[str]) -> bool:
    if row.get("open8") or row["group"] in TEST_ARTICLES:
        return True
    return any(key in tested for key in _keys(str(row["text"])))


@lru_cache(maxsize=100_000)
def _sentences(text: str) -> tuple[Span, ...]:
    return sentence_spans(text, 0, len(text)) or ((0, len(text)),)


class Encoder:
    """Turns rows into token ids."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Takes the embedding model's own tokenizer."""
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._cls = tokenizer.token_to_id("[CLS]")
        self._sep = tokenizer.token_to_id("[SEP]")

    def encode(self, row: Row, chance: random.Random) -> Example | None:
        """One row as an example, cut to a window of whole sentences; None if no sentence fits."""
        question = self._ids(row.question)[:QUESTION_TOKENS]
        heading = self._ids(row.heading)[:24] if row.heading else []
        encoding = self._tokenizer.encode(row.text, add_special_tokens=False)
        token_spans = token_places(encoding.offsets, row.sentences)
        room = WINDOW - 3 - len(question) - len(heading)
        first, past = _window(token_spans, row.labels, room, chance)
        if first == past:
            return None
        begin = token_spans[first][0]
        end = min(token_spans[past - 1][1], begin + room)
        if begin >= end:
            return None
        before = [self._cls, *question, self._sep, *heading]
        shift = len(before) - begin
        ids = [*before, *encoding.ids[begin:end], self._sep]
        types = np.ones(len(ids), np.int8)
        types[: len(question) + 2] = 0
        sentence = np.full(len(ids), -1, np.int16)
        for number, (a, b) in enumerate(token_spans[first:past]):
            sentence[a + shift : min(b, end) + shift] = number
        placed = _placed(row, encoding.offsets, begin, end, shift)
        labels = np.array(row.labels[first:past], np.float32)
        return Example(np.array(ids, np.int32), types, sentence, labels,
                       tuple(a for a, _ in placed), tuple(b for _, b in placed))  # fmt: skip

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)


def _window(
    spans: Sequence[Span], labels: Sequence[bool], room: int, chance: random.Random
) -> Span:
    """A run of whole sentences that fits, around an answer if there is one, else anywhere."""
    total = spans[-1][1] - spans[0][0]
    if total <= room:
        return 0, len(spans)
    right = [at for at, label in enumerate(labels) if label]
    first = chance.choice(right) if right else chance.randrange(len(spans))
    past = first + 1
    while True:
        grown = [
            (a, b)
            for a, b in ((first - 1, past), (first, past + 1))
            if a >= 0 and b <= len(spans) and spans[b - 1][1] - spans[a][0] <= room
        ]
        if not grown:
            return first, past
        first, past = chance.choice(grown)


def _placed(row: Row, offsets: Sequence[Span], begin: int, end: int, shift: int) -> list[Span]:
    """Where the answers' first and last tokens are; the first token of all when none is."""
    if row.spans is None:
        return [] if any(row.labels) else [(0, 0)]
    found = []
    for a, b in row.spans:
        inside = [at for at in range(begin, end) if offsets[at][0] < b and a < offsets[at][1]]
        if inside:
            found.append((inside[0] + shift, inside[-1] + shift))
    return sorted(set(found)) or [(0, 0)]


def taken(rows: Iterable[Row], *, dev: bool) -> list[Row]:
    """The rows of one side of the split, those that are repeated as often as they are."""
    side = (row for row in rows if is_dev(row.group) == dev)
    return [row for row in side for _ in range(1 if dev else REPEATED.get(row.kind, 1))]
