"""The language of a request, and the fixed words that a page's script needs."""

import json
from html import escape

from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from askdoc.i18n import language, speaking, translations, wanted


class SpeakLanguage:
    """Answers in the language of `?lang=`, or else in the best that the browser accepts."""

    def __init__(self, app: ASGIApp) -> None:
        """Wraps an app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = QueryParams(scope["query_string"]).get("lang", "")
        accepted = Headers(scope=scope).get("accept-language", "")
        with speaking(wanted(accepted, asked)):
            await self.app(scope, receive, send)


def words_for_script() -> str:
    """The catalogue of the language that is spoken, for a page's script; English needs none."""
    words = translations(language())
    return f'<template id="catalogue">{escape(json.dumps(dict(words)))}</template>' if words else ""
