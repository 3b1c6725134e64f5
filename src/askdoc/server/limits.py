"""Limits on what comes in: size, time and rate.

They are ASGI middleware, so that what is mounted is covered like everything else.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from limits import parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter as SharedRateLimiter
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askdoc.server.connections import network_of
from askdoc.server.error_responses import CLOSE, SOON, error_response, response_for_status
from askdoc.server.middleware import HttpMiddleware

BODY_TIMEOUT_S = 15.0
DISCARDED_BYTES = 1_000_000
DISCARD_TIMEOUT_S = 3.0
MAX_LARGE_BODIES = 4
OFFERS = "/api/chat/offers"
"""Asks nothing of the reader's own, so that it is counted as a look."""
READ_RATE = "300/minute"
"""What one address may read of articles and lists: more than people behind one address do."""
_READ_PATHS = ("/article/", "/api/")
SILENCE_TIMEOUT_S = 60.0
"""Four times as long as what Gradio lets pass between two signs of life of a stream."""
_REDIS_TIMEOUT_S = 1.0
_REDIS_RETRY_S = 5.0
"""For which Redis is left alone when it did not answer in time."""
_CLOCK_STEP_S = 5.0
_LOG = logging.getLogger("askdoc.server")


class LimitBody(HttpMiddleware):
    """Reads a body whole before anybody else sees the request; too big or too slow, it is refused.

    So who sends slowly holds nothing but a connection. A body with two lengths is refused, too: a
    proxy may believe the other one.
    """

    def __init__(self, app: ASGIApp, most: int, larger: Mapping[str, int] | None = None) -> None:
        """Wraps an app.

        Args:
            app: What gets the request.
            most: How many bytes a body may have.
            larger: The same for some paths, by their ends; only a few such bodies are read at once.
        """
        super().__init__(app)
        self.most = most
        self.larger = larger or {}
        self._room = asyncio.Semaphore(MAX_LARGE_BODIES)

    async def on_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it with 413."""
        most = next((n for path, n in self.larger.items() if scope["path"].endswith(path)), 0)
        if most and self._room.locked():
            await response_for_status(503, SOON | CLOSE)(scope, receive, send)
        elif most:
            async with self._room:
                await self._limited(scope, receive, send, most)
        else:
            await self._limited(scope, receive, send, self.most)

    async def _limited(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        headers = Headers(scope=scope)
        announced, chunked = headers.get("content-length"), "transfer-encoding" in headers
        if chunked and announced is not None:
            await response_for_status(400, CLOSE)(scope, receive, send)
        elif announced is not None and announced.isdecimal() and int(announced) > most:
            if "expect" not in headers:
                await _discard(receive)
            await response_for_status(413, CLOSE)(scope, receive, send)
        elif chunked or announced not in {None, "0"}:
            await self._with_body(scope, receive, send, most)
        else:
            await self.app(scope, receive, send)

    async def _with_body(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                body = await self._read(receive, most)
        except TimeoutError:
            await response_for_status(408, CLOSE)(scope, receive, send)
        except _TooBigError:
            await _discard(receive)
            await response_for_status(413, CLOSE)(scope, receive, send)
        except ClientDisconnect:
            return
        else:
            await self.app(scope, received(body, receive), send)

    async def _read(self, receive: Receive, most: int) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            if len(body) > most:
                raise _TooBigError
            if not message.get("more_body"):
                return bytes(body)


class _TooBigError(Exception):
    """More arrived than is allowed."""


async def _discard(receive: Receive) -> None:
    """Reads a body for nothing: who still sends when a connection closes is reset.

    Of an endless one only the beginning is read, and of a slow one what comes in a moment.
    """
    left = DISCARDED_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_TIMEOUT_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body"):
                    return


def received(body: bytes, receive: Receive) -> Receive:
    """What receives a body that was read already, and then whatever comes after it."""
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return whole.pop() if whole else await receive()

    return again


class LimitSilence(HttpMiddleware):
    """Ends a response that has begun and then sends nothing for a while."""

    async def on_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and looks at how its response goes on."""
        begun = False
        try:
            async with asyncio.timeout(None) as silence:

                async def watching(message: Message) -> None:
                    nonlocal begun
                    begun = True
                    await send(message)
                    if not silence.expired():
                        silence.reschedule(_silent_until(message))

                await self.app(scope, receive, watching)
        except TimeoutError:
            if not begun:
                raise
            await send({"type": "http.response.body"})


