"""Documents into a store: many at first, then what has changed.

The order of the writes is the safety. A document's passages come first, its record last: what is
not told of by a record does not count. A set filled anew is filled beside the one that is served,
and goes live by one switch of the alias; a run that was ended goes on where it was. Few changes
are made in the live build, article by article.
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
from askdoc.errors import DocumentError
from askdoc.milvus.client import Address, Client
from askdoc.milvus.live import Live, builds, drop, go_live, live_head, read_head
from askdoc.milvus.schema import Build, DocumentRecord, Head, create, digest
from askdoc.milvus.shelving import Here, Pool, opened_pool, shelve
from askdoc.milvus.writing import Writer, held
from askdoc.passages import PassageSize
from askdoc.records import Document

GRACE = 30.0
"""Seconds for which a build that is live no more is kept: replicas look again after two."""
_BATCH_CHARACTERS = 60_000
_COPIED = 100
_FEW, _FEW_OF = 20, 10
"""Changes are made in place when they are at most 20 articles, or a tenth of them."""

OnError = Callable[[DocumentError], None]
OnProgress = Callable[[int, int], None]
Documents = Callable[[], Iterable[Document]]
"""Reads the documents, from the first one, each time it is called."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a store holds after a run.

    Attributes:
        documents: Documents in it.
        passages: Their passages.
        sentences: Their sentences.
        encoded: Texts that had to be encoded.
        in_place: Whether the live build was changed, and not another one put in its place.
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
    grace: float = GRACE,
    on_error: OnError | None = None,
    on_progress: OnProgress | None = None,
) -> Ingested:
    """Reads files and brings a store up to date with them.

    Args:
        paths: Files and folders; what the store held besides them is left out.
        address: A file or a server, as `Address.parse` reads it.
        model: Name or folder of the embedding model.
        scheduler: A Dask scheduler whose workers encode.
        processes: How many processes of this machine encode, where there is no scheduler; with
            none, this one does.
        grace: For how many seconds a build that was replaced is kept.
        on_error: Told of each file that cannot be read; the others still go in. Without it, the
            first such file raises.
        on_progress: Called with (documents done, documents in all or 0 where that is unknown).

    Raises:
        AskdocError: The store is away, or nothing could be read; what is served is as it was.
    """
    roots = tuple(str(Path(path).resolve()) for path in paths)
    embedder, remark = prepare_embedder(model)
    tell = _once(on_error or _raise)
    with opened_pool(embedder, _size(embedder), scheduler=scheduler, processes=processes) as pool:
        done = ingest_documents(
            lambda: stream_documents(roots, on_error=tell),
            address,
            embedder=embedder,
            pool=pool,
            roots=roots,
            grace=grace,
            on_error=tell,
            on_progress=on_progress,
        )
    return replace(done, remark=remark)


def ingest_documents(
    documents: Documents,
    address: str,
    *,
    embedder: Embedder,
    size: PassageSize | None = None,
    pool: Pool | None = None,
    roots: Sequence[str] = (),
    grace: float = GRACE,
    on_error: OnError | None = None,
    on_progress: OnProgress | None = None,
) -> Ingested:
    """Brings a store up to date with documents, as `ingest` does with files."""
    size = size or _size(embedder)
    client = Client(Address.parse(address))
    run = _Run(
        client,
        documents,
        embedder,
        size,
        pool or Here(embedder, size),
        tuple(roots),
        on_error or _raise,
        on_progress or (lambda done, total: None),
    )
    try:
        return run.whole(grace)
    finally:
        client.close()


def _size(embedder: Embedder) -> PassageSize:
    return PassageSize(window=min(embedder.window, PassageSize().window))


def _raise(error: DocumentError) -> None:
    raise error


def _once(on_error: OnError) -> OnError:
    """Tells each error once: files are read again where it is not known how much has changed."""
    told: set[str] = set()

    def tell(error: DocumentError) -> None:
        if str(error) not in told:
            on_error(error)
            told.add(str(error))

    return tell


