"""The errors of the Model Context Protocol in our words: the library's repeat what was sent."""

import json

from mcp.types import INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askdoc.server.faults import help_lines, mark_told

_PROTOCOL_ERRORS = {
    PARSE_ERROR: "The body is not JSON.",
    INVALID_REQUEST: "The body is no request of this protocol.",
    METHOD_NOT_FOUND: "There is no such method.",
    INVALID_PARAMS: "The parameters are not as described.",
}


class TellToolErrors:
    """Tells the protocol's own errors in our words: theirs repeat what was sent."""

    def __init__(self, app: ASGIApp) -> None:
        """Wraps the tools over HTTP."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and looks at the message that comes back."""
        held: list[Message] = []

        async def watching(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_json(message):
                held.append(message)
            elif held:
                held.append(message)
                if not message.get("more_body"):
                    await self._tell(held, scope, send)
            else:
                await send(message)

        await self.app(scope, receive, watching)

    async def _tell(self, held: list[Message], scope: Scope, send: Send) -> None:
        start, *parts = held
        body = without_echo(b"".join(part.get("body", b"") for part in parts))
        MutableHeaders(scope=start)["content-length"] = str(len(body))
        mark_told(scope)
        await send(start)
        await send({"type": "http.response.body", "body": body})


def _is_json(start: Message) -> bool:
    return Headers(scope=start).get("content-type", "").startswith("application/json")


def without_echo(body: bytes) -> bytes:
    """A JSON-RPC message; of an error only its id, its code and the versions spoken here stay."""
    message = json.loads(body)
    error = message.get("error") if isinstance(message, dict) else None
    if error is None:
        return body
    words = _PROTOCOL_ERRORS.get(error["code"], "The request failed.")
    told = {"code": error["code"], "message": f"{words} {help_lines()}"}
    data = error.get("data")
    if isinstance(data, dict) and "supported" in data:
        told["data"] = {"supported": data["supported"]}
    return json.dumps(message | {"error": told}).encode()
