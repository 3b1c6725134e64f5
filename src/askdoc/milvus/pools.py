"""Who shelves documents: this process, or the workers of a Dask cluster.

Only so many batches are under way at once: what is read ahead, and what waits to be written,
stays small however many documents there are.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from askdoc.embedding import Embedder
from askdoc.errors import StoreError
from askdoc.milvus.shelving import Shelved, shelve, shelve_there
from askdoc.passages import PassageSize
from askdoc.records import Document

if TYPE_CHECKING:
    from distributed import Client, Future

_AHEAD = 2
"""Batches under way for each thread of a worker: one in work and one at hand."""
_CONNECTING = 10


class Pool(Protocol):
    """Shelves batches of documents, in any order."""

    def shelved(self, batches: Iterable[Sequence[Document]]) -> Iterator[list[Shelved]]:
        """Takes batches as there is room for them."""


class Here:
    """This process, one batch after the other."""

    def __init__(self, embedder: Embedder, size: PassageSize) -> None:
        """Holds the model."""
        self._embedder = embedder
        self._size = size

    def shelved(self, batches: Iterable[Sequence[Document]]) -> Iterator[list[Shelved]]:
        """As `Pool.shelved`."""
        for batch in batches:
            yield shelve(batch, self._embedder, self._size)


class Workers(AbstractContextManager["Workers"]):
    """The workers of a cluster that is there already, or processes of this machine."""

    def __init__(
        self, embedder: Embedder, size: PassageSize, *, scheduler: str = "", processes: int = 0
    ) -> None:
        """Holds the model's name; `scheduler` is an address such as tcp://HOST:8786."""
        self._task = (embedder.name, embedder.fingerprint, size)
        self._scheduler = scheduler
        self._processes = processes
        self._open = ExitStack()
        self._client: Client

    def __enter__(self) -> "Workers":
        """Connects, or starts the processes.

        Raises:
            StoreError: The scheduler does not answer.
        """
        from distributed import Client

        try:
            at = self._scheduler or self._open.enter_context(_processes(self._processes))
            self._client = self._open.enter_context(Client(at, timeout=_CONNECTING))
        except OSError as error:
            raise StoreError(
                f"The Dask scheduler at {self._scheduler} does not answer. Start it: dask scheduler"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Lets the workers go, and ends the processes started here."""
        self._open.close()

    def shelved(self, batches: Iterable[Sequence[Document]]) -> Iterator[list[Shelved]]:
        """As `Pool.shelved`. A batch of a worker that died goes to another one."""
        pending: set[Future[list[Shelved]]] = set()
        for batch in batches:
            task = self._client.submit(shelve_there, list(batch), *self._task, pure=False)
            pending.add(task)
            if len(pending) >= self._room():
                yield from _finished(pending)
        while pending:
            yield from _finished(pending)

    def _room(self) -> int:
        threads: dict[str, int] = self._client.nthreads()
        return _AHEAD * max(1, sum(threads.values()))


def opened_pool(
    embedder: Embedder, size: PassageSize, *, scheduler: str = "", processes: int = 0
) -> AbstractContextManager[Pool]:
    """The pool for a `with` block: workers, or this process where none are asked for.

    Args:
        embedder: The model.
        size: How passages are packed.
        scheduler: The address of a Dask scheduler whose workers shelve.
        processes: How many processes of this machine shelve, where there is no scheduler.
    """
    if scheduler or processes:
        return Workers(embedder, size, scheduler=scheduler, processes=processes)
    return nullcontext(Here(embedder, size))


def _finished(pending: set[Any]) -> Iterator[list[Shelved]]:
    from distributed import wait

    done, _ = wait(pending, return_when="FIRST_COMPLETED")
    for task in done:
        pending.discard(task)
        found = task.result()
        task.release()
        yield found


def _processes(count: int) -> Any:
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=count, threads_per_worker=1, dashboard_address=None, memory_limit=0
    )
