"""The one index a server answers from: loaded in the background, then used a few at a time."""

import logging
import threading
from collections.abc import Callable, Sequence

from askdoc.answering import ask, catalogue_of, crisis_answer, search_passages
from askdoc.chat import About, as_question, question_about
from askdoc.errors import AskdocError
from askdoc.index import PassageIndex
from askdoc.records import Answer, Caveat, Hit

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
        self._failure = ""
        self._slots = threading.BoundedSemaphore(at_once)
        self._loaded = threading.Event()

    def start(self) -> None:
        """Begins to load, in a thread of its own."""
        threading.Thread(target=self._prepare, name="askdoc-load", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Waits until loading is over, well or badly; whether it is."""
        return self._loaded.wait(seconds)

    @property
    def ready(self) -> bool:
        """Whether questions can be answered."""
        return self._index is not None

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

    def ask(self, question: str, history: Sequence[str] = ()) -> Answer:
        """Answers a question.

        Raises:
            NotReadyError: There is no index, and the question raises no crisis block.
            QuestionError: As in `askdoc.ask`.
        """
        if self._index is None and (crisis := crisis_answer(question, history)):
            return crisis
        index = self.index
        with self._slots:
            return ask(index, question, history)

    def search(self, query: str, k: int) -> tuple[Hit, ...]:
        """Finds passages, with their notes.

        Raises:
            NotReadyError: There is no index.
            QuestionError: As in `askdoc.ask`.
        """
        index = self.index
        with self._slots:
            return search_passages(index, query, k)

    def _prepare(self) -> None:
        try:
            index = self._load()
            index.search("ready", 1)
            self._about = _about(index)
            self._index = index
        except AskdocError as error:
            _LOG.error("%s", error)
            self._failure = "The article could not be loaded."
        except Exception:
            _LOG.exception("The index could not be loaded.")
            self._failure = "The article could not be loaded."
        finally:
            self._loaded.set()


def _about(index: PassageIndex) -> About:
    banners: dict[str, Caveat] = {}
    for document in index.documents.values():
        banner = catalogue_of(document).banner
        banners.setdefault(banner.text, banner)
    passages = {passage.id: passage for passage in index.passages}
    return About(index.documents, tuple(banners.values()), _examples(index), passages)


def _examples(index: PassageIndex) -> tuple[str, ...]:
    """Calm questions of the catalogues that the articles speak of; without any, the headings."""
    topics = [
        topic
        for document in index.documents.values()
        for topic in catalogue_of(document).topics
        if topic.covered and topic.examples and topic.caveat.severity in {"info", "caution"}
    ]
    headings = dict.fromkeys(p.heading for p in index.passages if p.heading)
    asked = [as_question(topic.examples[0], topic.caveat.text) for topic in topics]
    return tuple(dict.fromkeys(asked)) or tuple(question_about(heading) for heading in headings)
