"""Several servers before one store: rates counted together, a store waited for, help at once."""

import contextlib
import os
import socket
import subprocess
import threading
import time

import pytest
from starlette.testclient import TestClient

from answers import CatService, built, kept_port
from askdoc import build_index
from askdoc.errors import StoreAwayError
from askdoc.server import NotReadyError, Service, Settings
from askdoc.server.app import assemble
from askdoc.server.settings import SettingError
from fakes import CATS, WordEmbedder, document

OVERDOSE = "my friend overdosed and wont wake up"
ASKED = {"question": "how long do cats sleep?"}


@pytest.fixture
def port():
    with kept_port() as port:
        yield port


@pytest.fixture
def redis(tmp_path, port, monkeypatch):
    """A Redis of its own. Where checks must not be left out, its absence is a failure."""
    monkeypatch.setattr("askdoc.server.limits._REDIS_TIMEOUT_S", 60.0)
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    try:
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        if os.environ.get("CI"):
            raise
        pytest.skip("there is no redis-server to start")
    for _ in range(1000):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}"
    server.terminate()
    server.wait(60)


def replica(redis, rate="3/hour"):
    return built(assemble, CatService(), Settings(rate=rate, redis=redis))


def asked(client, times):
    return [client.post("/api/v1/ask", json=ASKED).status_code for _ in range(times)]


def test_replicas_count_questions_together(redis):
    with TestClient(replica(redis)) as one, TestClient(replica(redis)) as other:
        assert asked(one, 2) == [200, 200]
        assert asked(other, 2) == [200, 429]
        told = one.post("/api/v1/ask", json=ASKED)
    assert told.status_code == 429
    assert 0 < int(told.headers["retry-after"]) <= 3601


def test_while_redis_is_away_each_replica_counts_for_itself(port):
    away = f"redis://127.0.0.1:{port}"
    with TestClient(replica(away)) as one, TestClient(replica(away)) as other:
        assert asked(one, 4) == [200, 200, 200, 429]
        assert asked(other, 1) == [200]


@pytest.mark.parametrize("address", ["127.0.0.1:6379", "http://x", "redis://", "redis:// x"])
def test_an_address_that_is_none_of_redis_is_refused(address):
    with pytest.raises(SettingError, match="redis://"):
        Settings.from_environment(environment={"ASKDOC_REDIS": address})


class ComesLater:
    """A store that is away at first."""

    def __init__(self, times):
        self.left = times

    def __call__(self):
        if self.left:
            self.left -= 1
            raise StoreAwayError("The store does not answer.")
        return build_index([document(CATS)], embedder=WordEmbedder())


def test_a_server_waits_for_its_store_and_then_answers(monkeypatch):
    monkeypatch.setattr("askdoc.server.service._LOAD_AGAIN_S", 0.01)
    service = Service(ComesLater(3))
    service.start()
    assert service.wait(60)
    assert service.ask("do cats hunt at dusk?").citations


def test_the_same_question_is_worked_out_once_for_each_build():
    builds = [
        build_index([document(t)], embedder=WordEmbedder()) for t in (CATS, CATS + "They nap.")
    ]
    live = builds[0]
    builds[0].latest = lambda: live
    service = Service(lambda: builds[0])
    service.start()
    assert service.wait(60)
    first = service.ask("when do cats hunt?")
    assert service.ask("when do cats hunt?") is first
    assert service.ask("when do cats hunt?", ["how long do cats sleep?"]) is not first
    assert service.ask("when do cats hunt?", document="cats") is not first
    live = builds[1]
    assert service.ask("when do cats hunt?") is not first


def test_help_comes_while_the_store_is_awaited():
    service = Service(ComesLater(10**9))
    service.start()
    assert service.ask(OVERDOSE).status == "emergency"
    with pytest.raises(NotReadyError):
        service.ask("when do cats hunt?")


def test_who_is_in_danger_does_not_wait_for_those_before_them():
    index = build_index([document(CATS)], embedder=WordEmbedder())
    service = Service(lambda: index, at_once=1)
    service.start()
    assert service.wait(60)
    busy, release = threading.Event(), threading.Event()
    search = index.search

    def slow(*args, **more):
        busy.set()
        release.wait(60)
        return search(*args, **more)

    index.search = slow
    first = threading.Thread(target=service.ask, args=("when do cats hunt?",))
    first.start()
    assert busy.wait(60)
    assert service.ask(OVERDOSE).status == "emergency"
    assert first.is_alive()
    release.set()
    first.join(20)


class Leaves(Service):
    """A service whose store goes away once it is loaded."""

    def _followed(self):
        raise StoreAwayError("The store at 127.0.0.1:19530 does not answer.")


def test_when_the_store_goes_away_answers_are_503_and_urgent_help_stays():
    service = Leaves(lambda: build_index([document(CATS)], embedder=WordEmbedder()))
    app = built(assemble, service)
    urgent = {"question": "i feel so hopeless and i am pregnant, can i take it?"}
    with TestClient(app) as client:
        assert service.wait(60)
        told = client.post("/api/v1/ask", json=ASKED)
        assert client.post("/api/v1/search", json={"query": "cats"}).status_code == 503
        danger = client.post("/api/v1/ask", json={"question": OVERDOSE})
        client.post("/api/v1/ask", json=urgent)
    assert told.status_code == 503
    assert told.headers["retry-after"]
    assert "127.0.0.1" not in told.text
    assert danger.json()["status"] == "emergency"
