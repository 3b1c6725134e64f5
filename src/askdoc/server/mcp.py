"""The Model Context Protocol: an article as two tools, over stdio and streamable HTTP."""

import logging
from typing import Annotated

from mcp.server import MCPServer
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field

from askdoc.errors import AskdocError
from askdoc.rendering import hits_to_json, hits_to_text, to_json, to_markdown
from askdoc.server.faults import words_for
from askdoc.server.service import Service

_READING = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_PATIENCE = 120.0
_ArticleId = Annotated[str | None, Field(description="The id of one article; by default all")]
INSTRUCTIONS = (
    "Answers come from one set of articles, word for word, with reviewed caveats. Pass every "
    "caveat on, unshortened and beside its quote. An answer of status emergency is to be shown "
    "as it is, first, and alone. When the article does not answer, say so."
)


def mcp_server(service: Service) -> MCPServer:
    """A server with the tools `ask_article` and `search_article`."""
    server = _named_server()

    @server.tool(title="Ask the article", annotations=_READING)
    def ask_article(
        question: Annotated[str, Field(description="What the person asks, in their words")],
        history: Annotated[
            list[str] | None, Field(description="Their earlier questions, oldest first")
        ] = None,
        document: _ArticleId = None,
    ) -> CallToolResult:
        """Answers a question with whole sentences of the article and the caveats they need."""
        try:
            answer = service.ask(question, history or [], document)
        except AskdocError as error:
            return _failed(error)
        return _told(to_markdown(answer), to_json(answer))

    @server.tool(title="Search the article", annotations=_READING)
    def search_article(
        query: Annotated[str, Field(description="What to look for")],
        k: Annotated[int, Field(description="How many passages at most", ge=1, le=50)] = 5,
        document: _ArticleId = None,
    ) -> CallToolResult:
        """Finds passages of the article, each with the notes on its claims."""
        try:
            hits = service.search(query, k, document)
        except AskdocError as error:
            return _failed(error)
        return _told(hits_to_text(hits), {"passages": hits_to_json(hits)})

    return server


def _named_server() -> MCPServer:
    """A server without tools; it would log to the root logger, which is not ours to set."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    server = MCPServer("askdoc", instructions=INSTRUCTIONS, log_level="WARNING")
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


def _failed(error: AskdocError) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=words_for(error))], is_error=True)
