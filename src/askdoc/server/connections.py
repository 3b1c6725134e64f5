"""What is held open: connections by number, by address and by time, and how the server ends.

uvicorn closes a connection that falls silent after a response, and no other. Here one that never
finishes its headers is closed, one whose client stops reading too, and where there are too many
the longest silent gives way.
"""

import asyncio
import contextlib
import ipaddress
import socket
from collections import Counter
from collections.abc import Callable
from typing import Any

import h11
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from askdoc.server.error_responses import CLOSE, SOON, error_response, help_lines

HEADER_TIMEOUT_S = 10.0
"""From the first moment of a connection, or the end of a response, to a request's whole head."""
WRITE_TIMEOUT_S = 20.0
LEAST_READ_BYTES = 200_000
"""Of what waits to be sent, so much at least must be read in `WRITE_TIMEOUT_S`, or all of it."""
MAX_CHUNKS = 4096
"""Of a body that is sent in chunks: to take one in costs as much as to take in a kilobyte."""
FAREWELL_S = 1.0
"""For which a connection at rest is kept when the server ends: a request may be on its way."""
_RESERVED_FILES = 128
"""File descriptors left to everything that is no connection: the index, libraries, the log."""
_MIN_CONNECTIONS = 32


class Connections:
    """All connections of one server, and how many there may be."""

    def __init__(self, most: int, most_each: int, proxies: str) -> None:
        """Holds the limits.

        Args:
            most: How many there may be at once.
            most_each: How many of one address, or one /64 in IPv6.
            proxies: Addresses and networks, separated by commas, to which `most_each` does not
                apply: each speaks for many. "*" is all.
        """
        self.most = most
        self.most_each = most_each
        self._proxies = _networks(proxies)
        self._by_address: Counter[str] = Counter()
        self._open: dict[BoundedProtocol, str] = {}

    def opened(self, connection: "BoundedProtocol", host: str) -> bool:
        """Takes a connection in; whether it may be served."""
        address = network_of(host)
        self._open[connection] = address
        self._by_address[address] += 1
        if len(self._open) > self.most and not self._makes_room(connection):
            return False
        return self._by_address[address] <= self.most_each or self._is_proxy(host)

    def closed(self, connection: "BoundedProtocol") -> None:
        """Forgets a connection."""
        address = self._open.pop(connection, None)
        if address is not None:
            self._by_address[address] -= 1
            self._by_address += Counter()  # drops the addresses that are at nothing

    def _makes_room(self, newest: "BoundedProtocol") -> bool:
        """Closes the connection that is at rest for the longest; whether there is one."""
        resting = (c for c in self._open if c.at_rest and c is not newest)
        oldest = min(resting, key=lambda c: c.rests_since, default=None)
        if oldest is None:
            return False
        self.closed(oldest)
        oldest.transport.abort()
        return True

    def _is_proxy(self, host: str) -> bool:
        with contextlib.suppress(ValueError):
            return any(ipaddress.ip_address(host) in network for network in self._proxies)
        return False


def network_of(host: str) -> str:
    """Whom a connection counts against: an address, or the network of one in IPv6."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _networks(proxies: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    if proxies.strip() == "*":
        return [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
    found = []
    for name in proxies.split(","):
        with contextlib.suppress(ValueError):
            found.append(ipaddress.ip_network(name.strip(), strict=False))
    return found


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells whoever has too many connections, or comes when there are too many."""
    if scope["type"] == "http":
        told = error_response(503, "busy", "Too many connections.", SOON | CLOSE)
        await told(scope, receive, send)


