"""What every request passes that no other module owns: language, host names, allowed routes.

The order of all middleware is told in `app`.
"""

import re

from starlette.datastructures import Headers, QueryParams
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from askdoc.i18n import speaking, wanted

ROUTE_ALLOWLIST = {
    "GET": re.compile(r"/?|/assets/[\w.-]+|/static/(?:[\w-]+/)*[\w.-]+|/theme\.css"),
}
"""Of Gradio's own routes, those that its page uses, by method."""
_FORWARDED = re.compile(rb"(?i)x-forwarded-|forwarded$|x-gradio-server$")
PROBES = ("/healthz", "/readyz")


class HttpMiddleware:
    """Middleware that has to do with HTTP requests alone; whatever else comes goes past it."""

    def __init__(self, app: ASGIApp) -> None:
        """Wraps an app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes a request in hand."""
        if scope["type"] == "http":
            await self.on_request(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def on_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers it."""
        await self.app(scope, receive, send)


class KnownHosts(TrustedHostMiddleware):
    """Answers 400 to host names not listed, but for probes, which come by address."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or not."""
        if scope.get("path") in PROBES:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class ForgetForwarded(HttpMiddleware):
    """Drops what a request claims of the way it came.

    Whom to believe for `X-Forwarded-For` and `-Proto` was settled before, by uvicorn; what is left
    would be believed by Gradio, whoever sent it.
    """

    async def on_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on without it."""
        kept = [pair for pair in scope["headers"] if not _FORWARDED.match(pair[0])]
        await self.app({**scope, "headers": kept}, receive, send)


class RouteAllowlist(HttpMiddleware):
    """Answers 404 for addresses under some mounts that their page does not use."""

    def __init__(self, app: ASGIApp, mounts: tuple[str, ...]) -> None:
        """Wraps an app; `mounts` are paths such as "/chat"."""
        super().__init__(app)
        self.mounts = mounts

    async def on_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or not."""
        if self._closed(scope["method"], scope["path"]):
            await PlainTextResponse("Not found\n", 404)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _closed(self, method: str, path: str) -> bool:
        for mount in self.mounts:
            if path == mount or path.startswith(f"{mount}/"):
                pattern = ROUTE_ALLOWLIST.get("GET" if method == "HEAD" else method)
                return pattern is None or not pattern.fullmatch(path[len(mount) :])
        return False


class SpeakLanguage(HttpMiddleware):
    """Answers in the language of `?lang=`, or else in the best that the browser accepts."""

    async def on_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on."""
        asked = QueryParams(scope["query_string"]).get("lang", "")
        accepted = Headers(scope=scope).get("accept-language", "")
        with speaking(wanted(accepted, asked)):
            await self.app(scope, receive, send)
