"""A reader's own article: held in memory for that reader alone, for a while."""

import asyncio
import logging
import os
import subprocess
import sys
import time
from functools import partial

import httpx
import pytest
from starlette.responses import PlainTextResponse

from answers import built, running
from askdoc import build_index
from askdoc.documents import document_from_bytes, document_from_text
from askdoc.errors import DocumentError
from askdoc.fetching import Fetcher
from askdoc.own import NoRoomError, OwnArticles, read_apart
from askdoc.own.articles import FAREWELL_S, IDLE_S
from askdoc.server import Service, Settings
from askdoc.server.app import assemble
from askdoc.server.limits import LimitBody
from askdoc.server.own import own_routes
from fakes import CATS, WordEmbedder, document
from webs import Site, page, serving

CANARY = "canary4711"
TEXT = f"""\
The old lighthouse has a lamp of {CANARY} candles.

The keeper climbs two hundred steps every evening. Ships pass at night.
"""
LAMP = "which lamp has the old lighthouse?"
OVERDOSE = "my friend overdosed and wont wake up"
OPEN = Settings(rate="100000/minute", own_articles=True)


# ---- Holding articles


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


async def lighthouse(name):
    return document_from_text(name, "Lighthouse", TEXT)


def in_a_loop(act, clock=None):
    """Does something with held articles inside a loop."""

    async def acting():
        return await act(OwnArticles(WordEmbedder, clock or Clock()))

    return asyncio.run(acting())


async def until(article, *states):
    for _ in range(9000):
        if article.state in states:
            return article
        await asyncio.sleep(0.01)
    raise AssertionError(article.state)


def test_an_article_is_read_and_can_be_asked():
    async def act(own):
        article = await until(own.take("a", lighthouse), "ready", "failed")
        assert own.get(article.id) is article
        return article

    article = in_a_loop(act)
    assert article.document.title == "Lighthouse"
    assert list(article.index.documents) == [article.id]


def test_names_cannot_be_guessed():
    async def act(own):
        return [own.take(owner, lighthouse).id for owner in "ab"]

    first, second = in_a_loop(act)
    assert first != second
    assert len(first) > 30


def test_one_address_brings_a_few_and_others_still_can():
    async def act(own):
        for _ in range(3):
            own.take("a", lighthouse)
        with pytest.raises(NoRoomError, match="Put one away"):
            own.take("a", lighthouse)
        own.take("b", lighthouse)

    in_a_loop(act)


def test_held_articles_are_bounded_in_number_and_in_length(monkeypatch):
    monkeypatch.setattr("askdoc.own.articles.MOST_ARTICLES", 2)
    monkeypatch.setattr("askdoc.own.articles.MOST_CHARACTERS", len(TEXT) + 10)

    async def act(own):
        await until(own.take("a", lighthouse), "ready")
        failed = await until(own.take("b", lighthouse), "ready", "failed")
        with pytest.raises(NoRoomError, match="half an hour"):
            own.take("c", lighthouse)
        return failed

    assert "long articles" in in_a_loop(act).reason


@pytest.mark.parametrize(
    ("seconds", "left", "held"),
    [
        (IDLE_S - 1, False, True),
        (IDLE_S + 1, False, False),
        (FAREWELL_S - 1, True, True),
        (FAREWELL_S + 1, True, False),
    ],
)
def test_an_article_that_nobody_asks_is_dropped(seconds, left, held):
    clock = Clock()

    async def act(own):
        article = await until(own.take("a", lighthouse), "ready")
        if left:
            own.leave(article.id)
        clock.now += seconds
        assert (own.get(article.id) is not None) is held
        return article

    assert (in_a_loop(act, clock).index is not None) is held


def test_an_article_that_is_put_away_while_it_is_read_leaves_nothing():
    async def act(own):
        gate = asyncio.Event()

        async def slow(name):
            await gate.wait()
            return await lighthouse(name)

        article = own.take("a", slow)
        own.forget(article.id)
        gate.set()
        await asyncio.sleep(0.2)
        return article

    article = in_a_loop(act)
    assert (article.state, article.index) == ("forgotten", None)


def test_what_cannot_be_indexed_is_told_without_its_words(caplog):
    async def broken(name):
        raise RuntimeError(CANARY)

    async def act(own):
        return await until(own.take("a", broken), "failed")

    assert "plain text" in in_a_loop(act).reason
    assert CANARY not in caplog.text


# ---- Reading apart


def test_text_is_read_in_a_program_of_its_own():
    read = asyncio.run(read_apart(TEXT.encode(), ".txt", "own-x", "https://example.org/a"))
    assert (read.id, read.title, read.text) == ("own-x", "Your own article", TEXT)
    assert read.url == "https://example.org/a"


def test_what_cannot_be_read_is_told(monkeypatch):
    async def all_of_them():
        cases = ((b"%PDF-1.4 broken", ".pdf"), (b"a. " * 200_000, ".txt"))
        return await asyncio.gather(
            *(read_apart(*case, "x") for case in cases), return_exceptions=True
        )

    broken, long = asyncio.run(all_of_them())
    assert isinstance(broken, DocumentError)
    assert "damaged" in str(broken)
    assert "300,000 can be asked" in str(long)


