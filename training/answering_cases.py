"""The questions that answering is fitted and reported on, each with an index of its article.

Nothing here was trained on by the reader. `dev` is fitted on; `heldout` is reported only.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askdoc import build_index
from askdoc.documents import document_from_text
from askdoc.embedding import Embedder
from askdoc.embedding.embedder import OnEncoded
from askdoc.evaluation.answers import gold_spans, overlaps
from askdoc.evaluation.collections import Cases, read_collection
from askdoc.index import PassageIndex
from askdoc.question import clean_question, in_context, resolve
from askdoc.records import Document, Passage, Span
from training.asked import everyday_questions, is_held_out, kratom, readers
from training.reader_examples import TEST_ARTICLES
from training.reader_questions import places, read_article

CALIBRATION = Path(__file__).parent / "calibration"
EVALS = Path(__file__).parent.parent / "evals"

PER_ARTICLE = 60
MEDQUAD = 400
EVERYDAY = 120


@dataclass(frozen=True, eq=False)
class Case:
    """A question put to an article.

    Attributes:
        kind: The list it is from.
        held_out: Whether it is reported only.
        index: The article's index.
        question: The question, standing alone.
        answerable: Whether the article answers.
        gold: Where answers stand, as document id and span; empty also where nobody judged it.
        read_as: The question as the reader is given it, where it leans on others.
    """

    kind: str
    article: str
    held_out: bool
    index: PassageIndex
    question: str
    answerable: bool
    gold: tuple[tuple[str, Span], ...]
    read_as: str = ""

    def is_right(self, passage: Passage, span: Span) -> bool:
        """Whether a sentence answers."""
        return any(
            passage.document_id == name and overlaps(span, answer) for name, answer in self.gold
        )


def fields(embedder: Embedder | None = None) -> Iterator[Case]:
    """Twelve articles of twelve fields; six of them are held out."""
    for questions in sorted((EVALS / "fields").glob("*.jsonl")):
        article = next((EVALS / "fields" / "articles").glob(f"{questions.stem}.*"))
        data = read_collection(questions, article=article)
        assert isinstance(data, Cases)
        index = build_index(data.documents, embedder=embedder)
        splits = [json.loads(line)["split"] for line in questions.open(encoding="utf-8")]
        for case, split in zip(data.cases, splits, strict=True):
            gold = tuple(gold_spans(data.documents, case))
            asked = clean_question(case.question)
            question, whole = resolve(asked, case.history), in_context(asked, case.history)
            yield Case("fields", questions.stem, split == "heldout", index, question,
                       bool(gold), gold, whole)  # fmt: skip


def calibration() -> Iterator[Case]:
    """Articles of further fields, written for fitting this and nothing else."""
    for questions in sorted(CALIBRATION.glob("*.jsonl")):
        document = read_article(questions.with_suffix(".md"))
        index = build_index([document])
        for line in questions.read_text("utf-8").splitlines()[:PER_ARTICLE]:
            row = json.loads(line)
            gold = tuple(places(document, row["quotes"]))
            asked, history = clean_question(row["question"]), row.get("history", ())
            yield Case("calibration", questions.stem, False, index, resolve(asked, history),
                       bool(gold), gold, in_context(asked, history))  # fmt: skip


def encyclopedia(data: Path, embedder: Embedder | None = None) -> Iterator[Case]:
    """SQuAD 2.0's questions to whole articles; half of the articles are held out."""
    asked = defaultdict(list)
    for line in (data / "squad2" / "questions.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        asked[row["article"]].append(row)
    for name, questions in asked.items():
        index = build_index([_article(data, name)], embedder=embedder)
        for row in random.Random(name).sample(questions, min(len(questions), PER_ARTICLE)):
            question = clean_question(row["question"])
            yield Case("squad2", name, is_held_out(name), index, question, row["answerable"], ())


def of_readers(data: Path) -> Iterator[Case]:
    """Readers' questions: health articles kept from training, and encyclopedia articles."""
    health = 0
    for one in readers(data):
        is_health = one.article not in TEST_ARTICLES
        if is_health and (not one.held_out or health >= MEDQUAD):
            continue
        health += is_health
        kind = "medquad readers" if is_health else "squad2 readers"
        yield Case(kind, one.article, one.held_out and not is_health, one.index, one.question,
                   bool(one.gold), one.gold)  # fmt: skip


def first_article() -> Iterator[Case]:
    """The held-out questions on the first article."""
    for one in kratom():
        if one.held_out:
            yield Case("kratom", one.article, True, one.index, one.question, bool(one.gold),
                       one.gold)  # fmt: skip


def everyday(data: Path, embedder: Embedder | None = None) -> Iterator[Case]:
    """What people type into any chat, put to articles that have nothing to do with it."""
    indexes = [
        build_index([_article(data, name)], embedder=embedder) for name in sorted(TEST_ARTICLES)[:4]
    ]
    for held_out in (False, True):
        chance = random.Random(3)
        for question in chance.sample(everyday_questions(held_out), EVERYDAY):
            yield Case("everyday", "", held_out, chance.choice(indexes), question, False, ())


class VectorEmbedder:
    """The embedding model without its token embeddings, as other models and large indexes are."""

    def __init__(self, model: Embedder) -> None:
        """Hides what `model` can do beyond `Embedder`."""
        self._model = model
        self.name, self.fingerprint, self.window = model.name, model.fingerprint, model.window

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""
        return self._model.count(texts)

    def encode(
        self, texts: Sequence[str], on_progress: OnEncoded | None = None
    ) -> NDArray[np.float32]:
        """Unit vectors of texts, (n, d)."""
        return self._model.encode(texts, on_progress)


def _article(data: Path, name: str) -> Document:
    text = (data / "squad2" / "articles" / f"{name}.txt").read_text(encoding="utf-8")
    return document_from_text(name, name.replace("_", " "), text)
