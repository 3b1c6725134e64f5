"""The small pages: the way in, health, our own files; and what links to the chat show of it."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from html import escape
from importlib.resources import files
from pathlib import PurePath
from typing import TypeAlias
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse
from starlette.responses import Response

from askdoc.chat.html import PROMISE, TITLE
from askdoc.i18n import N_, _, languages, translations
from askdoc.server.error_responses import SOON, error_response
from askdoc.server.service import Service
from askdoc.server.settings import Settings
from askdoc.server.workers import Workers

_STATIC = files("askdoc").joinpath("static")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_NAMES = frozenset(file.name for file in _STATIC.iterdir())
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.M)
LOADER_WORDS = (N_("Ask the article"), N_("Close"))
_OUTDATED = """\
outdated: a change cannot be taken up; answers come from the last good version. The log says why.
"""
_INCOMPLETE = """\
notes incomplete: a claim of a catalogue is not found in its article. The log says which.
"""
_SHORT = {"Cache-Control": "public, max-age=300"}
_FOR_ANYONE = {
    **_SHORT,
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",  # a script with `integrity` is fetched as CORS
}

Preview: TypeAlias = Callable[[str], str]
"""From the query of an address to the elements that a page's head has for its links."""


def pages(service: Service, workers: Workers, settings: Settings) -> APIRouter:
    """Routes that belong to no API."""
    router = APIRouter(include_in_schema=False)
    _add_files(router)

    @router.get("/")
    def way_in(request: Request) -> Response:
        # From here, and not from the root: a proxy may show the server under a path of its own.
        return RedirectResponse(f"chat/{request.url.query and '?'}{request.url.query}", 307)

    @router.get("/healthz")
    async def healthy() -> Response:
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    async def ready() -> Response:
        if await workers.ready():
            lacks = _OUTDATED * service.outdated + _INCOMPLETE * (not service.notes_complete)
            return PlainTextResponse(f"ready\n{lacks}")
        return error_response(503, "not_ready", "Not ready.", SOON)

    @router.get("/.well-known/security.txt")
    def contact() -> Response:
        if not settings.contact:
            return PlainTextResponse("Not found\n", 404)
        return PlainTextResponse(f"Contact: {settings.contact}\n")

    @router.get("/robots.txt")
    def robots() -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    @router.get("/manifest.json")
    def manifest() -> Response:
        return JSONResponse({"name": "Ask the article", "display": "browser"})

    return router


def _add_files(router: APIRouter) -> None:
    """Adds the routes of what ships with askdoc: scripts, styles and pictures."""
    frame, script = _joined("embed.js"), loader()
    tag = {"ETag": f'"{hashlib.sha256(script).hexdigest()[:32]}"'}

    @router.get("/static/embed.js")
    def frame_script() -> Response:
        return Response(frame, media_type="text/javascript", headers=_SHORT)

    @router.get("/static/{name}")
    def own_file(name: str) -> Response:
        return _file(name)

    @router.get("/favicon.ico")
    def icon() -> Response:
        return _file("icon.svg")

    @router.get("/widget.js")
    def widget() -> Response:
        return Response(script, media_type="text/javascript", headers={**_FOR_ANYONE, **tag})


def _joined(name: str) -> str:
    """A module and those that it imports as one script, so that a frame asks for one file."""
    texts: dict[str, str] = {}

    def take(module: str) -> None:
        text = _STATIC.joinpath(module).read_text(encoding="utf-8")
        for imported in _IMPORT.findall(text):
            if imported not in texts:
                take(imported)
        texts[module] = re.sub(r"^export ", "", _IMPORT.sub("", text), flags=re.M)

    take(name)
    return "".join(texts.values())


def loader() -> bytes:
    """The widget's loader without comments and indents, its two words in every language.

    It asks for no catalogue, and is the same whoever asks, as `integrity` needs.
    """
    source = _STATIC.joinpath("widget.js").read_text(encoding="utf-8")
    lines = (line.strip() for line in re.sub(r"/\*.*?\*/", "", source, flags=re.S).splitlines())
    bare = "\n".join(line for line in lines if line and not line.startswith("//"))
    return re.sub(r"(?<=const WORDS = )\{.*?\}", lambda _: _loader_words(), bare).encode()


def _loader_words() -> str:
    words = {
        code: [translations(code).get(text, text) for text in LOADER_WORDS] for code in languages()
    }
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))


def _file(name: str, headers: Mapping[str, str] = _SHORT) -> Response:
    kind = _TYPES.get(PurePath(name).suffix)
    if kind is None or name not in _NAMES:
        return PlainTextResponse("Not found\n", 404)
    return FileResponse(str(_STATIC / name), media_type=kind, headers=headers)


def preview_of(service: Service) -> Preview:
    """What is shown of the chat of a service; of one article where the address names one."""

    def preview(query: str) -> str:
        title, description = _title_and_description(service, query)
        elements = {
            'property="og:type"': "website",
            'property="og:site_name"': _(TITLE),
            'property="og:title"': title,
            'property="og:description"': description,
            'name="description"': description,
            'name="twitter:card"': "summary",
        }
        return "".join(
            f'<meta {name} content="{escape(" ".join(text.split()))}">'
            for name, text in elements.items()
        )

    return preview


def _title_and_description(service: Service, query: str) -> tuple[str, str]:
    about = service.about()
    if about is None:
        return _(TITLE), _(PROMISE)
    document = about.documents.get(parse_qs(query).get("document", [""])[0])
    if document is None and len(about.documents) == 1:
        document = next(iter(about.documents.values()))
    if document is None:
        subject = _("any of {count} articles", count=len(about.documents))
    else:
        subject = f"“{document.title}”"
    description = f"{_('Ask about {articles}.', articles=subject)} {_(PROMISE)}"
    return document.title if document else _(TITLE), description
