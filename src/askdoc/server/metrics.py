"""Counts for Prometheus: how many requests, how long, with which status. Never what was asked."""

import time

from fastapi import APIRouter
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askdoc.server.middleware import HttpMiddleware
from askdoc.server.service import Service

_PARTS = (
    *("/api/v1/ask", "/api/v1/search", "/v1/chat/completions", "/mcp", "/chat", "/embed"),
    *("/api/chat/start", "/api/chat/turn", "/api/chat/urgent", "/api/chat/offers"),
    *("/api/v1/articles", "/article", "/static", "/readyz", "/healthz", "/metrics"),
)


class Metrics:
    """The counters of one server."""

    def __init__(self, service: Service) -> None:
        """Makes them, all at nothing."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "askdoc_requests", "Requests answered", ["part", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "askdoc_request_seconds", "Time to the first byte", ["part"], registry=self.registry
        )
        ready = Gauge("askdoc_ready", "Whether the article is loaded", registry=self.registry)
        ready.set_function(lambda: service.ready)
        outdated = Gauge(
            "askdoc_outdated", "Whether a change cannot be taken up", registry=self.registry
        )
        outdated.set_function(lambda: service.outdated)

    def routes(self) -> APIRouter:
        """The page Prometheus reads."""
        router = APIRouter(include_in_schema=False)

        @router.get("/metrics")
        def metrics() -> Response:
            return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

        return router


class CountRequests(HttpMiddleware):
    """Counts each request when its response begins."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wraps an app."""
        super().__init__(app)
        self.metrics = metrics

    async def on_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on and counts it."""
        began, part = time.perf_counter(), part_of(scope["path"])

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.metrics.requests.labels(part, str(message["status"])).inc()
                self.metrics.seconds.labels(part).observe(time.perf_counter() - began)
            await send(message)

        await self.app(scope, receive, counting)


def part_of(path: str) -> str:
    """One of a few names for an address, so that no stranger's words become a label."""
    fitting = (part for part in _PARTS if path == part or path.startswith(f"{part}/"))
    return next(fitting, "other")
