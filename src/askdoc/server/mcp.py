"""The Model Context Protocol: articles as tools and resources, over stdio and streamable HTTP."""

import logging
from collections.abc import Iterable
from functools import partial
from importlib.metadata import version
from itertools import islice
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote

import anyio
from anyio import to_thread
from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolResult,
    InputRequiredResult,
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
from askdoc.server.article import annotated_markdown
from askdoc.server.articles import MAX_ARTICLES, ArticlesBody, listed
from askdoc.server.faults import help_lines, log_place, words_for
from askdoc.server.roots import root_of
from askdoc.server.service import Service
from askdoc.server.stdio import serve_stdio
from askdoc.server.workers import Workers

_READING = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_PATIENCE = 120.0
_NAMED_ARTICLES, _NAMED_QUESTIONS, _TITLE_CHARACTERS = 5, 3, 100
"""What a tool's description names of what it is about."""
_LISTED_RESOURCES = 100
"""Any other article is read by its address all the same."""
_ARTICLE = "askdoc://article/"
_MARKDOWN = "text/markdown"
_Context: TypeAlias = Context[Any, Any]
_ArticleId = Annotated[
    str | None,
    Field(description="The id of one article, as list_articles gives it; by default all"),
]
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

    return server


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
    service.wait(_PATIENCE)
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
    """Tells a fault. The library would log the message of one that nobody foresaw."""
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
        held = islice(self.service.index.documents.values(), _LISTED_RESOURCES)
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
