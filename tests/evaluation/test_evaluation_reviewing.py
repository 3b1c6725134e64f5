"""Candidates are reviewed in a terminal and in a page, and can be left at any time."""

import json
import socket

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from askdoc.cli import app
from askdoc.errors import EvaluationError
from askdoc.evaluation.collections import read_cases
from askdoc.evaluation.reviewing import Review, judged_file, review_app, serve_review
from fakes import CATS
from judged import write_rows

SLEEP = {
    "id": "sleep",
    "question": "How many hours a day do cats sleep?",
    "status": "answered",
    "quotes": ["Cats sleep sixteen hours a day."],
    "rule": "number",
    "sureness": 0.65,
}
COST = {
    "id": "cost",
    "question": "How much does a cat cost?",
    "status": "not_in_article",
    "sureness": 0.4,
}
LATE = {
    **SLEEP,
    "id": "late",
    "question": "When do cats hunt?",
    "quotes": ["They hunt at dusk."],
    "sureness": 0.9,
}


@pytest.fixture
def file(tmp_path):
    (tmp_path / "corpus" / "cats").mkdir(parents=True)
    (tmp_path / "corpus" / "cats" / "article.md").write_text(CATS, encoding="utf-8")
    proposed = tmp_path / "evals" / "cats" / "questions.proposed"
    write_rows(proposed, [SLEEP, COST, LATE])
    return proposed


def run(*arguments, input=""):
    return CliRunner().invoke(app, ["questions", *map(str, arguments)], input=input)


def judged(file):
    return [json.loads(line) for line in judged_file(file).read_text().splitlines()]


def test_the_least_sure_is_shown_first(file):
    assert [one.id for one in Review.open(file).pending] == ["cost", "sleep", "late"]


def test_a_review_in_the_terminal_writes_what_evaluate_reads(file):
    done = run("review", file, input="a\nr\na\n")
    assert done.exit_code == 0, done.output
    assert [case.id for case in read_cases(file.parent).cases] == ["cost", "late"]
    assert "2 judged (1 answerable, 1 not), 1 rejected, 0 to go." in done.output


def test_a_review_resumes_and_remembers_rejections(file):
    run("review", file, input="r\nq\n")
    done = run("review", file, input="a\n")
    assert "How much does a cat cost?" not in done.output
    assert [row["id"] for row in judged(file)] == ["sleep"]
    assert [one.id for one in Review.open(file).pending] == ["late"]


def test_the_sentence_nearest_to_an_unanswerable_question_is_shown(file):
    swapped = {**COST, "id": "swap", "question": "How many hours a day do dogs sleep?"}
    dropped = {**SLEEP, "id": "drop", "status": "not_in_article", "quotes": []}
    write_rows(file, [{**swapped, "sureness": 0.1}, {**dropped, "without": SLEEP["quotes"]}])
    review = Review.open(file)
    assert review.nearest(review.pending[0]) == ("Cats sleep sixteen hours a day.",)
    assert review.nearest(review.pending[1]) == ()
    assert "nearest in the article: “Cats sleep" in run("review", file, input="q\n").output
    shown = TestClient(review_app(review), base_url="http://localhost").get("/").text
    assert "<blockquote>Cats sleep sixteen hours a day.</blockquote>" in shown


def test_what_was_rejected_is_not_shown_again_under_another_id(file):
    run("review", file, input="r\nq\n")
    write_rows(file, [{**COST, "id": "other"}, SLEEP])
    assert [one.id for one in Review.open(file).pending] == ["sleep"]


def test_a_question_is_edited_in_the_terminal(file):
    lines = ["l", "e", "how long do cats sleep each day?", "y", "", "", "q"]
    done = run("review", file, input="\n".join(lines) + "\n")
    assert done.exit_code == 0, done.output
    assert judged(file)[0]["question"] == "how long do cats sleep each day?"
    assert judged(file)[0]["quotes"] == SLEEP["quotes"]


def test_a_quote_that_the_article_lacks_is_refused_and_nothing_is_lost(file):
    lines = ["e", "do cats fly?", "y", "Cats can fly.", "", "q"]
    done = run("review", file, input="\n".join(lines) + "\n")
    assert "word for word" in done.output
    assert not judged_file(file).exists()
    assert len(Review.open(file).pending) == 3


def test_a_question_of_one_s_own_is_added_in_the_terminal(file):
    lines = ["n", "what do they eat?", "Dry food keeps longer.", "", "n", "do they fly?", "", "q"]
    done = run("review", file, input="\n".join(lines) + "\n")
    assert done.exit_code == 0, done.output
    assert [(row["question"], row["status"]) for row in judged(file)] == [
        ("what do they eat?", "answered"),
        ("do they fly?", "not_in_article"),
    ]
    assert len(Review.open(file).pending) == 3


