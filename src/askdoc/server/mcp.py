"""The Model Context Protocol: articles as tools and resources, over stdio and streamable HTTP."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from importlib.metadata import version
from itertools import islice
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote

import anyio
from anyio import to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolResult,
    InputRequiredResult,
    JSONRPCError,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    Resource,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import AnyUrl, Field
from starlette.requests import HTTPConnection

from askdoc.errors import AskdocError
from askdoc.rendering import search_to_json, search_to_text, to_markdown
from askdoc.server.api import AnswerBody, HitsBody, answer_body
from askdoc.server.articles import MAX_ARTICLES, ArticlesBody, annotated_markdown, listed
from askdoc.server.error_responses import help_lines, log_place, words_for
from askdoc.server.service import Service
from askdoc.server.settings import root_of
from askdoc.server.workers import Workers

_READING = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_LOAD_TIMEOUT_S = 120.0
_NAMED_ARTICLES, _NAMED_QUESTIONS, _TITLE_CHARACTERS = 5, 3, 100
"""What a tool's description names of what it is about."""
_MAX_LISTED_RESOURCES = 100
"""Any other article is read by its address all the same."""
_ARTICLE = "askdoc://article/"
_MARKDOWN = "text/markdown"
_Context: TypeAlias = Context[Any, Any]
_ArticleId = Annotated[
    str | None,
    Field(description="The id of one article, as list_articles gives it; by default all"),
]
_Read: TypeAlias = MemoryObjectReceiveStream[SessionMessage | Exception]
_Write: TypeAlias = MemoryObjectSendStream[SessionMessage]
_NEVER_ANSWERED = "subscriptions/listen"
"""A request that stays open for as long as its client wants to hear of changes."""
INSTRUCTIONS = (
    "Answers come from one set of articles, word for word, with reviewed caveats. Pass every "
    "caveat on, unshortened and beside its quote. An answer of status emergency is to be shown "
    "as it is, first, and alone. When the article does not answer, say so. Give each quote's link."
)


def mcp_server(service: Service, workers: Workers | None = None, url: str = "") -> MCPServer:
    """A server with tools that ask, search and list articles, and each article as a resource.

    Args:
        service: What is asked.
        workers: The threads that ask it, where others ask it too.
        url: As in `Settings`.
    """
    workers = workers or Workers(service)
    server = _named_server(service)
    _add_ask(server, workers, url)
    _add_search(server, workers)
    _add_list(server, service, workers)
    _add_articles(server, service, workers)
    return server


def _add_ask(server: MCPServer, workers: Workers, url: str) -> None:
    @server.tool(title="Ask the article", annotations=_READING)
    async def ask_article(
        question: Annotated[str, Field(description="What the person asks, in their words")],
        context: _Context,
        history: Annotated[
            list[str] | None, Field(description="Their earlier questions, oldest first")
        ] = None,
        document: _ArticleId = None,
    ) -> Annotated[CallToolResult, AnswerBody]:
        """Answers a question with whole sentences of the article and the caveats they need."""
        try:
            answer = await workers.ask(question, history or [], document)
        except Exception as error:
            return _failed(error)
        return _told(to_markdown(answer, _root(context, url)), answer_body(answer, document))


def _add_search(server: MCPServer, workers: Workers) -> None:
    @server.tool(title="Search the article", annotations=_READING)
    async def search_article(
        query: Annotated[str, Field(description="What to look for")],
        k: Annotated[int, Field(description="How many passages at most", ge=1, le=50)] = 5,
        document: _ArticleId = None,
    ) -> Annotated[CallToolResult, HitsBody]:
        """Finds passages of the article, each with its notes; show the caveats before them."""
        try:
            found = await workers.search(query, k, document)
        except Exception as error:
            return _failed(error)
        words = search_to_text(found.passages, found.caveats)
        return _told(words, search_to_json(found.passages, found.caveats))


def _add_list(server: MCPServer, service: Service, workers: Workers) -> None:
    @server.tool(title="List the articles", annotations=_READING)
    async def list_articles(
        limit: Annotated[int, Field(description="How many at most", ge=1, le=MAX_ARTICLES)] = 100,
        offset: Annotated[int, Field(description="How many to leave out first", ge=0)] = 0,
    ) -> Annotated[CallToolResult, ArticlesBody]:
        """Lists the articles: id, title, where each was published, and questions it answers."""
        try:
            told = await workers.show(partial(listed, service, limit, offset))
        except Exception as error:
            return _failed(error)
        return _told(_as_list(told), told)


