"""Quoted words against marked ones."""

import json

import pytest

from askdoc.errors import EvaluationError
from askdoc.evaluation import evaluate, to_html
from askdoc.evaluation.words import read_marked, word_values
from fakes import CATS, WordEmbedder


def marked(folder, *rows):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "gold.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_a_word_counts_when_a_span_touches_it():
    values = word_values("one two three four", [(2, 6)], [(4, 13)])
    assert values == {
        "word F1": (0.5, 4.0),
        "word precision": (0.5, 2.0),
        "word recall": (0.5, 2.0),
    }


def test_to_quote_nothing_where_nothing_answers_counts_no_word():
    assert word_values("one two", [], []) == {"word F1": (1.0, 0.0)}


def test_quotes_where_nothing_answers_cost_precision(tmp_path):
    sleep = "Cats sleep sixteen hours a day."
    start = CATS.index(sleep)
    query = "how many hours a day do cats sleep?"
    folder = marked(
        tmp_path,
        {"query": query, "text": CATS, "spans": [[start, start + len(sleep)]]},
        {"query": query, "text": CATS, "spans": []},
    )
    report = evaluate(folder, embedder=WordEmbedder())
    right = len(sleep.split())
    said = report.figures["word precision"]
    assert said <= 0.5
    assert report.figures["word recall"] == 1
    assert report.figures["word F1"] == pytest.approx(2 * said / (1 + said))
    assert report.figures["false answers"] == 1
    assert report.queries[0].weights["word F1"] >= right
    assert "Harmonic mean" in to_html(report)


@pytest.mark.parametrize("spans", [None, [[0]], [[5, 2]], [[0, 999]], "x"])
def test_spans_outside_of_the_text_are_named_by_line(tmp_path, spans):
    marked(tmp_path, {"query": "q", "text": "one two", "spans": spans})
    with pytest.raises(EvaluationError, match=r"gold\.jsonl, line 1: \"spans\" must"):
        read_marked(tmp_path)