class _BoundedParser(h11.Connection):
    """Takes in no body of more than `MAX_CHUNKS` chunks."""

    _chunks = 0

    def next_event(self) -> Any:
        """What was received next.

        Raises:
            RemoteProtocolError: It is no HTTP, or one chunk too many.
        """
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks = 0
        elif isinstance(event, h11.Data) and event.chunk_end:
            self._chunks += 1
            if self._chunks > MAX_CHUNKS:
                raise h11.RemoteProtocolError("too many chunks")
        return event


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 on one connection, which is never held longer than something happens on it."""

    held: Connections

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As uvicorn makes it."""
        super().__init__(*args, **kwargs)
        self.conn = _BoundedParser(h11.SERVER)
        self.rests_since = self.loop.time()
        self._ending = False
        self._timers: dict[str, asyncio.TimerHandle] = {}

    @property
    def at_rest(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection in, and waits for its first request."""
        super().connection_made(transport)
        # Any byte that lies unread is told by `pause_writing`.
        transport.set_write_buffer_limits(high=0)
        if not self.held.opened(self, self.client[0] if self.client else "unknown"):
            self.app = _refuse
        self._await("head", HEADER_TIMEOUT_S, transport.close)

    def _unsupported_upgrade_warning(self) -> None:
        """Answers as if nothing else had been asked for: a line in the log for each is a flood."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Lets the connection go."""
        self.held.closed(self)
        for timer in self._timers.values():
            timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on; the time for a request's head is not prolonged by parts of it."""
        super().data_received(data)
        self._after_reading()

    def on_response_complete(self) -> None:
        """Begins to wait for the next request, which may have arrived already."""
        self.rests_since = self.loop.time()
        super().on_response_complete()
        self._after_reading()

    def pause_writing(self) -> None:
        """Gives the client a while to read on."""
        super().pause_writing()
        self._await_reading()

    def resume_writing(self) -> None:
        """Everything was read."""
        super().resume_writing()
        self._cancel("read")

    def _await_reading(self) -> None:
        """Ends the connection unless enough is read in a while, and looks again after that."""
        waiting = self.transport.get_write_buffer_size()

        def look() -> None:
            self._cancel("read")
            if waiting - self.transport.get_write_buffer_size() < LEAST_READ_BYTES:
                self.transport.abort()
            else:
                self._await_reading()

        self._await("read", WRITE_TIMEOUT_S, look)

    def shutdown(self) -> None:
        """Ends soon: what is being asked, or arrives in this moment, is answered still."""
        self._ending = True
        if self.at_rest:
            self._await("rest", FAREWELL_S, self.transport.close)
        else:
            self._answer_for_the_last_time()

    def send_400_response(self, msg: str) -> None:
        """Refuses what is no HTTP; nobody has read it, so help goes with it."""
        super().send_400_response(f"{msg} {help_lines()}")

    def _after_reading(self) -> None:
        if self.transport.is_closing():
            return
        if self.at_rest:
            self._await("head", HEADER_TIMEOUT_S, self.transport.close)
            return
        self._cancel("head")
        if self._ending:
            self._cancel("rest")
            self._answer_for_the_last_time()

    def _answer_for_the_last_time(self) -> None:
        self.cycle.keep_alive = False
        if (b"connection", b"close") not in self.scope["headers"]:
            self.scope["headers"].append((b"connection", b"close"))  # type: ignore[attr-defined]

    def _await(self, name: str, seconds: float, end: Callable[[], None]) -> None:
        """Ends the connection after a while, unless the timer is cancelled; one of a name."""
        if name not in self._timers:
            self._timers[name] = self.loop.call_later(seconds, end)

    def _cancel(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


def protocol_for(held: Connections) -> type[BoundedProtocol]:
    """The protocol of one server, whose connections are counted together."""

    class Protocol(BoundedProtocol):
        pass

    Protocol.held = held
    return Protocol


def most_connections(wanted: int) -> int:
    """As many connections as wanted, or as many as this process may open files for."""
    try:
        import resource
    except ImportError:  # not on this system
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _RESERVED_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return max(_MIN_CONNECTIONS, min(wanted, soft - _RESERVED_FILES))
    return wanted


class Server(uvicorn.Server):
    """A uvicorn that resets nobody when it ends: who has connected already is answered."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes in what waits to be accepted, then ends as uvicorn does."""
        for place in sockets or []:
            await self._accept_waiting(place)
        await super().shutdown(sockets)

    async def _accept_waiting(self, place: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                waiting, _ = place.accept()
            except OSError:
                return
            waiting.setblocking(False)
            await loop.connect_accepted_socket(self._protocol, waiting)

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made