def _add_articles(server: MCPServer, service: Service, workers: Workers) -> None:
    @server.resource(
        f"{_ARTICLE}{{document}}",
        title="A whole article",
        description="An article by its id, with its banner and every note under its sentence.",
        mime_type=_MARKDOWN,
    )
    async def article(document: str) -> str:
        held = service.index.documents.get(document)
        if held is None:
            raise ResourceError
        return await workers.show(partial(annotated_markdown, held))


def _named_server(service: Service) -> MCPServer:
    """A server without tools; it would log to the root logger, which is not ours to set."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    server = _Server(
        "askdoc", version=version("askdoc"), instructions=INSTRUCTIONS, log_level="WARNING"
    )
    server.service = service
    root.handlers[:] = handlers
    root.setLevel(level)
    return server


def run_stdio(service: Service, url: str = "") -> None:
    """Serves one client over standard input and output until it hangs up.

    Args:
        service: What is asked.
        url: As in `Settings`: where a server that shows the articles is reached.
    """
    service.start()
    service.wait(_LOAD_TIMEOUT_S)
    anyio.run(mcp_server(service, url=url).run_stdio_async)


def _root(context: _Context, url: str) -> str:
    """The address of the server; over stdio there is one only where it is set."""
    request = context.request_context.request
    if isinstance(request, HTTPConnection):
        return root_of(request, url)
    return f"{url.rstrip('/')}/" if url else ""


def _as_list(told: dict[str, Any]) -> str:
    lines = [
        "- " + ", ".join(filter(None, [f"{one['title']} (id {one['id']})", one["url"]]))
        for one in told["articles"]
    ]
    return "\n".join([f"{told['total']} in all:", *lines])


def _told(text: str, data: dict[str, object]) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=data)


def _failed(error: Exception) -> CallToolResult:
    """The result of a tool that failed. The library would log an unexpected error's message."""
    if isinstance(error, AskdocError):
        return _refused(words_for(error))
    log_place(error)
    return _refused("Something went wrong here.")


def _refused(words: str) -> CallToolResult:
    told = TextContent(type="text", text=f"{words} {help_lines()}")
    return CallToolResult(content=[told], is_error=True)


def _resource_error(cause: BaseException | None) -> MCPError:
    """Why an article could not be read; without a cause there is none of that address."""
    code, words = INTERNAL_ERROR, "Something went wrong here."
    if cause is None:
        code, words = INVALID_PARAMS, "There is no such article."
    elif isinstance(cause, AskdocError):
        words = words_for(cause)
    return MCPError(code, f"{words} {help_lines()}")


class _Server(MCPServer):
    """A server whose tools say what they are about, and whose errors do not repeat arguments."""

    service: Service

    async def list_tools(self) -> list[Tool]:
        """The tools; each names some of the articles held now."""
        tools = await super().list_tools()
        subject = await to_thread.run_sync(subject_of, self.service)
        return [
            tool.model_copy(update={"description": f"{tool.description}{subject}"})
            for tool in tools
        ]

    async def list_resources(self) -> list[Resource]:
        """The articles held now."""
        if not self.service.ready:
            return []
        held = islice(self.service.index.documents.values(), _MAX_LISTED_RESOURCES)
        return [
            Resource(
                uri=f"{_ARTICLE}{quote(document.id, safe='')}",
                name=document.id,
                title=document.title,
                description="The whole article with its banner and every note.",
                mime_type=_MARKDOWN,
            )
            for document in held
        ]

    async def read_resource(
        self, uri: AnyUrl | str, context: _Context | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Reads an article; one that is not held is told about in our words."""
        try:
            return await super().read_resource(uri, context)
        except ResourceError as error:
            raise _resource_error(error.__cause__) from None

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: _Context | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Calls a tool; a name or arguments that do not fit are told about in our words."""
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError:
            return _refused("There is no such tool, or its arguments are not as described.")

    async def run_stdio_async(self) -> None:
        """Serves standard input and output until every request that came is answered."""
        server = self._lowlevel_server
        options = server.create_initialization_options()
        await serve_stdio(partial(server.run, initialization_options=options))


def subject_of(service: Service) -> str:
    """What the articles held now are about, in a sentence or two to follow others."""
    if not service.ready:
        return ""
    documents = service.index.documents
    titles = [f"“{_short(one.title)}”" for one in islice(documents.values(), _NAMED_ARTICLES)]
    more = f" and {len(documents) - len(titles)} more" if len(documents) > len(titles) else ""
    noun = "article" if len(documents) == 1 else "articles"
    about = service.about()
    asked = [_short(question) for question in about.examples[:_NAMED_QUESTIONS]] if about else []
    examples = f" Questions such as: {' '.join(asked)}" if asked else ""
    return f" The {noun}: {', '.join(titles)}{more}.{examples}"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _TITLE_CHARACTERS else f"{words[: _TITLE_CHARACTERS - 1]}…"


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
