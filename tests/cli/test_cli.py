import ast
import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from askdoc import cli
from askdoc.cli import printing
from fakes import CATS, WordEmbedder
from webs import PARAGRAPHS, Site, page, serving

FULL = Path("/dev/full")
VERBS = "add refresh new index ask search articles gaps evaluate check serve mcp".split()


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with one article, and the readable model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("askdoc.refresh.prepare_embedder", lambda model: (WordEmbedder(), ""))
    monkeypatch.setattr("askdoc.index.search.load_embedder", lambda model=None: WordEmbedder())
    for name in ("ASKDOC_INDEX", "ASKDOC_MODEL", "ASKDOC_STORE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "cats.md").write_text(CATS)
    return tmp_path


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(monkeypatch, capfd):
    """Runs a command line as a shell would, and gives its exit status and what it printed."""

    def call(*arguments, stdin=None):
        monkeypatch.setattr(sys, "argv", ["askdoc", *arguments])
        if stdin is not None:
            import io

            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        captured = capfd.readouterr()
        return Result(code, captured.out, captured.err)

    return call


def test_the_version_is_told(run):
    assert re.fullmatch(r"askdoc \d+\.\d+\.\d+\n", run("--version").out)


def test_the_verbs_are_listed_each_in_one_whole_line(run):
    listed = run("--help").out.split("Commands:\n")[1].splitlines()
    assert {line.split()[0] for line in listed} == {*VERBS, "questions"}
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)


@pytest.mark.server
@pytest.mark.parametrize(("host", "reason"), [("127.0.0.1", "in use"), ("192.0.2.1", "address")])
def test_an_address_that_cannot_be_had_is_told_with_a_way_out(run, host, reason):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--host", host, "--port", str(port))
    assert result.code == 1
    assert reason in result.err
    assert "--port" in result.err
    assert "The chat:" not in result.err


def test_the_articles_of_an_index_are_listed(run, here):
    (here / "corpus" / "dogs.md").write_text(
        "---\ntitle: Dogs\nurl: https://d.example\n---\nThey bark."
    )
    assert run("articles").out == "cats  Keeping cats\ndogs  Dogs  https://d.example\n"
    listed = json.loads(run("articles", "--json").out)
    assert [article["address"] for article in listed] == ["article/cats", "article/dogs"]
    assert all(article["banner"]["kind"] == "banner" for article in listed)


def test_a_quote_names_its_article_where_the_index_holds_several(run, here):
    (here / "corpus" / "dogs.md").write_text(
        "---\ntitle: Dogs\n---\n# Dogs\n\n## Sound\n\nDogs bark nine hours a day."
    )
    asked = ("ask", "how many hours a day do dogs bark?")
    assert "from “Sound” in Dogs\n" in run(*asked).out
    assert "from “Sound”\n" in run(*asked, "--document", "dogs").out


def test_index_says_what_it_holds(run):
    result = run("index")
    assert result.code == 0
    assert "1 document, 3 passages" in result.out


def test_index_twice_encodes_nothing(run):
    run("index")
    assert "0 texts encoded" in run("index").out


def test_a_bad_file_is_named_and_the_others_go_in(run, here):
    (here / "corpus" / "bad.pdf").write_bytes(b"not a pdf")
    result = run("index")
    assert result.code == 1
    assert "bad.pdf" in result.err
    assert "1 document" in result.out


@pytest.mark.parametrize(
    "arguments",
    [("index", ""), ("index", "corpus", ""), ("index", "", "--store", "x.db"), ("check", "")],
)
def test_an_empty_path_is_refused(run, here, arguments):
    result = run(*arguments)
    assert result.code == 2
    assert "a path is empty" in result.err
    assert sorted(file.name for file in here.iterdir()) == ["corpus"]


def test_a_broken_catalogue_is_named_and_the_other_articles_go_in(run, here):
    (here / "corpus" / "dogs").mkdir()
    (here / "corpus" / "dogs" / "article.md").write_text("A dog barks.")
    (here / "corpus" / "dogs" / "caveats.toml").write_text('severity = "urgnt"\n')
    result = run("index")
    assert result.code == 1
    assert result.err.count("corpus/dogs") == 1
    assert "dogs/caveats.toml: does not follow the rules" in result.err
    assert "1 document" in result.out


