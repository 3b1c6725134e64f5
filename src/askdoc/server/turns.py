"""What the chat page fetches: its first screen, the reply to a question, and which are urgent.

The page keeps the conversation and sends the earlier questions along; nothing is kept here.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
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
from askdoc.records import Answer, Caveat
from askdoc.rendering import to_json, turn_to_markdown
from askdoc.server.api import ArticleId, Text
from askdoc.server.roots import root_of
from askdoc.server.service import Service
from askdoc.server.workers import BusyError, Workers

MOST_WAITING = 50
GOOD = 0.6
"""How likely it must be that the article answers a question that is suggested."""
_CHECKS = 4096
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
    waiting: Annotated[list[Waiting], Field(max_length=MOST_WAITING)]
    history: list[Text] = []


class Turns:
    """Replies of a service to the chat page."""

    def __init__(self, service: Service, workers: Workers) -> None:
        """Answers by a service, in some threads."""
        self._service = service
        self._workers = workers
        self._answered = lru_cache(_CHECKS)(self._is_answered)

    async def start(self, document: str | None) -> dict[str, Any]:
        """The first screen."""
        told = await to_thread.run_sync(self._first, document)
        return told | {"offers": await self._offers((), document)}

    def _first(self, document: str | None) -> dict[str, Any]:
        known = self._known()
        about = known or NOTHING
        return {
            "ready": known is not None,
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
        told = await to_thread.run_sync(self._told, turn, asked, root)
        if turn.answer is None or turn.answer.status == "emergency":
            return told
        quoted = next((citation.document_id for citation in turn.answer.citations), None)
        asked_so_far = (*asked.history, asked.question)
        return told | {"offers": await self._offers(asked_so_far, asked.document or quoted)}

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
            "html": reply_html(turn, key, asked.document),
            "edition": about.edition,
        }
        if answer is None or answer.status == "emergency":
            return told | ({"markdown": turn_to_markdown(answer)} if answer else {})
        quoted = list(dict.fromkeys(citation.document_id for citation in answer.citations))
        return told | {
            "sources": sources_html(answer, key, about),
            "markdown": turn_to_markdown(answer, root),
            "banner": banner_html(_banners(about, quoted)) if quoted else "",
        }

    async def _offers(self, asked: Sequence[str], document: str | None) -> Sequence[str]:
        """Questions to offer; none while many pages wait for theirs."""
        about = self._known() or NOTHING
        if document is not None and document not in about.documents:
            return ()
        answered = partial(self._answered, about.edition, document)
        work = partial(suggestions, about, answered, asked=bounded(asked), document=document)
        try:
            return await self._workers.suggest(work)
        except BusyError:
            return ()

    def _is_answered(self, _: str, document: str | None, question: str) -> bool:
        """Whether a question is answered well by an edition of the articles."""
        return is_good(take(question, (), partial(self._service.ask, document=document)))


def is_good(turn: Turn) -> bool:
    """Whether a question is answered so well that it may be offered."""
    answer = turn.answer
    return answer is not None and answer.status == "answered" and answer.confidence >= GOOD


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
