"""The kratom questions: well formed, balanced, and quoting whole sentences of the article."""

import hashlib
import json
import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import Stemmer

from askdoc.evaluation.collections import read_collection
from askdoc.question import clean_question

ROOT = Path(__file__).parents[2]
ARTICLE = ROOT / "corpus" / "kratom" / "article.md"
CATALOGUE = ROOT / "corpus" / "kratom" / "caveats.toml"
CRISIS = ROOT / "src" / "askdoc" / "crisis.toml"
EVALS = ROOT / "evals" / "kratom"

STATUSES = {"answered", "not_in_article", "emergency"}
KINDS = {"follow_up", "topic_change", "false_assertion"}
QUESTION_FIELDS = {"id", "question", "history", "status", "quotes", "caveats", "split"}
DIALOGUE_FIELDS = QUESTION_FIELDS | {"resolved", "kind"}

BLOCK_START = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*+] |#))")
MARKER = re.compile(r"^\s*(?:[-*+]|#+)\s+")
SENTENCE_BREAK = re.compile(r"(?<=[.!?:])(?<!Dr\.)\s+(?=[A-Z])")

STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be been before being between but by can could
    did do does doing done for from get give go got had has have he her him his how i if im in into
    is it its just like make makes me more most much must my no nor not now of off on once one only
    or our out over own same say says see she should since so some such take takes taking than that
    the their them then there these they this those through to too under until up us use used using
    very want was we were what whats when where whether which while who why will with without would
    yes you your s t kratom hair""".split()
)
STEMMER = Stemmer.Stemmer("english")

Record = dict[str, Any]


@cache
def load(name: str) -> tuple[Record, ...]:
    lines = (EVALS / name).read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines)


def questions() -> tuple[Record, ...]:
    return load("questions.jsonl")


def dialogues() -> tuple[Record, ...]:
    return load("dialogues.jsonl")


def records() -> tuple[Record, ...]:
    return questions() + dialogues()


def answerable(among: tuple[Record, ...]) -> list[Record]:
    return [record for record in among if record["status"] == "answered"]


@cache
def article_sentences() -> frozenset[str]:
    """The article's sentences and list items, whitespace collapsed and nothing else touched."""
    body = ARTICLE.read_text(encoding="utf-8").split("\n---\n", 1)[1]
    sentences: set[str] = set()
    for block in BLOCK_START.split(body):
        words = " ".join(MARKER.sub("", block).split())
        is_item = words.rsplit(" ", 1)[-1].startswith("http")
        sentences.update([words] if is_item else SENTENCE_BREAK.split(words))
    return frozenset(sentences)


def content_stems(text: str) -> set[str]:
    words = re.findall(r"[a-z0-9]+", re.sub("['’]s?\\b", "", text.lower()))
    return set(STEMMER.stemWords([word for word in words if word not in STOP_WORDS]))


def test_every_quote_is_a_whole_sentence_of_the_article() -> None:
    quotes = {" ".join(quote.split()) for record in records() for quote in record["quotes"]}
    assert sorted(quotes - article_sentences()) == []


def test_every_sentence_of_prose_in_the_article_is_asked_about() -> None:
    asked = {quote for record in questions() for quote in record["quotes"]}
    prose = {text for text in article_sentences() if text.endswith((".", "!", "?"))}
    assert len(prose) > 50
    assert sorted(prose - asked) == []


@pytest.mark.parametrize(
    ("name", "fields"),
    [("questions.jsonl", QUESTION_FIELDS), ("dialogues.jsonl", DIALOGUE_FIELDS)],
)
def test_every_record_has_exactly_its_fields(name: str, fields: set[str]) -> None:
    assert {
        record["id"]: set(record) ^ fields for record in load(name) if set(record) != fields
    } == {}


def test_ids_are_unique_over_both_files() -> None:
    repeated = [key for key, n in Counter(r["id"] for r in records()).items() if n > 1]
    assert repeated == []


def test_no_question_is_asked_twice_or_left_empty() -> None:
    asked = Counter(" ".join(record["question"].lower().split()) for record in questions())
    assert [question for question, n in asked.items() if n > 1 or not question] == []


def test_statuses_are_the_ones_an_answer_can_have() -> None:
    assert {record["status"] for record in records()} == STATUSES


def test_answered_records_have_gold_and_no_other_record_has() -> None:
    wrong = [r["id"] for r in records() if bool(r["quotes"]) != (r["status"] == "answered")]
    assert wrong == []


def test_no_record_lists_a_quote_or_a_caveat_twice() -> None:
    lists = [(r["id"], field, r[field]) for r in records() for field in ("quotes", "caveats")]
    assert [(key, field) for key, field, items in lists if len(items) != len(set(items))] == []