def test_a_bad_file_does_not_keep_the_others_from_answering(run, here):
    (here / "corpus" / "dogs.md").write_text("A dog barks.")
    run("index")
    (here / "corpus" / "dogs.md").write_bytes(b"\x00\xff\x01" * 99)
    for _ in range(2):
        result = run("ask", "how many hours a day do cats sleep?")
        assert result.code == 0
        assert "Cats sleep sixteen hours a day." in result.out
        assert "warning: " in result.err
        assert "dogs.md" in result.err


@pytest.mark.parametrize("path", ["nowhere", "corpus/nowhere.md"])
def test_a_path_that_is_not_there_is_a_clear_error(run, path):
    result = run("index", path)
    assert result.code == 1
    assert result.err.startswith("error: ")
    assert path in result.err
    assert "Traceback" not in result.err


def test_ask_builds_a_missing_index_and_says_so(run):
    result = run("ask", "how many hours a day do cats sleep?")
    assert result.code == 0
    assert "There is no index" in result.err
    assert "Cats sleep sixteen hours a day." in result.out


def test_one_article_can_be_asked_alone(run, here):
    (here / "corpus" / "dogs.md").write_text("# Dogs\n\nA dog eats meat too.\n")
    said = run("search", "who eats meat?", "--document", "dogs", "--json")
    assert {hit["document_id"] for hit in json.loads(said.out)["passages"]} == {"dogs"}
    refused = run("ask", "who eats meat?", "--document", "horses")
    assert refused.code == 1
    assert "no article of that id" in refused.err


@pytest.mark.milvus
def test_a_store_is_filled_and_asked_in_place_of_a_folder(run, here, monkeypatch):
    monkeypatch.setattr("askdoc.milvus.ingestion.prepare_embedder", lambda _: (WordEmbedder(), ""))
    assert "1 document, 3 passages in pets.db" in run("index", "--store", "pets.db").out
    assert "0 texts encoded" in run("index", "--store", "pets.db").out
    monkeypatch.setenv("ASKDOC_STORE", "pets.db")
    assert "sixteen hours" in run("ask", "how many hours a day do cats sleep?").out
    assert run("search", "meat").code == 0
    assert not (here / "index").exists()


@pytest.mark.parametrize("verb", ["ask", "search"])
def test_asking_a_store_that_is_not_there_makes_none(run, here, verb):
    result = run(verb, "when?", "--store", "pest.db")
    assert result.code == 1
    assert "There is no store" in result.err
    assert "askdoc index corpus --store" in result.err
    assert sorted(file.name for file in here.iterdir()) == ["corpus"]


def test_ask_without_anything_to_build_from_says_what_to_run(run):
    result = run("ask", "when?", "--index", "other")
    assert result.code == 1
    assert "askdoc index" in result.err


def test_ask_prints_the_contract_s_json(run):
    answer = json.loads(run("ask", "how many hours a day do cats sleep?", "--json").out)
    assert list(answer) == [
        "question",
        "resolved_question",
        "status",
        "answer",
        "confidence",
        "citations",
        "caveats",
        "passages",
    ]
    assert list(answer["citations"][0]) == [
        "number",
        "document_id",
        "passage_id",
        "heading",
        "quote",
        "start",
        "end",
        "title",
        "url",
        "address",
    ]
    assert set(answer["caveats"][0]) == {"id", "kind", "severity", "text", "citation", "sources"}
    assert {"rank", "score", "document_id", "passage_id", "heading", "text", "start", "end"} <= set(
        answer["passages"][0]
    )


def test_ask_takes_earlier_questions(run):
    result = run("ask", "and why?", "--history", "do cats hunt at dusk?", "--json")
    assert "hunt at dusk" in json.loads(result.out)["resolved_question"]


def test_an_emergency_is_answered_without_an_index(run, here):
    (here / "corpus" / "cats.md").unlink()
    result = run("ask", "i want to kill myself")
    assert result.code == 0
    assert "988" in result.out


def test_urgent_help_comes_before_the_error_of_a_missing_index(run, here):
    (here / "corpus" / "cats.md").unlink()
    result = run("ask", "dope sick as hell cant keep water down coming off fentanyl")
    assert result.code == 1
    assert "1-800-662-4357" in result.out


