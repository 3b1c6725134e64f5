"""The parts of the server put together, and the server run."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import uvicorn
from fastapi import FastAPI

from askdoc.chat import build_chat, mount_chat
from askdoc.index import PassageIndex
from askdoc.server.doors import OnlyOpenDoors
from askdoc.server.headers import SafeHeaders
from askdoc.server.pages import pages
from askdoc.server.service import Service

CHAT = "/chat"
_MOUNTS = (CHAT,)


def create_app(load: Callable[[], PassageIndex]) -> FastAPI:
    """Builds the server.

    Args:
        load: Makes the index; called once, in the background, when the server starts. Until it
            is done the server answers crises only, and `/readyz` says 503.
    """
    return assemble(Service(load))


def assemble(service: Service) -> FastAPI:
    """Builds the server around a service; it is started when the server starts."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan(service))
    app.include_router(pages(service))
    mount_chat(app, build_chat(service.ask, service.about), CHAT)
    app.add_middleware(OnlyOpenDoors, mounts=_MOUNTS)
    app.add_middleware(SafeHeaders, mounts=_MOUNTS, embed_origins=())
    return app


def serve(load: Callable[[], PassageIndex], *, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Runs the server until it is stopped; on this machine alone unless `host` says otherwise."""
    logging.getLogger("askdoc").setLevel(logging.INFO)
    uvicorn.run(
        create_app(load),
        host=host,
        port=port,
        access_log=False,
        server_header=False,
        limit_concurrency=200,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
    )


def _lifespan(service: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield

    return running
