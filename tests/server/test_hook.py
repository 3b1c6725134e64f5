"""A content system tells, signed, that articles have changed."""

import logging
import threading
import time
from functools import partial
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from askdoc.cli.serving import refresher
from askdoc.errors import ImportingError
from askdoc.fetching import Fetcher
from askdoc.importing import add
from askdoc.index import PassageIndex
from askdoc.refresh import refresh
from askdoc.server.hook import TOLERANCE_S, Refreshing, hook_routes, sign
from askdoc.server.settings import SettingError, Settings
from fakes import CATS, WordEmbedder
from webs import PARAGRAPHS, Site, page, serving

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"articles": ["tea"]}'


class Works:
    """A refresh that can be held up; knows what it was asked for."""

    def __init__(self):
        self.asked = []
        self.gate = threading.Event()
        self.gate.set()
        self.done = threading.Semaphore(0)

    def __call__(self, names):
        self.asked.append(sorted(names))
        self.gate.wait(60)
        self.done.release()
        return ["changed: tea"]

    def wait(self, times=1):
        for _ in range(times):
            assert self.done.acquire(timeout=60)


@pytest.fixture
def works():
    return Works()


@pytest.fixture
def client(works):
    app = FastAPI()
    app.include_router(hook_routes(SECRET, works))
    return TestClient(app)


def headers(body=BODY, *, name="msg_1", age=0, secret=SECRET, **more):
    at = int(time.time()) - age
    told = {
        "webhook-id": name,
        "webhook-timestamp": str(at),
        "webhook-signature": sign(secret, name, at, body),
    }
    return told | {key.replace("_", "-"): value for key, value in more.items()}


def send(client, sent, body=BODY):
    return client.post("/hooks/refresh", content=body, headers=sent)


def test_the_signature_is_that_of_standard_webhooks():
    # the example of the specification's own libraries
    signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    name, at = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    assert sign(SECRET, name, at, b'{"test": 2432232314}') == signature


def test_a_signed_request_sets_a_refresh_off(client, works):
    answer = send(client, headers())
    assert (answer.status_code, answer.json()) == (202, {"state": "begun"})
    works.wait()
    assert works.asked == [["tea"]]


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_no_name_is_every_article(client, works, body):
    send(client, headers(body), body)
    works.wait()
    assert works.asked == [[]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "whsec_AAAA"},
        {"secret": "another secret"},
        {"body": b"{}"},
        {"age": TOLERANCE_S + 60},
        {"age": -TOLERANCE_S - 60},
        {"webhook_timestamp": "soon"},
        {"webhook_id": ""},
        {"webhook_id": "other"},
        {"webhook_signature": ""},
        {"webhook_signature": "v1,"},
        {"webhook_signature": "v1,%%%"},
        {"webhook_signature": "v1a,AAAA"},
    ],
)
def test_what_is_not_signed_right_is_refused(client, works, wrong):
    assert send(client, headers(**wrong)).status_code == 401
    assert send(client, {}).status_code == 401
    assert works.asked == []


def test_a_request_counts_once(client, works):
    sent = headers()
    assert [send(client, sent).status_code for _ in range(2)] == [202, 401]


def test_one_of_several_signatures_is_enough(client):
    sent = headers()
    both = f"v1,AAAA {sent['webhook-signature']}"
    assert send(client, sent | {"webhook-signature": both}).status_code == 202


def test_a_body_of_another_shape_is_refused_without_its_words(client):
    body = b'{"urls": ["https://canary.example"]}'
    answer = send(client, headers(body), body)
    assert answer.status_code == 422
    assert "canary" not in answer.text


def test_what_comes_while_one_runs_is_done_once_after_it(works):
    works.gate.clear()
    refreshing = Refreshing(works)
    assert [refreshing.begin([name]) for name in ("a", "b", "c")] == ["begun", "waiting", "waiting"]
    works.gate.set()
    works.wait(2)
    assert works.asked == [["a"], ["b", "c"]]


def test_every_article_takes_in_the_named_ones(works):
    works.gate.clear()
    refreshing = Refreshing(works)
    for names in (["a"], ["b"], [], ["c"]):
        refreshing.begin(names)
    works.gate.set()
    works.wait(2)
    assert works.asked == [["a"], []]


@pytest.mark.parametrize("error", [ImportingError("tea: no such article"), RuntimeError("x")])
def test_a_refresh_that_fails_is_logged_and_the_next_one_runs(caplog, error):
    done = threading.Event()

    def fails_once(names):
        if "second" in names:
            done.set()
            return []
        raise error

    refreshing = Refreshing(fails_once)
    with caplog.at_level(logging.ERROR):
        refreshing.begin(["first"])
        for _ in range(200):
            refreshing.begin(["second"])
            if done.wait(0.02):
                break
    assert done.is_set()
    assert caplog.records


@pytest.mark.parametrize(("secret", "refresh"), [("", lambda _: []), (SECRET, None)])
def test_there_is_no_hook_unless_it_is_set_up(secret, refresh):
    assert hook_routes(secret, refresh).routes == []


def test_a_secret_that_can_be_guessed_is_refused():
    with pytest.raises(SettingError, match="ASKDOC_HOOK_SECRET"):
        Settings.from_environment(environment={"ASKDOC_HOOK_SECRET": "short"})
    assert "short" not in str(SimpleNamespace(settings=Settings()))


def test_the_refresh_of_a_server_fetches_indexes_and_tells(tmp_path, monkeypatch):
    monkeypatch.setattr("askdoc.refresh.prepare_embedder", lambda _: (WordEmbedder(), ""))
    monkeypatch.setattr("askdoc.index.search.load_embedder", lambda _=None: WordEmbedder())
    monkeypatch.setattr("askdoc.fetching.addresses.is_public", lambda _: True)
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    with serving(Site()) as site:
        site.pages["/tea"] = page()
        add(f"{site.address}/tea", corpus, fetcher=partial(Fetcher, delay_s=0))
        refresh([corpus], index)
        site.pages["/tea"] = page(*PARAGRAPHS, "It is sold in tins of a hundred grams.")
        (corpus / "cats.md").write_text(CATS)
        lines = refresher(index, None, None)(["tea"])
    assert lines == ["changed: tea: 1 paragraph new, 0 paragraphs gone"]
    documents = PassageIndex.load(index).documents
    assert set(documents) == {"cats", "tea"}
    assert "tins of a hundred grams" in documents["tea"].text
