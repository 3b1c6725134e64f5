"""The one index a server answers from: loaded in the background, then used a few at a time."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import islice

from askdoc.answering import ask, catalogue_of, crisis_first, search_passages
from askdoc.chat import About, as_question, question_about
from askdoc.errors import AskdocError, StoreError
from askdoc.index import PassageIndex
from askdoc.records import Answer, Caveat, Hit

_LOOKED_AT = 200
"""Of how many passages the headings are offered as questions."""
_LOAD_AGAIN = 2.0
_REMEMBERED = 256
"""Answers kept in memory alone: what many click on is worked out once."""
_LOG = logging.getLogger("askdoc.server")


class NotReadyError(AskdocError):
    """The index is not loaded yet, or could not be loaded."""


class Service:
    """Answers from an index once it is there. Help for a person in danger needs none."""

    def __init__(self, load: Callable[[], PassageIndex], at_once: int = 2) -> None:
        """Holds what loads the index, and how many questions are worked on at once."""
        self._load = load
        self._index: PassageIndex | None = None
        self._about: About | None = None
        self._failure = self._told = ""
        self._slots = threading.BoundedSemaphore(at_once)
        self._loaded = threading.Event()
        self._answer = lru_cache(_REMEMBERED)(ask)

    def start(self) -> None:
        """Begins to load, in a thread of its own."""
        threading.Thread(target=self._prepare, name="askdoc-load", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Waits until loading is over, well or badly; whether it is."""
        return self._loaded.wait(seconds)

    @property
    def ready(self) -> bool:
        """Whether questions can be answered: the index is there, and its store answers."""
        return self._index is not None and self._index.store.reachable()

    @property
    def index(self) -> PassageIndex:
        """The index.

        Raises:
            NotReadyError: It is not there.
        """
        if self._index is None:
            raise NotReadyError(self._failure or "The article is still being loaded. Ask again.")
        return self._index

    def about(self) -> About | None:
        """What the chat's first screen tells, once it is known."""
        return self._about

    def ask(
        self, question: str, history: Sequence[str] = (), document: str | None = None
    ) -> Answer:
        """Answers a question, from one article or from all.

        Raises:
            NotReadyError: There is no index, and the question raises no crisis block.
            StoreError: Its store is away, and the question raises no crisis block.
            QuestionError: As in `askdoc.ask`.
        """
        return crisis_first(
            question, history, lambda: self._ask(question, tuple(history), document)
        )

    def _ask(self, question: str, history: tuple[str, ...], document: str | None) -> Answer:
        # Who is in danger does not wait for those before them: the rules come before the slots.
        with self._slots:
            return self._answer(self._followed(), question, history, document=document)

    def search(self, query: str, k: int, document: str | None = None) -> tuple[Hit, ...]:
        """Finds passages, with their notes.

        Raises:
            NotReadyError: There is no index.
            StoreError: Its store is away.
            QuestionError: As in `askdoc.ask`.
        """
        with self._slots:
            index = self._followed()
            return search_passages(index, query, k, document=document)

    def _followed(self) -> PassageIndex:
        """The index over what its store has live now; its first screen goes with it."""
        index = self.index.latest()
        if index is not self._index:
            self._about = _about(index)
            self._index = index
            self._answer.cache_clear()
        return index

    def _prepare(self) -> None:
        """Loads; where it is the store that is away, or still empty, again and again."""
        while self._away():
            time.sleep(_LOAD_AGAIN)
        self._loaded.set()

    def _away(self) -> bool:
        """Loads once; whether it was the store that kept it from being loaded."""
        try:
            index = self._load()
            index.search("ready", 1)
            self._about = _about(index)
            self._index = index
        except StoreError as error:
            if str(error) != self._told:
                _LOG.error("%s", error)
            self._told = str(error)
            return True
        except AskdocError as error:
            _LOG.error("%s", error)
            self._failure = "The article could not be loaded."
        except Exception:
            _LOG.exception("The index could not be loaded.")
            self._failure = "The article could not be loaded."
        return False


def _about(index: PassageIndex) -> About:
    banners: dict[str, Caveat] = {}
    for document in index.store.catalogued():
        banner = catalogue_of(document).banner
        banners.setdefault(banner.text, banner)
    return About(index.documents, tuple(banners.values()), _examples(index), index.passage)


def _examples(index: PassageIndex) -> tuple[str, ...]:
    """Calm questions of the catalogues that the articles speak of; without any, the headings."""
    topics = [
        topic
        for document in index.store.catalogued()
        for topic in catalogue_of(document).topics
        if topic.covered and topic.examples and topic.caveat.severity in {"info", "caution"}
    ]
    first = islice(index.passages, _LOOKED_AT)
    headings = dict.fromkeys(p.heading for p in first if p.heading)
    asked = [as_question(topic.examples[0], topic.caveat.text) for topic in topics]
    return tuple(dict.fromkeys(asked)) or tuple(question_about(heading) for heading in headings)
