"""What is refused, and told: always the help lines, nothing of what was sent."""

import asyncio
import json
import logging
import time

import pytest
from mcp import Client
from starlette.testclient import TestClient

from answers import CatService, built
from askdoc.server import Settings, limits
from askdoc.server.app import assemble
from askdoc.server.limits import Rate
from askdoc.server.mcp import mcp_server

SLEEP = "how long do cats sleep?"
CANARY = "canary-4711"
DANGER = "i want to kill myself"


@pytest.fixture(scope="module")
def client():
    with TestClient(built(assemble, CatService(), Settings(rate="1000/minute"))) as found:
        yield found


def called(name, arguments):
    async def inside():
        async with Client(mcp_server(CatService())) as tools:
            return await tools.call_tool(name, arguments)

    return asyncio.run(inside())


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/v1/ask", b"{", 400),
        ("POST", "/api/v1/ask", b"{}", 422),
        ("POST", "/api/v1/ask", b" " * 70_000, 413),
        ("POST", "/api/v1/help", b"{}", 404),
        ("PUT", "/api/v1/ask", b"{}", 405),
        ("POST", "/chat/gradio_api/upload", b"", 404),
        ("POST", "/v1/chat/completions", b'{"model": "x", "messages": []}', 404),
    ],
)
def test_whatever_is_refused_comes_with_the_help_lines(client, method, path, body, status):
    headers = {"content-type": "application/json"}
    answer = client.request(method, path, content=body, headers=headers)
    assert answer.status_code == status
    assert "call 911" in answer.json()["error"]["message"]
    assert "988" in answer.json()["error"]["message"]


def test_the_page_of_no_article_carries_them_too(client):
    page = client.get("/article/dogs")
    assert page.status_code == 404
    assert 'href="tel:911"' in page.text
    assert 'href="tel:988"' in page.text


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_the_tools_hold_no_stream_open(client, method):
    stream = {"Accept": "application/json, text/event-stream"}
    answer = client.request(method, "/mcp", headers=stream)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_a_search_brings_the_banner_with_its_passages(client):
    data = client.post("/api/v1/search", json={"query": "sleep", "k": 1}).json()
    assert [hit["passage_id"] for hit in data["passages"]] == ["cats#0"]
    assert [caveat["id"] for caveat in data["caveats"]] == ["banner"]


def test_a_search_by_a_person_in_danger_brings_help_and_nothing_else(client):
    data = client.post("/api/v1/search", json={"query": DANGER}).json()
    assert data["passages"] == []
    assert {caveat["severity"] for caveat in data["caveats"]} == {"emergency"}
    assert "988" in data["caveats"][0]["text"]


def test_so_does_the_tool():
    result = called("search_article", {"query": DANGER})
    assert result.structured_content["passages"] == []
    assert result.content[0].text.startswith("EMERGENCY")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        (CANARY, {}),
        ("ask_article", {"question": [CANARY]}),
        ("ask_article", {"question": SLEEP, "history": CANARY}),
        ("ask_article", {"question": f"crash {CANARY}"}),
        ("search_article", {"query": "x", "k": CANARY}),
    ],
)
def test_nothing_of_a_call_is_repeated(name, arguments, caplog):
    with caplog.at_level(logging.WARNING):
        result = called(name, arguments)
    assert result.is_error
    assert "call 911" in result.content[0].text
    assert CANARY not in f"{result}{caplog.text}"


@pytest.mark.parametrize(
    "body",
    [
        CANARY,
        json.dumps([CANARY]),
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": CANARY}),
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": [CANARY]}),
        json.dumps({"jsonrpc": CANARY, "id": 1, "method": "tools/list"}),
    ],
)
def test_nothing_of_a_broken_call_is_repeated(client, body, caplog):
    sent = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    with caplog.at_level(logging.INFO):
        answer = client.post("/mcp", content=body, headers=sent)
    assert "call 911" in answer.json()["error"]["message"]
    assert CANARY not in answer.text + caplog.text


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_set_locks_nobody_out(monkeypatch, hours):
    rate, clock = Rate("1/minute"), time.time
    assert rate.ends("192.0.2.1") is None
    assert rate.ends("192.0.2.1") > time.time()
    monkeypatch.setattr(time, "time", lambda: clock() + hours * 3600)
    assert rate.ends("192.0.2.1") is None
    assert 0 < rate.ends("192.0.2.1") - time.time() < 61


def test_who_looks_at_articles_without_end_is_told_to_wait_and_may_still_ask(monkeypatch):
    monkeypatch.setattr(limits, "READ_RATE", "2/minute")
    with TestClient(built(assemble, CatService())) as client:
        looks = [client.get(path) for path in ("/article/cats", "/api/chat/start", "/article/cats")]
        assert [look.status_code for look in looks] == [200, 200, 429]
        assert "call 911" in looks[-1].text
        assert client.get("/healthz").status_code == 200
        assert client.post("/api/v1/ask", json={"question": SLEEP}).status_code == 200
