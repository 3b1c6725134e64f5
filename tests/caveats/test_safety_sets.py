"""The sets under `evals/safety`: apart from each other, and labelled with what there is."""

import json
from collections import Counter

import pytest
from training.classifier_data import SAFETY, held_out_questions, normalised

from askdoc.caveats.blocks import crisis
from askdoc.caveats.glossary import LANGUAGES
from kratom import kratom_catalogue

pytestmark = pytest.mark.slow
SETS = [SAFETY / "train.jsonl", SAFETY / "dev.jsonl", *sorted((SAFETY / "test").glob("*.jsonl"))]
each_set = pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)


def rows_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def questions_of(*paths):
    return {normalised(row["question"]) for path in paths for row in rows_of(path)}


def test_no_question_to_fit_to_stands_in_a_list_to_measure_on_but_for_case_and_punctuation():
    assert questions_of(SETS[0]).isdisjoint(held_out_questions())


def test_no_question_to_choose_thresholds_on_stands_in_a_test_list():
    assert questions_of(SETS[1]).isdisjoint(questions_of(*SETS[2:]))


@each_set
def test_no_question_stands_twice(path):
    asked = Counter(normalised(row["question"]) for row in rows_of(path))
    assert [question for question, times in asked.items() if times > 1] == []


@each_set
def test_ids_begin_with_the_name_of_their_file_and_are_used_once(path):
    ids = [row["id"] for row in rows_of(path)]
    assert len(set(ids)) == len(ids)
    assert [id for id in ids if not id.startswith(f"{path.stem}-")] == []


@each_set
def test_every_label_is_a_known_id_and_none_is_asked_for_and_forbidden(path):
    known = {topic.id for topic in kratom_catalogue().topics}
    known |= {block.caveat.id for block in crisis().blocks}
    for row in rows_of(path):
        assert {*row["caveats"], *row["forbid"]} <= known, row["id"]
        assert not set(row["caveats"]) & set(row["forbid"]), row["id"]


@each_set
def test_every_row_tells_where_it_is_from_its_language_and_its_kind(path):
    for row in rows_of(path):
        assert row["source"]
        assert row["language"] in {"en", *LANGUAGES, "ru", "ar", "hi", "zh"}
        assert row["kind"] in {"topic", "near_miss", "everyday", "plain"}
        assert (row["kind"] == "topic") == bool(row["caveats"])


def test_rows_of_one_source_are_in_one_fold_where_a_hand_wrote_them():
    folds = {}
    for row in rows_of(SETS[0]):
        assert row["fold"] in {1, 2, 3}
        if row["source"].startswith("wide"):
            folds.setdefault(row["source"], set()).add(row["fold"])
    assert all(len(own) == 1 for own in folds.values())


def test_everyday_questions_are_many_of_many_fields_and_a_third_of_them_heated():
    rows = rows_of(SAFETY / "test/everyday.jsonl")
    assert len(rows) >= 600
    assert len({row["field"] for row in rows}) >= 10
    assert sum(row["tone"] == "heated" for row in rows) / len(rows) >= 1 / 3
