"""The parts of the server put together, and the server run."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import uvicorn
from fastapi import FastAPI
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from askdoc.chat import build_chat, mount_chat
from askdoc.index import PassageIndex
from askdoc.server.api import api
from askdoc.server.article import article_pages
from askdoc.server.doors import OnlyOpenDoors
from askdoc.server.faults import HideFaults, tell_faults
from askdoc.server.headers import SafeHeaders
from askdoc.server.limits import LimitBody, LimitHeld, LimitRate
from askdoc.server.mcp import mcp_server
from askdoc.server.metrics import CountRequests, Metrics
from askdoc.server.openai import openai
from askdoc.server.pages import pages
from askdoc.server.ratings import rating_routes
from askdoc.server.service import Service
from askdoc.server.settings import Settings

CHAT, EMBED = "/chat", "/embed"
_MOUNTS = (CHAT, EMBED)
_DEFAULTS = Settings()


def create_app(load: Callable[[], PassageIndex], settings: Settings = _DEFAULTS) -> FastAPI:
    """Builds the server.

    Args:
        load: Makes the index; called once, in the background, when the server starts. Until it
            is done the server answers crises only, and `/readyz` says 503.
        settings: How it is open to the world.
    """
    return assemble(Service(load, settings.at_once), settings)


def assemble(service: Service, settings: Settings = _DEFAULTS) -> FastAPI:
    """Builds the server around a service; it is started when the server starts."""
    tools = _tools(service)
    app = FastAPI(
        title="askdoc",
        summary="An article's own words, with the caveats they need.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=_lifespan(service, tools),
    )
    tell_faults(app)
    metrics = Metrics(service)
    for routes in (pages(service, settings), api(service), openai(service)):
        app.include_router(routes)
    app.include_router(article_pages(service))
    app.include_router(metrics.routes())
    app.include_router(rating_routes(settings.ratings))
    app.router.routes.extend(tools.routes)
    mount_chat(app, build_chat(service.ask, service.about), CHAT)
    mount_chat(app, build_chat(service.ask, service.about, compact=True), EMBED)
    _guard(app, settings, metrics)
    return app


def _guard(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Puts the middleware around an app, from the innermost to the outermost."""
    app.add_middleware(HideFaults)
    app.add_middleware(LimitHeld, most=settings.max_waiting)
    app.add_middleware(LimitRate, rate=settings.rate, redis=settings.redis)
    app.add_middleware(LimitBody, most=settings.max_body)
    app.add_middleware(OnlyOpenDoors, mounts=_MOUNTS)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["content-type", "authorization"],
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(settings.allowed_hosts))
    app.add_middleware(
        SafeHeaders,
        mounts=_MOUNTS,
        embed_origins=settings.embed_origins,
        rated=bool(settings.ratings),
    )
    app.add_middleware(CountRequests, metrics=metrics)


def serve(load: Callable[[], PassageIndex], *, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Runs the server until it is stopped; on this machine alone unless `host` says otherwise.

    The rest is set by the variables that `Settings` names.
    """
    settings = Settings.from_environment(host)
    uvicorn.run(
        create_app(load, settings),
        host=host,
        port=port,
        access_log=False,
        server_header=False,
        limit_concurrency=1000,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
        forwarded_allow_ips=settings.forwarded_allow_ips,
    )


def _tools(service: Service) -> Starlette:
    """The tools over HTTP. Hosts and origins are looked at by our own middleware."""
    return mcp_server(service).streamable_http_app(
        streamable_http_path="/mcp",
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )


def _lifespan(
    service: Service, tools: Starlette
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        async with tools.router.lifespan_context(tools):
            yield

    return running
