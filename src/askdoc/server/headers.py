"""Response headers, and the policy under which our pages run."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from html import escape
from urllib.parse import urlsplit, urlunsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askdoc.caveats.blocks import crisis
from askdoc.i18n import _, language, translations
from askdoc.rendering import actionable, as_written
from askdoc.server.middleware import HttpMiddleware

_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.S | re.I)
_PREVIEW = re.compile(
    rb'<meta\s+(?:property|name)="(?:og:|twitter:|description)[^"]*"\s+content="[^"]*"\s*/?>'
)
_ROOT = re.compile(rb'("root":|const root = )"https?://[^"]*"')
_FROM_HERE = rb'\1new URL(".",location.href).href.slice(0,-1)'
"""Gradio's own address as the browser knows it: a proxy may show the server under a path."""
_MANIFEST = re.compile(rb'<link rel="manifest"[^>]*>')
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_IMMUTABLE = re.compile(r"/chat/assets/")
NO_PAGE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class SafeHeaders(HttpMiddleware):
    """Adds the headers, and to Gradio's pages our style, script and words for no script."""

    def __init__(
        self,
        app: ASGIApp,
        mounts: tuple[str, ...],
        preview: Callable[[str], str],
        *,
        rated: bool = False,
        own: bool = False,
    ) -> None:
        """Wraps an app.

        Args:
            app: The app.
            mounts: The paths of Gradio's pages.
            preview: From an address's query to what other programs show of a link to its page.
            rated: Whether answers can be called helpful or not.
            own: Whether readers can bring articles of their own.
        """
        super().__init__(app)
        self.mounts = mounts
        self.preview = preview
        self.rated = rated
        names = ("chat.js", "own.js") if own else ("chat.js",)
        self.scripts = tuple(f"../static/{name}" for name in names)

    async def on_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on and dresses what comes back."""
        mount = self._page(scope["path"])
        head = partial(self.preview, scope["query_string"].decode("latin-1"))
        dresser = _Dresser(send, scope["path"], mount, self.scripts, head, rated=self.rated)
        await self.app(scope, receive, dresser.send)

    def _page(self, path: str) -> str:
        """The mount whose page this path is, or ""."""
        return next((mount for mount in self.mounts if path in {mount, f"{mount}/"}), "")


class _Dresser:
    """Sends one response on, with its headers; a Gradio page is held back until it is whole."""

    def __init__(
        self,
        send: Send,
        path: str,
        mount: str,
        scripts: tuple[str, ...],
        head: Callable[[], str],
        *,
        rated: bool,
    ) -> None:
        self._head = head
        self._rated = rated
        self._send = send
        self._path = path
        self._mount = mount
        self._scripts = scripts
        self._start: Message = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            self._dress(MutableHeaders(scope=message))
            if not self._whole():
                await self._send(message)
        elif message["type"] == "http.response.body" and self._whole():
            await self._hold(message)
        else:
            await self._send(message)

    def _whole(self) -> bool:
        return bool(self._mount) and self._start["status"] == 200

    def _dress(self, headers: MutableHeaders) -> None:
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        if "Content-Security-Policy" not in headers:
            headers["Content-Security-Policy"] = NO_PAGE
            headers["X-Frame-Options"] = "DENY"
        if _IMMUTABLE.match(self._path):
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            headers.setdefault("Cache-Control", "no-store")
        if location := headers.get("location"):
            headers["Location"] = _from_here(location, self._path)
        if "access-control-allow-credentials" in headers:
            del headers["access-control-allow-credentials"]
            del headers["access-control-allow-origin"]

    async def _hold(self, message: Message) -> None:
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        page = with_our_own(self._body, self._scripts, self._head(), rated=self._rated)
        headers = MutableHeaders(scope=self._start)
        headers["Content-Security-Policy"] = policy(inline_scripts(page), "'none'")
        headers["Content-Length"] = str(len(page))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": page})


def _from_here(location: str, path: str) -> str:
    """Where a redirect leads; one that adds a slash is told from the path that was asked for.

    A proxy may show the server under a path of its own, which no absolute address here has.

    Example: _from_here("http://127.0.0.1/embed/?lang=es", "/embed") -> "embed/?lang=es"
    """
    parts = urlsplit(location)
    if parts.path != f"{path}/":
        return location
    return urlunsplit(("", "", f"{path.rpartition('/')[2]}/", parts.query, ""))


def with_our_own(
    page: bytes, scripts: Iterable[str], preview: str = "", *, rated: bool = False
) -> bytes:
    """Gradio's page with our style and scripts in its head, and help that needs no answer.

    What it tells other programs of itself gives way to `preview`.
    """
    page = _ROOT.sub(_FROM_HERE, _MANIFEST.sub(b"", _PREVIEW.sub(b"", page)))
    style = '<link rel="stylesheet" href="../static/askdoc.css">'
    head = (
        preview
        + style
        + "".join(f'<script type="module" src="{script}"></script>' for script in scripts)
    )
    page = page.replace(b"</head>", head.encode() + b"</head>", 1)
    page = re.sub(rb'lang="en"', f'lang="{language()}"'.encode(), page, count=1)
    words = (help_without_answer(rated=rated) + words_for_script()).encode()
    return re.sub(rb"<body[^>]*>", lambda match: match.group() + words, page, count=1)


def help_without_answer(*, rated: bool = False) -> str:
    """The short help lines: for a browser that runs no script, and for when the server refuses.

    Its element tells scripts the language, and whether answers are `rated`.
    """
    known = crisis()
    short = [block.short for block in known.blocks]
    own = [line.text for line in known.lines if line.language == language()]
    lines = "".join(f"<p>{actionable(text)}</p>" for text in own)
    lines += "".join(f"<p{as_written()}>{actionable(text)}</p>" for text in short)
    way = f'<a href="../article/">{_("read the text with its notes")}</a>'
    told = _("To ask questions, this page needs JavaScript. Without it you can {read}.", read=way)
    page = f'<noscript><div class="noscript"><p>{told}</p>{lines}</div></noscript>'
    facts = f'lang="{language()}"{" data-rated" if rated else ""}'
    return f'{page}<template id="help" {facts}>{lines}</template>'


def words_for_script() -> str:
    """The catalogue of the language that is spoken, for a page's script; English needs none."""
    words = translations(language())
    return f'<template id="catalogue">{escape(json.dumps(dict(words)))}</template>' if words else ""


def inline_scripts(page: bytes) -> list[str]:
    """The hashes of a page's inline scripts, as a content security policy names them."""
    return [
        f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
        for script in _INLINE_SCRIPT.findall(page)
    ]


def policy(script_hashes: Iterable[str], framers: str) -> str:
    """The content security policy of a page that talks to nobody but its own server."""
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self'", *script_hashes]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            "form-action 'self'",
            "base-uri 'self'",
            "object-src 'none'",
            "frame-src 'none'",
            f"frame-ancestors {framers}",
        ]
    )
