"""Nothing reaches Gradio from outside but requests for its page and what belongs to that."""

import logging

import pytest
from fastapi import FastAPI
from gradio.context import LocalContext
from gradio.exceptions import InvalidPathError
from gradio.processing_utils import _check_allowed
from starlette.testclient import TestClient

from answers import CatService, built
from askdoc.chat import build_chat, mount_chat
from askdoc.server import Settings
from askdoc.server.app import assemble

CANARY = "canary-4711"
FILE = {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def client():
    with TestClient(built(assemble, CatService(), Settings(rate="1000/minute"))) as found:
        yield found


@pytest.fixture(scope="module")
def page():
    return built(build_chat)


@pytest.mark.parametrize("mount", ["/chat", "/embed"])
@pytest.mark.parametrize("path", ["queue/join", "queue/join/", "cancel", "reset", "run/predict"])
@pytest.mark.parametrize("data", [[FILE, None, None], [CANARY, None, None], [CANARY]])
def test_nothing_that_is_posted_reaches_gradio(client, mount, path, data, capfd, caplog):
    body = {"data": data, "fn_index": 0, "trigger_id": 1, "session_hash": "a1"}
    with caplog.at_level(logging.DEBUG):
        answer = client.post(f"{mount}/gradio_api/{path}", json=body)
    assert answer.status_code == 404
    told = "".join([answer.text, caplog.text, *capfd.readouterr()])
    assert CANARY not in told


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
    assert '"root":new URL(".",location.href)' in page
