"""`/article/ID`: the whole article, each noted claim underlined, its notes in the margin."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import HTMLResponse, Response

from askdoc.answering import catalogue_of
from askdoc.caveats import notes_in
from askdoc.rendering import Marking, article_html
from askdoc.server.headers import policy
from askdoc.server.service import Service

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="../static/icon.svg"><link rel="stylesheet" href="../static/askdoc.css">
</head><body class="article"><div id="askdoc">{body}</div></body></html>
"""
_HEADERS = {"Content-Security-Policy": policy((), "'self'"), "X-Frame-Options": "SAMEORIGIN"}
_Place = Annotated[int | None, Query(ge=0)]


def article_pages(service: Service) -> APIRouter:
    """The route of the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/article/{name}")
    def article(name: str, start: _Place = None, end: _Place = None) -> Response:
        document = service.index.documents.get(name)
        if document is None:
            raise HTTPException(404)
        catalogue = catalogue_of(document)
        notes = notes_in(document, 0, len(document.text), catalogue)
        markings = [Marking(note.caveat, note.start, note.end) for note in notes]
        quoted = (start, end) if start is not None and end is not None else None
        body = article_html(document, markings, catalogue.banner, quoted)
        page = _PAGE.format(title=escape(document.title), body=body)
        return HTMLResponse(page, headers=_HEADERS)

    return router
