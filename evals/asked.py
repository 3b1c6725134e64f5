"""The questions of this folder for fits: each with its article's index and where answers stand."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from askdoc import build_index
from askdoc.documents import document_from_text
from askdoc.evaluation.answers import GoldSpan, gold_spans, overlaps
from askdoc.evaluation.collections import read_collection, rows
from askdoc.followups import resolve
from askdoc.index import PassageIndex
from askdoc.questions import clean_question
from askdoc.records import Document, Passage, Span

HERE = Path(__file__).parent


@dataclass(frozen=True, eq=False)
class Asked:
    """A question that stands alone, put to an article; `gold` is empty when nothing answers."""

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


def half(name: str) -> bool:
    """Whether what has that name is held out."""
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 1


def kratom() -> Iterator[Asked]:
    """The questions on the first article; their `heldout` halves are held out."""
    for questions in ("kratom", "readers/kratom.jsonl"):
        for split in ("dev", "heldout"):
            data = read_collection(HERE / questions, split=split)
            index = build_index(data.documents)
            for case in data.cases:
                if case.status in {"answered", "not_in_article"}:
                    question = resolve(clean_question(case.question), case.history)
                    gold = tuple(gold_spans(data.documents, case))
                    yield Asked(data.documents[0].id, split == "heldout", index, question, gold)


def readers(data: Path) -> Iterator[Asked]:
    """Readers' questions to medquad's articles, with their headings; by article held out."""
    articles = {row["id"]: row for row in rows(data / "medquad" / "articles.jsonl")}
    asked = defaultdict(list)
    for row in rows(HERE / "readers" / "medquad.jsonl"):
        asked[row["article"]].append(row)
    for name, questions in asked.items():
        document, starts = _joined(articles[name])
        index = build_index([document])
        for row in questions:
            gold = tuple(
                (name, (starts[section] + start, starts[section] + end))
                for section, start, end in row["spans"]
            )
            yield Asked(name, half(name), index, clean_question(row["question"]), gold)


def _joined(article: dict) -> tuple[Document, list[int]]:
    """An article under its headings, and where the text of each section begins in it."""
    text, starts = "", []
    for section in article["sections"]:
        text += f"## {section['qtype'].capitalize()}\n\n"
        starts.append(len(text))
        text += f"{section['text']}\n\n"
    return document_from_text(article["id"], article["focus"], text), starts
