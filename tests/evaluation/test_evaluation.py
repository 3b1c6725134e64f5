"""Collections are read, searched, scored by ir-measures, and reported."""

import gzip
import json
from pathlib import Path

import ir_measures
import pytest

from askdoc import build_index
from askdoc.errors import EvaluationError
from askdoc.evaluation import evaluate
from askdoc.evaluation.answers import gold_spans, passage_qrels
from askdoc.evaluation.collections import Case, Collection, Query, made_document, read_collection
from askdoc.evaluation.measures import read_run, score, write_run
from askdoc.evaluation.pipeline import rank_report
from askdoc.evaluation.rankings import search_all
from fakes import CATS, WordEmbedder, document
from judged import write_rows


def test_each_document_scores_as_its_best_passage(beir):
    report = evaluate(beir, embedder=WordEmbedder(), index_folder=beir / "index")
    assert report.run["1"]["cat"] == max(report.run["1"].values())
    assert report.figures["RR@10"] == 1.0


def test_the_split_chooses_the_judgments(beir):
    report = evaluate(beir, embedder=WordEmbedder(), index_folder=beir / "index", split="train")
    assert [query.id for query in report.queries] == ["2"]


def test_an_unknown_split_names_those_there(beir):
    with pytest.raises(EvaluationError, match="test, train"):
        read_collection(beir, split="dev")


def test_a_second_run_encodes_no_document_again(beir):
    evaluate(beir, embedder=WordEmbedder(), index_folder=beir / "index")
    second = WordEmbedder()
    evaluate(beir, embedder=second, index_folder=beir / "index")
    assert sorted(second.encoded) == ["does milk upset cats?", "who guards the house?"]


def test_a_written_run_reads_back_the_same_and_scores_the_same_elsewhere(beir, tmp_path):
    report = evaluate(beir, embedder=WordEmbedder(), index_folder=beir / "index")
    write_run(report.run, tmp_path / "run.txt")
    assert read_run(tmp_path / "run.txt") == report.run
    direct = ir_measures.calc_aggregate(
        [ir_measures.nDCG @ 10],
        read_collection(beir).qrels,
        list(ir_measures.read_trec_run(str(tmp_path / "run.txt"))),
    )
    assert report.figures["nDCG@10"] == pytest.approx(direct[ir_measures.nDCG @ 10], abs=1e-6)


def test_a_judged_query_without_results_scores_zero():
    assert score({"q": {"a": 1}}, {}, ["RR", "P(rel=1)@5"]) == {"q": {"RR": 0.0, "P@5": 0.0}}


@pytest.mark.parametrize("name", ["foo@10", "nDCG@", "nDCG@ten", ""])
def test_a_measure_that_is_none_is_refused_by_name(name):
    with pytest.raises(EvaluationError, match="ir-measures"):
        score({"q": {"a": 1}}, {}, [name or "@"])


def test_trec_topics_and_qrels_are_read_like_beir(beir):
    (beir / "queries.jsonl").unlink()
    (beir / "qrels" / "test.tsv").unlink()
    (beir / "qrels" / "test.txt").write_text("1 0 cat 1\n2 0 dog 0\n")
    (beir / "topics.txt").write_text(
        "<top>\n<num> Number: 1\n<title> does milk\n upset cats?\n<desc> ...\n</top>\n"
        "<top><num>2</num><title>who guards the house?</title></top>\n"
    )
    data = read_collection(beir)
    assert data.queries == (
        Query("1", "does milk upset cats?"),
        Query("2", "who guards the house?"),
    )
    assert data.qrels == {"1": {"cat": 1}, "2": {"dog": 0}}


@pytest.mark.parametrize(
    ("line", "told"),
    [("{", "line 1 is not JSON"), ("[]", "line 1 is not a JSON object"), ('{"id": 1}', "question")],
)
def test_a_broken_case_is_named_by_file_and_line(cats, line, told):
    (cats / "questions.jsonl").write_text(line)
    with pytest.raises(EvaluationError, match=told):
        read_collection(cats)