# ---- The routes


@pytest.fixture(scope="module")
def roomy():
    """Held articles that all tests of the routes share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("askdoc.own.articles.MOST_EACH", 18)
        patch.setattr("askdoc.server.own.read_apart", read_here)
        yield


async def read_here(data, ending, name, url=""):
    """Stands for `read_apart`, which starts a program each time."""
    return document_from_bytes(data, f"Article{ending}", id=name, url=url)


@pytest.fixture(scope="module")
def server(roomy):
    index = build_index([document(CATS)], embedder=WordEmbedder())
    with (
        running(built(assemble, Service(lambda: index), OPEN), OPEN) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        while client.get("/readyz").status_code != 200:
            time.sleep(0.05)
        yield client


def brought(client, answer):
    """The state of an article once it was read."""
    assert answer.status_code == 202, answer.text
    name = answer.json()["id"]
    for _ in range(1800):
        state = client.get(f"/api/own/{name}").json()
        if state["state"] in {"ready", "failed"}:
            return state
        time.sleep(0.05)
    raise AssertionError("still being read")


@pytest.fixture(scope="module")
def own(server):
    return brought(server, server.post("/api/own/text", json={"text": TEXT}))


def turn(client, question, name):
    asked = {"number": 1, "question": question, "document": name}
    return client.post("/api/chat/turn", json=asked).json()


def test_an_article_that_was_pasted_is_quoted_with_what_nobody_has_checked(server, own):
    assert own["state"] == "ready"
    reply = turn(server, LAMP, own["id"])
    assert CANARY in reply["html"]
    assert "Nobody has checked" in reply["banner"]
    start = server.get("/api/chat/start", params={"document": own["id"]}).json()
    assert "Nobody has checked this article" in start["welcome"]


def test_it_is_never_mixed_with_the_articles_that_are_served(server, own):
    assert "meat" not in turn(server, "what does a grown cat eat?", own["id"])["html"]
    assert CANARY not in turn(server, LAMP, None)["html"]
    listed = server.get("/api/v1/articles").text + server.get("/article/").text
    assert "own-" not in listed


@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/search"])
def test_no_other_door_leads_to_it(server, own, path):
    asked = {"question": LAMP} if path.endswith("ask") else {"query": LAMP}
    assert CANARY not in server.post(path, json=asked | {"document": own["id"]}).text


def test_its_page_shows_the_sentence_with_the_banner(server, own):
    shown = server.get(f"/article/{own['id']}").text
    assert CANARY in shown
    assert "Nobody has checked" in shown


def test_a_crisis_comes_first_whatever_the_article_says(server, own):
    assert turn(server, OVERDOSE, own["id"])["status"] == "emergency"
    assert turn(server, OVERDOSE, "own-" + "x" * 32)["status"] == "emergency"


def test_behind_a_proxy_that_adds_a_path_nothing_leads_out_of_it(server):
    def moved(request):
        """What a proxy does that shows the server under a path of its own."""
        assert request.url.path.startswith("/askdoc/")
        inner = server.build_request(
            request.method,
            str(request.url.raw_path, "ascii").removeprefix("/askdoc"),
            content=request.content,
            headers={"Content-Type": request.headers.get("Content-Type", "text/html")},
        )
        return server.send(inner)

    transport = httpx.MockTransport(moved)
    with httpx.Client(
        base_url="http://example.org/askdoc/", transport=transport, follow_redirects=True
    ) as client:
        for path in ("", "chat", "article", "embed", "article/"):
            assert client.get(path).status_code == 200
        name = brought(server, client.post("api/own/text", json={"text": TEXT}))["id"]
        asked = {"number": 1, "question": LAMP, "document": name}
        assert CANARY in client.post("api/chat/turn", json=asked).json()["html"]
        assert CANARY in client.get(f"article/{name}").text


def test_an_article_that_was_put_away_is_gone(server):
    name = brought(server, server.post("/api/own/text", json={"text": TEXT}))["id"]
    assert server.post(f"/api/own/{name}/forget").status_code == 204
    first = server.get("/api/chat/start", params={"document": name}).json()
    # Nothing else is asked in its place.
    assert (first["gone"], first["missing"]) == (True, False)
    assert server.get(f"/api/own/{name}").status_code == 404
    assert server.get(f"/article/{name}").status_code == 404
    reply = turn(server, LAMP, name)
    assert CANARY not in reply["html"]
    assert "Bring it again" in reply["html"]


@pytest.fixture
def opened_to_write():
    """The files that this process opens to write, as Python itself tells."""
    found, watching = [], [True]

    def note(event, given):
        if event == "open" and watching and given[2] & (os.O_WRONLY | os.O_RDWR):
            found.append(str(given[0]))

    sys.addaudithook(note)
    yield found
    watching.clear()  # a hook stays for as long as Python runs


def test_nothing_of_it_reaches_a_log_a_metric_or_the_disk(server, caplog, opened_to_write):
    with caplog.at_level(logging.DEBUG):
        name = brought(server, server.post("/api/own/text", json={"text": TEXT}))["id"]
        turn(server, f"what of {CANARY}?", name)
        server.get(f"/article/{name}")
        server.post("/api/own/text", json={"text": CANARY, "more": 1})
        server.post("/api/own/page", json={"url": f"http://{CANARY}.invalid/"})
    assert CANARY not in caplog.text + server.get("/metrics").text
    assert [file for file in opened_to_write if not file.startswith("/dev/")] == []


def test_the_program_that_reads_it_may_write_no_file(tmp_path):
    writing = (
        "from askdoc.own.child import _bound\n_bound()\n"
        f"open({str(tmp_path / 'x')!r}, 'w').write('x')"
    )
    subprocess.run([sys.executable, "-c", writing], capture_output=True)
    assert (tmp_path / "x").read_bytes() == b""


def test_a_file_is_taken_by_its_ending(server):
    bytes_alone = {"content-type": "application/octet-stream"}
    sent = server.post(
        "/api/own/file", params={"name": "a.html"}, content=page(), headers=bytes_alone
    )
    assert brought(server, sent)["title"] == "Green tea"
    wrong = server.post(
        "/api/own/file", params={"name": "a.exe"}, content="MZ", headers=bytes_alone
    )
    assert wrong.status_code == 400
    assert ".pdf" in wrong.text


def test_an_address_of_a_private_network_is_refused(server):
    with serving(Site()) as site:
        site.pages["/tea"] = page()
        told = brought(server, server.post("/api/own/page", json={"url": f"{site.address}/tea"}))
    assert told["state"] == "failed"
    assert "private network" in told["reason"]
    assert "askdoc add" not in told["reason"]
    assert site.asked == []


def test_a_page_is_fetched_and_asked(server, monkeypatch):
    near = partial(Fetcher, allow_private=True, delay_s=0)
    monkeypatch.setattr("askdoc.server.own.guarded_fetcher", near)
    with serving(Site()) as site:
        site.pages["/tea"] = page()
        told = brought(server, server.post("/api/own/page", json={"url": f"{site.address}/tea"}))
    reply = turn(server, "how is green tea brewed?", told["id"])
    assert f"{site.address}/tea" in reply["html"]


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("text", b'{"text": "x"}', {"content-type": "text/plain"}, 422),
        ("text", b'{"text": "x"}', {"sec-fetch-site": "cross-site"}, 415),
        ("text", b'{"text": "x"}', {"sec-fetch-site": "same-site"}, 415),
        ("file?name=a.txt", b"x", {"content-type": "text/plain"}, 415),
        ("file?name=a.txt", b"x", {"content-type": "multipart/form-data"}, 415),
        ("text", b'{"text": "%s"}' % (b"a" * 300_001), {}, 422),
        ("page", b'{"url": "%s"}' % (b"a" * 70_000), {}, 413),
        ("own-short", b"", {}, 405),
    ],
)
def test_what_another_page_could_send_and_what_is_too_big_is_refused(
    server, path, body, headers, status
):
    headers = {"content-type": "application/json"} | headers
    assert server.post(f"/api/own/{path}", content=body, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [("/own", 100, 200), ("/own", 101, 413), ("/other", 10, 200), ("/other", 11, 413)],
)
def test_a_few_paths_take_larger_bodies(path, size, status):
    async def sent():
        app = LimitBody(PlainTextResponse("fine"), 10, {"/own": 100})
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.post(path, content=b"a" * size)

    assert asyncio.run(sent()).status_code == status


def hourly_over(rate, _):
    """Stands for `Rate.ends` where more than an hour's articles were brought."""
    return 1.0 if "hour" in str(rate._rate) else None


def test_many_articles_of_one_address_are_too_many(server, monkeypatch):
    monkeypatch.setattr("askdoc.server.own.Rate.ends", hourly_over)
    answer = server.post("/api/own/text", json={"text": TEXT})
    assert answer.status_code == 429
    assert "hour" in answer.text


def test_it_is_off_unless_the_server_says_so():
    assert not Settings().own_articles
    assert own_routes(None).routes == []


@pytest.mark.parametrize(
    ("host", "given", "on"),
    [
        ("127.0.0.1", {}, True),
        ("localhost", {}, True),
        ("0.0.0.0", {}, False),
        ("127.0.0.1", {"ASKDOC_ALLOWED_HOSTS": "ask.example.org"}, False),
        ("127.0.0.1", {"ASKDOC_ALLOWED_HOSTS": "*"}, False),
        ("127.0.0.1", {"ASKDOC_OWN_ARTICLES": "off"}, False),
        ("0.0.0.0", {"ASKDOC_OWN_ARTICLES": "on"}, True),
    ],
)
def test_it_is_on_by_default_on_this_machine_alone(host, given, on):
    assert Settings.from_environment(host, given).own_articles is on