def test_there_are_enough_questions_and_a_quarter_have_no_answer() -> None:
    by_status = Counter(record["status"] for record in questions())
    assert by_status["answered"] >= 80
    assert by_status["not_in_article"] / by_status.total() >= 0.25
    assert by_status["emergency"] >= 5


def test_the_split_follows_the_hash_of_the_id() -> None:
    expected = {
        key: "heldout" if hashlib.sha256(key.encode()).digest()[0] % 2 else "dev"
        for key in (record["id"] for record in records())
    }
    assert {record["id"]: record["split"] for record in records()} == expected


@pytest.mark.parametrize("status", ["answered", "not_in_article"])
def test_both_splits_hold_a_fair_share_of_each_status(status: str) -> None:
    splits = Counter(record["split"] for record in questions() if record["status"] == status)
    assert 0.4 <= splits["dev"] / splits.total() <= 0.6


def test_readers_mostly_use_other_words_than_the_sentences_that_answer() -> None:
    asked = answerable(questions())
    apart = [
        record
        for record in asked
        if content_stems(record["question"]).isdisjoint(content_stems(" ".join(record["quotes"])))
    ]
    assert len(apart) / len(asked) > 0.5


def test_stand_alone_questions_carry_no_history_and_dialogues_always_do() -> None:
    assert [record["id"] for record in questions() if record["history"]] == []
    assert [record["id"] for record in dialogues() if not 1 <= len(record["history"]) <= 3] == []


def test_dialogues_are_of_all_three_kinds() -> None:
    kinds = Counter(record["kind"] for record in dialogues())
    assert set(kinds) == KINDS
    assert kinds.total() >= 25
    assert kinds["follow_up"] / kinds.total() >= 0.5
    assert kinds["topic_change"] / kinds.total() >= 0.3


def test_only_a_change_of_topic_stands_alone_as_it_was_typed() -> None:
    unchanged = {r["id"] for r in dialogues() if r["resolved"] == r["question"]}
    assert unchanged == {r["id"] for r in dialogues() if r["kind"] == "topic_change"}


def test_every_caveat_asked_for_is_in_the_catalogue_or_among_the_crisis_blocks() -> None:
    topics = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["topics"]
    blocks = tomllib.loads(CRISIS.read_text(encoding="utf-8"))["blocks"]
    known = {table["id"] for table in (*topics, *blocks)}
    wanted = {caveat for record in records() for caveat in record["caveats"]}
    assert sorted(wanted - known) == []


def test_every_emergency_asks_for_one_of_the_crisis_blocks() -> None:
    emergencies = [record for record in records() if record["status"] == "emergency"]
    crisis = {"overdose_emergency", "self_harm"}
    assert len(emergencies) >= 8
    assert [record["id"] for record in emergencies if crisis.isdisjoint(record["caveats"])] == []


def test_readers_of_the_kratom_article_are_two_and_quote_it():
    lines = (ROOT / "evals/readers/kratom.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    assert len({record["id"] for record in asked}) == len(asked)
    assert {record["split"] for record in asked} == {"dev", "heldout"}
    text = " ".join(ARTICLE.read_text(encoding="utf-8").split())
    for record in asked:
        assert record.keys() == QUESTION_FIELDS
        assert (record["status"] == "answered") == bool(record["quotes"])
        assert all(" ".join(quote.split()) in text for quote in record["quotes"])


def test_readers_of_other_articles_tell_where_the_answers_stand():
    lines = (ROOT / "evals/readers/medquad.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    assert len({(record["article"], record["question"]) for record in asked}) == len(asked)
    for record in asked:
        assert record.keys() == {"article", "question", "spans"}
        assert all(section >= 0 and start < end for section, start, end in record["spans"])
    assert 0.5 < sum(bool(record["spans"]) for record in asked) / len(asked) < 0.7


LISTS = sorted((ROOT / "evals").glob("**/*.jsonl"))


@pytest.mark.parametrize("file", LISTS, ids=[f"{file.parent.name}-{file.stem}" for file in LISTS])
def test_every_question_of_every_list_can_be_asked(file):
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines
    for line in lines:
        clean_question(json.loads(line)["question"])


@pytest.mark.parametrize(
    "list_", sorted((ROOT / "evals/exam").glob("*.jsonl")), ids=lambda f: f.stem
)
def test_each_article_of_the_exam_answers_half_of_its_questions(list_: Path) -> None:
    article = list_.parent / "articles" / f"{list_.stem}.md"
    cases = read_collection(list_, split="heldout", article=article).cases
    assert Counter(case.status for case in cases) == {"answered": 10, "not_in_article": 10}
    assert all(bool(case.quotes) is (case.status == "answered") for case in cases)
