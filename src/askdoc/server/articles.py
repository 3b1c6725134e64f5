"""Articles: their list (`GET /api/v1/articles`), and each whole with its notes (`/article/ID`).

`/article/` leads to the only one, or lists them.
"""

from collections.abc import Iterable
from functools import partial
from html import escape
from itertools import islice
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from askdoc.answering import catalogue_of
from askdoc.caveats import notes_in
from askdoc.chat import About
from askdoc.chat.html import GONE
from askdoc.i18n import N_, _, language
from askdoc.own import PREFIX, OwnArticles
from askdoc.records import Document, Span
from askdoc.rendering import (
    Marking,
    actionable,
    article_html,
    article_to_json,
    article_to_markdown,
    as_written,
)
from askdoc.server.api import ERROR_RESPONSES, CaveatBody
from askdoc.server.error_responses import help_lines, mark_as_ours
from askdoc.server.headers import policy
from askdoc.server.service import Service
from askdoc.server.workers import Workers

MAX_ARTICLES = 1000
MAX_QUESTIONS = 20
_Limit = Annotated[int, Query(ge=1, le=MAX_ARTICLES, description="How many at most")]
_Offset = Annotated[int, Query(ge=0, le=10**9, description="How many to leave out first")]
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="../static/icon.svg"><link rel="stylesheet" href="../static/askdoc.css">
</head><body class="article"><div id="askdoc">
<nav class="way-back"><a href="{chat}">{ask}</a></nav>{body}</div></body></html>
"""
_HEADERS = {"Content-Security-Policy": policy((), "'self'"), "X-Frame-Options": "SAMEORIGIN"}
_LISTED = 100
_UNKNOWN = N_("There is no article at this address. It may have been renamed or taken away.")
_Language = Annotated[str, Query(max_length=35)]
_Place = Annotated[int | None, Query(ge=0)]


class ArticleBody(BaseModel):
    """An article. Its banner stands over everything that is quoted from it."""

    id: str
    title: str
    url: Annotated[str, Field(description='Where it was published, or ""')]
    address: Annotated[str, Field(description="Its page with all notes, from the server's root")]
    banner: CaveatBody
    questions: Annotated[list[str], Field(description="Questions to offer on it")]


class ArticlesBody(BaseModel):
    """Some of the articles in the order of the index, and how many there are in all."""

    total: int
    articles: list[ArticleBody]
    questions: Annotated[list[str], Field(description="Questions to offer on any of them")]


def article_list(service: Service) -> APIRouter:
    """The route of the list."""
    router = APIRouter(prefix="/api/v1", tags=["askdoc"])
    faults: dict[int | str, dict[str, Any]] = {
        status: ERROR_RESPONSES[status] for status in (422, 429, 503)
    }

    @router.get(
        "/articles", response_model=ArticlesBody, responses=faults, summary="List the articles"
    )
    def articles(limit: _Limit = 100, offset: _Offset = 0) -> dict[str, Any]:
        return listed(service, limit, offset)

    return router


def listed(service: Service, limit: int, offset: int = 0) -> dict[str, Any]:
    """The list as the API gives it.

    Raises:
        NotReadyError: There is no index yet.
    """
    documents = service.index.documents
    about = service.about() or About(documents, ())
    return {
        "total": len(documents),
        "articles": [
            article_to_json(document, catalogue_of(document).banner)
            | {"questions": list(about.candidates(document.id)[:MAX_QUESTIONS])}
            for document in islice(documents.values(), offset, offset + limit)
        ],
        "questions": list(about.examples[:MAX_QUESTIONS]),
    }


def article_pages(
    service: Service, workers: Workers, own_articles: OwnArticles | None = None
) -> APIRouter:
    """The routes of the pages; `own_articles` holds those that readers bring."""
    router = APIRouter(include_in_schema=False)

    @router.get("/article/")
    def articles(lang: _Language = "") -> Response:
        documents = list(service.index.documents.values())
        if len(documents) == 1:
            return RedirectResponse(_address(documents[0], lang), 307)
        return _page(_("All articles"), _contents(documents, lang), lang)

    @router.get("/article/{name}")
    async def article(
        request: Request,
        name: str,
        start: _Place = None,
        end: _Place = None,
        lang: _Language = "",
    ) -> Response:
        documents = service.index.documents
        own = own_articles.get(name) if own_articles else None
        document = own.document if own else documents.get(name)
        if document is None:
            mark_as_ours(request.scope)
            told = _(GONE) if name.startswith(PREFIX) else _(_UNKNOWN)
            missing = _missing(told, documents.values(), lang)
            return _page(_("No such article"), missing, lang, 404)
        quoted = (start, end) if start is not None and end is not None else None
        return await workers.show(partial(_article, document, quoted, lang))

    return router


def _article(document: Document, quoted: Span | None, lang: str) -> Response:
    banner = catalogue_of(document).banner
    body = article_html(document, _markings(document), banner, quoted)
    return _page(document.title, body, lang)


def annotated_markdown(document: Document) -> str:
    """A whole article with its notes as Markdown."""
    return article_to_markdown(document, _markings(document), catalogue_of(document).banner)


def _markings(document: Document) -> list[Marking]:
    notes = notes_in(document, 0, len(document.text), catalogue_of(document))
    return [Marking(note.caveat, note.start, note.end) for note in notes]


def _page(title: str, body: str, lang: str, status: int = 200) -> Response:
    page = _PAGE.format(
        language=language(),
        title=escape(title),
        body=body,
        chat=f"../chat/{_in_language(lang)}",
        ask=_("Ask the article"),
    )
    return HTMLResponse(page, status, headers=_HEADERS)


def _missing(told: str, documents: Iterable[Document], lang: str) -> str:
    """What stands in the place of an article that is not held: the way to those that are."""
    return (
        f"<header><h1>{_('No such article')}</h1></header><main><p>{told} {_('These are here:')}"
        f"</p>{_list(islice(documents, _LISTED), lang)}"
        f"<p{as_written()}>{actionable(help_lines())}</p></main>"
    )


def _contents(documents: Iterable[Document], lang: str) -> str:
    title = _("All articles")
    return f"<header><h1>{title}</h1></header><main>{_list(documents, lang)}</main>"


def _list(documents: Iterable[Document], lang: str) -> str:
    items = "".join(
        f'<li{as_written()}><a href="{_address(document, lang)}">{escape(document.title)}</a></li>'
        for document in documents
    )
    return f'<ul class="all">{items}</ul>'


def _address(document: Document, lang: str) -> str:
    return f"{quote(document.id, safe='')}{_in_language(lang)}"


def _in_language(lang: str) -> str:
    """The end of an address that keeps the language that was asked for."""
    return f"?lang={quote(lang, safe='')}" if lang else ""
