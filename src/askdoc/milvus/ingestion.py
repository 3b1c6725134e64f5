"""Documents into a store: all at first, then what has changed.

The order of the writes keeps a store consistent. A document's passages are written first, its
record last: rows without a record are ignored. A new build is filled beside the live one, and goes
live by one switch of the alias; an interrupted run is resumed. A few changes are made in the live
build, article by article.
"""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from askdoc.caveats import phrases_of
from askdoc.documents import stream_documents
from askdoc.embedding import Embedder, prepare_embedder
from askdoc.errors import DocumentError, PartlyReadError
from askdoc.index import duplicate_id, passage_size_for
from askdoc.milvus.client import Address, Client
from askdoc.milvus.live import Live, builds, drop, go_live, live_head, read_head
from askdoc.milvus.rows import Executor, local_executor, open_executor, rows_of
from askdoc.milvus.schema import Build, DocumentRecord, Head, create, digest
from askdoc.milvus.writer import Writer, records_in
from askdoc.passages import PassageSize
from askdoc.records import Document, OnProgress

GRACE_S = 30.0
"""How long a replaced build is kept: replicas check for another one every two seconds."""
_BATCH_CHARACTERS = 60_000
_COPY_BATCH = 100
_IN_PLACE_ARTICLES = 20
_IN_PLACE_SHARE = 10
"""Changes to at most 20 articles, or one in ten, are made in place."""

OnError = Callable[[DocumentError], None]
Documents = Callable[[], Iterable[Document]]
"""Reads the documents from the first one at each call."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a store holds after a run.

    Attributes:
        documents: Documents in it.
        passages: Their passages.
        sentences: Their sentences.
        encoded: Texts that were encoded.
        in_place: Whether the live build was changed, not replaced.
        remark: Why the model runs slower than it could, or "".
    """

    documents: int
    passages: int
    sentences: int
    encoded: int
    in_place: bool
    remark: str = ""


def ingest(
    paths: Iterable[str | Path],
    address: str,
    *,
    model: str | None = None,
    scheduler: str = "",
    processes: int = 0,
    grace: float = GRACE_S,
    on_error: OnError | None = None,
    on_progress: OnProgress | None = None,
) -> Ingested:
    """Reads files and brings a store up to date with them.

    Args:
        paths: Files and folders; what the store held besides them is left out.
        address: A file or a server, as `Address.parse` reads it.
        model: Name or folder of the embedding model.
        scheduler: A Dask scheduler whose workers encode.
        processes: How many processes of this machine encode, without a scheduler; 0 for this one.
        grace: Seconds for which a replaced build is kept.
        on_error: Called with each file that cannot be read; the others still go in. Without it, the
            first such file raises.
        on_progress: Called with (documents done, documents in all or 0 where that is unknown).

    Raises:
        AskdocError: The store does not answer, or nothing could be read; the live build stays.
    """
    roots = tuple(str(Path(path).resolve()) for path in paths)
    embedder, remark = prepare_embedder(model)
    report_once = _each_once(on_error or _raise)
    with open_executor(
        embedder, passage_size_for(embedder), scheduler=scheduler, processes=processes
    ) as executor:
        done = ingest_documents(
            lambda: stream_documents(roots, on_error=report_once),
            address,
            embedder=embedder,
            executor=executor,
            roots=roots,
            grace=grace,
            on_error=report_once,
            on_progress=on_progress,
        )
    return replace(done, remark=remark)


def ingest_documents(
    documents: Documents,
    address: str,
    *,
    embedder: Embedder,
    size: PassageSize | None = None,
    executor: Executor | None = None,
    roots: Sequence[str] = (),
    grace: float = GRACE_S,
    on_error: OnError | None = None,
    on_progress: OnProgress | None = None,
) -> Ingested:
    """Brings a store up to date with documents, as `ingest` does with files."""
    size = size or passage_size_for(embedder)
    client = Client(Address.parse(address))
    run = _Ingest(
        client,
        documents,
        embedder,
        size,
        executor or local_executor(embedder, size),
        tuple(roots),
        on_error or _raise,
        on_progress or (lambda done, total: None),
    )
    try:
        return run.run(grace)
    finally:
        client.close()


def _raise(error: DocumentError) -> None:
    if not isinstance(error, PartlyReadError):
        raise error


def _each_once(on_error: OnError) -> OnError:
    """Reports each error once: files may be read a second time."""
    reported: set[str] = set()

    def report_once(error: DocumentError) -> None:
        if str(error) not in reported:
            on_error(error)
            reported.add(str(error))

    return report_once


