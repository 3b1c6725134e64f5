"""The threads that answer, and who waits for whom.

Help for people in danger has threads of its own, and so have long requests, suggestions and the
pages of articles: neither many questions nor costly ones keep a person in danger, a health check
or a short question waiting.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from askdoc.errors import AskdocError
from askdoc.i18n import _
from askdoc.index import PassageIndex
from askdoc.question import bounded
from askdoc.records import Answer
from askdoc.server.service import Service
from askdoc.text import MAX_RULED, both_ends

LONG_CHARACTERS = 600
"""From which on a question and its history together are a long request.

One of 2,000 characters without a known word costs many times what a plain question costs.
"""
_HELP_THREADS = 2
_MAX_HELP_WAITING = 400
_MAX_ASIDE_WAITING = 16
_Result = TypeVar("_Result")


class BusyError(AskdocError):
    """Too much waits already."""

    def __init__(self) -> None:
        super().__init__(_("Too many questions at once. Ask again in a moment."))


class Workers:
    """Asks a service in threads: emergencies first, then a few questions at once."""

    def __init__(self, service: Service, at_once: int = 2, most_waiting: int = 64) -> None:
        """Holds the service, and how many questions are worked on, and may wait, at once."""
        self._service = service
        self._most_waiting = most_waiting
        self._held = 0
        self._helped = 0
        self._helpers = CapacityLimiter(_HELP_THREADS)
        self._short = CapacityLimiter(at_once)
        self._long = CapacityLimiter(1)
        self._suggesting = CapacityLimiter(1)
        self._showing = CapacityLimiter(1)

    async def ask(
        self,
        question: str,
        history: Sequence[str] = (),
        document: str | None = None,
        index: PassageIndex | None = None,
    ) -> Answer:
        """Answers a question; as `Service.ask`, or, from another index, as `Service.ask_in`.

        Raises:
            BusyError: Too many questions wait, and this one raises no emergency.
            AskdocError: As in `Service.ask`.
        """
        earlier = bounded(history)
        if emergency := await self.emergency(question, earlier):
            return emergency
        length = len(question) + sum(len(text) for text in earlier)
        if index is not None:
            work = partial(self._service.ask_in, index, question, earlier)
        else:
            work = partial(self._service.ask, question, earlier, document)
        return await self._work(work, length)

    async def search(self, query: str, k: int, document: str | None = None) -> Answer:
        """Finds passages, and what is shown before them; as `Service.find`.

        Raises:
            BusyError: As in `ask`.
            AskdocError: As in `Service.search`.
        """
        if emergency := await self.emergency(query):
            return emergency
        return await self._work(partial(self._service.find, query, k, document), len(query))

    async def ready(self) -> bool:
        """Whether questions can be answered."""
        return await self.help(lambda: self._service.ready)

    async def emergency(self, question: str, history: Sequence[str] = ()) -> Answer | None:
        """What is said at once, by rules alone, to a person in danger; else None."""
        read = both_ends(question, MAX_RULED)
        return await self.help(partial(self._service.emergency, read, history))

    async def help(self, work: Callable[[], _Result]) -> _Result:
        """Does some short work in the threads that are kept for people in danger.

        Raises:
            BusyError: Too much waits for them.
        """
        if self._helped >= _MAX_HELP_WAITING:
            raise BusyError
        self._helped += 1
        try:
            return await to_thread.run_sync(work, limiter=self._helpers)
        finally:
            self._helped -= 1

    async def suggest(self, work: Callable[[], _Result]) -> _Result:
        """Works out suggestions, for one page at a time.

        Raises:
            BusyError: Too many pages wait for theirs.
        """
        return await _aside(work, self._suggesting)

    async def show(self, work: Callable[[], _Result]) -> _Result:
        """Makes the page of an article, one at a time.

        Raises:
            BusyError: Too many pages wait.
        """
        return await _aside(work, self._showing)

    async def _work(self, work: Callable[[], _Result], length: int) -> _Result:
        if self._held >= self._most_waiting:
            raise BusyError
        self._held += 1
        lane = self._long if length > LONG_CHARACTERS else self._short
        try:
            return await to_thread.run_sync(work, limiter=lane)
        finally:
            self._held -= 1


async def _aside(work: Callable[[], _Result], lane: CapacityLimiter) -> _Result:
    """Does some work in a lane beside the questions'."""
    if lane.statistics().tasks_waiting >= _MAX_ASIDE_WAITING:
        raise BusyError
    return await to_thread.run_sync(work, limiter=lane)
