"""Judged questions for fits: each with its article's index and where answers stand.

This module owns reading `evals/kratom` and `evals/readers`, and which articles are held out.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askdoc import build_index
from askdoc.documents import document_from_text
from askdoc.evaluation.answers import GoldSpan, gold_spans, overlaps
from askdoc.evaluation.collections import Collection, Query, made_document, read_cases
from askdoc.evaluation.lines import rows
from askdoc.index import PassageIndex
from askdoc.question import clean_question, resolve, small_talk_reply
from askdoc.records import Document, Passage, Span

EVALS = Path(__file__).parents[1] / "evals"


@dataclass(frozen=True, eq=False)
class Asked:
    """A question that stands alone, put to an article.

    Attributes:
        article: The article's id.
        held_out: Whether the question is kept from fits.
        index: The article's index.
        question: The question.
        gold: Where the article answers it; empty when it does not.
    """

    article: str
    held_out: bool
    index: PassageIndex
    question: str
    gold: tuple[GoldSpan, ...]

    def is_right(self, passage: Passage, span: Span) -> bool:
        """Whether a sentence answers."""
        return any(
            passage.document_id == name and overlaps(span, answer) for name, answer in self.gold
        )


def is_held_out(name: str) -> bool:
    """Whether an article of that name is held out: half of all are, by a hash of the name."""
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 1


def kratom() -> Iterator[Asked]:
    """The questions on the first article; their `heldout` halves are held out."""
    for questions in ("kratom", "readers/kratom.jsonl"):
        for split in ("dev", "heldout"):
            data = read_cases(EVALS / questions, split=split)
            index = build_index(data.documents)
            for case in data.cases:
                if case.status in {"answered", "not_in_article"}:
                    question = resolve(clean_question(case.question), case.history)
                    gold = tuple(gold_spans(data.documents, case))
                    yield Asked(data.documents[0].id, split == "heldout", index, question, gold)


def readers(data: Path) -> Iterator[Asked]:
    """Readers' questions to medquad's articles, with their headings, and to squad2's.

    Args:
        data: The folder that holds medquad/ and squad2/.
    """
    articles = {row["id"]: row for row in rows(data / "medquad" / "articles.jsonl")}
    for name, questions in _by_article("medquad.jsonl"):
        document, starts = joined(articles[name])
        placed = [
            [(starts[section] + start, starts[section] + end) for section, start, end in q["spans"]]
            for q in questions
        ]
        yield from _put(document, questions, placed, is_held_out(name))
    for name, questions in _by_article("squad2.jsonl"):
        text = (data / "squad2" / "articles" / f"{name}.txt").read_text(encoding="utf-8")
        document = document_from_text(name, name.replace("_", " "), text)
        placed = [[(a, b) for a, b in q["spans"]] for q in questions]
        yield from _put(document, questions, placed, is_held_out(name))


def everyday_questions(held_out: bool) -> list[str]:
    """What people type into any chat, without greetings and the like, which nobody looks up."""
    typed = [
        clean_question(row["question"])
        for row in rows(EVALS / "readers" / "everyday.jsonl")
        if (row["split"] == "heldout") == held_out
    ]
    return [question for question in typed if not small_talk_reply(question)]


def joined(article: Mapping[str, Any]) -> tuple[Document, list[int]]:
    """A row of medquad as one document, and where the text of each section begins in it."""
    text = ""
    starts: list[int] = []
    for section in article["sections"]:
        text += f"## {section['qtype'].capitalize()}\n\n"
        starts.append(len(text))
        text += f"{section['text']}\n\n"
    name = article["id"].replace("/", "-")
    return document_from_text(name, article["focus"], text), starts


def sections(article: Mapping[str, Any]) -> Collection:
    """A row of medquad as a collection: each section is a document, without its heading."""
    numbered = list(enumerate(article["sections"]))
    return Collection(
        article["id"],
        tuple(made_document(str(at), article["focus"], s["text"]) for at, s in numbered),
        tuple(Query(str(at), s["question"]) for at, s in numbered),
        {str(at): {str(at): 1} for at, _ in numbered},
    )


def _by_article(name: str) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    asked = defaultdict(list)
    for row in rows(EVALS / "readers" / name):
        asked[row["article"]].append(row)
    return asked.items()


def _put(
    document: Document,
    questions: list[dict[str, Any]],
    spans: list[list[Span]],
    held_out: bool,
) -> Iterator[Asked]:
    """Questions to an article, each with where it is answered."""
    index = build_index([document])
    for row, found in zip(questions, spans, strict=True):
        gold = tuple((document.id, span) for span in found)
        yield Asked(document.id, held_out, index, clean_question(row["question"]), gold)
