"""Small collections of questions with judgments, as files."""

import json

import pytest

from fakes import CATS


def write_rows(file, rows):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def beir(tmp_path):
    folder = tmp_path / "pets"
    write_rows(
        folder / "corpus.jsonl",
        [
            {"_id": "cat", "title": "Cats", "text": "Cats sleep all day. Milk upsets cats."},
            {"_id": "dog", "title": "Dogs", "text": "Dogs bark at night. They guard the house."},
            {"_id": "fish", "title": "Fish", "text": ""},
            {"_id": "void", "title": "", "text": ""},
        ],
    )
    write_rows(
        folder / "queries.jsonl",
        [
            {"_id": "1", "text": "does milk upset cats?"},
            {"_id": "2", "text": "who guards the house?"},
            {"_id": "3", "text": "nobody judged this"},
        ],
    )
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\tcat\t1\n2\tdog\t2\n")
    (folder / "qrels" / "train.tsv").write_text("query-id\tcorpus-id\tscore\n2\tdog\t1\n")
    return folder


@pytest.fixture
def cats(tmp_path):
    (tmp_path / "corpus" / "cats").mkdir(parents=True)
    (tmp_path / "corpus" / "cats" / "article.md").write_text(CATS, encoding="utf-8")
    folder = tmp_path / "evals" / "cats"
    write_rows(
        folder / "questions.jsonl",
        [
            {
                "id": "sleep",
                "question": "how many hours a day do cats sleep?",
                "status": "answered",
                "quotes": ["Cats sleep sixteen hours a day."],
                "split": "dev",
            },
            {
                "id": "texas",
                "question": "do lawyers pay taxes?",
                "status": "not_in_article",
                "split": "heldout",
            },
        ],
    )
    return folder