@pytest.mark.parametrize("question", ["", "x" * 10_000])
def test_a_question_that_cannot_be_taken_is_a_clear_error(run, question):
    result = run("ask", question)
    assert result.code == 1
    assert "error: The question" in result.err


@pytest.mark.parametrize(
    "arguments", [["ask"], ["ask", "a?", "--batch", "-"], ["ask", "--batch", "nowhere"], ["nope"]]
)
def test_wrong_usage_exits_with_two(run, arguments):
    assert run(*arguments).code == 2


LINES = [
    b'{"id": 1, "question": "how many hours a day do cats sleep?"}',
    b"not json",
    b'{"id": 3}',
    b'{"id": 4, "question": "and why?", "history": "not a list"}',
    b'{"id": 5, "question": ""}',
    b"\xff\xfe",
    b"[" * 5000,
    b"",
    b'{"id": "last", "question": "i want to kill myself"}',
]


def test_a_batch_survives_every_bad_line_and_keeps_the_order(run):
    result = run("ask", "--batch", "-", stdin=b"\n".join(LINES))
    records = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 1
    assert [record["id"] for record in records] == [1, None, 3, 4, 5, None, None, "last"]
    assert [("error" in record) for record in records] == [False, *[True] * 6, False]
    assert records[1]["error"].startswith("line 2: ")
    assert records[-1]["status"] == "emergency"


def test_a_batch_of_good_lines_exits_with_zero(run, here):
    (here / "questions.jsonl").write_bytes(LINES[0])
    assert run("ask", "--batch", "questions.jsonl").code == 0


def test_an_error_never_repeats_the_question(run):
    line = b'{"id": 1, "question": "canary ' + b"word " * 3000 + b'"}'
    result = run("ask", "--batch", "-", stdin=line)
    assert "canary" not in result.out + result.err


def test_search_prints_hits_with_their_headings(run):
    assert "Food" in run("search", "meat and milk", "-k", "1").out
    hits = json.loads(run("search", "meat and milk", "-k", "2", "--json").out)["passages"]
    assert [hit["rank"] for hit in hits] == [1, 2]


def test_search_carries_the_crisis_block_and_the_banner(run):
    said = run("search", "i want to kill myself")
    assert said.out.startswith("EMERGENCY: ")
    assert "Cats" not in said.out
    told = json.loads(run("search", "meat and milk", "--json").out)
    assert [caveat["kind"] for caveat in told["caveats"]] == ["banner"]
    assert "Answers quote articles" in run("search", "meat and milk").out


def test_check_lists_findings_and_fails_on_errors(run, here):
    assert run("check").code == 0
    (here / "corpus" / "caveats.toml").write_text("this is no TOML")
    result = run("check")
    assert result.code == 1
    assert "error: " in result.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_with_an_example(verb):
    result = CliRunner().invoke(cli.app, [verb, "--help"])
    assert result.exit_code == 0
    assert f"askdoc {verb}" in result.output


def test_the_bar_tells_how_quick_the_work_is():
    assert printing.pace(240, 2.0).startswith("120/s")
    assert not printing.pace(0, 0.0).startswith("0/s")


HEAVY = {
    "faiss",
    "fastapi",
    "gradio",
    "ir_measures",
    "mcp",
    "numpy",
    "rich",
    "scipy",
    "sentence_transformers",
    "torch",
    "transformers",
}


# Verbs, and what they and those before them may import of these, the model being exported.
IMPORTS = {
    ("serve", "--help"): set(),
    ("mcp", "--help"): set(),
    ("index",): {"faiss", "numpy"},
    ("check", "corpus"): {"faiss", "numpy"},
    ("ask", "when do cats hunt?"): {"faiss", "numpy"},
    ("ask", "i want to kill myself"): {"faiss", "numpy"},
    ("search", "cats"): {"faiss", "numpy"},
    ("evaluate", "evals", "--article", "corpus"): {
        "faiss",
        "ir_measures",
        "numpy",
        "rich",
        "scipy",
    },
}
ONE_BY_ONE = f"""
import contextlib, os, sys
from askdoc.cli import main
for verb in {list(IMPORTS)!r}:
    sys.argv = ["askdoc", *verb]
    with contextlib.redirect_stdout(open(os.devnull, "w")), contextlib.suppress(SystemExit):
        main()
    print(sorted({HEAVY!r} & set(sys.modules)))
"""


