"""Documents to rows, ready to be written: cut, encoded, their stems beside them; and who does that.

It is done by this process, or by the workers of a Dask cluster, which speak to no store. Only so
many batches are under way at once: what is read ahead, and what waits to be written, stays small
however many documents there are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding import Embedder, load_embedder
from askdoc.errors import DocumentError, EmbedderError, StoreError
from askdoc.milvus.schema import (
    DocumentRecord,
    digest,
    part_records,
    passage_body,
    passage_key,
    record,
    sentence_keys,
    word,
)
from askdoc.passages import PassageSize, cut, embedding_text
from askdoc.records import Document, Passage
from askdoc.text import tokens

if TYPE_CHECKING:
    from distributed import Client, Future

_AHEAD = 2
"""Batches under way for each thread of a worker: one in work and one at hand."""
_CONNECTING = 10
Row = dict[str, Any]
Known = Mapping[str, NDArray[np.float32]]
"""Vectors at hand, by the digest of their text."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A document as rows, or the reason why it cannot be one.

    Attributes:
        id: The document's id.
        record: Its record, which is written last.
        passages: Its passages' rows.
        sentences: Its sentences' rows.
        parts: Its text, its catalogue and its recogniser.
        encoded: How many texts were encoded for it.
        failure: Why it is not shelved, or "".
    """

    id: str
    record: DocumentRecord | None = None
    passages: tuple[Row, ...] = ()
    sentences: tuple[Row, ...] = ()
    parts: tuple[Row, ...] = ()
    encoded: int = 0
    failure: str = ""


def shelve_there(
    documents: Sequence[Document], model: str, fingerprint: str, size: PassageSize
) -> list[Shelved]:
    """Shelves documents on a worker, by the worker's own copy of the model.

    Raises:
        EmbedderError: Its model is not there, or not the same.
    """
    embedder = load_embedder(model)
    if embedder.fingerprint != fingerprint:
        raise EmbedderError(f'A worker has another "{model}" than this machine. Give it the same.')
    return shelve(documents, embedder, size)


def shelve(
    documents: Sequence[Document], embedder: Embedder, size: PassageSize, known: Known | None = None
) -> list[Shelved]:
    """Shelves documents together, so that texts of like length are encoded side by side."""
    made: list[tuple[Document, tuple[Passage, ...], str]] = []
    for document in documents:
        try:
            made.append((document, _cut(document, embedder, size), ""))
        except DocumentError as error:
            made.append((document, (), str(error)))
    texts = [text for document, passages, _ in made for text in _texts(document, passages)]
    vectors, new = _vectors(texts, embedder, known or {})
    shelved, at = [], 0
    for document, passages, failure in made:
        count = len(_texts(document, passages))
        own = slice(at, at + count)
        at += count
        shelved.append(
            Shelved(document.id, failure=failure)
            if failure
            else _shelved(document, passages, size, vectors[own], sum(new[own]))
        )
    return shelved


def _cut(document: Document, embedder: Embedder, size: PassageSize) -> tuple[Passage, ...]:
    passages = cut(document, embedder.count, size)
    if not passages:
        raise DocumentError(f'"{document.path or document.id}" holds no sentence to index.')
    for passage in passages:
        passage_body(passage)
    return passages


def _texts(document: Document, passages: Iterable[Passage]) -> list[str]:
    """What is encoded of a document: its passages with their headings, then its sentences."""
    passages = tuple(passages)
    return [embedding_text(document.title, p.heading, p.text) for p in passages] + [
        p.sentence(span) for p in passages for span in p.sentences
    ]


def _vectors(
    texts: Sequence[str], embedder: Embedder, known: Known
) -> tuple[NDArray[np.float32], list[bool]]:
    """The vectors of texts, and which of them had to be encoded."""
    keys = [digest(text) for text in texts]
    new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    fresh = dict(zip(new, embedder.encode(list(new.values())), strict=True)) if new else {}
    rows = [fresh[key] if key in fresh else known[key] for key in keys]
    return np.array(rows, dtype=np.float32), [key in fresh for key in keys]


def _shelved(
    document: Document,
    passages: Sequence[Passage],
    size: PassageSize,
    vectors: NDArray[np.float32],
    encoded: int,
) -> Shelved:
    stems = [
        tokens(embedding_text(document.title, passage.heading, passage.text))
        for passage in passages
    ]
    sentences = sum(len(passage.sentences) for passage in passages)
    known = DocumentRecord.of(document, size, len(passages), sentences, sum(map(len, stems)))
    mark = digest(document.id)
    place = {"document": mark, "version": known.version}
    keys = [passage_key(passage, known.version) for passage in passages]
    own = [
        one
        for key, passage in zip(keys, passages, strict=True)
        for one in sentence_keys(key, passage)
    ]
    return Shelved(
        document.id,
        known,
        tuple(
            {
                "key": key,
                **place,
                "body": passage_body(passage),
                "stems": " ".join(map(word, words)),
                "vector": vector,
            }
            for key, passage, words, vector in zip(
                keys, passages, stems, vectors[: len(keys)], strict=True
            )
        ),
        tuple(
            {"key": key, **place, "vector": vector}
            for key, vector in zip(own, vectors[len(keys) :], strict=True)
        ),
        (
            *part_records(f"text/{mark}/{known.version}", "text", document.text),
            *_catalogue(document),
            *_recogniser(document),
        ),
        encoded,
    )


def _catalogue(document: Document) -> list[Row]:
    """The parts of a catalogue, and a row that tells of a document it came with."""
    if not document.catalogue:
        return []
    mark = digest(document.catalogue)
    told = record(f"catalogue/{mark}", "catalogue", document.id)
    return [told, *part_records(f"catalogue/{mark}", "part", document.catalogue)]


def _recogniser(document: Document) -> list[Row]:
    if not document.recogniser:
        return []
    return part_records(f"recogniser/{digest(document.recogniser)}", "part", document.recogniser)


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
