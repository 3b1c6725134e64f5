"""The one index a server answers from: loaded in the background, kept current, and bounded."""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import islice, zip_longest

from askdoc.answering import (
    ask,
    banners_of,
    catalogue_of,
    crisis_answer,
    crisis_first,
    notes_complete,
    search_answer,
)
from askdoc.chat import About, as_question, question_about
from askdoc.errors import ArticlesGoneError, AskdocError, StoreError
from askdoc.i18n import N_, _, language
from askdoc.index import PassageIndex
from askdoc.question import is_put_as_a_question
from askdoc.records import Answer, Caveat, Document, Hit

_EXAMPLE_ARTICLES, _EXAMPLE_PASSAGES = 20, 100
"""Of how many articles, and of how many passages of each, questions are offered."""
_LOAD_AGAIN_S = 2.0
_LOOK_S = 1.0
"""Between two looks at the files. A change is taken up when two looks in a row agree on it."""
_IDLE_SHARE = 400
"""Looking takes no more than this part of a core, however many files there are."""
_RETRY_S = 30.0
_CACHED_ANSWERS = 256
"""Answers kept in memory alone: what many click on is worked out once."""
_LOG = logging.getLogger("askdoc.server")


class NotReadyError(AskdocError):
    """The index is not loaded yet, or could not be loaded."""


class Service:
    """Answers from an index once it is there. Help for a person in danger needs none."""

    def __init__(
        self,
        load: Callable[[], PassageIndex],
        at_once: int = 2,
        look: Callable[[], object] | None = None,
    ) -> None:
        """Holds what loads the index, and how many questions are worked on at once.

        Args:
            load: Makes the index, up to date with its files.
            at_once: How many questions are worked on at the same time.
            look: Tells what the files look like, in values that differ where the files do; the
                index is then loaded again whenever they change.
        """
        self._load = load
        self._look = look
        self._index: PassageIndex | None = None
        self._about: About | None = None
        self._failure = self._told = ""
        self._slots = threading.BoundedSemaphore(at_once)
        self._swapping = threading.Lock()
        self._loaded, self._stopped = threading.Event(), threading.Event()
        self._answer = lru_cache(_CACHED_ANSWERS)(_in_language)
        self._on_load: list[Callable[[], object]] = []

    def on_load(self, action: Callable[[], object]) -> None:
        """Calls `action` whenever an index was loaded, in the thread that loads."""
        self._on_load.append(action)

    def start(self) -> None:
        """Begins to load, in a thread of its own."""
        threading.Thread(target=self._keep_current, name="askdoc-load", daemon=True).start()

    def stop(self) -> None:
        """Looks after the files no longer."""
        self._stopped.set()

    def wait(self, seconds: float) -> bool:
        """Waits until loading is over, well or badly; whether it is."""
        return self._loaded.wait(seconds)

    @property
    def ready(self) -> bool:
        """Whether questions can be answered: the index is there, and its store answers."""
        index = self._index
        return index is not None and index.store.reachable()

    @property
    def outdated(self) -> bool:
        """Whether answers come from an older version, since a change cannot be taken up."""
        index = self._index
        return index is not None and bool(self._failure or index.manifest.outdated)

    @property
    def trouble(self) -> str:
        """Why there is nothing to ask, where loading has failed."""
        return "" if self._index is not None or not self._failure else _(self._failure)

    @property
    def notes_complete(self) -> bool:
        """Whether no claim of a catalogue has lost the sentence that its note stands beside."""
        return self._index is None or notes_complete(self._index)

    @property
    def index(self) -> PassageIndex:
        """The index.

        Raises:
            NotReadyError: It is not there.
        """
        index = self._index
        if index is None:
            raise NotReadyError(
                _(self._failure or N_("The article is still being loaded. Ask again."))
            )
        return index

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
            return self._answer(language(), self._followed(), question, history, document)

    def ask_in(self, index: PassageIndex, question: str, history: Sequence[str] = ()) -> Answer:
        """Answers a question from another index than the one that is served; kept nowhere.

        Raises:
            QuestionError: As in `askdoc.ask`.
        """
        return crisis_first(question, history, lambda: self._ask_in(index, question, history))

    def _ask_in(self, index: PassageIndex, question: str, history: Sequence[str]) -> Answer:
        with self._slots:
            return ask(index, question, tuple(history))

    def emergency(self, question: str, history: Sequence[str] = ()) -> Answer | None:
        """What is said at once, by rules alone, to a person in danger; else None.

        While there is no index, any crisis block is.
        """
        if self._index is None:
            return crisis_answer(question, history)
        return crisis_first(question, history, lambda: None)

    def search(self, query: str, k: int, document: str | None = None) -> tuple[Hit, ...]:
        """The passages of `find` alone."""
        return self.find(query, k, document).passages

    def find(self, query: str, k: int, document: str | None = None) -> Answer:
        """Finds passages, with their notes and the caveats to show before them.

        Raises:
            NotReadyError: There is no index, and the query raises no crisis block.
            StoreError: Its store is away, and the query raises no crisis block.
            QuestionError: As in `askdoc.ask`.
        """
        return crisis_first(query, (), lambda: self._find(query, k, document))

    def _find(self, query: str, k: int, document: str | None) -> Answer:
        with self._slots:
            return search_answer(self._followed(), query, k, document=document)

    def _followed(self) -> PassageIndex:
        """The index over what its store has live now; its first screen goes with it."""
        held = self.index
        index = held.latest()
        if index is not held:
            self._swap(index, held)
        return index

    def _swap(self, index: PassageIndex, held: PassageIndex | None) -> None:
        """Puts an index in the place of `held`, unless another has come there meanwhile."""
        about = about_of(index)
        with self._swapping:
            if self._index is held:
                self._about, self._index = about, index
                self._answer.cache_clear()

    def _keep_current(self) -> None:
        """Loads the index, and again whenever its files change, until the server stops."""
        while not self._stopped.is_set():
            seen, held = self._look() if self._look else None, self._index
            away = self._load_once()
            if away:
                self._stopped.wait(_LOAD_AGAIN_S)
                continue
            self._loaded.set()
            if self._index is not None and self._index is not held:
                self._tell_loaded()
            if self._look is None:
                return
            self._wait_for_change(seen, self._look)

    def _tell_loaded(self) -> None:
        for action in self._on_load:
            try:
                action()
            except Exception as error:  # the files are looked after all the same
                _LOG.error("What follows a loaded index failed: %s", type(error).__name__)

    def _wait_for_change(self, seen: object, look: Callable[[], object]) -> None:
        """Returns once the files differ from what was seen and have stopped changing.

        After a failure it also returns after a while: a full disk is no matter of the articles.
        """
        again = time.monotonic() + (_RETRY_S if self._failure else float("inf"))
        last, pause = seen, _LOOK_S
        while not self._stopped.wait(pause) and time.monotonic() < again:
            began = time.thread_time()
            now = look()
            if now == last and now != seen:
                return
            last, pause = now, max(_LOOK_S, _IDLE_SHARE * (time.thread_time() - began))

    def _load_once(self) -> bool:
        """Loads; whether it was the store that kept it from being loaded."""
        try:
            self._take(self._load())
        except StoreError as error:
            self._tell(str(error))
            return True
        except ArticlesGoneError as error:
            self._failed(str(error), N_("The article was taken away."))
            self._index = self._about = None
        except AskdocError as error:
            self._failed(str(error))
        except Exception:
            _LOG.exception("The index could not be loaded.")
            self._failed("")
        return False

    def _take(self, index: PassageIndex) -> None:
        """Serves an index from now on, if it is another."""
        held = self._index
        if held is None or held.manifest != index.manifest:
            index.search("ready", 1)
            self._swap(index, held)
        self._failure = self._told = ""

    def _failed(self, reason: str, told: str = N_("The article could not be loaded.")) -> None:
        self._tell(reason)
        self._failure = told

    def _tell(self, reason: str) -> None:
        """Writes to the log, unless it was the last thing written."""
        if reason and reason != self._told:
            _LOG.error("%s", reason)
        self._told = reason


