"""What the chat page fetches: its first screen, the reply to a question, and which are urgent.

The page keeps the conversation and sends the earlier questions along; nothing is kept here.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from askdoc.answering import catalogue_of, crisis_answer
from askdoc.caveats import DEFAULT_CATALOGUE
from askdoc.chat import (
    About,
    Turn,
    banner_html,
    failed,
    reply_html,
    shown,
    sources_html,
    suggestions,
    take,
    welcome_html,
)
from askdoc.question import bounded
from askdoc.records import Answer, Caveat, Document
from askdoc.rendering import to_json, turn_to_markdown
from askdoc.server.api import ArticleId, Text
from askdoc.server.service import Service
from askdoc.server.settings import root_of
from askdoc.server.workers import BusyError, Workers

MAX_WAITING = 50
MOST_LISTED = 200
"""Articles among which a reader chooses in the page."""
_MOST_ELSEWHERE = 2
_SEARCHED_ELSEWHERE = 30
"""Passages among which other articles are looked for."""
GOOD = 0.6
"""How likely it must be that the article answers a question that is suggested."""
NOTHING = About({}, (DEFAULT_CATALOGUE.banner,))

Number = Annotated[int, Field(ge=1, le=1_000_000)]
_STRICT = ConfigDict(extra="forbid")


class AskedTurn(BaseModel):
    """A question, its number in the page, and what the reader asked before, oldest first.

    Of longer histories the latest 50 questions count.
    """

    model_config = _STRICT
    number: Number
    question: Text
    history: list[Text] = []
    document: ArticleId = None


class Waiting(BaseModel):
    """A question that waits its turn."""

    model_config = _STRICT
    number: Number
    question: Text


class WaitingTurns(BaseModel):
    """Questions that wait for their turn in the page, and what was asked before them."""

    model_config = _STRICT
    waiting: Annotated[list[Waiting], Field(max_length=MAX_WAITING)]
    history: list[Text] = []


class WantedOffers(BaseModel):
    """What was asked and quoted so far, to find questions to offer next.

    Attributes:
        asked: The questions, oldest first.
        quoted: The sentences that were quoted, as `place_of` names them.
        document: The article that is asked, or all of them.
        at_hand: The article that the latest answer came from.
    """

    model_config = _STRICT
    asked: list[Text] = []
    quoted: Annotated[list[Annotated[Text, Field(max_length=600)]], Field(max_length=1000)] = []
    document: ArticleId = None
    at_hand: ArticleId = None


class Turns:
    """Replies of a service to the chat page.

    Attributes:
        addressed: Whether what is quoted and answered can be found again by an address.
    """

    addressed = True

    def __init__(self, service: Service, workers: Workers) -> None:
        """Answers by a service, in some threads."""
        self._service = service
        self._workers = workers

    async def start(self, document: str | None) -> dict[str, Any]:
        """The first screen."""
        return await to_thread.run_sync(self._first, document)

    def _first(self, document: str | None) -> dict[str, Any]:
        known = self._known()
        about = known or NOTHING
        return {
            "ready": known is not None,
            "articles": [_named(one) for one in islice(about.documents.values(), MOST_LISTED)],
            "missing": known is not None
            and document is not None
            and document not in known.documents,
            "gone": False,
            "welcome": self._welcome(document),
            "banner": banner_html(_banners(about, [document] if document else [])),
            "edition": about.edition,
        }

    def _known(self) -> About | None:
        """What can be asked, once it is known."""
        return self._service.about()

    def _welcome(self, document: str | None) -> str:
        return welcome_html(self._known(), document, self._service.trouble)

    async def _answer(self, asked: AskedTurn) -> Answer:
        return await self._workers.ask(asked.question, asked.history, asked.document)

    async def reply(self, asked: AskedTurn, root: str = "") -> dict[str, Any]:
        """The reply to one question.

        Args:
            asked: The question.
            root: The server's address, for links that are taken along.

        Raises:
            BusyError: Too many questions wait.
        """
        try:
            turn = Turn(shown(asked.question), await self._answer(asked))
        except BusyError:
            raise
        except Exception as error:  # whatever happens becomes a turn that a person can read
            turn = failed(asked.question, asked.history, error)
        return await to_thread.run_sync(self._told, turn, asked, root)

    async def urgent(self, turns: WaitingTurns) -> list[dict[str, Any]]:
        """Of some waiting questions, replies to certain emergencies, and what must come first.

        A reply has its HTML for the chat, and as `body` what the REST API answers, for the frame.
        """
        return await self._workers.help(partial(self._urgent, turns))

    def _urgent(self, turns: WaitingTurns) -> list[dict[str, Any]]:
        found, history = [], list(turns.history)
        for waiting in turns.waiting:
            crisis = crisis_answer(waiting.question, history)
            if crisis is not None and crisis.status == "emergency":
                asked = AskedTurn(number=waiting.number, question=waiting.question)
                told = self._told(Turn(waiting.question, crisis), asked)
                found.append(told | {"body": to_json(crisis)})
            elif crisis is not None:
                found.append({"number": waiting.number})
            history.append(waiting.question)
        return found

    def _told(self, turn: Turn, asked: AskedTurn, root: str = "") -> dict[str, Any]:
        about, key, answer = self._known() or NOTHING, f"t{asked.number}", turn.answer
        told = {
            "number": asked.number,
            "status": "failed" if turn.failure or answer is None else answer.status,
            "html": reply_html(
                turn,
                key,
                asked.document,
                addressed=self.addressed,
                named=asked.document is None and len(about.documents) > 1,
            ),
            "edition": about.edition,
        }
        if answer is None or answer.status == "emergency":
            return told | ({"markdown": turn_to_markdown(answer)} if answer else {})
        cited = [citation.document_id for citation in answer.citations]
        quoted = list(dict.fromkeys(cited or (hit.passage.document_id for hit in answer.passages)))
        return told | {
            "sources": sources_html(answer, key, about),
            "markdown": turn_to_markdown(answer, root if self.addressed else ""),
            "banner": banner_html(_banners(about, quoted)) if quoted else "",
        }

    async def offers(self, wanted: WantedOffers) -> dict[str, Any]:
        """Questions to offer, and other articles that answer the latest one, too.

        Neither is told while many pages wait for theirs.
        """
        about = self._known() or NOTHING
        if wanted.document is None or wanted.document in about.documents:
            with suppress(BusyError):
                return await self._workers.suggest(partial(self._offers, about, wanted))
        return {"questions": (), "elsewhere": ()}

    def warm(self) -> None:
        """Works out what the first screen offers before anybody waits for it."""
        self._offers(self._known() or NOTHING, WantedOffers())

    def _offers(self, about: About, wanted: WantedOffers) -> dict[str, Any]:
        asked = bounded(wanted.asked)
        questions = suggestions(
            about,
            partial(self._well_answered, wanted.document),
            asked=asked,
            quoted=wanted.quoted,
            document=wanted.document or wanted.at_hand,
        )
        several = wanted.document is None and len(about.documents) > 1
        elsewhere = self._elsewhere(about, *asked) if several and asked else ()
        return {"questions": questions, "elsewhere": [_named(found) for found in elsewhere]}

    def _elsewhere(self, about: About, *asked: str) -> Sequence[Document]:
        """Articles that answer the latest question, beside those that are quoted."""
        *earlier, question = asked
        answer = good_answer(take(question, earlier, self._service.ask))
        if answer is None:
            return ()
        quoted = {citation.document_id for citation in answer.citations}
        # An answer's own passages are few, and mostly of one article.
        near = self._service.find(answer.resolved_question or question, _SEARCHED_ELSEWHERE)
        hits = (*answer.passages, *near.passages)
        found = dict.fromkeys(hit.passage.document_id for hit in hits)
        others = [name for name in found if name not in quoted and name in about.documents]
        answering = (
            name
            for name in others[:_MOST_ELSEWHERE]
            if good_answer(take(question, earlier, partial(self._service.ask, document=name)))
        )
        return [about.documents[name] for name in answering]

    def _well_answered(self, document: str | None, question: str) -> Answer | None:
        """The answer to a question, if it is a good one."""
        return good_answer(take(question, (), partial(self._service.ask, document=document)))


def good_answer(turn: Turn) -> Answer | None:
    """The answer of a turn, if it is so good that its question may be offered."""
    answer = turn.answer
    good = answer is not None and answer.status == "answered" and answer.confidence >= GOOD
    return answer if good else None


def _named(document: Document) -> dict[str, str]:
    return {"id": document.id, "title": document.title}


def turn_routes(
    turns: Turns, url: str = "", own: Callable[[str | None], Turns | None] = lambda _: None
) -> APIRouter:
    """The routes of the page.

    Args:
        turns: Replies on the articles that are served.
        url: As in `Settings`.
        own: From the id of an article to replies on it, if it is a reader's own.
    """
    router = APIRouter(prefix="/api/chat", include_in_schema=False)

    @router.get("/start")
    async def start(document: ArticleId = None) -> dict[str, Any]:
        return await (own(document) or turns).start(document)

    @router.post("/turn")
    async def turn(asked: AskedTurn, request: Request) -> dict[str, Any]:
        return await (own(asked.document) or turns).reply(asked, root_of(request, url))

    @router.post("/offers")
    async def offers(wanted: WantedOffers) -> dict[str, Any]:
        return await (own(wanted.document) or turns).offers(wanted)

    @router.post("/urgent")
    async def urgent(waiting: WaitingTurns) -> list[dict[str, Any]]:
        return await turns.urgent(waiting)

    return router


def _banners(about: About, documents: Sequence[str]) -> Sequence[Caveat]:
    """What stands over answers from some articles, or from any."""
    if len(about.banners) == 1:
        return about.banners
    held = [about.documents[name] for name in documents if name in about.documents]
    banners = [catalogue_of(document).banner for document in held]
    return tuple({banner.text: banner for banner in banners}.values()) or about.banners