def test_a_question_that_cannot_be_asked_is_named(cats):
    (cats / "questions.jsonl").write_text('{"id": "smile", "question": "?!"}')
    with pytest.raises(EvaluationError, match='"smile": The question is empty'):
        evaluate(cats, embedder=WordEmbedder())


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("quotes", 5, "list of strings"),
        ("quotes", [5], "list of strings"),
        ("quotes", "Cats sleep.", "list of strings"),
        ("history", 5, "list of strings"),
        ("history", {"a": 1}, "list of strings"),
        ("caveats", True, "list of strings"),
        ("forbid", [None], "list of strings"),
        ("question", 5, "must be a string"),
        ("resolved", ["x"], "must be a string"),
        ("id", True, "must be a string"),
        ("id", " ", "Add it"),
        ("status", 5, "one of answered"),
        ("status", ["answered"], "one of answered"),
    ],
)
def test_a_field_of_another_kind_is_named_with_file_and_line(cats, field, value, told):
    row = {"id": "a", "question": "why?", field: value}
    (cats / "questions.jsonl").write_text("\n" + json.dumps(row))
    with pytest.raises(EvaluationError, match=rf"questions\.jsonl, line 2.*{field}.*{told}"):
        read_collection(cats)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("corpus.jsonl", {"_id": "cat", "text": ["Cats sleep."]}),
        ("corpus.jsonl", {"_id": "cat", "title": 5}),
        ("queries.jsonl", {"_id": "1", "text": "why?", "history": 5}),
        ("queries.jsonl", {"_id": {}, "text": "why?"}),
    ],
)
def test_a_line_of_a_collection_of_another_kind_is_named(beir, name, row):
    write_rows(beir / name, [row])
    with pytest.raises(EvaluationError, match=rf"{name}, line 1: .* must be a"):
        read_collection(beir)


@pytest.mark.parametrize("name", ["corpus.jsonl", "topics.tsv", "qrels/test.tsv"])
def test_a_file_that_is_not_utf_8_is_named_with_its_line(beir, name):
    (beir / "queries.jsonl").rename(beir / "kept.jsonl")
    (beir / "topics.tsv").write_text("1\twhy?\n")
    (beir / name).write_bytes(b"\n\xe9t\xe9\n")
    with pytest.raises(EvaluationError, match=rf"{name}, line 2 is not UTF-8\. Save"):
        read_collection(beir)


def test_a_run_that_is_not_utf_8_or_not_there_is_a_clear_error(tmp_path):
    (tmp_path / "x.run").write_bytes(b"\xff\xfe1")
    with pytest.raises(EvaluationError, match="line 1 is not UTF-8"):
        read_run(tmp_path / "x.run")
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_run(tmp_path / "none.run")


def test_a_mark_at_the_beginning_of_a_file_is_no_part_of_it(beir, cats):
    plain = read_collection(beir), read_collection(cats)
    for file in [*beir.rglob("*.*sv"), *beir.glob("*.jsonl"), *cats.glob("*.jsonl")]:
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert (read_collection(beir), read_collection(cats)) == plain


def test_a_packed_run_is_read(tmp_path):
    (tmp_path / "x.run.gz").write_bytes(gzip.compress(b"1 Q0 cat 1 0.5 other\n"))
    assert read_run(tmp_path / "x.run.gz") == {"1": {"cat": 0.5}}


@pytest.mark.parametrize("line", ["1 cat", "1 0 cat high", "1"])
def test_a_line_that_is_no_judgment_is_named(beir, line):
    (beir / "qrels" / "test.tsv").write_text(f"1\tcat\t1\n{line}\n")
    with pytest.raises(EvaluationError, match=r"test\.tsv, line 2 is not a judgment"):
        read_collection(beir)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
def test_an_id_that_stands_twice_is_named_with_both_lines(beir, name):
    with (beir / name).open("a", encoding="utf-8") as file:
        file.write('\n{"_id": "new", "text": "why?"}\n{"_id": "new", "text": "when?"}\n')
    last = len((beir / name).read_text().splitlines())
    told = rf'{name}, line {last} has the id "new", and so has .*{name}, line {last - 1}'
    with pytest.raises(EvaluationError, match=told):
        read_collection(beir)


@pytest.mark.parametrize(
    "text",
    ["1\twhy?\n\n1\twhen?", "<top><num>1<title>why?</top>\n\n<top><num>1<title>when?</top>"],
)
def test_a_topic_that_stands_twice_is_named_with_both_lines(beir, text):
    (beir / "queries.jsonl").unlink()
    (beir / "topics.txt").write_text(text)
    with pytest.raises(EvaluationError, match=r'line 3 has the id "1", and so has .*, line 1\.'):
        read_collection(beir)


