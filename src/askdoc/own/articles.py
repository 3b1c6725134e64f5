"""Readers' own articles in memory: how many, for how long, and whose.

Each article has an index of its own, so that it never mixes with another, and a name that nobody
can guess: who has it may ask the article. All of it lies in memory alone.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from anyio import CapacityLimiter, to_thread

from askdoc.embedding import Embedder
from askdoc.errors import AskdocError
from askdoc.i18n import N_, _
from askdoc.index import PassageIndex, build_index
from askdoc.records import Answer, Document

PREFIX = "own-"
MOST_ARTICLES = 20
MOST_EACH = 3
"""Articles of one address at a time."""
MOST_CHARACTERS = 1_000_000
"""Of all articles together; an index takes some 300 bytes a character for its token embeddings."""
IDLE_S = 1800.0
FAREWELL_S = 60.0
"""For which an article is kept whose page was left: it may only have been loaded again."""
_SWEEP_S = 15.0
_LOG = logging.getLogger("askdoc.server")
BROKEN = N_("This article could not be read. Bring it as plain text.")


class NoRoomError(AskdocError):
    """As many articles are held as there may be."""


class _ForgottenError(Exception):
    """The article was taken away while it was being indexed."""


@dataclass(slots=True, eq=False)
class OwnArticle:
    """One reader's own article.

    Attributes:
        id: Its name, which is a secret of the reader's.
        owner: The address it came from.
        expires: When it is dropped, by the monotonic clock.
        state: How far it is; `done` of `total` texts are indexed.
        reason: Why it failed, in words, or "".
        index: The article, once it can be asked.
        characters: How long its text is.
        asked: The good answer to a question, or None: what is offered is tried once.
    """

    id: str
    owner: str
    expires: float
    state: Literal["reading", "indexing", "ready", "failed", "forgotten"] = "reading"
    done: int = 0
    total: int = 0
    reason: str = ""
    index: PassageIndex | None = None
    characters: int = 0
    asked: dict[str, Answer | None] = field(default_factory=dict)

    @property
    def document(self) -> Document | None:
        """The article, once it can be asked."""
        return self.index.documents[self.id] if self.index else None

    def advance(self, done: int, total: int) -> None:
        """Notes how far indexing is; ends it if the article was taken away."""
        if self.state == "forgotten":
            raise _ForgottenError
        self.done, self.total = done, total


class OwnArticles:
    """Readers' own articles. Its methods are called in the event loop's thread."""

    def __init__(
        self, embedder: Callable[[], Embedder], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Holds what loads the embedding model, and a clock."""
        self._embedder = embedder
        self._clock = clock
        self._held: dict[str, OwnArticle] = {}
        self._one_at_a_time = CapacityLimiter(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeping: asyncio.TimerHandle | None = None

    def take(self, owner: str, reading: Callable[[str], Awaitable[Document]]) -> OwnArticle:
        """Makes room for an article, and begins to read and index it.

        Args:
            owner: The address it comes from.
            reading: Reads it, as a document of the id that is handed in.

        Raises:
            NoRoomError: There is no room.
        """
        self.sweep()
        each = Counter(article.owner for article in self._held.values())
        if each[owner] >= MOST_EACH:
            raise NoRoomError(
                _(
                    "You have {count} articles here already. Put one away, or wait: an article "
                    "that nobody asks is dropped after half an hour.",
                    count=MOST_EACH,
                )
            )
        if len(self._held) >= MOST_ARTICLES:
            raise NoRoomError(_("Others have brought many articles. Try again in half an hour."))
        name = f"{PREFIX}{secrets.token_urlsafe(24)}"
        article = OwnArticle(name, owner, self._clock() + IDLE_S)
        self._held[name] = article
        task = asyncio.create_task(self._fill(article, reading))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._sweep_later()
        return article

    def get(self, name: str | None) -> OwnArticle | None:
        """The article of a name, which is then kept for a while longer; None if it is not held."""
        self.sweep()
        article = self._held.get(name or "")
        if article is not None:
            article.expires = self._clock() + IDLE_S
        return article

    def leave(self, name: str) -> None:
        """Keeps an article for a moment only, unless it is asked for again."""
        if article := self._held.get(name):
            article.expires = min(article.expires, self._clock() + FAREWELL_S)

    def forget(self, name: str) -> None:
        """Drops an article at once."""
        if article := self._held.pop(name, None):
            article.state, article.index = "forgotten", None
            article.asked.clear()

    def sweep(self) -> None:
        """Drops what nobody has asked for a while."""
        now = self._clock()
        for name in [name for name, one in self._held.items() if one.expires <= now]:
            self.forget(name)

    def _sweep_later(self) -> None:
        """Sweeps every few seconds for as long as anything is held."""
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(_SWEEP_S, self._swept)

    def _swept(self) -> None:
        self._sweeping = None
        self.sweep()
        if self._held:
            self._sweep_later()

    async def _fill(
        self, article: OwnArticle, reading: Callable[[str], Awaitable[Document]]
    ) -> None:
        """Reads and indexes an article; whatever goes wrong becomes a reason."""
        try:
            document = await reading(article.id)
            if article.state == "forgotten":
                return
            self._make_room(article, len(document.text))
            article.state = "indexing"
            build = partial(
                build_index,
                [document],
                embedder=self._embedder(),
                exact=True,
                on_progress=article.advance,
            )
            index = await to_thread.run_sync(build, limiter=self._one_at_a_time)
            if article.state == "indexing":
                article.index, article.state = index, "ready"
        except _ForgottenError:
            return
        except AskdocError as error:
            self._fail(article, str(error))
        except Exception as error:  # its message may quote the article
            _LOG.error("An article of a reader's could not be indexed: %s", type(error).__name__)
            self._fail(article, _(BROKEN))

    def _make_room(self, article: OwnArticle, characters: int) -> None:
        if characters + sum(one.characters for one in self._held.values()) > MOST_CHARACTERS:
            raise NoRoomError(_("Others have brought long articles. Try again in half an hour."))
        article.characters = characters

    def _fail(self, article: OwnArticle, reason: str) -> None:
        if article.state != "forgotten":
            article.state, article.reason, article.characters = "failed", reason, 0
