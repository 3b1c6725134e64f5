"""The Model Context Protocol: an article as two tools, over stdio and streamable HTTP."""

import json
import logging
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    CallToolResult,
    InputRequiredResult,
    TextContent,
    ToolAnnotations,
)
from pydantic import Field
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askdoc.errors import AskdocError
from askdoc.rendering import search_to_json, search_to_text, to_json, to_markdown
from askdoc.server.faults import help_lines, log_place, mark_told, words_for
from askdoc.server.service import Service
from askdoc.server.workers import Workers

_READING = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_PATIENCE = 120.0
_ArticleId = Annotated[str | None, Field(description="The id of one article; by default all")]
_PROTOCOL_ERRORS = {
    PARSE_ERROR: "The body is not JSON.",
    INVALID_REQUEST: "The body is no request of this protocol.",
    METHOD_NOT_FOUND: "There is no such method.",
    INVALID_PARAMS: "The parameters are not as described.",
}
INSTRUCTIONS = (
    "Answers come from one set of articles, word for word, with reviewed caveats. Pass every "
    "caveat on, unshortened and beside its quote. An answer of status emergency is to be shown "
    "as it is, first, and alone. When the article does not answer, say so."
)


def mcp_server(service: Service, workers: Workers | None = None) -> MCPServer:
    """A server with the tools `ask_article` and `search_article`.

    Args:
        service: What is asked.
        workers: The threads that ask it, where others ask it too.
    """
    workers = workers or Workers(service)
    server = _named_server()

    @server.tool(title="Ask the article", annotations=_READING)
    async def ask_article(
        question: Annotated[str, Field(description="What the person asks, in their words")],
        history: Annotated[
            list[str] | None, Field(description="Their earlier questions, oldest first")
        ] = None,
        document: _ArticleId = None,
    ) -> CallToolResult:
        """Answers a question with whole sentences of the article and the caveats they need."""
        try:
            answer = await workers.ask(question, history or [], document)
        except Exception as error:
            return _failed(error)
        return _told(to_markdown(answer), to_json(answer))

    @server.tool(title="Search the article", annotations=_READING)
    async def search_article(
        query: Annotated[str, Field(description="What to look for")],
        k: Annotated[int, Field(description="How many passages at most", ge=1, le=50)] = 5,
        document: _ArticleId = None,
    ) -> CallToolResult:
        """Finds passages of the article, each with its notes; show the caveats before them."""
        try:
            found = await workers.search(query, k, document)
        except Exception as error:
            return _failed(error)
        words = search_to_text(found.passages, found.caveats)
        return _told(words, search_to_json(found.passages, found.caveats))

    return server


def _named_server() -> MCPServer:
    """A server without tools; it would log to the root logger, which is not ours to set."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    server = _Server("askdoc", instructions=INSTRUCTIONS, log_level="WARNING")
    root.handlers[:] = handlers
    root.setLevel(level)
    return server


def run_stdio(service: Service) -> None:
    """Serves one client over standard input and output until it hangs up."""
    service.start()
    service.wait(_PATIENCE)
    mcp_server(service).run("stdio")


def _told(text: str, data: dict[str, object]) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=data)


def _failed(error: Exception) -> CallToolResult:
    """Tells a fault. The library would log the message of one that nobody foresaw."""
    if isinstance(error, AskdocError):
        return _refused(words_for(error))
    log_place(error)
    return _refused("Something went wrong here.")


def _refused(words: str) -> CallToolResult:
    told = TextContent(type="text", text=f"{words} {help_lines()}")
    return CallToolResult(content=[told], is_error=True)


class _Server(MCPServer):
    """A server whose errors do not repeat the arguments."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Calls a tool; a name or arguments that do not fit are told about in our words."""
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError:
            return _refused("There is no such tool, or its arguments are not as described.")


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
