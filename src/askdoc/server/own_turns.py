"""Replies of the chat page on a reader's own article."""

from functools import partial
from typing import Any

from askdoc.chat import About, own_welcome_html, take
from askdoc.chat.pieces import GONE
from askdoc.errors import QuestionError
from askdoc.i18n import _
from askdoc.own import PREFIX, OwnArticle, Shelf
from askdoc.records import Answer
from askdoc.server.service import Service, about_of
from askdoc.server.turns import NOTHING, AskedTurn, Turns, good_answer
from askdoc.server.workers import Workers


def own_turns(
    shelf: Shelf | None, service: Service, workers: Workers, document: str | None
) -> Turns | None:
    """Replies on a reader's own article, held or not; None for any other id."""
    if document is None or not document.startswith(PREFIX):
        return None
    return _OwnTurns(service, workers, shelf.get(document) if shelf else None)


class _OwnTurns(Turns):
    """Replies on one article that is on the shelf, or was. It has no address to be taken along."""

    addressed = False

    def __init__(self, service: Service, workers: Workers, own: OwnArticle | None) -> None:
        super().__init__(service, workers)
        self._own = own
        self._index = own.index if own else None

    def _known(self) -> About:
        return about_of(self._index) if self._index else NOTHING

    def _first(self, document: str | None) -> dict[str, Any]:
        return super()._first(document) | {"gone": self._index is None}

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
