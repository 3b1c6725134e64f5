"""`/embed/`: the chat for a frame in another page. It asks the REST API and needs no Gradio."""

import json
from collections.abc import Iterable
from html import escape
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from askdoc.chat.html import PROMISE, TITLE
from askdoc.i18n import _, language
from askdoc.server.articles import listed
from askdoc.server.headers import help_without_answer, words_for_script
from askdoc.server.service import NotReadyError, Service

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="{scheme}">
<link rel="icon" href="../static/icon.svg"><link rel="stylesheet" href="../static/askdoc.css">
<script type="module" src="../static/embed.js"></script>
</head><body class="embed {theme}">{help}{words}{articles}
<div id="askdoc">
<header><h1 class="unseen">{title}</h1><div id="banners"></div>
<p id="chooser" hidden><label for="article">{article}</label> <select id="article"></select></p>
</header>
<main tabindex="0" aria-label="{conversation}"><p id="hello">{promise}</p>
<div id="log"></div></main>
<form id="composer"><div id="chips"></div>
<p id="above"><label for="words">{question}</label>
<button type="button" id="copy-all" hidden>{copy}</button>
<button type="button" id="clear" hidden>{clear}</button></p>
<div id="line"><textarea id="words" rows="1" autocomplete="off"></textarea>
<button>{ask}</button></div></form>
<div class="unseen" role="status" id="status"></div>
</div></body></html>
"""
_LISTED = 200
_Theme = Annotated[Literal["light", "dark"] | None, Query(alias="__theme")]


def embed_page(service: Service, origins: Iterable[str], *, rated: bool) -> APIRouter:
    """The route of the page.

    Args:
        service: Knows the articles.
        origins: Whose pages may frame it, besides our own.
        rated: Whether answers can be called helpful or not.
    """
    router = APIRouter(include_in_schema=False)
    headers = {"Content-Security-Policy": _policy(origins)}

    @router.get("/embed/")
    def embed(theme: _Theme = None) -> Response:
        page = _PAGE.format(
            scheme=theme or "light dark",
            theme=theme or "",
            **_words(),
            help=help_without_answer(rated=rated),
            articles=_articles(service),
        )
        return HTMLResponse(page, headers=headers)

    return router


def _words() -> dict[str, str]:
    """The page's fixed words in the language that is spoken."""
    return {
        "language": language(),
        "words": words_for_script(),
        "title": _(TITLE),
        "promise": _(PROMISE),
        "article": _("Article"),
        "conversation": _("Conversation"),
        "question": _("Your question"),
        "copy": _("Copy all"),
        "clear": _("Clear"),
        "ask": _("Ask"),
    }


def _articles(service: Service) -> str:
    """The list of articles for the script, which else has to ask for it."""
    try:
        held = json.dumps(listed(service, _LISTED))
    except NotReadyError:
        return ""
    return f'<template id="articles">{escape(held)}</template>'


def _policy(origins: Iterable[str]) -> str:
    """A policy under which nothing runs but our script, which can make no element of a string."""
    framers = " ".join(["'self'", *origins])
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "form-action 'none'",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
            f"frame-ancestors {framers}",
        ]
    )
