"""Writes to a build, in an order that keeps it consistent."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding import Embedder
from askdoc.index import LATE_INTERACTION_SENTENCES, sentence_tokens
from askdoc.milvus.client import WRITE_TIMEOUT_S, Client
from askdoc.milvus.rows import DocumentRows
from askdoc.milvus.schema import (
    HEAD,
    PART_CHARACTERS,
    Build,
    DocumentRecord,
    Head,
    digest,
    packed,
    part_keys,
    part_records,
    parts_of,
    passage_from,
    record,
    sentence_keys,
    stem_of,
    upsert,
)
from askdoc.milvus.store import blob
from askdoc.passages import embedding_text

_PASSAGES_PER_WRITE = 500
_SENTENCES_PER_WRITE = 1000
_RECORDS_PER_WRITE = 200


class Writer:
    """Writes to one build. `held` has its documents' records, by the digests of their ids."""

    def __init__(self, client: Client, build: Build) -> None:
        """Reads the records of the build."""
        self._client = client
        self.build = build
        self.held = records_in(client, build)
        self.counts: Counter[str] | None = None

    def write(self, documents: Sequence[DocumentRows]) -> None:
        """Writes documents, their records last: until then their rows are ignored."""
        for rows, collection, size in (
            (
                [row for one in documents for row in one.passages],
                self.build.passages,
                _PASSAGES_PER_WRITE,
            ),
            (
                [row for one in documents for row in one.sentences],
                self.build.sentences,
                _SENTENCES_PER_WRITE,
            ),
            (
                [row for one in documents for row in one.parts],
                self.build.records,
                _RECORDS_PER_WRITE,
            ),
        ):
            upsert(self._client, collection, rows, size)
        self.write_records([one.record for one in documents if one.record])
        self._count((row["stems"] for one in documents for row in one.passages), 1)

    def write_records(self, records: Sequence[DocumentRecord]) -> None:
        """Writes documents' records, which makes their rows valid."""
        rows = [record(f"document/{digest(k.id)}", "document", k.to_body()) for k in records]
        upsert(self._client, self.build.records, rows, _RECORDS_PER_WRITE)
        self.held |= {digest(known.id): known for known in records}

    def copy(self, source: Build, records: Sequence[DocumentRecord]) -> None:
        """Copies documents from another build, with their vectors."""
        marks = ", ".join(f'"{digest(known.id)}"' for known in records)
        fields = ["document", "version", "vector"]
        passages, sentences = (
            list(self._client.iterate(collection, f"document in [{marks}]", wanted))
            for collection, wanted in (
                (source.passages, [*fields, "body", "stems"]),
                (source.sentences, fields),
            )
        )
        versions = {digest(known.id): known.version for known in records}
        passages, sentences = (
            [row for row in rows if versions[row["document"]] == row["version"]]
            for rows in (passages, sentences)
        )
        keys = [key for known in records for key in _part_keys(known)]
        parts = self._client.get(source.records, keys, ["kind", "body"])
        upsert(self._client, self.build.passages, passages, _PASSAGES_PER_WRITE)
        upsert(self._client, self.build.sentences, sentences, _SENTENCES_PER_WRITE)
        rows = [record(key, row["kind"], row["body"]) for key, row in parts.items()]
        upsert(self._client, self.build.records, rows, _RECORDS_PER_WRITE)
        self.write_records(records)
        self._count((row["stems"] for row in passages), 1)

    def update(self, document: DocumentRows) -> None:
        """Replaces the older version of a document, or adds it."""
        older = self.held.get(digest(document.id))
        if older is not None and document.record and older.version == document.record.version:
            # Its passages are written and counted; only the files beside it are new.
            document = replace(document, passages=(), sentences=())
            older = None
        self.write([document])
        if older is not None:
            self._remove_version(older)

    def remove(self, known: DocumentRecord) -> None:
        """Removes a document; its record first, which makes its rows invalid."""
        key = f"document/{digest(known.id)}"
        self._client.call("delete", self.build.records, ids=[key], timeout_s=WRITE_TIMEOUT_S)
        self.held.pop(digest(known.id), None)
        self._remove_version(known)

    def known_vectors(self, mark: str) -> dict[str, NDArray[np.float32]]:
        """The vectors of a document's texts in this build, by the texts' digests."""
        known = self.held.get(mark)
        if known is None:
            return {}
        condition = _condition(known)
        rows = list(self._client.iterate(self.build.passages, condition, ["body", "vector"]))
        found: dict[str, NDArray[np.float32]] = {}
        texts: dict[str, str] = {}
        for row in rows:
            passage = passage_from(row["body"])
            text = embedding_text(known.title, passage.heading, passage.text)
            found[digest(text)] = np.asarray(row["vector"], dtype=np.float32)
            for key, span in zip(
                sentence_keys(row["key"], passage), passage.sentences, strict=True
            ):
                texts[key] = passage.sentence(span)
        sentences = self._client.get(self.build.sentences, list(texts), ["vector"])
        for key, row in sentences.items():
            found[digest(texts[key])] = np.asarray(row["vector"], dtype=np.float32)
        return found

    def write_head(self, head: Head) -> None:
        """Writes the head."""
        row = record(HEAD, "head", head.to_body())
        self._client.call("upsert", self.build.records, [row], timeout_s=WRITE_TIMEOUT_S)

    def write_lexicon(self, revision: int) -> int:
        """Writes in how many passages each stem occurs, after counting where that is unknown.

        Returns:
            The number of its parts.
        """
        if self.counts is None:
            self.counts = Counter()
            versions = {mark: known.version for mark, known in self.held.items()}
            fields = ["document", "version", "stems"]
            rows = self._client.iterate(self.build.passages, 'key != ""', fields, WRITE_TIMEOUT_S)
            self._count(
                (row["stems"] for row in rows if versions.get(row["document"]) == row["version"]),
                1,
            )
        counts = {stem: count for stem, count in sorted(self.counts.items()) if count > 0}
        return self._write_blob("lexicon", revision, json.dumps(counts, ensure_ascii=False))

    def write_phrases(self, revision: int, texts: Sequence[str], embedder: Embedder) -> int:
        """Writes the vectors of texts; returns the number of parts."""
        if not texts:
            return 0
        body = {"texts": list(texts), "vectors": packed(embedder.encode(list(texts)))}
        return self._write_blob("phrases", revision, json.dumps(body))

    def write_tokens(self, embedder: Embedder) -> bool:
        """Writes the token embeddings of sentences that lack them, in a build of few sentences.

        Returns:
            Whether all sentences have theirs now.
        """
        if (
            not 0
            < sum(known.sentences for known in self.held.values())
            <= LATE_INTERACTION_SENTENCES
        ):
            return False
        rows = self._client.iterate(self.build.passages, 'key != ""', ["body"])
        passages = [passage_from(row["body"]) for row in rows]
        texts = {
            digest(text): text
            for passage in passages
            for text in map(passage.sentence, passage.sentences)
        }
        held = self._client.get(self.build.records, [f"tokens/{key}/0" for key in texts], [])
        new = {key: text for key, text in texts.items() if f"tokens/{key}/0" not in held}
        if not new:
            return True
        tokens = sentence_tokens(list(new.values()), embedder, lambda _: None)
        if tokens is None:
            return False
        for at, key in enumerate(new):
            parts = _token_parts(packed(tokens.rows_of(at)))
            made = [
                record(name, "tokens", part)
                for name, part in zip(part_keys(f"tokens/{key}", len(parts)), parts, strict=True)
            ]
            # The first part has their number, and is written last.
            upsert(self._client, self.build.records, made[::-1], _RECORDS_PER_WRITE)
        return True

    def flush(self) -> None:
        """Flushes all collections, so that Milvus indexes them."""
        for collection in self.build.collections:
            self._client.call("flush", collection, timeout_s=WRITE_TIMEOUT_S)

    def delete_other_revisions(self, revisions: Collection[int]) -> None:
        """Removes lexicons and phrases, except those of some revisions."""
        rows = self._client.iterate(self.build.records, 'kind in ["lexicon", "phrases"]', [])
        keys = [row["key"] for row in rows if int(row["key"].split("/")[1]) not in revisions]
        if keys:
            self._client.call("delete", self.build.records, ids=keys, timeout_s=WRITE_TIMEOUT_S)

    def _write_blob(self, name: str, revision: int, text: str) -> int:
        whole = blob(text)
        rows = part_records(f"{name}/{revision}", name, whole)
        upsert(self._client, self.build.records, rows, _RECORDS_PER_WRITE)
        return len(parts_of(whole))

    def _remove_version(self, known: DocumentRecord) -> None:
        condition = _condition(known)
        if self.counts is not None:
            rows = self._client.iterate(self.build.passages, condition, ["stems"])
            self._count([row["stems"] for row in rows], -1)
        for collection in (self.build.passages, self.build.sentences):
            self._client.call("delete", collection, filter=condition, timeout_s=WRITE_TIMEOUT_S)
        self._client.call(
            "delete", self.build.records, ids=_text_keys(known), timeout_s=WRITE_TIMEOUT_S
        )

    def _count(self, texts: Iterable[str], sign: int) -> None:
        if self.counts is None:
            return
        for text in texts:
            for one in set(text.split()):
                self.counts[stem_of(one)] += sign


def records_in(client: Client, build: Build) -> dict[str, DocumentRecord]:
    """The records of the documents in a build, by the digests of their ids."""
    rows = client.iterate(build.records, 'kind == "document"', ["body"])
    records = (DocumentRecord.from_body(row["body"]) for row in rows)
    return {digest(known.id): known for known in records}


def _condition(known: DocumentRecord) -> str:
    return f'document == "{digest(known.id)}" and version == "{known.version}"'


def _text_keys(known: DocumentRecord) -> list[str]:
    return part_keys(f"text/{digest(known.id)}/{known.version}", known.parts)


def _part_keys(known: DocumentRecord) -> list[str]:
    catalogue, classifier = f"catalogue/{known.catalogue}", f"classifier/{known.classifier}"
    return [
        *_text_keys(known),
        *([catalogue] if known.catalogue else []),
        *part_keys(catalogue, known.catalogue_parts),
        *part_keys(classifier, known.classifier_parts),
    ]


def _token_parts(text: str) -> list[str]:
    size = 3 * PART_CHARACTERS
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    return [f"{len(parts)} {parts[0]}", *parts[1:]]
