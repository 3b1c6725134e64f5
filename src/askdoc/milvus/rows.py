"""Documents to rows: cut, encoded and stemmed, in this process or on the workers of a Dask cluster.

Workers need no access to the store. The number of batches in flight is bounded, and with it the
memory, whatever the number of documents.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding import Embedder, load_embedder
from askdoc.errors import DocumentError, EmbedderError, StoreError
from askdoc.index import cut_document
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
from askdoc.passages import PassageSize, embedding_text
from askdoc.records import Document, Passage
from askdoc.text import tokens

if TYPE_CHECKING:
    from distributed import Client

_BATCHES_PER_THREAD = 2
"""Batches in flight for each thread of a worker: one in work and one waiting."""
_CONNECT_TIMEOUT_S = 10
Row = dict[str, Any]
Known = Mapping[str, NDArray[np.float32]]
"""Vectors that were encoded before, by the digest of their text."""


@dataclass(frozen=True, slots=True)
class DocumentRows:
    """The rows of a document, or the reason why there are none.

    Attributes:
        id: The document's id.
        record: Its record, which is written last.
        passages: Its passages' rows.
        sentences: Its sentences' rows.
        parts: Rows of its text, catalogue and classifier.
        encoded: How many texts were encoded for it.
        failure: Why it has no rows, or "".
    """

    id: str
    record: DocumentRecord | None = None
    passages: tuple[Row, ...] = ()
    sentences: tuple[Row, ...] = ()
    parts: tuple[Row, ...] = ()
    encoded: int = 0
    failure: str = ""


def rows_on_worker(
    documents: Sequence[Document], model: str, fingerprint: str, size: PassageSize
) -> list[DocumentRows]:
    """`rows_of` on a worker, with the worker's own copy of the model.

    Raises:
        EmbedderError: Its model is missing, or another one.
    """
    embedder = load_embedder(model)
    if embedder.fingerprint != fingerprint:
        raise EmbedderError(f'A worker has another "{model}" than this machine. Give it the same.')
    return rows_of(documents, embedder, size)


def rows_of(
    documents: Sequence[Document], embedder: Embedder, size: PassageSize, known: Known | None = None
) -> list[DocumentRows]:
    """Makes the rows of several documents, whose texts are encoded together."""
    cut_documents: list[tuple[Document, tuple[Passage, ...], str]] = []
    for document in documents:
        try:
            cut_documents.append((document, _cut(document, embedder, size), ""))
        except DocumentError as error:
            cut_documents.append((document, (), str(error)))
    texts = [text for document, passages, _ in cut_documents for text in _texts(document, passages)]
    vectors, new = _vectors(texts, embedder, known or {})
    rows, at = [], 0
    for document, passages, failure in cut_documents:
        count = len(_texts(document, passages))
        own = slice(at, at + count)
        at += count
        rows.append(
            DocumentRows(document.id, failure=failure)
            if failure
            else _document_rows(document, passages, size, vectors[own], sum(new[own]))
        )
    return rows


def _cut(document: Document, embedder: Embedder, size: PassageSize) -> tuple[Passage, ...]:
    """Cuts a document, and refuses a passage that is too long for a field."""
    passages = cut_document(document, embedder.count, size)
    for passage in passages:
        passage_body(passage)
    return passages


def _texts(document: Document, passages: Iterable[Passage]) -> list[str]:
    """The texts that are encoded: passages with their headings, then sentences."""
    passages = tuple(passages)
    return [embedding_text(document.title, p.heading, p.text) for p in passages] + [
        p.sentence(span) for p in passages for span in p.sentences
    ]


def _vectors(
    texts: Sequence[str], embedder: Embedder, known: Known
) -> tuple[NDArray[np.float32], list[bool]]:
    """The vectors of texts, and which of them were encoded now."""
    keys = [digest(text) for text in texts]
    new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    fresh = dict(zip(new, embedder.encode(list(new.values())), strict=True)) if new else {}
    rows = [fresh[key] if key in fresh else known[key] for key in keys]
    return np.array(rows, dtype=np.float32), [key in fresh for key in keys]


def _document_rows(
    document: Document,
    passages: Sequence[Passage],
    size: PassageSize,
    vectors: NDArray[np.float32],
    encoded: int,
) -> DocumentRows:
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
    return DocumentRows(
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
        tuple(_parts(document, known.version)),
        encoded,
    )


def _parts(document: Document, version: str) -> list[Row]:
    """Rows of text, catalogue and classifier, and one that names a document with the catalogue."""
    rows = part_records(f"text/{digest(document.id)}/{version}", "text", document.text)
    if document.catalogue:
        prefix = f"catalogue/{digest(document.catalogue)}"
        rows.append(record(prefix, "catalogue", document.id))
        rows += part_records(prefix, "part", document.catalogue)
    if document.classifier:
        prefix = f"classifier/{digest(document.classifier)}"
        rows += part_records(prefix, "part", document.classifier)
    return rows


Executor: TypeAlias = Callable[[Iterable[Sequence[Document]]], Iterator[list[DocumentRows]]]
"""Makes the rows of batches of documents, in any order; takes a batch when it has capacity."""


def local_executor(embedder: Embedder, size: PassageSize) -> Executor:
    """Runs in this process, one batch after the other."""
    return lambda batches: (rows_of(batch, embedder, size) for batch in batches)


@contextmanager
def open_executor(
    embedder: Embedder, size: PassageSize, *, scheduler: str = "", processes: int = 0
) -> Iterator[Executor]:
    """Opens an executor; `local_executor` if neither option is given.

    Args:
        embedder: The model.
        size: How passages are packed.
        scheduler: The address of a Dask scheduler, such as tcp://HOST:8786.
        processes: How many processes of this machine to start, without a scheduler.

    Raises:
        StoreError: The scheduler does not answer.
    """
    if not scheduler and not processes:
        yield local_executor(embedder, size)
        return
    from distributed import Client, LocalCluster

    with ExitStack() as stack:
        try:
            cluster = scheduler or stack.enter_context(
                LocalCluster(
                    n_workers=processes,
                    threads_per_worker=1,
                    dashboard_address=None,
                    memory_limit=0,
                )
            )
            client = stack.enter_context(Client(cluster, timeout=_CONNECT_TIMEOUT_S))
        except OSError as error:
            raise StoreError(
                f"The Dask scheduler at {scheduler} does not answer. Start it: dask scheduler"
            ) from error
        task = partial(
            rows_on_worker, model=embedder.name, fingerprint=embedder.fingerprint, size=size
        )
        yield partial(_on_workers, client, task)


def _on_workers(
    client: "Client", task: Callable[..., Any], batches: Iterable[Sequence[Document]]
) -> Iterator[list[DocumentRows]]:
    """Submits batches, a few ahead. The batch of a worker that died goes to another one."""
    pending: set[Any] = set()
    for batch in batches:
        pending.add(client.submit(task, list(batch), pure=False))
        threads = sum(client.nthreads().values())
        if len(pending) >= _BATCHES_PER_THREAD * max(1, threads):
            yield from _completed(pending)
    while pending:
        yield from _completed(pending)


def _completed(pending: set[Any]) -> Iterator[list[DocumentRows]]:
    from distributed import wait

    done, _ = wait(pending, return_when="FIRST_COMPLETED")
    for task in done:
        pending.discard(task)
        found = task.result()
        task.release()
        yield found
