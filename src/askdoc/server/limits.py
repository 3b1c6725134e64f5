"""Limits on what comes in: size, rate, and how much is held at once.

They are ASGI middleware, so that what is mounted is covered like everything else.
"""

import ipaddress
import logging
import time
from typing import Any

from limits import parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter as SharedRateLimiter
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askdoc.server.faults import SOON, fault, unread

_HELD = ("/api/", "/v1/", "/mcp")
_TOO_BIG = "The body is too big."
_PATIENCE = 1.0
_ALONE = 5.0
"""Seconds that Redis may take, and for which it is left alone when it took longer."""
_LOG = logging.getLogger("askdoc.server")


class LimitBody:
    """Refuses bodies over a size, by what is announced and by what really arrives."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        """Wraps an app; `most` is in bytes."""
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it with 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > self.most:
            await fault(413, "too_big", _TOO_BIG)(scope, receive, send)
            return
        await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrived, started = 0, False

        async def counting() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self.most:
                raise _TooBigError
            return message

        async def watching(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counting, watching)
        except _TooBigError:
            if not started:
                await fault(413, "too_big", _TOO_BIG)(scope, receive, send)


class _TooBigError(HTTPException):
    """More arrived than is allowed. Frameworks inside let this kind of error pass."""

    def __init__(self) -> None:
        super().__init__(413)


class LimitRate:
    """Lets one address ask so many questions in a while; further ones get 429.

    With Redis all replicas count together. While it is away, each counts for itself.
    """

    def __init__(self, app: ASGIApp, rate: str, redis: str = "") -> None:
        """Wraps an app; `rate` is like "60/minute", `redis` like "redis://HOST:6379"."""
        self.app = app
        self.rate = parse(rate)
        self.own = FixedWindowRateLimiter(MemoryStorage())
        self.shared = _shared(redis) if redis else None
        self._alone_until = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts what asks something, by who asks."""
        if scope["type"] == "lifespan":
            await self._until_the_end(scope, receive, send)
            return
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        who = asker(scope)
        ends = await self._ends(who)
        if ends is None:
            await self.app(scope, receive, send)
            return
        again = max(1, int(ends - time.time()) + 1)
        told = unread(
            429, "too_many", "Too many questions. Wait a little.", {"Retry-After": f"{again}"}
        )
        await told(scope, receive, send)

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
        if self.shared is not None and time.monotonic() >= self._alone_until:
            try:
                if await self.shared.hit(self.rate, who):
                    return None
                return (await self.shared.get_window_stats(self.rate, who)).reset_time
            except StorageError:
                self._alone_until = time.monotonic() + _ALONE
                _LOG.error("Redis does not answer: this replica counts questions for itself.")
        if self.own.hit(self.rate, who):
            return None
        return self.own.get_window_stats(self.rate, who).reset_time


def _shared(redis: str) -> SharedRateLimiter:
    storage = RedisStorage(
        f"async+{redis}",
        implementation="redispy",
        wrap_exceptions=True,
        key_prefix="askdoc",
        socket_timeout=_PATIENCE,
        socket_connect_timeout=_PATIENCE,
    )
    return SharedRateLimiter(storage)


def asker(scope: Scope) -> str:
    """Whom a request counts against: an address, or the network of one in IPv6."""
    host = (scope.get("client") or ("unknown", 0))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


class LimitHeld:
    """Holds so many API requests at once; further ones get 503 and may come again."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        """Wraps an app; `most` is a number of requests."""
        self.app = app
        self.most = most
        self.held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request in while there is room."""
        if scope["type"] != "http" or not scope["path"].startswith(_HELD):
            await self.app(scope, receive, send)
            return
        if self.held >= self.most:
            await unread(503, "busy", "Too many requests at once.", SOON)(scope, receive, send)
            return
        self.held += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.held -= 1