@dataclass
class _Ingest:
    """One run."""

    client: Client
    documents: Documents
    embedder: Embedder
    size: PassageSize
    executor: Executor
    roots: tuple[str, ...]
    on_error: OnError
    on_progress: OnProgress
    _noted: set[tuple[str, str]] = field(default_factory=set)
    _phrases: dict[str, None] = field(default_factory=dict)

    def run(self, grace: float) -> Ingested:
        """Changes the live build or replaces it."""
        live = live_head(self.client)
        if live is None or not live.matches(self.embedder.fingerprint, self.size):
            return self._replace(None, grace)
        writer = Writer(self.client, Build(self.client.address.name, live.mark))
        changes = self._changes(writer)
        if changes is None:
            return self._replace(live, grace)
        return self._change(live, writer, *changes)

    def _changes(self, writer: Writer) -> tuple[list[Document], list[DocumentRecord]] | None:
        """The documents to write and the records to remove; None if they are many."""
        limit = max(_IN_PLACE_ARTICLES, len(writer.held) // _IN_PLACE_SHARE)
        changed: list[Document] = []
        seen = set()
        for document in self._read():
            mark = digest(document.id)
            seen.add(mark)
            self._note(document)
            known = writer.held.get(mark)
            if known is None or not known.matches(document, self.size):
                changed.append(document)
            if len(changed) > limit:
                return None
        gone = [known for mark, known in writer.held.items() if mark not in seen]
        return (changed, gone) if len(changed) + len(gone) <= limit else None

    def _change(
        self,
        live: Head,
        writer: Writer,
        changed: Sequence[Document],
        gone: Sequence[DocumentRecord],
    ) -> Ingested:
        """Changes articles in the live build; at any moment each is the old or the new one."""
        if not changed and not gone and live.state == "ready":
            return Ingested(live.documents, live.passages, live.sentences, 0, True)
        if live.state == "ready":
            writer.counts = Counter(Live(self.client).store().lexical.counts)
            writer.write_head(replace(live, state="changing"))
        encoded = 0
        for done, document in enumerate(changed, start=1):
            known = writer.known_vectors(digest(document.id))
            [rows] = rows_of([document], self.embedder, self.size, known)
            encoded += rows.encoded
            if rows.failure:
                self.on_error(DocumentError(rows.failure))
            else:
                writer.update(rows)
            self.on_progress(done, len(changed))
        for known_record in gone:
            writer.remove(known_record)
        head = self._finish(writer, live)
        return Ingested(head.documents, head.passages, head.sentences, encoded, True)

    def _replace(self, live: Head | None, grace: float) -> Ingested:
        """Fills another build, and makes it the live one."""
        build, head, resumed = self._unfinished()
        create(self.client, build, width=self.embedder.encode(["width"]).shape[1])
        writer = Writer(self.client, build)
        if not resumed:
            writer.write_head(head)
            writer.counts = Counter()
        encoded = self._fill(writer, Build(build.name, live.mark) if live is not None else None)
        if not writer.held:
            raise DocumentError("None of the documents could be indexed.")
        head = self._finish(writer, head)
        go_live(self.client, build)
        self._drop_all_but(build, grace)
        return Ingested(head.documents, head.passages, head.sentences, encoded, False)

    def _unfinished(self) -> tuple[Build, Head, bool]:
        """The build of an interrupted run with the same model and roots, or a new one."""
        for build in builds(self.client):
            if not self.client.call("has_collection", build.records):
                continue
            head = read_head(self.client, build.records)
            if (
                head is not None
                and head.state == "building"
                and head.matches(self.embedder.fingerprint, self.size)
                and head.roots == self.roots
            ):
                return build, head, True
        head = Head(
            uuid.uuid4().hex[:12],
            self.embedder.name,
            self.embedder.fingerprint,
            self.size,
            self.roots,
        )
        return Build(self.client.address.name, head.mark), head, False

    def _fill(self, writer: Writer, source: Build | None) -> int:
        """Writes all documents to a build; returns how many texts were encoded."""
        older = records_in(self.client, source) if source is not None else {}
        seen: set[str] = set()
        encoded = 0
        batches = self._batches(writer, source, older, seen)
        for batch in self.executor(batches):
            for one in batch:
                if one.failure:
                    self.on_error(DocumentError(one.failure))
                encoded += one.encoded
            writer.write([one for one in batch if not one.failure])
            self.on_progress(len(writer.held), 0)
        for known in [known for mark, known in writer.held.items() if mark not in seen]:
            writer.remove(known)
        return encoded

    def _batches(
        self,
        writer: Writer,
        source: Build | None,
        older: Mapping[str, DocumentRecord],
        seen: set[str],
    ) -> Iterator[list[Document]]:
        """Batches of documents to encode; unchanged ones are copied from the live build here."""
        batch: list[Document] = []
        copied: list[DocumentRecord] = []
        for document in self._read():
            mark = digest(document.id)
            seen.add(mark)
            self._note(document)
            known, before = writer.held.get(mark), older.get(mark)
            if known is not None and known.matches(document, self.size):
                continue
            if known is not None:
                writer.remove(known)
            if source and before is not None and before.matches(document, self.size):
                copied.append(before)
            else:
                batch.append(document)
            if len(copied) == _COPY_BATCH and source:
                writer.copy(source, copied)
                copied = []
            if sum(len(one.text) for one in batch) >= _BATCH_CHARACTERS:
                yield batch
                batch = []
        if copied and source:
            writer.copy(source, copied)
        if batch:
            yield batch

    def _read(self) -> Iterator[Document]:
        ids: set[str] = set()
        for document in self.documents():
            if digest(document.id) in ids:
                raise duplicate_id(document.id)
            ids.add(digest(document.id))
            yield document

    def _note(self, document: Document) -> None:
        """Collects the example questions of a catalogue."""
        mark = (digest(document.catalogue), digest(document.classifier))
        if mark not in self._noted:
            self._noted.add(mark)
            self._phrases |= dict.fromkeys(phrases_of([document], self.embedder.fingerprint))

    def _finish(self, writer: Writer, head: Head) -> Head:
        """Writes what describes all documents; the head last."""
        revision = head.revision + 1
        records = writer.held.values()
        done = replace(
            head,
            documents=len(records),
            passages=sum(known.passages for known in records),
            sentences=sum(known.sentences for known in records),
            stems=sum(known.stems for known in records),
            lexicon=writer.write_lexicon(revision),
            phrases=writer.write_phrases(revision, list(self._phrases), self.embedder),
            tokens=writer.write_tokens(self.embedder),
            revision=revision,
            state="ready",
        )
        writer.flush()
        writer.write_head(done)
        # Replicas that have not checked again yet read the previous revision.
        writer.delete_other_revisions({head.revision, revision})
        return done

    def _drop_all_but(self, build: Build, grace: float) -> None:
        others = [other for other in builds(self.client) if other != build]
        if others:
            time.sleep(grace)
        for other in others:
            drop(self.client, other)
