"""Who may come in, and where: host names, and which of Gradio's own addresses are open."""

import re

from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

OPEN = {
    "GET": re.compile(r"/?|/assets/[\w.-]+|/static/(?:[\w-]+/)*[\w.-]+|/theme\.css"),
}


_FORWARDED = re.compile(rb"(?i)x-forwarded-|forwarded$|x-gradio-server$")
PROBES = ("/healthz", "/readyz")


class KnownHosts(TrustedHostMiddleware):
    """Answers 400 to host names not listed, but for probes, which come by address."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or not."""
        if scope.get("path") in PROBES:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class ForgetForwarded:
    """Drops what a request claims of the way it came.

    Whom to believe for `X-Forwarded-For` and `-Proto` was settled before, by uvicorn; what is left
    would be believed by Gradio, whoever sent it.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wraps an app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on without it."""
        if scope["type"] == "http":
            kept = [pair for pair in scope["headers"] if not _FORWARDED.match(pair[0])]
            scope = {**scope, "headers": kept}
        await self.app(scope, receive, send)


class OnlyOpenDoors:
    """Answers 404 for addresses under some mounts that their page does not use."""

    def __init__(self, app: ASGIApp, mounts: tuple[str, ...]) -> None:
        """Wraps an app; `mounts` are paths such as "/chat"."""
        self.app = app
        self.mounts = mounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or not."""
        if scope["type"] == "http" and self._closed(scope["method"], scope["path"]):
            await PlainTextResponse("Not found\n", 404)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _closed(self, method: str, path: str) -> bool:
        for mount in self.mounts:
            if path == mount or path.startswith(f"{mount}/"):
                pattern = OPEN.get("GET" if method == "HEAD" else method)
                return pattern is None or not pattern.fullmatch(path[len(mount) :])
        return False
