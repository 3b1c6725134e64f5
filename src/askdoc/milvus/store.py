"""One build in Milvus as the `Store` that a `PassageIndex` searches."""

import json
import zlib
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askdoc.errors import StoreError
from askdoc.index import Candidates, Manifest, Phrases, SentenceTokens, Store
from askdoc.lexical import K1, B, Lexicon
from askdoc.milvus.client import Client
from askdoc.milvus.documents import Documents
from askdoc.milvus.schema import (
    EF_PER_HIT,
    Build,
    Head,
    digest,
    joined,
    passage_from,
    passage_key,
    sentence_keys,
    stem_of,
    unpacked,
    word,
)
from askdoc.records import Document, Passage
from askdoc.resources import LRUCache

_CACHED_BYTES = 2**28
"""Of records, texts, passages and token embeddings that were fetched."""
_RECORD_BYTES = 500
_EXHAUSTIVE_PASSAGES = 300
_MAX_HITS = 16_384
"""Milvus returns no more hits or rows at once."""
_EXECUTOR = ThreadPoolExecutor(max_workers=12, thread_name_prefix="askdoc-store")


class MilvusStore:
    """A `Store` over one build; `latest` returns the one over the live build."""

    def __init__(
        self,
        client: Client,
        build: Build,
        head: Head,
        latest: Callable[[], Store],
        reachable: Callable[[], bool],
    ) -> None:
        """`latest` and `reachable` come from what follows the alias."""
        self._client = client
        self._build = build
        self._latest = latest
        self._reachable = reachable
        self.head = head
        self.manifest = Manifest(
            head.model, head.fingerprint, head.size, {}, head.roots, build=head.mark
        )
        self._cached = LRUCache[str, Any](_CACHED_BYTES, _bytes_of)
        self._documents = Documents(client, build, head.documents, self._cached)

    def is_of(self, head: Head) -> bool:
        """Whether a head is that of this store."""
        return (head.mark, head.revision) == (self.head.mark, self.head.revision)

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by id, each fetched when asked for."""
        return self._documents

    @property
    def passages(self) -> Collection[Passage]:
        """All passages, streamed."""
        return _Passages(self)

    @property
    def phrases(self) -> Phrases:
        """Texts whose vectors are kept; fetched with each call, of which there is one."""
        packed = self._blob("phrases", self.head.phrases)
        if not packed:
            return Phrases((), np.zeros((0, 0), dtype=np.float32))
        data = json.loads(packed)
        width = len(b64decode(data["vectors"])) // 4 // len(data["texts"])
        return Phrases(data["texts"], unpacked(data["vectors"], np.float32, width))

    @cached_property
    def lexical(self) -> Lexicon:
        """Which stems occur."""
        counts = json.loads(self._blob("lexicon", self.head.lexicon) or "{}")
        return Lexicon(counts, self.head.passages)

    @property
    def has_tokens(self) -> bool:
        """Whether the token embeddings of sentences are kept."""
        return self.head.tokens

    def propose(
        self, stems: Sequence[str], vectors: NDArray[np.float32], n: int, document: str | None
    ) -> Candidates:
        """As `Store.propose`. Scores are computed here, from the rows' own vectors and stems.

        Milvus only proposes candidates: its BM25 counts documents by shard or segment.
        """
        words = [word(stem) for stem in self.lexical.searched(stems)]
        rows = self._rows(self._proposed(words, vectors[:, 0], n, document))
        sentences = self._sentence_vectors(rows)
        rows = [row for row in rows if row.key in sentences]
        if not rows:
            empty = np.zeros(0, dtype=np.float32)
            return Candidates.of((), empty, empty, np.zeros((0, 2), dtype=np.float32))
        return Candidates.of(
            [row.passage for row in rows],
            np.stack([row.vector for row in rows]) @ vectors[:, 0],
            self._bm25(words, [row.stems for row in rows]),
            np.concatenate([sentences[row.key] for row in rows]) @ vectors,
        )

    def token_similarities(
        self, passages: Sequence[Passage], question: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """As `Store.token_similarities`; fetched token embeddings are cached."""
        keys = [f"tokens/{digest(p.sentence(span))}" for p in passages for span in p.sentences]
        rows = self._cached.made(keys, lambda new: self._fetched_tokens(new, question.shape[1]))
        return SentenceTokens.of(rows).nearest(np.arange(len(rows)), question)

    def passages_of(self, document_id: str) -> Sequence[Passage]:
        """As `Store.passages_of`."""
        known = self._documents.record(document_id)
        if known is None:
            return ()
        key = f"passages/{digest(document_id)}/{known.version}"
        held: list[Passage] | None = self._cached.get(key)
        if held is None:
            condition = f'document == "{digest(document_id)}" and version == "{known.version}"'
            rows = self._client.iterate(self._build.passages, condition, ["body"])
            held = sorted((passage_from(row["body"]) for row in rows), key=lambda p: p.start)
            self._cached[key] = held
        return held

    def catalogued(self) -> Sequence[Document]:
        """As `Store.catalogued`."""
        return self._documents.catalogued()

    def latest(self) -> Store:
        """The store over the build that is live now."""
        return self._latest()

    def reachable(self) -> bool:
        """Whether the store answers and has a live build."""
        return self._reachable()

    def all_passages(self) -> Iterator[Passage]:
        """Every valid passage, those of one document in a row."""
        for name in self._documents:
            yield from self.passages_of(name)

    def _proposed(
        self, words: Sequence[str], vector: NDArray[np.float32], n: int, document: str | None
    ) -> list[str]:
        """Keys of candidates: by the vectors of passages and sentences, and by BM25.

        Of a single article of usual length all passages are candidates: HNSW under a selective
        filter misses too many.
        """
        own = self._documents.record(document) if document is not None else None
        if document is not None and own is not None and own.passages <= _EXHAUSTIVE_PASSAGES:
            return [passage_key(passage, own.version) for passage in self.passages_of(document)]
        condition = f'document == "{digest(document)}"' if document is not None else ""
        searched = [
            self._search(self._build.passages, "vector", vector.tolist(), n, condition),
            self._search(self._build.sentences, "vector", vector.tolist(), 2 * n, condition),
        ]
        if words:
            searched.append(
                self._search(self._build.passages, "bm25", " ".join(words), n, condition)
            )
        found = [hits() for hits in searched]
        return list(dict.fromkeys(key.partition(".")[0] for keys in found for key in keys))

    def _search(
        self, collection: str, field: str, sought: Any, n: int, condition: str
    ) -> Callable[[], list[str]]:
        """Starts a search; the function returned waits for its keys."""
        limit = min(n, _MAX_HITS)
        params = {"params": {"ef": EF_PER_HIT * limit}} if field == "vector" else {}
        begun = _EXECUTOR.submit(
            self._client.call,
            "search",
            collection,
            data=[sought],
            anns_field=field,
            limit=limit,
            filter=condition,
            search_params=params,
            output_fields=[],
        )
        return lambda: [hit["id"] if "id" in hit else hit["key"] for hit in begun.result()[0]]

    def _rows(self, keys: Sequence[str]) -> list["_Row"]:
        """The valid rows, in the order of documents and offsets."""
        fields = ["document", "version", "body", "stems", "vector"]
        found = self._client.get(self._build.passages, keys, fields)
        versions = self._documents.versions(
            {row["document"]: row["version"] for row in found.values()}
        )
        rows = [
            _Row(
                key,
                passage_from(row["body"]),
                row["stems"],
                np.asarray(row["vector"], dtype=np.float32),
            )
            for key, row in found.items()
            if versions.get(row["document"]) == row["version"]
        ]
        return sorted(rows, key=lambda row: (row.passage.document_id, row.passage.start))

    def _sentence_vectors(self, rows: Sequence["_Row"]) -> dict[str, NDArray[np.float32]]:
        """The vectors of each passage's sentences, by its key; left out if one is missing."""
        keys = {row.key: sentence_keys(row.key, row.passage) for row in rows}
        wanted = [key for own in keys.values() for key in own]
        found = self._client.get(self._build.sentences, wanted, ["vector"])
        return {
            key: np.array([found[one]["vector"] for one in own], dtype=np.float32)
            for key, own in keys.items()
            if all(one in found for one in own)
        }

    def _bm25(self, words: Sequence[str], texts: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of texts given as stems, with the document frequencies of the whole build."""
        scores = np.zeros(len(texts), dtype=np.float32)
        if not words:
            return scores
        idf = {one: self.lexical.idf(stem_of(one)) for one in words}
        mean = self.head.stems / max(1, self.head.passages)
        for row, text in enumerate(texts):
            stems = text.split()
            counts = Counter(stems)
            damping = K1 * (1 - B + B * len(stems) / mean)
            scores[row] = sum(idf[w] * counts[w] / (counts[w] + damping) for w in words)
        return scores

    def _fetched_tokens(self, keys: Sequence[str], width: int) -> list[NDArray[np.float16]]:
        found: list[NDArray[np.float16]] = []
        heads = self._client.get(self._build.records, [f"{key}/0" for key in keys], ["body"])
        for key in keys:
            count, _, first = heads.get(f"{key}/0", {"body": "0 "})["body"].partition(" ")
            more = [f"{key}/{number}" for number in range(1, int(count))]
            rows = self._client.get(self._build.records, more, ["body"])
            whole = first + "".join(rows[one]["body"] for one in more)
            if not whole:
                raise StoreError(
                    "The store lacks the token embeddings of a sentence. Index it again: "
                    f"askdoc index --store {self._client.address}"
                )
            found.append(unpacked(whole, np.float16, width))
        return found

    def _blob(self, name: str, parts: int) -> str:
        if not parts:
            return ""
        packed = joined(self._client, self._build, f"{name}/{self.head.revision}", parts)
        if packed is None:
            raise StoreError(
                f"The store lacks its {name}. Index it again: askdoc index "
                f"--store {self._client.address}"
            )
        return zlib.decompress(b64decode(packed)).decode()


def blob(text: str) -> str:
    """A long text as `_blob` reads it."""
    return b64encode(zlib.compress(text.encode())).decode()


def _bytes_of(value: object) -> int:
    """About how much memory something fetched takes."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, list):
        return sum(_RECORD_BYTES + len(passage.text) for passage in value)
    return _RECORD_BYTES + (len(value) if isinstance(value, str) else 0)


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    passage: Passage
    stems: str
    vector: NDArray[np.float32]


class _Passages(Collection[Passage]):
    """All passages of a store, fetched as they are taken."""

    def __init__(self, store: MilvusStore) -> None:
        self._store = store

    def __len__(self) -> int:
        return self._store.head.passages

    def __iter__(self) -> Iterator[Passage]:
        return self._store.all_passages()

    def __contains__(self, passage: object) -> bool:
        return isinstance(passage, Passage) and passage in self._store.passages_of(
            passage.document_id
        )
