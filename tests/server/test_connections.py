"""Clients that hold the server: silent, slow, too many, or there when it ends."""

import asyncio
import contextlib
import socket
import threading
import time
from types import SimpleNamespace

import httpx
import pytest
from starlette.responses import PlainTextResponse, StreamingResponse

from answers import running, serving
from askdoc.server import Settings
from askdoc.server.connections import (
    LEAST_READ_BYTES,
    BoundedProtocol,
    Connections,
    most_connections,
)
from askdoc.server.limits import SILENCE_TIMEOUT_S, LimitBody, LimitSilence
from waiting import becomes

SHORT_S = 0.3
ASK = b'{"question": "how long do cats sleep?"}'
HEAD = b"POST /api/v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
REQUEST = HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(ASK), ASK)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("askdoc.server.connections.HEADER_TIMEOUT_S", SHORT_S)
    monkeypatch.setattr("askdoc.server.connections.WRITE_TIMEOUT_S", SHORT_S)
    monkeypatch.setattr("askdoc.server.limits.BODY_TIMEOUT_S", SHORT_S)
    monkeypatch.setattr("askdoc.server.limits.SILENCE_TIMEOUT_S", SHORT_S)


async def fine(scope, receive, send):
    if scope["type"] == "http":
        await PlainTextResponse("fine")(scope, receive, send)


def plain(**changes):
    """A server whose app is nothing but the limit on bodies."""
    return serving(LimitBody(fine, 65_536), Settings(**changes))


def connected(port, sent=b""):
    found = socket.create_connection(("127.0.0.1", port), 60)
    found.sendall(sent)
    return found


