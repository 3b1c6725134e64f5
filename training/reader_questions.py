"""Readers' questions as training rows: each with the passages that search finds for it.

Two kinds: the lists of `evals/readers` and `evals/kratom`, as far as they are not held out, and the
articles of many fields in `training/questions`, written for nothing but this. A question that the
article answers comes with its passage and with the next best; one that it does not answer comes
with the best.
"""

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from askdoc import build_index
from askdoc.documents import document_from_text
from askdoc.evaluation.answers import GoldSpan
from askdoc.questions import clean_question
from askdoc.records import Document, Passage
from training.reader_examples import TEST_ARTICLES, Row

sys.path.insert(0, str(Path(__file__).parent.parent / "evals"))
from asked import Asked, everyday_questions, kratom, readers

WRITTEN = Path(__file__).parent / "questions"
PASSAGES = 4
ANSWERED_PASSAGES = 3
UNANSWERED_PASSAGES = 2
EVERYDAY_SHARE = 0.25


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
    """Rows from the questions written for training, on articles of many fields."""
    for questions in sorted(folder.glob("*.jsonl")):
        article = questions.with_suffix(".md")
        document = document_from_text(article.stem, article.stem, article.read_text("utf-8"))
        index = build_index([document])
        for line in questions.read_text("utf-8").splitlines():
            row = json.loads(line)
            question = clean_question(row["question"])
            gold = tuple(places(document, row["quotes"]))
            yield from _rows(Asked(document.id, False, index, question, gold), "written")


def places(document: Document, quotes: list[str]) -> Iterator[GoldSpan]:
    """Where quotes stand in a document.

    Raises:
        ValueError: One is not in the article.
    """
    for quote in quotes:
        at = document.text.index(quote)
        yield document.id, (at, at + len(quote))


def _rows(asked: Asked, source: str) -> Iterator[Row]:
    """Training rows of one question."""
    for passage in _passages(asked):
        yield _row(asked, passage, source)


def _passages(asked: Asked) -> list[Passage]:
    found = [hit.passage for hit in asked.index.search(asked.question, PASSAGES)]
    held = [
        passage
        for passage in asked.index.passages
        if any(asked.is_right(passage, span) for span in passage.sentences)
    ]
    most = ANSWERED_PASSAGES if asked.gold else UNANSWERED_PASSAGES
    return list(dict.fromkeys([*held[:2], *found]))[:most]


def _row(asked: Asked, passage: Passage, source: str) -> Row:
    sentences = tuple((a - passage.start, b - passage.start) for a, b in passage.sentences)
    labels = tuple(asked.is_right(passage, span) for span in passage.sentences)
    title = asked.index.documents[passage.document_id].title
    return Row(source, source, f"{source}-{asked.article}", asked.question,
               passage.heading or title, passage.text, sentences, labels, None)  # fmt: skip
