"""Other systems: runs, retrievers over HTTP, and sweeps over variants."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from askdoc.errors import EvaluationError
from askdoc.evaluation import (
    Variant,
    evaluate,
    evaluate_retriever,
    read_plan,
    score_run,
    sweep,
    to_html,
    write_run,
)
from askdoc.evaluation.page import sweep_html
from askdoc.evaluation.variants import halves
from fakes import WordEmbedder


class Retriever:
    """A system on this machine that gives every question the same answer."""

    def __init__(self, answer, status=200):
        self.asked = []
        self.tokens = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                outer.asked.append(json.loads(self.rfile.read(length)))
                outer.tokens.append(self.headers["Authorization"])
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/search"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def test_a_retriever_is_asked_each_query_and_scored_by_its_ranks(beir):
    with Retriever({"passages": [{"id": "dog"}, {"id": "cat", "text": "Cats sleep."}]}) as system:
        report = evaluate_retriever(beir, system.url, measures=["RR@10"])
    assert report.figures["RR@10"] == 0.75
    assert system.asked[0] == {"question": "does milk upset cats?", "history": [], "k": 100}
    assert "Cats sleep." in to_html(report)


@pytest.mark.parametrize(
    "passage",
    [
        {"id": "x", "text": "Cats sleep  sixteen hours a day. They hunt at dusk."},
        {"id": "x", "start": 20, "end": 60},
        {"id": "x", "text": "they say: CATS SLEEP SIXTEEN HOURS A DAY. And more."},
    ],
)
def test_passages_of_any_cut_are_judged_by_the_gold_quotes_they_hold(cats, passage):
    other = {"id": "y", "text": "Milk upsets most cats."}
    with Retriever({"passages": [other, passage]}) as system:
        report = evaluate_retriever(cats, system.url, measures=["RR@10", "R@5"])
    assert report.figures["RR@10"] == 0.5
    assert report.figures["R@5"] == 1
    assert report.figures["gold passage first"] == 0


def test_a_token_is_sent(beir, monkeypatch):
    monkeypatch.setenv("ASKDOC_RETRIEVER_TOKEN", "secret")
    with Retriever({"passages": []}) as system:
        evaluate_retriever(beir, system.url)
    assert set(system.tokens) == {"Bearer secret"}


def test_no_login_of_an_address_stands_in_a_report(beir):
    with Retriever({"passages": []}) as system:
        report = evaluate_retriever(beir, system.url.replace("//", "//me:word@") + "?key=1")
    assert report.settings["retriever"] == system.url


@pytest.mark.parametrize("answer", [{"hits": []}, [], {"passages": [{"text": "no id"}]}])
def test_an_answer_in_another_form_is_told_with_the_right_one(beir, answer):
    with (
        Retriever(answer) as system,
        pytest.raises(EvaluationError, match='query "1", answered in'),
    ):
        evaluate_retriever(beir, system.url)


def test_a_retriever_that_fails_is_named_with_its_status(beir):
    with Retriever({}, status=503) as system, pytest.raises(EvaluationError, match="status 503"):
        evaluate_retriever(beir, system.url)


@pytest.mark.parametrize("url", ["ftp://x/y", "localhost:80", "http://"])
def test_what_is_no_address_is_refused(beir, url):
    with pytest.raises(EvaluationError, match="no address"):
        evaluate_retriever(beir, url)


def test_a_written_run_of_an_article_scores_the_same_again(cats, tmp_path):
    first = evaluate(cats, embedder=WordEmbedder(), index_folder=tmp_path / "i")
    write_run(first.run, tmp_path / "a.run")
    again = score_run(
        cats, tmp_path / "a.run", embedder=WordEmbedder(), index_folder=tmp_path / "i"
    )
    assert again.figures == {name: first.figures[name] for name in again.figures}
    assert again.queries[0].retrieved[0].text.startswith("Cats sleep")


def test_a_run_of_other_passages_is_refused(cats, tmp_path):
    write_run({"sleep": {"elsewhere#1": 1.0}}, tmp_path / "a.run")
    with pytest.raises(EvaluationError, match="ranks no passage of cats"):
        score_run(cats, tmp_path / "a.run", embedder=WordEmbedder(), index_folder=tmp_path / "i")


def plan(tmp_path, text):
    (tmp_path / "variants.toml").write_text(text)
    return read_plan(tmp_path / "variants.toml")


def test_lists_in_a_plan_stand_for_a_variant_each(tmp_path):
    found = plan(tmp_path, "[[variant]]\nlexical = [0, 0.1]\nmaxsim = [0, 1]\n").variants
    assert [one.name for one in found] == [
        "fusion",
        "lexical=0 maxsim=0",
        "lexical=0 maxsim=1",
        "lexical=0.1 maxsim=0",
        "lexical=0.1 maxsim=1",
    ]
    assert (found[4].fusion.lexical, found[4].fusion.maxsim) == (0.1, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names no variant"),
        ("[[variant]\n", "not TOML"),
        ("[[variant]]\nlexcal = 1\n", "lexcal is unknown"),
        ("[[variant]]\nname = 'x'\n", "sets nothing"),
        ("[[variant]]\nlexical = 'much'\n", "lexical = 'much'"),
        ("[[variant]]\nlexical = [1, 1]\n", "two variants of one name"),
        ("measure = 'foo@1'\n[[variant]]\nlexical = 1\n", "foo@1"),
    ],
)
def test_a_plan_that_makes_no_sense_is_told_by_what_is_wrong(tmp_path, text, told):
    with pytest.raises(EvaluationError, match=told):
        plan(tmp_path, text)


def test_the_halves_share_no_query_and_never_change():
    tuning, testing = halves([str(n) for n in range(11)])
    assert sorted([*tuning, *testing], key=int) == [str(n) for n in range(11)]
    assert (tuning, testing) == halves([str(n) for n in reversed(range(11))])


def reports(beir, values):
    """Reports whose queries have these values, by variant."""
    from dataclasses import replace

    from askdoc.evaluation.report import Scored

    base = evaluate(beir, embedder=WordEmbedder(), index_folder=beir / "index")
    return lambda variant: replace(
        base, queries=tuple(Scored(q, {"RR@10": v}) for q, v in values[variant.name].items())
    )


def test_what_is_lucky_on_one_half_alone_does_not_win(beir, tmp_path):
    names = [str(n) for n in range(40)]
    tuning, _ = halves(names)
    lucky = {name: 0.9 if name in tuning else 0.5 for name in names}
    values = {"fusion": dict.fromkeys(names, 0.5), "lexical=1": lucky}
    tried = plan(tmp_path, "measure = 'RR@10'\n[[variant]]\nlexical = 1\n")
    found = sweep(tried, reports(beir, values))
    assert found.winner == "lexical=1"
    assert found.comparison.verdict == "indistinguishable"
    assert "may be luck" in found.conclusion()
    assert found.conclusion() in sweep_html(found)


def test_what_is_better_on_both_halves_wins(beir, tmp_path):
    names = [str(n) for n in range(40)]
    values = {"fusion": dict.fromkeys(names, 0.5), "lexical=1": dict.fromkeys(names, 0.6)}
    tried = plan(tmp_path, "measure = 'RR@10'\n[[variant]]\nlexical = 1\n")
    found = sweep(tried, reports(beir, values))
    assert found.comparison.verdict == "better"
    assert "| lexical=1 | 0.6000 |" in found.to_markdown()


def test_where_nothing_is_better_the_usual_search_is_kept(beir, tmp_path):
    names = [str(n) for n in range(12)]
    values = {"fusion": dict.fromkeys(names, 0.5), "lexical=1": dict.fromkeys(names, 0.4)}
    tried = plan(tmp_path, "measure = 'RR@10'\n[[variant]]\nlexical = 1\n")
    assert "Keep it" in sweep(tried, reports(beir, values)).conclusion()


def test_the_command_refuses_a_sweep_of_too_few_queries(beir, tmp_path, command):
    (tmp_path / "v.toml").write_text("[[variant]]\nlexical = 1\n")
    done = command(beir, "--index", tmp_path / "i", "--sweep", tmp_path / "v.toml")
    assert isinstance(done.exception, EvaluationError)
    assert "2 judged queries are too few" in str(done.exception)


def test_searching_alone_answers_nothing(cats):
    report = evaluate(cats, embedder=WordEmbedder(), index_folder=cats / "i", answers=False)
    assert report.kind == "passages"
    assert [query.given for query in report.queries] == [None]
    assert Variant("fusion").name == report.settings["variant"]