def test_the_last_decision_is_taken_back(file):
    run("review", file, input="a\nb\nr\nq\n")
    assert judged(file) == []
    assert judged_file(file).with_suffix(".rejected").read_text().count("\n") == 1


def test_candidates_need_an_article_and_a_candidate(file, tmp_path):
    (tmp_path / "empty.proposed").touch()
    with pytest.raises(EvaluationError, match="no candidate"):
        Review.open(tmp_path / "empty.proposed")
    write_rows(tmp_path / "alone.proposed", [SLEEP])
    with pytest.raises(EvaluationError, match="--article"):
        Review.open(tmp_path / "alone.proposed")


@pytest.fixture
def page(file):
    return TestClient(review_app(Review.open(file)), base_url="http://127.0.0.1")


def decide(page, action, **fields):
    token = page.get("/").text.split('name="token" value="')[1].split('"')[0]
    return page.post("/", data={"token": token, "action": action, **fields})


def test_the_page_accepts_a_corrected_question(page, file):
    fields = {"question": "what is the price of a cat?", "status": "not_in_article", "quotes": ""}
    done = decide(page, "accept", id="cost", **fields)
    assert done.status_code == 200
    assert "How many hours a day do cats sleep?" in done.text
    assert judged(file)[0]["question"] == "what is the price of a cat?"


def test_the_page_tells_what_is_wrong_and_keeps_what_was_typed(page, file):
    fields = {"question": "do cats fly?", "status": "answered", "quotes": "Cats can fly."}
    done = decide(page, "accept", id="cost", **fields)
    assert done.status_code == 422
    assert "word for word" in done.text
    assert "do cats fly?" in done.text
    assert not judged_file(file).exists()


def test_the_page_adds_a_question_of_one_s_own(page, file):
    decide(page, "add", question="do they fly?", quotes="")
    assert judged(file)[0]["status"] == "not_in_article"
    again = decide(page, "add", question="Do they fly?", quotes="")
    assert (again.status_code, "judged already" in again.text) == (422, True)
    assert "Do they fly?</textarea>" in again.text
    assert len(judged(file)) == 1


def test_the_page_rejects_takes_back_and_ends(page, file):
    decide(page, "reject", id="cost")
    assert "How much does a cat cost?" in decide(page, "back").text
    for name in ("cost", "sleep"):
        decide(page, "reject", id=name)
    assert "Nothing is left to review." in decide(page, "reject", id="late").text


def test_the_page_takes_decisions_only_from_its_own_form(page, file):
    refused = page.post("/", data={"action": "reject", "id": "cost", "token": "guessed"})
    assert refused.status_code == 403
    assert len(Review.open(file).pending) == 3


def test_the_page_answers_to_this_machine_s_names_only(file):
    foreign = TestClient(review_app(Review.open(file)), base_url="http://evil.example")
    assert foreign.get("/").status_code == 400


def test_the_page_escapes_and_runs_nothing(file):
    write_rows(file, [{**COST, "question": "<script>alert(1)</script> cost?"}])
    shown = TestClient(review_app(Review.open(file)), base_url="http://localhost").get("/")
    assert "<script" not in shown.text
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]


def test_serving_a_review_to_other_machines_is_refused(file):
    done = CliRunner().invoke(app, ["serve", "--review", str(file), "--host", "0.0.0.0"])
    assert done.exit_code == 2
    assert "this machine alone" in " ".join(done.output.split())


def test_a_port_that_is_taken_is_told(file):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EvaluationError, match="cannot be opened"):
            serve_review(Review.open(file), port=port)


def test_proposing_names_the_article_where_the_folder_does_not(file, tmp_path):
    article = tmp_path / "corpus" / "cats"
    output = tmp_path / "elsewhere" / "x.proposed"
    done = run("propose", article, "-o", output)
    assert done.exit_code == 0, done.output
    assert Review.open(output).pending
    assert (output.parent / "article.txt").read_text() == "../corpus/cats\n"


def test_an_article_of_which_the_rules_make_nothing_is_named_and_nothing_is_written(tmp_path):
    (tmp_path / "list.md").write_text("AR\n\nLB\n", encoding="utf-8")
    done = run("propose", tmp_path / "list.md", "-o", tmp_path / "x.proposed")
    assert "list.md: they need whole English sentences" in str(done.exception)
    assert not (tmp_path / "x.proposed").exists()


def test_proposals_are_printed_one_a_line(file, tmp_path):
    done = run("propose", tmp_path / "corpus" / "cats", "--most", "5")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert 0 < len(rows) <= 5
    assert {"id", "question", "status", "quotes", "rule"} <= rows[0].keys()