@pytest.mark.model
def test_a_verb_imports_only_the_heavy_libraries_it_needs(tmp_path):
    folder = tmp_path / "with an article and a question"
    for name in ("corpus", "evals"):
        (folder / name).mkdir(parents=True)
    (folder / "corpus" / "cats.md").write_text(CATS)
    asked = '{"id": "q", "question": "when do they hunt"}'
    (folder / "evals" / "questions.jsonl").write_text(asked)
    command = [sys.executable, "-c", ONE_BY_ONE]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert "error" not in done.stderr
    lines = done.stdout.splitlines()
    for (verb, allowed), found in zip(IMPORTS.items(), lines, strict=True):
        assert set(ast.literal_eval(found)) <= allowed, verb


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("arguments", [("--version",), ("ask", "i want to kill myself")])
def test_output_that_cannot_be_written_is_told_in_one_line(arguments):
    program = "from askdoc.cli import main; main()"
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert re.fullmatch(r"error: the output cannot be written: .* Make room.*\n", done.stderr)


def test_what_the_system_refuses_is_told_in_one_line(run, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied", "secret.md")

    monkeypatch.setattr("askdoc.check.read_documents", refused)
    result = run("check")
    assert result.code == 1
    assert result.err == "error: [Errno 13] Permission denied: 'secret.md'\n"


@pytest.fixture
def tea():
    """A site with one page."""
    with serving(Site()) as site:
        site.pages["/green-tea"] = page()
        yield site


NEAR = ("--allow-private", "--delay", "0")


def test_a_page_that_is_added_can_be_asked_at_once(run, here, tea):
    run("index")
    added = run("add", f"{tea.address}/green-tea", *NEAR)
    assert added.code == 0
    assert added.out.startswith("new: green-tea: “Green tea”, ")
    answer = json.loads(run("ask", "how long is green tea brewed?", "--json").out)
    assert {hit["document_id"] for hit in answer["passages"]} == {"green-tea", "cats"}


def test_a_refresh_tells_what_came_and_went_and_which_note_is_lost(run, here, tea):
    run("add", f"{tea.address}/green-tea", *NEAR)
    (here / "corpus" / "green-tea" / "caveats.toml").write_text(
        f'[[claims]]\nid = "T1"\nclassification = "overstated"\nnote = "Less."\n'
        f'quote = "{PARAGRAPHS[2]}"\n'
    )
    tea.pages["/green-tea"] = page(*PARAGRAPHS[:2], *PARAGRAPHS[3:], "It is sold in tins.")
    done = run("refresh", *NEAR)
    assert done.code == 1
    assert "changed: green-tea: 1 paragraph new, 1 paragraph gone" in done.out
    assert "  + It is sold in tins." in done.out
    assert 'NOTE LOST: corpus/green-tea/caveats.toml: the quote of claim "T1"' in done.err
    assert "1 article unchanged." in run("refresh", *NEAR).out


def test_what_cannot_be_added_is_named_and_the_rest_is_added(run, here, tea):
    done = run("add", f"{tea.address}/nowhere", "corpus.md", f"{tea.address}/green-tea", *NEAR)
    assert done.code == 1
    assert "/nowhere: there is no such page" in done.err
    assert "corpus.md: there is no such file" in done.err
    assert "new: green-tea" in done.out


def test_an_article_is_added_through_a_pipe_without_an_index(run, here):
    done = run("add", "-", "--name", "tea", "--no-index", stdin=b"# Tea\n\nTea is brewed hot.\n")
    assert (done.code, done.out) == (0, "new: tea: “Tea”, 6 words\n")
    assert not (here / "index").exists()


@pytest.mark.parametrize(
    "arguments", [(), ("",), ("a.md", "b.md", "--name", "x"), ("a.md", "--max", "0")]
)
def test_a_wrong_use_of_add_is_told(run, here, arguments):
    assert run("add", *arguments).code == 2


def test_private_addresses_are_not_fetched_unless_allowed(run, here, tea):
    done = run("add", f"{tea.address}/green-tea")
    assert done.code == 1
    assert "--allow-private" in done.err
    assert tea.asked == []
