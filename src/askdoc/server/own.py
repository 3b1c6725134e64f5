"""A reader's own article: brought by text, file or address (`/api/own`), and asked in the chat.

Off unless the settings say otherwise. A request must come from the server's own page: its content
type is one that another site's page may not send unasked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from askdoc.chat import About, own_welcome_html, take
from askdoc.chat.html import GONE
from askdoc.documents import FORMATS
from askdoc.errors import AskdocError, FetchError, ImportingError, QuestionError
from askdoc.fetching import Fetcher, Limits
from askdoc.i18n import N_, _
from askdoc.importing.pages import article_bytes
from askdoc.own import LONGEST, PREFIX, NoRoomError, OwnArticle, OwnArticles, read_apart
from askdoc.records import Answer, Document
from askdoc.server.api import Text
from askdoc.server.error_responses import SOON, error_response
from askdoc.server.limits import Rate, asker
from askdoc.server.service import Service, about_of
from askdoc.server.turns import NOTHING, AskedTurn, Turns, good_answer
from askdoc.server.workers import Workers

FILE = "/api/own/file"
TEXT = "/api/own/text"
MAX_FILE = 10_000_000
LARGER = {FILE: MAX_FILE, TEXT: 4 * LONGEST}
"""How many bytes the body of some requests may have."""
BRINGING_RATE = "20/hour"
_LIMITS = Limits(bytes=MAX_FILE, seconds=20)
_REASONS = (
    ("no such page", N_("There is no page at this address. Check it, or paste the text.")),
    ("no such host", N_("There is no website at this address. Check it, or paste the text.")),
    ("web address", N_("This is no web address. Write it like https://example.org/page.")),
    ("http:// and", N_("This is no web address. Write it like https://example.org/page.")),
    ("private network", N_("This address leads into a private network. Paste the text.")),
    ("robots.txt", N_("The site does not let programs fetch this page. Paste its text.")),
    ("larger than", N_("The page is too large to be fetched. Paste a part of its text.")),
)
_NOT_FETCHED = N_("The page could not be fetched. Try again later, or paste its text.")
"""What a reader is told, by words of what the command line tells."""
_STRICT = ConfigDict(extra="forbid")
_JSON, _BYTES = "application/json", "application/octet-stream"
Name = Annotated[str, Field(pattern=rf"^{PREFIX}[\w-]{{20,60}}$")]
Reading = Callable[[str], Awaitable[Document]]


class PastedText(BaseModel):
    """An article as text."""

    model_config = _STRICT
    text: Annotated[Text, Field(max_length=LONGEST)]


class PageAddress(BaseModel):
    """Where an article stands."""

    model_config = _STRICT
    url: Annotated[Text, Field(max_length=2000)]


def guarded_fetcher() -> Fetcher:
    """What fetches for a reader: from the public internet alone."""
    return Fetcher(delay_s=0, limits=_LIMITS)


def own_routes(own_articles: OwnArticles | None) -> APIRouter:
    """The routes; none where readers may not bring articles."""
    router = APIRouter(prefix="/api/own", include_in_schema=False)
    if own_articles is None:
        return router
    bring = _Bringing(own_articles)

    @router.post("/text")
    async def text(pasted: PastedText, request: Request) -> Response:
        return bring(request, _JSON, partial(read_apart, pasted.text.encode(), ".txt"))

    @router.post("/file")
    async def file(request: Request, name: Annotated[str, Query(max_length=300)] = "") -> Response:
        data = await request.body()
        ending = PurePosixPath(name).suffix.lower()
        if ending not in FORMATS:
            told = _("Bring one of these: {endings}.", endings=", ".join(sorted(FORMATS)))
            return error_response(400, "bad_article", told)
        return bring(request, _BYTES, partial(read_apart, data, ending))

    @router.post("/page")
    async def page(wanted: PageAddress, request: Request) -> Response:
        return bring(request, _JSON, partial(_fetched, wanted.url))

    @router.get("/{name}")
    async def state(name: Name) -> Response:
        article = own_articles.get(name)
        if article is None:
            return error_response(404, "gone", _("It is not here any longer. Bring it again."))
        return JSONResponse(_state(article))

    @router.post("/{name}/leave", status_code=204)
    async def leave(name: Name) -> None:
        own_articles.leave(name)

    @router.post("/{name}/forget", status_code=204)
    async def forget(name: Name) -> None:
        own_articles.forget(name)

    return router


class _Bringing:
    """Lets articles in: from our own page, not too many from one address."""

    def __init__(self, own_articles: OwnArticles) -> None:
        self._articles = own_articles
        self._rate = Rate(BRINGING_RATE)

    def __call__(self, request: Request, kind: str, reading: Reading) -> Response:
        sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        site = request.headers.get("sec-fetch-site", "none")
        if sent != kind or site not in {"same-origin", "none"}:
            return error_response(
                415, "not_our_page", _("Bring an article in the page of this server.")
            )
        owner = asker(request.scope)
        if self._rate.ends(owner) is not None:
            told = _("Many articles came from your address. Bring the next one in an hour.")
            return error_response(429, "too_many", told, {"Retry-After": "3600"})
        try:
            article = self._articles.take(owner, reading)
        except NoRoomError as error:
            return error_response(503, "full", str(error), SOON)
        return JSONResponse(_state(article), 202)


async def _fetched(url: str, id: str) -> Document:
    """Fetches a page and reads it.

    Raises:
        AskdocError: It cannot be fetched or read.
    """
    try:
        async with asyncio.timeout(2 * _LIMITS.seconds), guarded_fetcher() as web:
            fetched = await web.fetch(url)
            if fetched.status == "gone":
                raise FetchError("there is no such page")
            data, ending = article_bytes(fetched)
    except TimeoutError:
        raise FetchError(_("The page did not arrive in time. Paste its text.")) from None
    except (FetchError, ImportingError) as error:
        # What a person at the command line can do about it is no way out for a reader.
        reasons = (words for sign, words in _REASONS if sign in str(error))
        raise AskdocError(_(next(reasons, _NOT_FETCHED))) from None
    return await read_apart(data, ending, id, fetched.url)


def _state(article: OwnArticle) -> dict[str, Any]:
    document = article.document
    return {
        "id": article.id,
        "state": article.state,
        "done": article.done,
        "total": article.total,
        "reason": article.reason,
        "title": document.title if document else "",
    }


def own_turns(
    own_articles: OwnArticles | None, service: Service, workers: Workers, document: str | None
) -> Turns | None:
    """Replies on a reader's own article, held or not; None for any other id."""
    if document is None or not document.startswith(PREFIX):
        return None
    return _OwnTurns(service, workers, own_articles.get(document) if own_articles else None)


