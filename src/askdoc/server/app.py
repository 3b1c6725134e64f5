"""The parts of the server put together, and the server run."""

import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeAlias

import uvicorn
from fastapi import FastAPI
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp

from askdoc.chat import build_chat, mount_chat
from askdoc.errors import SettingError
from askdoc.index import PassageIndex
from askdoc.own import OwnArticles
from askdoc.server.api import api
from askdoc.server.articles import article_list, article_pages
from askdoc.server.connections import Connections, Server, most_connections, protocol_for
from askdoc.server.embed import embed_page
from askdoc.server.error_responses import (
    HideUnexpectedErrors,
    RewriteForeignErrors,
    RewriteToolErrors,
    register_error_handlers,
)
from askdoc.server.headers import SafeHeaders
from askdoc.server.hook import Refresh, hook_routes
from askdoc.server.limits import LimitBody, LimitRate, LimitSilence
from askdoc.server.mcp import mcp_server
from askdoc.server.metrics import CountRequests, Metrics
from askdoc.server.middleware import ForgetForwarded, KnownHosts, RouteAllowlist, SpeakLanguage
from askdoc.server.openai import openai
from askdoc.server.own import LARGER, own_routes, own_turns
from askdoc.server.pages import Preview, pages, preview_of
from askdoc.server.ratings import rating_routes
from askdoc.server.service import Service
from askdoc.server.settings import Settings
from askdoc.server.turns import Turns, turn_routes
from askdoc.server.workers import Workers

CHAT = "/chat"
_MOUNTS = (CHAT,)
_Middleware: TypeAlias = Callable[..., ASGIApp]
MOST_CONNECTIONS = 1000
_DEFAULTS = Settings()
_SWITCH_INTERVAL_S = 0.0005
"""For which a thread that answers keeps the one waiting that receives and sends."""


def create_app(
    load: Callable[[], PassageIndex],
    settings: Settings = _DEFAULTS,
    look: Callable[[], object] | None = None,
    refresh: Refresh | None = None,
) -> FastAPI:
    """Builds the server.

    Args:
        load: Makes the index; called in the background when the server starts. Until it is done
            the server answers crises only, and `/readyz` says 503.
        settings: How it is open to the world.
        look: Tells what the index's files look like; `load` is called again when that changes.
        refresh: What a content system sets off, where `settings` has a secret for its hook.
    """
    return assemble(Service(load, settings.at_once, look), settings, refresh)


def assemble(
    service: Service, settings: Settings = _DEFAULTS, refresh: Refresh | None = None
) -> FastAPI:
    """Builds the server around a service; it is started when the server starts."""
    workers = Workers(service, settings.at_once, settings.max_waiting)
    tools = _tools(service, workers, settings.url)
    app = FastAPI(
        title="askdoc",
        summary="An article's own words, with the caveats they need.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=_lifespan(service, tools),
    )
    register_error_handlers(app)
    metrics = Metrics(service)
    for routes in (
        pages(service, workers, settings),
        api(workers),
        openai(service, workers, settings.url),
    ):
        app.include_router(routes)
    app.include_router(article_list(service))
    app.include_router(embed_page(service, settings.embed_origins, rated=bool(settings.ratings)))
    app.include_router(metrics.routes())
    app.include_router(rating_routes(settings.ratings, service))
    app.include_router(hook_routes(settings.hook_secret, refresh))
    app.router.routes.extend(_posted(tools))
    own_articles = OwnArticles(lambda: service.index.embedder) if settings.own_articles else None
    app.include_router(own_routes(own_articles))
    own = partial(own_turns, own_articles, service, workers)
    app.include_router(article_pages(service, workers, own_articles))
    turns = Turns(service, workers)
    service.on_load(turns.warm)
    app.include_router(turn_routes(turns, settings.url, own))
    mount_chat(app, build_chat(), CHAT)
    for middleware, options in reversed(_middleware(settings, metrics, preview_of(service))):
        app.add_middleware(middleware, **options)
    return app