def test_a_case_that_stands_twice_is_named_with_both_files(cats):
    write_rows(cats / "more.jsonl", [{"id": "sleep", "question": "do they sleep?"}])
    told = r"questions\.jsonl, line 1 has the id .* so has .*more\.jsonl, line 1"
    with pytest.raises(EvaluationError, match=told):
        read_collection(cats)


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff", '{"_id": "void", "text": ""}'])
def test_a_collection_without_a_document_is_refused(beir, text):
    (beir / "corpus.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"corpus\.jsonl holds no document\. Give"):
        read_collection(beir)


@pytest.mark.parametrize("split", [None, "dev"])
def test_a_file_without_a_question_is_refused(cats, split):
    (cats / "questions.jsonl").write_text("\n")
    with pytest.raises(EvaluationError, match="cats holds no question"):
        read_collection(cats, split=split)


def test_a_split_that_no_case_has_is_told_with_those_there(cats):
    with pytest.raises(EvaluationError, match=r'split "test"\. It has: dev, heldout'):
        read_collection(cats, split="test")


@pytest.mark.parametrize("score", ["nan", "inf", "-Infinity"])
def test_a_score_that_ranks_nothing_is_refused(tmp_path, score):
    (tmp_path / "x.run").write_text(f"1 Q0 cat 1 0.5 other\n1 Q0 dog 2 {score} other\n")
    with pytest.raises(EvaluationError, match=rf"x\.run, line 2: {score} ranks nothing"):
        read_run(tmp_path / "x.run")


def test_a_line_that_is_not_of_a_run_is_named(tmp_path):
    (tmp_path / "x.run").write_text("1 Q0 cat 1 0.5 other\n1 cat 0.5\n")
    with pytest.raises(EvaluationError, match=r"x\.run, line 2 is not of a TREC run"):
        read_run(tmp_path / "x.run")


@pytest.mark.parametrize("split", [None, "dev"])
def test_a_misspelt_field_is_told_with_those_there_are(cats, split):
    row = {"id": "a", "question": "why?", "staus": "answered", "splt": "dev"}
    write_rows(cats / "more.jsonl", [row])
    told = r'more\.jsonl, line 1: "staus" is no field of a question. Write "status"'
    with pytest.raises(EvaluationError, match=told):
        read_collection(cats, split=split)


def test_other_fields_are_their_author_s_own(cats):
    write_rows(cats / "more.jsonl", [{"id": "a", "question": "why?", "note": [1], "topic": "x"}])
    assert [case.id for case in read_collection(cats).cases] == ["a", "sleep", "texas"]


def test_an_empty_folder_is_refused_with_what_it_should_hold(tmp_path):
    with pytest.raises(EvaluationError, match=r"corpus\.jsonl"):
        read_collection(tmp_path)


def test_the_article_is_found_by_the_folder_name_and_asked_in_full(cats):
    report = evaluate(cats, embedder=WordEmbedder(), index_folder=cats / "index")
    assert report.figures["gold passage first"] == 1.0
    assert report.figures["gold sentence quoted"] == 1.0
    assert report.figures["status accuracy"] == 1.0
    assert report.figures["abstention F1"] == 1.0


def test_the_split_of_cases_is_kept(cats):
    assert [case.id for case in read_collection(cats, split="heldout").cases] == ["texas"]


def test_a_quote_that_the_article_lacks_is_an_error():
    case = Case("c", "why?", quotes=("Cats are liquid.",))
    with pytest.raises(EvaluationError, match="word for word"):
        gold_spans([document(CATS)], case)


def test_gold_is_located_by_offset_whatever_the_passages():
    article = document(CATS)
    index = build_index([article], embedder=WordEmbedder())
    case = Case("c", "why?", quotes=("Milk upsets\n most cats.",))
    [(_, (start, end))] = gold_spans([article], case)
    assert article.text[start:end] == "Milk upsets most cats."
    [relevant] = passage_qrels(index, [case])["c"]
    assert next(p for p in index.passages if p.id == relevant).start <= start


def test_progress_ends_where_it_should(cats):
    seen = []
    evaluate(
        cats,
        embedder=WordEmbedder(),
        index_folder=cats / "index",
        on_progress=lambda step, done, total: seen.append((step, done, total)),
    )
    assert ("asking", 2, 2) in seen


def test_worst_queries_come_first():
    data = Collection(
        "two",
        (document("Milk is white.", id="milk", title=""), document("Tea is hot.", id="tea")),
        (Query("good", "is milk white?"), Query("bad", "is tea hot?")),
        {"good": {"milk": 1}, "bad": {"milk": 1}},
    )
    index = build_index(data.documents, embedder=WordEmbedder())
    report = rank_report(index, data, ["RR@1"])
    assert [query.id for query in report.queries] == ["bad", "good"]


def test_a_query_with_history_is_resolved_before_the_search():
    index = build_index([document(CATS)], embedder=WordEmbedder())
    alone = search_all(index, [Query("q", "does milk upset cats?")]).run["q"]
    leaning = search_all(index, [Query("q", "is it?", ("does milk upset cats?",))]).run["q"]
    assert max(alone, key=alone.get) == max(leaning, key=leaning.get)


def test_the_shipped_questions_parse_and_their_quotes_stand_in_the_article():
    root = Path(__file__).parents[2]
    data = read_collection(root / "evals" / "kratom")
    for case in data.cases:
        assert bool(gold_spans(data.documents, case)) == bool(case.quotes)


def test_a_lone_surrogate_in_a_collection_becomes_a_replacement_character():
    assert made_document("d", "Ferry \ud800", "At seven \udfff.").text == "At seven \ufffd."