class _OwnTurns(Turns):
    """Replies on one article that is held, or was. It has no address to be taken along."""

    addressed = False

    def __init__(self, service: Service, workers: Workers, own: OwnArticle | None) -> None:
        super().__init__(service, workers)
        self._own = own
        self._index = own.index if own else None

    def _known(self) -> About:
        return about_of(self._index) if self._index else NOTHING

    def _first(self, document: str | None) -> dict[str, Any]:
        return super()._first(document) | {"gone": self._index is None, "missing": False}

    def _welcome(self, document: str | None) -> str:
        return own_welcome_html(self._own.document if self._own else None)

    async def _answer(self, asked: AskedTurn) -> Answer:
        """The answer from the article; help in a crisis where it is gone."""
        if self._index is not None:
            return await self._workers.ask(asked.question, asked.history, index=self._index)
        if crisis := await self._workers.emergency(asked.question, asked.history):
            return crisis
        raise QuestionError(_(GONE))

    def _try(self, edition: str, document: str | None, question: str) -> Answer | None:
        """The answer to a question, if it is a good one; it is held with the article."""
        if self._own is None or self._index is None:
            return None
        known = self._own.asked
        if question not in known:
            asking = partial(self._service.ask_in, self._index)
            known[question] = good_answer(take(question, (), asking))
        return known[question]
