"""Real short passages and questions from public data, and synthetic vectors in clusters."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from askdoc.documents import document_from_text
from askdoc.embedding import Embedder
from askdoc.passages import PassageSize, cut, sentence_spans

SHORTEST = 20


def real_passages(data: Path) -> list[str]:
    """Each sentence of SciFact, MedQuAD and SQuAD 2.0, then each two neighbours as one text."""
    sentences, pairs = {}, {}
    for body in _bodies(data):
        spans = sentence_spans(body, 0, len(body))
        own = [body[a:b] for a, b in spans if b - a >= SHORTEST]
        sentences.update(dict.fromkeys(own))
        pairs.update(dict.fromkeys(f"{one} {other}" for one, other in pairwise(own)))
    return list({**sentences, **pairs})


def cut_passages(data: Path, embedder: Embedder, abstracts: int) -> list[str]:
    """The passages that askdoc cuts from the first abstracts of SciFact."""
    rows = _rows(data / "scifact" / "corpus.jsonl")[:abstracts]
    documents = [document_from_text(row["_id"], row["title"], row["text"]) for row in rows]
    return [p.text for d in documents for p in cut(d, embedder.count, PassageSize())]


def real_questions(data: Path) -> list[str]:
    """What people asked of these texts: claims of SciFact, questions of MedQuAD and SQuAD 2.0."""
    claims = [row["text"] for row in _rows(data / "scifact" / "queries.jsonl")]
    health = [s["question"] for article in _health(data) for s in article["sections"]]
    general = [row["question"] for row in _rows(data / "squad2" / "questions.jsonl")]
    return [*claims, *health, *general]


def clustered(count: int, width: int = 384, seed: int = 0) -> Iterator[np.ndarray]:
    """Unit vectors in blocks: `count` / 100 topics, a topic's vectors some .7 in cosine apart."""
    random = np.random.default_rng(seed)
    topics = random.standard_normal((max(count // 100, 1), width), dtype=np.float32)
    for start in range(0, count, 16384):
        size = min(16384, count - start)
        own = topics[random.integers(len(topics), size=size)]
        rows = own + 0.65 * random.standard_normal((size, width), dtype=np.float32)
        yield rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _bodies(data: Path) -> Iterator[str]:
    yield from (row["text"] for row in _rows(data / "scifact" / "corpus.jsonl"))
    yield from (section["text"] for article in _health(data) for section in article["sections"])
    for file in sorted((data / "squad2" / "articles").glob("*.txt")):
        yield file.read_text(encoding="utf-8")


def _health(data: Path) -> list[dict]:
    return _rows(data / "medquad" / "articles.jsonl")


def _rows(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