def _silent_until(message: Message) -> float | None:
    """When a response has been silent for too long after a message; never after its last."""
    ended = message["type"] == "http.response.body" and not message.get("more_body")
    return None if ended else asyncio.get_running_loop().time() + SILENCE_TIMEOUT_S


class Rate:
    """Counts, in this process alone, what each address does in a while."""

    def __init__(self, rate: str) -> None:
        """Begins to count; `rate` is like "60/minute"."""
        self._rate = parse(rate)
        self._counts = FixedWindowRateLimiter(MemoryStorage())
        self._clock = _clock()

    def ends(self, who: str) -> float | None:
        """Counts once more; when somebody who is over the rate may come again, else nothing."""
        # Windows end by the clock on the wall. When that is set, they are begun anew.
        if abs(_clock() - self._clock) > _CLOCK_STEP_S:
            self._clock = _clock()
            self._counts.storage.reset()
        if self._counts.hit(self._rate, who):
            return None
        return self._counts.get_window_stats(self._rate, who).reset_time


def _clock() -> float:
    """How far the clock on the wall is before the one that nobody sets."""
    return time.time() - time.monotonic()


class LimitRate:
    """Lets one address ask so many questions in a while; further ones get 429.

    With Redis all replicas count together. While it is away, each counts for itself. Pages of
    articles and what the API tells without a question have a rate of their own, in each replica.
    """

    def __init__(self, app: ASGIApp, rate: str, redis: str = "") -> None:
        """Wraps an app; `rate` is like "60/minute", `redis` like "redis://HOST:6379"."""
        self.app = app
        self.rate = parse(rate)
        self.own = Rate(rate)
        self.reads = Rate(READ_RATE)
        self.shared = _shared(redis) if redis else None
        self._redis_retry_at = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts what asks something, by who asks."""
        if scope["type"] == "lifespan":
            await self._until_the_end(scope, receive, send)
            return
        ends = await self._over(scope) if scope["type"] == "http" else None
        if ends is None:
            await self.app(scope, receive, send)
            return
        again = max(1, int(ends - time.time()) + 1)
        told = error_response(
            429, "too_many", "Too many questions. Wait a little.", {"Retry-After": f"{again}"}
        )
        await told(scope, receive, send)

    async def _over(self, scope: Scope) -> float | None:
        """Counts a request; when who is over the rate may come again, else nothing."""
        if scope["method"] == "POST" and scope["path"] != OFFERS:
            return await self._ends(asker(scope))
        return self.reads.ends(asker(scope)) if scope["path"].startswith(_READ_PATHS) else None

    async def _until_the_end(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leaves no connection open when the server ends."""
        try:
            await self.app(scope, receive, send)
        finally:
            if self.shared is not None and isinstance(self.shared.storage, RedisStorage):
                bridge: Any = self.shared.storage.bridge
                await bridge.get_connection().aclose()

    async def _ends(self, who: str) -> float | None:
        """When somebody who has asked too much may ask again; nothing if they may now."""
        if self.shared is not None and time.monotonic() >= self._redis_retry_at:
            try:
                if await self.shared.hit(self.rate, who):
                    return None
                return (await self.shared.get_window_stats(self.rate, who)).reset_time
            except StorageError:
                self._redis_retry_at = time.monotonic() + _REDIS_RETRY_S
                _LOG.error("Redis does not answer: this replica counts questions for itself.")
        return self.own.ends(who)


def _shared(redis: str) -> SharedRateLimiter:
    storage = RedisStorage(
        f"async+{redis}",
        implementation="redispy",
        wrap_exceptions=True,
        key_prefix="askdoc",
        socket_timeout=_REDIS_TIMEOUT_S,
        socket_connect_timeout=_REDIS_TIMEOUT_S,
    )
    return SharedRateLimiter(storage)


def asker(scope: Scope) -> str:
    """Whom a request counts against: an address, or the network of one in IPv6."""
    return network_of((scope.get("client") or ("unknown", 0))[0])
