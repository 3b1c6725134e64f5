"""The chat's own request bodies: Gradio sees only what its page truly sends, checked by us before.

Gradio takes any JSON as a component's value, and opens the files and addresses it may name.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from askdoc.chat import Event
from askdoc.questions import MAX_CHARACTERS
from askdoc.server.faults import fault
from askdoc.server.limits import received

JOIN = "/gradio_api/queue/join"
MAX_JOIN_BYTES = 16_384
"""The longest question of 2,000 characters takes 12,000 bytes, each written as an escape."""


_Text = Annotated[str, Field(max_length=MAX_CHARACTERS)]


class Join(BaseModel):
    """What the page posts to begin an event. A component's value is a text or nothing."""

    model_config = ConfigDict(extra="forbid", strict=True)
    data: Annotated[list[_Text | None], Field(max_length=8)]
    fn_index: int
    trigger_id: int
    session_hash: Annotated[str, Field(pattern="^[a-z0-9]{1,32}$")]
    event_data: None = None


class OnlyPageJoins:
    """Refuses a join that its page would not send, and passes the others on rewritten."""

    def __init__(self, app: ASGIApp, events: Mapping[str, Mapping[int, Event]]) -> None:
        """Wraps an app; `events` are those of the page under each mount, such as "/chat"."""
        self.app = app
        self.events = {f"{mount}{JOIN}": known for mount, known in events.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or answers 413 or 422."""
        known = self.events.get(scope["path"]) if scope["type"] == "http" else None
        if known is None:
            await self.app(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        if len(body) > MAX_JOIN_BYTES:
            await fault(413, "too_big", "The question is too long.")(scope, receive, send)
        elif (join := read_join(body, known)) is None:
            await fault(422, "wrong_shape", "This is not what the page sends.")(
                scope, receive, send
            )
        else:
            await self._pass_on(join, scope, receive, send)

    async def _pass_on(self, join: Join, scope: Scope, receive: Receive, send: Send) -> None:
        body = join.model_dump_json().encode()
        headers = MutableHeaders(scope=scope)
        headers["content-type"] = "application/json"
        headers["content-length"] = str(len(body))
        await self.app(scope, received(body, receive), send)


def read_join(body: bytes, events: Mapping[int, Event]) -> Join | None:
    """A body as the join of one of these events, or None where it is none."""
    try:
        join = Join.model_validate_json(body)
    except ValidationError:
        return None
    event = events.get(join.fn_index)
    if event is None or join.trigger_id not in event.triggers:
        return None
    texts = tuple(value is not None for value in join.data)
    return join if texts == event.texts else None
