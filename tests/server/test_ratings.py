import json
import re
import stat
from dataclasses import replace

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient
from typer.testing import CliRunner

from answers import FOOD, CatService, about_cats, built, quote, running
from askdoc.chat.html import answer_mark
from askdoc.cli import app
from askdoc.errors import AskdocError
from askdoc.feedback import Gap, Section, count_gaps, gaps_to_text, rating_line, read_gaps
from askdoc.server import Settings
from askdoc.server.app import assemble
from askdoc.server.settings import SettingError
from browser import NARROW, ask, chat_page, launched, serious

CANARY = "how long do cats sleep, canary-4711?"
OVERDOSE = "my friend overdosed and wont wake up"
GIVEN = {"rating": "helpful", "answer": "0123456789abcdef"}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "ratings.jsonl"


@pytest.fixture
def client(file):
    with TestClient(built(assemble, CatService(), Settings(ratings=str(file)))) as found:
        yield found


def lines(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_rating_is_kept_with_its_day_and_nothing_finer(client, file):
    assert client.post("/ratings", json=GIVEN).status_code == 204
    (kept,) = lines(file)
    assert set(kept) == {"day", "rating", "answer"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", kept["day"])
    assert kept | GIVEN == kept
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "change",
    [
        *({"rating": CANARY}, {"answer": CANARY}, {"question": CANARY}, {"answer": "A" * 16}),
        *({"rating": None}, {"answer": "0123456789abcdef\n"}, {"answer": "0" * 17}),
    ],
)
def test_nothing_but_a_rating_and_a_mark_is_taken(client, file, change):
    answer = client.post("/ratings", json=GIVEN | change)
    assert answer.status_code == 422
    assert "canary" not in answer.text
    assert not file.exists()


def test_a_form_of_another_site_cannot_rate(client, file):
    sent = {"content": json.dumps(GIVEN), "headers": {"Content-Type": "text/plain"}}
    assert client.post("/ratings", **sent).status_code == 422
    assert not file.exists()


def test_the_file_stops_growing(client, file, monkeypatch, caplog):
    monkeypatch.setattr("askdoc.server.ratings.MOST_BYTES", 100)
    answers = [client.post("/ratings", json=GIVEN).status_code for _ in range(3)]
    assert answers == [204, 503, 503]
    assert file.stat().st_size <= 100
    assert str(file) not in caplog.text


def test_one_address_cannot_fill_the_file(client, file):
    answers = [client.post("/ratings", json=GIVEN).status_code for _ in range(32)]
    assert answers == [204] * 30 + [429] * 2
    assert len(lines(file)) == 30


def test_without_a_file_there_is_nothing_to_rate_with():
    with TestClient(built(assemble, CatService())) as client:
        assert client.post("/ratings", json=GIVEN).status_code in {404, 405}
        assert "data-rated" not in client.get("/chat/").text
        assert "data-rated" not in client.get("/embed/").text


def test_a_place_that_cannot_be_written_is_told_at_the_start(tmp_path):
    for place in (tmp_path, tmp_path / "missing" / "ratings.jsonl"):
        with pytest.raises(SettingError, match="ASKDOC_RATINGS"):
            Settings.from_environment(environment={"ASKDOC_RATINGS": str(place)})


def test_the_mark_of_an_answer_knows_its_quotes_and_not_its_question():
    answer = about_cats(CANARY)
    asked_otherwise = replace(answer, question="x", resolved_question="x")
    assert answer_mark(answer) == answer_mark(asked_otherwise)
    other = replace(answer, citations=(quote(1, FOOD, 0),))
    assert answer_mark(answer) != answer_mark(other)
    assert re.fullmatch("[0-9a-f]{16}", answer_mark(about_cats("what is a dog?")))


def test_a_rating_counts_for_the_section_that_the_index_names(client, file):
    rated = GIVEN | {"rating": "not helpful", "status": "not_in_article", "passage": "cats#1"}
    for _ in range(5):
        client.post("/ratings", json=rated)
    assert read_gaps(file) == (Gap(Section("cats", "Food", "not_in_article"), None, 5),)


def test_nothing_that_a_page_sends_as_a_section_is_kept(client, file):
    for passage in (CANARY, f"cats#{CANARY}", "cats#99"):
        assert client.post("/ratings", json=GIVEN | {"passage": passage}).status_code == 204
    assert client.post("/ratings", json=GIVEN | {"status": CANARY}).status_code == 422
    assert [set(kept) for kept in lines(file)] == [{"day", "rating", "answer"}] * 3


def rated(rating, heading, times, status="answered"):
    section = Section("cats", heading, status)
    return [rating_line("2026-11-24", rating, "0" * 16, section)] * times


def test_counts_are_told_from_five_up_and_the_worst_first():
    told = count_gaps(
        [
            *(*rated("helpful", "Food", 7), *rated("not helpful", "Food", 4)),
            *(*rated("not helpful", "Sleep", 6), *rated("not helpful", "Claws", 4)),
            *(*rated("not helpful", "Sleep", 5, "not_in_article"), "no line", "{}", "[" * 9000),
        ]
    )
    assert [(gap.section.heading, gap.not_helpful, gap.helpful) for gap in told] == [
        *(("Sleep", 6, None), ("Sleep", 5, None), ("Food", None, 7))
    ]
    last = gaps_to_text(told).splitlines()[3].split()
    assert last == ["under", "5", "7", "answered", "Food", "in", "cats"]
    assert gaps_to_text(()).startswith("No section has 5 ratings")


def test_a_file_of_something_else_is_told_with_a_way_out(tmp_path):
    (tmp_path / "notes.txt").write_text("Cats sleep.\n")
    with pytest.raises(AskdocError, match="holds no ratings"):
        read_gaps(tmp_path / "notes.txt")


def test_a_file_that_is_not_there_is_told_with_a_way_out(tmp_path):
    with pytest.raises(AskdocError, match="ASKDOC_RATINGS"):
        read_gaps(tmp_path / "nothing.jsonl")


def test_gaps_are_shown_on_the_command_line_without_a_word_of_a_question(client, file):
    for question in ("do they fly, canary?", "can they fly, canary?"):
        answer = client.post("/api/v1/ask", json={"question": question}).json()
        sent = {"rating": "not helpful", "answer": answer["mark"], "status": answer["status"]}
        for _ in range(3):
            client.post("/ratings", json=sent | {"passage": answer["passages"][0]["passage_id"]})
    (gap,) = json.loads(CliRunner().invoke(app, ["gaps", str(file), "--json"]).output)
    assert gap == {
        "document": "cats",
        "heading": "Sleep",
        "status": "not_in_article",
        "helpful": None,
        "not_helpful": 6,
    }
    assert "canary" not in file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'")  # Gradio's own
@pytest.mark.filterwarnings("ignore:The copy keyword is deprecated")  # Gradio's own
def test_an_answer_is_rated_by_keyboard_and_the_question_goes_nowhere(chromium, file):
    app = built(assemble, CatService(), Settings(ratings=str(file)))
    narrow = {"viewport": NARROW, "bypass_csp": True}
    with running(app) as address, chat_page(chromium, address, **narrow) as page:
        group = ask(page, CANARY).get_by_role("group", name="Was this answer helpful?")
        group.get_by_role("button", name="Helpful", exact=True).press("Enter")
        expect(group.get_by_role("status")).to_have_text("Thank you.")
        ask(page, OVERDOSE)
        expect(page.locator("#t2 .rating")).to_have_count(0)
        chosen = group.get_by_role("button", pressed=True)
        expect(chosen).to_have_text("Helpful")
        group.get_by_role("button", name="Not helpful").press("Space")
        expect(chosen).to_have_text("Not helpful")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert serious(page) == {}
    assert [kept["rating"] for kept in lines(file)] == ["helpful", "not helpful"]
    assert {kept["answer"] for kept in lines(file)} == {answer_mark(about_cats(CANARY))}
    assert {(kept["heading"], kept["status"]) for kept in lines(file)} == {("Sleep", "answered")}
    assert "canary" not in file.read_text(encoding="utf-8")
