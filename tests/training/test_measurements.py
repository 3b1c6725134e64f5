"""Measurements on public collections: what is read, and what is counted."""

import json

import pytest
from benchmarks import followups, lists, mtrag

from askdoc import build_index
from fakes import WordEmbedder


def task(name, answerability, question, passages=(), before=()):
    """A line of the benchmark's tasks."""
    said = [{"speaker": "user", "text": text} for text in (*before, question)]
    return {
        "task_id": name,
        "answerability": [answerability],
        "input": [turn for one in said for turn in (one, {"speaker": "agent", "text": "Hm."})][:-1],
        "contexts": [{"document_id": i, "text": text} for i, text in passages],
    }


@pytest.fixture
def tasks():
    return [
        mtrag.task_of(row)
        for row in (
            task("1", "ANSWERABLE", "when does it open?", [("a", "It opens at nine.")], ["hi"]),
            task("2", "UNANSWERABLE", "who built it?"),
            task("3", "UNDERSPECIFIED", "which one?", [("b", "There are two.")]),
        )
    ]


def test_a_task_is_its_last_question_with_those_of_the_person_before(tasks):
    assert (tasks[0].question, tasks[0].history) == ("when does it open?", ("hi",))
    assert [one.text for one in tasks[0].passages.values()] == ["It opens at nine."]


def test_underspecified_questions_are_not_judged_by_their_status(tasks):
    found = mtrag.cases(tasks, ()).cases
    assert [(one.id, one.status) for one in found] == [("1", "answered"), ("2", "not_in_article")]


def test_judgments_of_all_domains_are_read_together(tmp_path):
    for name in ("x", "y"):
        (tmp_path / f"{name}.tsv").write_text(f"query-id\tcorpus-id\tscore\n{name}1\ta\t1\n")
    assert mtrag.read_qrels(sorted(tmp_path.iterdir())) == {"x1": {"a": 1}, "y1": {"a": 1}}


def test_ranks_are_told_without_and_with_the_history(tasks, capsys):
    pool = {name: one for task in tasks for name, one in task.passages.items()}
    index = build_index(pool.values(), embedder=WordEmbedder())
    mtrag.print_ranks(index, tasks, {"1": {"a": 1}})
    told = capsys.readouterr().out
    assert "fusion, with those before" in told
    assert told.count("nDCG@5 ") >= 4


def test_turns_are_told_by_whether_they_were_rewritten():
    turns = [
        {"question": "What about it?", "resolved": "What about the moon?"},
        {"question": "Who is Ada Lovelace?", "resolved": "who is Ada Lovelace"},
    ]
    assert followups.detection(json.loads(json.dumps(turns))) == (1.0, 1.0)


def test_every_article_counts_once_in_a_mean_over_lists():
    figures = [dict.fromkeys(lists.MEASURES, value) for value in (0.2, 0.4, 0.9)]
    for mean, low, high in lists.means(figures).values():
        assert mean == pytest.approx(0.5)
        assert 0.2 <= low < 0.5 < high <= 0.9