def _in_language(
    _spoken: str,
    index: PassageIndex,
    question: str,
    history: tuple[str, ...],
    document: str | None,
) -> Answer:
    """An answer in a language, which is part of its cache key."""
    return ask(index, question, history, document=document)


def about_of(index: PassageIndex) -> About:
    """What can be asked of an index."""
    banners: dict[str, Caveat] = {}
    for document in index.store.catalogued():
        for banner in banners_of(index, document):
            banners.setdefault(banner.text, banner)
    first = islice(index.documents.values(), _EXAMPLE_ARTICLES)
    of = {document.id: _examples(index, document) for document in first}
    mixed = dict.fromkeys(q for row in zip_longest(*of.values()) for q in row if q)
    mark = hashlib.sha256(json.dumps(sorted(index.manifest.sources.items())).encode())
    return About(
        index.documents,
        tuple(banners.values()),
        tuple(mixed),
        index.passage,
        of,
        mark.hexdigest()[:16],
    )


def _examples(index: PassageIndex, document: Document) -> tuple[str, ...]:
    """Calm questions of its catalogue that the article speaks of; without any, its headings."""
    topics = [
        topic
        for topic in catalogue_of(document).topics
        if topic.covered and topic.examples and topic.caveat.severity in {"info", "caution"}
    ]
    if topics:
        asked = (
            as_question(example, topic.caveat.text)
            for topic in topics
            for example in filter(is_put_as_a_question, topic.examples[:1])
        )
    else:
        first = index.store.passages_of(document.id)[:_EXAMPLE_PASSAGES]
        asked = (question_about(passage.heading) for passage in first)
    return tuple(dict.fromkeys(question for question in asked if question))
