"""Standard input and output for the tools: whatever was read is answered before the end.

The library ends with its input, whatever is still being worked on. Here its input ends when
nothing is.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

_Read: TypeAlias = MemoryObjectReceiveStream[SessionMessage | Exception]
_Write: TypeAlias = MemoryObjectSendStream[SessionMessage]
_NEVER_ANSWERED = "subscriptions/listen"
"""A request that stays open for as long as its client wants to hear of changes."""


async def serve_stdio(serve: Callable[[_Read, _Write], Awaitable[None]]) -> None:
    """Serves standard input and output until the input has ended and all it held is answered.

    Args:
        serve: Answers the messages of one stream into another, until the first ends.
    """
    requests_in, requests_out = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    answers_in, answers_out = anyio.create_memory_object_stream[SessionMessage](0)
    unanswered = _Unanswered()

    async def take(read: Any) -> None:
        async with requests_in, read:
            async for message in read:
                unanswered.note(message)
                await requests_in.send(message)
            await unanswered.wait_for_none()

    async def give(write: Any) -> None:
        async with answers_out, write:
            async for message in answers_out:
                await write.send(message)
                unanswered.strike(message)

    async with stdio_server() as (read, write), anyio.create_task_group() as tasks:
        tasks.start_soon(take, read)
        tasks.start_soon(give, write)
        await serve(requests_out, answers_in)


class _Unanswered:
    """The ids of the requests that are still being worked on."""

    def __init__(self) -> None:
        self._ids: set[str | int] = set()
        self._none_left = anyio.Event()

    def note(self, message: SessionMessage | Exception) -> None:
        """Notes a request that comes in, and one that is called off."""
        inner = message.message if isinstance(message, SessionMessage) else None
        if isinstance(inner, JSONRPCRequest) and inner.method != _NEVER_ANSWERED:
            self._ids.add(inner.id)
        elif isinstance(inner, JSONRPCNotification) and inner.method == "notifications/cancelled":
            self._drop((inner.params or {}).get("requestId"))

    def strike(self, message: SessionMessage) -> None:
        """Notes that a request was answered."""
        if isinstance(message.message, JSONRPCResponse | JSONRPCError):
            self._drop(message.message.id)

    async def wait_for_none(self) -> None:
        """Returns once every request is answered."""
        while self._ids:
            self._none_left = anyio.Event()
            await self._none_left.wait()

    def _drop(self, identity: object) -> None:
        self._ids = {one for one in self._ids if one != identity}
        if not self._ids:
            self._none_left.set()
