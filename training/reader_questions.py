"""Readers' questions as training rows: each with the passages that search finds for it.

Two kinds: the lists of `evals/readers` and `evals/kratom`, as far as they are not held out, and the
articles of many fields in `training/questions`, written for nothing but this. A question that the
article answers comes with its passage and with the next best; one that it does not answer comes
with the best.
"""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from askdoc import build_index
from askdoc.answering.selection import text_to_read
from askdoc.documents import read_documents
from askdoc.evaluation.answers import GoldSpan
from askdoc.question import AFTER, clean_question, in_context, resolve
from askdoc.records import Document, Passage, Span
from training.asked import Asked, everyday_questions, kratom, readers
from training.reader_examples import TEST_ARTICLES, Row

WRITTEN = Path(__file__).parent / "questions"
PASSAGES = 4
ANSWERED_PASSAGES = 3
UNANSWERED_PASSAGES = 2
EVERYDAY_SHARE = 0.25
AFTER_ANOTHER = 0.08
"""How many questions that stand alone are read after another one."""

_MARKS = re.compile(r"^\s*(?:[-*+]|\d+\.) |\*\*|`")


def reader_rows(data: Path, *, held_out: bool = False) -> Iterator[Row]:
    """Rows from readers' questions on health articles and on the first article."""
    everyday = everyday_questions(held_out)
    chance = random.Random(0)
    for asked in (*kratom(), *readers(data)):
        if asked.held_out != held_out or asked.article in TEST_ARTICLES:
            continue
        yield from _rows(asked, "readers")
        if chance.random() < EVERYDAY_SHARE:
            question = chance.choice(everyday)
            other = Asked(asked.article, held_out, asked.index, question, ())
            yield from list(_rows(other, "readers"))[:1]


def written_rows(folder: Path = WRITTEN) -> Iterator[Row]:
    """Rows from the questions written for training, on articles of many fields.

    A follow-up is read after what was asked before it; some questions that stand alone are read
    after another one, too, so that the reader learns when that matters.
    """
    chance = random.Random(0)
    for questions in sorted(folder.glob("*.jsonl")):
        document = read_article(questions.with_suffix(".md"))
        index = build_index([document])
        rows = [json.loads(line) for line in questions.read_text("utf-8").splitlines()]
        for row in rows:
            gold = tuple(places(document, row["quotes"]))
            question, history = clean_question(row["question"]), row.get("history", ())
            asked = Asked(document.id, False, index, resolve(question, history), gold)
            whole = in_context(question, history)
            if not history and chance.random() < AFTER_ANOTHER:
                other = clean_question(chance.choice(rows)["question"])
                whole = AFTER.join((other, question))
            yield from _rows(asked, "written", whole)


def read_article(file: Path) -> Document:
    """An article as askdoc reads it from its file."""
    (document,) = read_documents([file])
    return document


def places(document: Document, quotes: list[str]) -> Iterator[GoldSpan]:
    """Where quotes stand in a document; they may have the marks of Markdown, rows their bars.

    Raises:
        ValueError: One is not in the article.
    """
    for marked in quotes:
        quote = _MARKS.sub("", marked)
        at = document.text.find(quote)
        span = (at, at + len(quote)) if at >= 0 else _row_place(document.text, quote)
        yield document.id, span


def _row_place(text: str, row: str) -> Span:
    """Where a row of a Markdown table stands in a text that gives each cell with its head."""
    cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
    start = 0
    for line in text.splitlines(keepends=True):
        held = line.strip().split(" | ")
        if len(held) == len(cells) and all(map(str.endswith, held, cells)):
            return start, start + len(line.rstrip("\n"))
        start += len(line)
    raise ValueError(f"No such sentence in the article: {row!r}")


def _rows(asked: Asked, source: str, whole: str = "") -> Iterator[Row]:
    """Training rows of one question; `whole` is what the reader is given of it."""
    for passage in _passages(asked):
        yield _row(asked, passage, source, whole or asked.question)


def _passages(asked: Asked) -> list[Passage]:
    found = [hit.passage for hit in asked.index.search(asked.question, PASSAGES)]
    held = [
        passage
        for passage in asked.index.passages
        if any(asked.is_right(passage, span) for span in passage.sentences)
    ]
    most = ANSWERED_PASSAGES if asked.gold else UNANSWERED_PASSAGES
    return list(dict.fromkeys([*held[:2], *found]))[:most]


def _row(asked: Asked, passage: Passage, source: str, question: str) -> Row:
    text = text_to_read(asked.index, passage)
    labels = tuple(asked.is_right(passage, span) for span in passage.sentences)
    return Row(source, source, f"{source}-{asked.article}", question,
               text.heading, text.text, text.sentences, labels, None)  # fmt: skip
