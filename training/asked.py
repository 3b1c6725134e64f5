"""The questions of this folder for fits: each with its article's index and where answers stand."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from askdoc import build_index
from askdoc.documents import document_from_text
from askdoc.evaluation.answers import GoldSpan, gold_spans, overlaps
from askdoc.evaluation.collections import read_collection
from askdoc.evaluation.lines import rows
from askdoc.index import PassageIndex
from askdoc.question import clean_question, resolve, small_talk_reply
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
    """Readers' questions to medquad's articles, with their headings, and to squad2's."""
    articles = {row["id"]: row for row in rows(data / "medquad" / "articles.jsonl")}
    for name, questions in _by_article("medquad.jsonl"):
        document, starts = _joined(articles[name])
        placed = [
            [(starts[section] + start, starts[section] + end) for section, start, end in q["spans"]]
            for q in questions
        ]
        yield from _put(document, questions, placed, half(name))
    for name, questions in _by_article("squad2.jsonl"):
        text = (data / "squad2" / "articles" / f"{name}.txt").read_text(encoding="utf-8")
        document = document_from_text(name, name.replace("_", " "), text)
        placed = [[(a, b) for a, b in q["spans"]] for q in questions]
        yield from _put(document, questions, placed, half(name))


def _by_article(name: str) -> Iterable[tuple[str, list[dict]]]:
    asked = defaultdict(list)
    for row in rows(HERE / "readers" / name):
        asked[row["article"]].append(row)
    return asked.items()


def _put(
    document: Document, questions: list[dict], spans: list[list[Span]], held_out: bool
) -> Iterator[Asked]:
    """Questions to an article, each with where it is answered."""
    index = build_index([document])
    for row, found in zip(questions, spans, strict=True):
        gold = tuple((document.id, span) for span in found)
        yield Asked(document.id, held_out, index, clean_question(row["question"]), gold)


def everyday_questions(held_out: bool) -> list[str]:
    """What people type into any chat, but for greetings and the like, which nobody looks up."""
    typed = [
        clean_question(row["question"])
        for row in rows(HERE / "readers" / "everyday.jsonl")
        if (row["split"] == "heldout") == held_out
    ]
    return [question for question in typed if not small_talk_reply(question)]


def _joined(article: dict) -> tuple[Document, list[int]]:
    """An article under its headings, and where the text of each section begins in it."""
    text, starts = "", []
    for section in article["sections"]:
        text += f"## {section['qtype'].capitalize()}\n\n"
        starts.append(len(text))
        text += f"{section['text']}\n\n"
    name = article["id"].replace("/", "-")
    return document_from_text(name, article["focus"], text), starts
