"""What the chat's page sends to Gradio, and everything else, which Gradio never sees."""

import json
import logging
import re

import pytest
from fastapi import FastAPI
from gradio.context import LocalContext
from gradio.exceptions import InvalidPathError
from gradio.processing_utils import _check_allowed
from starlette.testclient import TestClient

from answers import CatService, about_cats, built
from askdoc.chat import build_chat, mount_chat
from askdoc.server import Settings
from askdoc.server.app import assemble

CANARY = "canary-4711"
ASKED = ["how long do cats sleep?", None, None]
FILE = {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def client():
    with TestClient(built(assemble, CatService(), Settings(rate="1000/minute"))) as found:
        yield found


@pytest.fixture(scope="module")
def page():
    return built(build_chat, about_cats, lambda: None)


@pytest.fixture(scope="module")
def trigger(client):
    """The text box, by the number that the page has for it."""
    [found] = re.findall(r'"id":0,"targets":\[\[(\d+),"submit"\]', client.get("/chat/").text)
    return int(found)


def joined(client, body, mount="/chat"):
    return client.post(f"{mount}/gradio_api/queue/join", json=body)


def join(trigger, **changes):
    return {"data": ASKED, "fn_index": 0, "trigger_id": trigger, "session_hash": "a1"} | changes


def test_what_the_page_sends_is_taken(client, trigger):
    assert joined(client, join(trigger)).json()["event_id"]


@pytest.mark.parametrize(
    "changes",
    [
        {"data": [FILE, None, None]},
        {"data": [{**FILE, "path": "http://127.0.0.1:1/x"}, None, None]},
        {"data": [[FILE], None, None]},
        {"data": [CANARY, FILE, None]},
        {"data": [CANARY, None, CANARY]},
        {"data": [CANARY]},
        {"data": [CANARY, None, None, None]},
        {"data": [None, None, None]},
        {"data": {"0": CANARY}},
        {"data": [1, None, None]},
        {"data": [f"{CANARY} " * 400, None, None]},
        {"fn_index": 99},
        {"fn_index": "0"},
        {"trigger_id": 0},
        {"trigger_id": None},
        {"session_hash": CANARY},
        {"session_hash": None},
        {"event_data": FILE},
        {"batched": True},
        {"oauth_token": CANARY},
        {"simple_format": True},
        {CANARY: 1},
    ],
)
def test_whatever_else_is_refused_before_gradio(client, trigger, changes, capfd, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = joined(client, join(trigger, **changes))
    assert answer.status_code == 422
    assert "call 911" in answer.json()["error"]["message"]
    told = "".join([answer.text, caplog.text, *capfd.readouterr()])
    assert CANARY not in told


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 422), (b"[", 422), (b'{"data": "' + b"x" * 17_000 + b'"}', 413)]
)
def test_what_is_no_join_at_all_is_refused(client, body, status):
    answer = client.post("/embed/gradio_api/queue/join", content=body)
    assert answer.status_code == status
    assert "call 911" in answer.json()["error"]["message"]


def test_a_key_that_comes_twice_means_what_was_checked(client, trigger):
    body = json.dumps(join(trigger))[:-1] + ', "data": [{"path": "/etc/hostname"}, null, null]}'
    answer = client.post("/chat/gradio_api/queue/join", content=body.encode())
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["cancel", "reset"])
def test_what_the_page_never_posts_is_not_found(client, path):
    answer = client.post(f"/chat/gradio_api/{path}", json={"event_id": CANARY})
    assert answer.status_code == 404


def test_gradio_itself_opens_no_file_that_nobody_uploaded(page, tmp_path):
    built(mount_chat, FastAPI(), page, "/chat")
    context = LocalContext.blocks.set(page)
    try:
        with pytest.raises(InvalidPathError):
            _check_allowed(tmp_path / "secret", check_in_upload_folder=True)
    finally:
        LocalContext.blocks.reset(context)


def test_no_address_of_an_object_stands_in_the_page(client):
    assert " at 0x" not in client.get("/chat/").text


@pytest.mark.parametrize("path", ["/chat/assets/canary-4711.js", "/chat/gradio_api/queue/data"])
def test_an_error_of_gradio_is_told_in_our_words(client, path):
    error = client.get(path)
    assert error.status_code >= 400
    assert set(error.json()["error"]) == {"code", "message", "type"}
    assert CANARY not in error.text


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Gradio-Server", "Forwarded"])
def test_nobody_is_believed_what_the_server_is_called(client, name):
    page = client.get("/chat/", headers={name: "http://evil.example"}).text
    assert "evil.example" not in page
    assert '"root":"http://testserver/chat"' in page