def told(connection):
    """Everything that comes until the server hangs up."""
    parts = []
    with connection, contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("sent", [b"", b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_that_never_says_what_it_wants_is_closed(impatient, sent):
    with plain() as (port, _):
        assert told(connected(port, sent)) == b""


def test_a_head_that_comes_byte_by_byte_is_not_waited_for(impatient):
    with (
        plain() as (port, _),
        connected(port, HEAD) as connection,
        pytest.raises(OSError, match=r"reset|pipe"),
    ):
        trickle(connection)


def trickle(connection):
    for _ in range(100):
        connection.sendall(b"X")
        time.sleep(SHORT_S / 10)


def test_a_body_that_does_not_come_is_refused_with_the_help_lines(impatient):
    with plain() as (port, _):
        answer = told(connected(port, HEAD + b"Content-Length: 50\r\n\r\n{"))
    assert b" 408 " in answer
    assert b"call 911" in answer


def test_who_still_sends_a_body_that_is_too_big_reads_that_it_is():
    with plain() as (port, _):
        body = b"Content-Length: 900000\r\n\r\n" + b"x" * 900_000
        answer = told(connected(port, HEAD + body))
    assert b" 413 " in answer
    assert b"call 911" in answer


@pytest.mark.parametrize(
    "header", [(b"content-length", b"300"), (b"transfer-encoding", b"chunked")]
)
def test_what_is_on_its_way_is_taken_before_it_is_refused(header):
    coming = [{"type": "http.request", "body": b"x" * 100, "more_body": n < 2} for n in range(3)]
    left = []

    async def receive():
        return coming.pop(0)

    async def send(message):
        left.append(len(coming))

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [header]}
    asyncio.run(LimitBody(fine, 50)(scope, receive, send))
    assert left[0] == 0


def test_a_body_that_is_too_big_is_not_read_to_its_end(impatient, monkeypatch):
    monkeypatch.setattr("askdoc.server.limits.DISCARD_TIMEOUT_S", SHORT_S)
    with plain() as (port, _):
        answer = told(connected(port, HEAD + b"Content-Length: 900000\r\n\r\n{"))
    assert b" 413 " in answer


def test_a_body_of_two_lengths_is_refused():
    both = HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    with plain() as (port, _):
        answer = told(connected(port, both))
    assert b" 400 " in answer
    assert b"call 911" in answer


def test_what_is_no_http_is_refused_with_the_help_lines():
    with plain() as (port, _):
        answer = told(connected(port, b"canary-4711\r\n\r\n"))
    assert b" 400 " in answer
    assert b"call 911" in answer
    assert b"canary" not in answer


def test_one_address_holds_so_many_connections_and_is_told_where_help_is():
    with (
        plain(connections=2, forwarded_allow_ips="192.0.2.1") as (port, _),
        connected(port),
        connected(port),
    ):
        answer = told(connected(port, REQUEST))
    assert b" 503 " in answer
    assert b"call 911" in answer


def test_a_proxy_holds_as_many_as_it_needs():
    with plain(connections=1) as (port, _), connected(port), connected(port, REQUEST) as asking:
        assert b" 200 OK" in asking.recv(65536)


def test_when_there_are_too_many_the_longest_silent_gives_way(monkeypatch):
    monkeypatch.setattr("askdoc.server.app.MOST_CONNECTIONS", 2)
    with plain() as (port, server):
        silent = connected(port)
        assert becomes(lambda: server.server_state.connections)
        with connected(port), connected(port, REQUEST) as asking:
            assert b" 200 OK" in asking.recv(65536)
            assert told(silent) == b""


def test_when_all_are_at_work_the_next_is_told_where_help_is():
    held = Connections(most=1, most_each=9, proxies="")
    busy, late = Held(at_rest=False), Held(at_rest=True)
    assert held.opened(busy, "192.0.2.1")
    assert not held.opened(late, "192.0.2.2")


class Held:
    """A connection, as far as it is counted."""

    rests_since = 0.0

    def __init__(self, at_rest=True):
        self.at_rest = at_rest


def test_networks_of_ipv6_are_counted_together():
    held = Connections(most=9, most_each=1, proxies="203.0.113.0/24, no address")
    assert held.opened(Held(), "2001:db8::1")
    assert not held.opened(Held(), "2001:db8::2")
    assert all(held.opened(Held(), "203.0.113.7") for _ in range(3))


def test_there_are_no_more_connections_than_files_may_be_opened():
    import resource

    assert most_connections(10**9) <= resource.getrlimit(resource.RLIMIT_NOFILE)[0]


async def endless(scope, receive, send):
    if scope["type"] == "http":
        await PlainTextResponse(b"x" * 50_000_000)(scope, receive, send)


def test_who_does_not_read_the_answer_is_let_go(impatient):
    with (
        serving(endless) as (port, server),
        connected(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ):
        assert becomes(lambda: server.server_state.connections)
        assert becomes(lambda: not server.server_state.connections)


def test_who_reads_an_answer_byte_by_byte_is_let_go(impatient):
    with (
        serving(endless) as (port, server),
        connected(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as connection,
    ):
        assert becomes(lambda: connection.recv(1) and not server.server_state.connections)


class Transport:
    """A client's side, from which little by little is read."""

    def __init__(self, unread):
        self.unread, self.looks, self.aborted = unread, [], False

    def get_write_buffer_size(self):
        return self.unread

    def call_later(self, _, look):
        self.looks.append(look)
        return SimpleNamespace(cancel=lambda: None)

    def abort(self):
        self.aborted = True


def test_who_reads_slowly_and_steadily_is_waited_for():
    protocol = object.__new__(BoundedProtocol)
    protocol.transport = protocol.loop = client = Transport(100 * LEAST_READ_BYTES)
    protocol._timers = {}
    protocol._await_reading()
    for _ in range(99):
        client.unread -= LEAST_READ_BYTES
        client.looks.pop()()
        assert not client.aborted
    client.looks.pop()()
    assert client.aborted


def test_a_body_of_endless_small_chunks_is_refused_with_the_help_lines():
    chunks = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 5000
    with plain() as (port, _):
        answer = told(connected(port, chunks))
    assert b" 400 " in answer
    assert b"call 911" in answer


async def falls_silent():
    yield "one word"
    await asyncio.sleep(60)


def test_a_stream_without_traffic_is_ended(monkeypatch):
    monkeypatch.setattr("askdoc.server.limits.SILENCE_TIMEOUT_S", SHORT_S)

    async def app(scope, receive, send):
        if scope["type"] == "http":
            await StreamingResponse(falls_silent())(scope, receive, send)

    with running(LimitSilence(app)) as address:
        assert httpx.get(address, timeout=60).text == "one word"


def test_a_stream_that_goes_on_is_told_whole():
    sent, now = [], 0.0

    async def talks_on(scope, receive, send):
        nonlocal now
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for more in (True, True, True, False):
            now += 0.9 * SILENCE_TIMEOUT_S
            await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": b"word ", "more_body": more})

    async def keep(message):
        sent.append(message.get("body", b""))

    async def told_in_time():
        asyncio.get_running_loop().time = lambda: now
        await LimitSilence(talks_on)({"type": "http"}, None, keep)

    asyncio.run(told_in_time())
    assert b"".join(sent) == b"word " * 4


async def slowly(scope, receive, send):
    if scope["type"] == "http":
        await asyncio.sleep(SHORT_S)
        await fine(scope, receive, send)


def test_nobody_is_reset_when_the_server_ends(monkeypatch):
    monkeypatch.setattr("askdoc.server.connections.FAREWELL_S", 60.0)
    get = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with serving(slowly) as (port, server):
        server.config.timeout_graceful_shutdown = 60
        kept = connected(port, get)
        assert kept.recv(65536).startswith(b"HTTP/1.1 200 OK")
        asking = [connected(port, get) for _ in range(10)]
        opened = [connected(port) for _ in range(10)]
        assert becomes(lambda: len(server.server_state.connections) == 21)
        server.should_exit = True
        assert becomes(lambda: not server.servers[0].is_serving())
        for connection in (kept, *opened):
            connection.sendall(get)
        answers = [told(connection) for connection in (kept, *asking, *opened)]
    assert [b"HTTP/1.1 200 OK" in answer for answer in answers] == [True] * 21
    assert all(b"connection: close" in answer.lower() for answer in (answers[0], answers[-1]))


def test_who_waits_to_be_accepted_when_the_server_ends_is_answered():
    get = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    busy, free = threading.Event(), threading.Event()

    async def blocks(scope, receive, send):
        if scope["type"] == "http":
            busy.set()
            free.wait(60)
            await fine(scope, receive, send)

    with serving(blocks) as (port, server):
        first = connected(port, get)
        assert busy.wait(60)
        server.should_exit = True
        waiting = [connected(port, get) for _ in range(3)]
        free.set()
        assert [b" 200 OK" in told(connection) for connection in (first, *waiting)] == [True] * 4


def test_who_asks_for_a_web_socket_fills_no_log(caplog, capfd):
    upgrade = b"Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
    with plain() as (port, _):
        assert b"fine" in told(connected(port, b"GET / HTTP/1.1\r\nHost: x\r\n" + upgrade))
    assert "pgrade" not in caplog.text + capfd.readouterr().err