def _middleware(
    settings: Settings, metrics: Metrics, preview: Preview
) -> tuple[tuple[_Middleware, dict[str, Any]], ...]:
    """What a request passes through, in this order; its answer comes back the other way."""
    own, rated = settings.own_articles, bool(settings.ratings)
    larger = LARGER if own else None
    hosts, origins = list(settings.allowed_hosts), settings.cors_origins
    page = {"mounts": _MOUNTS, "preview": preview, "rated": rated, "own": own}
    # The clients of openai and of MCP send headers of their own, such as x-stainless-lang.
    cors = {"allow_methods": ["GET", "POST", "DELETE"], "allow_headers": ["*"]}
    cors["expose_headers"] = ["retry-after", "mcp-session-id"]
    return (
        (SpeakLanguage, {}),  # every message is in the reader's language
        (ForgetForwarded, {}),  # claims of the way a request came are believed by nobody
        (CountRequests, {"metrics": metrics}),  # number, status and time, for /metrics
        (GZipMiddleware, {"minimum_size": 1000, "compresslevel": 6}),  # fewer bytes on the way out
        (SafeHeaders, page),  # headers and policies on the way out; our scripts in the page
        (RewriteForeignErrors, {}),  # errors of libraries get our words
        (LimitSilence, {}),  # an answer that has begun and falls silent is ended
        (KnownHosts, {"allowed_hosts": hosts}),  # 400 for other host names
        (CORSMiddleware, {"allow_origins": origins, **cors}),  # whose scripts may call the API
        (RouteAllowlist, {"mounts": _MOUNTS}),  # 404 for what Gradio's page does not use
        (LimitBody, {"most": settings.max_body, "larger": larger}),  # 408, 413, 400
        (LimitRate, {"rate": settings.rate, "redis": settings.redis}),  # 429
        (HideUnexpectedErrors, {}),  # 500 without a word of what was asked
    )


def serve(
    load: Callable[[], PassageIndex],
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    look: Callable[[], object] | None = None,
    refresh: Refresh | None = None,
    on_open: Callable[[str], None] = lambda _: None,
    on_load: Callable[[str], None] = lambda _: None,
) -> None:
    """Runs the server until it is stopped; on this machine alone unless `host` says otherwise.

    The rest is set by the variables that `Settings` names.

    Args:
        load: As in `create_app`.
        host: The address to listen on.
        port: The port; 0 for any that is free.
        look: As in `create_app`.
        refresh: As in `create_app`.
        on_open: Told the address of the chat once the port is taken.
        on_load: Told it again whenever an index was loaded.

    Raises:
        SettingError: A variable makes no sense, or the port is not to be had.
    """
    settings = Settings.from_environment(host)
    with _listening(host, port) as place:
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{place.getsockname()[1]}{CHAT}/"
        service = Service(load, settings.at_once, look)
        service.on_load(partial(on_load, address))
        config = configured(assemble(service, settings, refresh), settings)
        on_open(address)
        with suppress(KeyboardInterrupt):
            Server(config).run(sockets=[place])


def configured(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How uvicorn runs an app: silent, bounded, believing only the proxies that are named."""
    most = most_connections(MOST_CONNECTIONS)
    held = Connections(most, settings.connections, settings.forwarded_allow_ips)
    return uvicorn.Config(
        app,
        http=protocol_for(held),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
        forwarded_allow_ips=settings.forwarded_allow_ips,
    )


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = str(error.strerror).split(" (")[0].lower()
        raise SettingError(
            f"The server cannot listen on {host}, port {port}: {reason}. Name another port, as in "
            f"askdoc serve --port {port + 1 if port < 65535 else 7860}, or another --host."
        ) from None


def _tools(service: Service, workers: Workers, url: str) -> Starlette:
    """The tools over HTTP. Hosts and origins are looked at by our own middleware."""
    return mcp_server(service, workers, url).streamable_http_app(
        streamable_http_path="/mcp",
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )


def _posted(tools: Starlette) -> list[Route]:
    """The routes of the tools, for POST alone: there is no stream that a GET could open."""
    return [
        Route(route.path, RewriteToolErrors(route.endpoint), methods=["POST"])
        for route in tools.routes
        if isinstance(route, Route)
    ]


def _lifespan(
    service: Service, tools: Starlette
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        before = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        try:
            service.start()
            async with tools.router.lifespan_context(tools):
                yield
        finally:
            service.stop()
            sys.setswitchinterval(before)

    return running