@dataclass
class _Run:
    """One run, from the first look at the store to the last."""

    client: Client
    documents: Documents
    embedder: Embedder
    size: PassageSize
    pool: Pool
    roots: tuple[str, ...]
    on_error: OnError
    on_progress: OnProgress
    _noted: set[tuple[str, str]] = field(default_factory=set)
    _phrases: dict[str, None] = field(default_factory=dict)

    def whole(self, grace: float) -> Ingested:
        """All of it."""
        live = live_head(self.client)
        if live is None or not live.fits(self.embedder.fingerprint, self.size):
            return self._replace(None, grace)
        writer = Writer(self.client, Build(self.client.address.name, live.mark))
        changes = self._changes(writer)
        if changes is None:
            return self._replace(live, grace)
        return self._change(live, writer, *changes)

    def _changes(self, writer: Writer) -> tuple[list[Document], list[DocumentRecord]] | None:
        """The few documents that a build lacks and has too many, or nothing when they are many."""
        most = max(_FEW, len(writer.held) // _FEW_OF)
        changed: list[Document] = []
        seen = set()
        for document in self._read():
            mark = digest(document.id)
            seen.add(mark)
            self._note(document)
            known = writer.held.get(mark)
            if known is None or not known.says(document, self.size):
                changed.append(document)
            if len(changed) > most:
                return None
        gone = [known for mark, known in writer.held.items() if mark not in seen]
        return (changed, gone) if len(changed) + len(gone) <= most else None

    def _change(
        self,
        live: Head,
        writer: Writer,
        changed: Sequence[Document],
        gone: Sequence[DocumentRecord],
    ) -> Ingested:
        """Changes articles in the live build; each is the old or the new one at any moment."""
        if not changed and not gone and live.state == "ready":
            return Ingested(live.documents, live.passages, live.sentences, 0, True)
        if live.state == "ready":
            writer.counts = Counter(Live(self.client).store().lexical.counts)
            writer.write_head(replace(live, state="changing"))
        encoded = 0
        for done, document in enumerate(changed, start=1):
            known = writer.known_vectors(digest(document.id))
            [shelved] = shelve([document], self.embedder, self.size, known)
            encoded += shelved.encoded
            if shelved.failure:
                self.on_error(DocumentError(shelved.failure))
            else:
                writer.amend(shelved)
            self.on_progress(done, len(changed))
        for known_record in gone:
            writer.remove(known_record)
        head = self._finished(writer, live)
        return Ingested(head.documents, head.passages, head.sentences, encoded, True)

    def _replace(self, live: Head | None, grace: float) -> Ingested:
        """Fills a build beside the live one, and puts it in its place."""
        build, head, resumed = self._unfinished()
        create(self.client, build, self._width())
        writer = Writer(self.client, build)
        if not resumed:
            writer.write_head(head)
            writer.counts = Counter()
        encoded = self._fill(writer, Build(build.name, live.mark) if live is not None else None)
        if not writer.held:
            raise DocumentError("None of the documents could be indexed.")
        head = self._finished(writer, head)
        go_live(self.client, build)
        self._drop_all_but(build, grace)
        return Ingested(head.documents, head.passages, head.sentences, encoded, False)

    def _unfinished(self) -> tuple[Build, Head, bool]:
        """A build that an earlier run of the same kind began, or a new one."""
        for build in builds(self.client):
            if not self.client.call("has_collection", build.records):
                continue
            head = read_head(self.client, build.records)
            if (
                head is not None
                and head.state == "building"
                and head.fits(self.embedder.fingerprint, self.size)
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
        """Brings all documents into a build that is not live; how many texts were encoded."""
        older = held(self.client, source) if source is not None else {}
        seen: set[str] = set()
        encoded = 0
        batches = self._batches(writer, source, older, seen)
        for shelved in self.pool.shelved(batches):
            for one in shelved:
                if one.failure:
                    self.on_error(DocumentError(one.failure))
                encoded += one.encoded
            writer.write([one for one in shelved if not one.failure])
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
        """Documents that have to be encoded, some at a time; those at hand are seen to here."""
        batch: list[Document] = []
        copied: list[DocumentRecord] = []
        for document in self._read():
            mark = digest(document.id)
            seen.add(mark)
            self._note(document)
            known, before = writer.held.get(mark), older.get(mark)
            if known is not None and known.says(document, self.size):
                continue
            if known is not None:
                writer.remove(known)
            if source and before is not None and before.says(document, self.size):
                copied.append(before)
            else:
                batch.append(document)
            if len(copied) == _COPIED and source:
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
                raise DocumentError(
                    f'Two documents have the id "{document.id}". Give one of them another `id` in '
                    "its front matter, or another file name."
                )
            ids.add(digest(document.id))
            yield document

    def _note(self, document: Document) -> None:
        """Remembers the example questions of a catalogue, so that no answer waits for them."""
        mark = (digest(document.catalogue), digest(document.recogniser))
        if mark not in self._noted:
            self._noted.add(mark)
            self._phrases |= dict.fromkeys(phrases_of([document], self.embedder.fingerprint))

    def _finished(self, writer: Writer, head: Head) -> Head:
        """Writes what tells of all documents together; the head last."""
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
            pieces=writer.write_tokens(self.embedder),
            revision=revision,
            state="ready",
        )
        writer.flush()
        writer.write_head(done)
        # Replicas that have not looked again yet read the revision before.
        writer.forget_all_but({head.revision, revision})
        return done

    def _drop_all_but(self, build: Build, grace: float) -> None:
        others = [other for other in builds(self.client) if other != build]
        if others:
            time.sleep(grace)
        for other in others:
            drop(self.client, other)

    def _width(self) -> int:
        return int(self.embedder.encode(["width"]).shape[1])
