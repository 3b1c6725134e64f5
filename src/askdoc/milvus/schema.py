"""The schema of a build in Milvus: three collections and their rows.

A set of articles named N, in its build B, is stored in `N_B_passages`, `N_B_sentences` and
`N_B_records`; the alias N points to the records of the live build. A passage's row has its
document's version, and is valid only while the document's record has the same: so one write of
that record replaces an article as a whole.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pymilvus import DataType, Function, FunctionType, MilvusClient

from askdoc.errors import DocumentError
from askdoc.lexical import K1, B
from askdoc.milvus.client import WRITE_TIMEOUT_S, Client
from askdoc.passages import PassageSize
from askdoc.records import Document, Passage

FORMAT = 2
HEAD = "head"
FIELD_BYTES = 65_535
PART_CHARACTERS = 16_000
"""The length of a part of a long text: at four bytes a character it fits one field."""
HNSW = {"M": 24, "efConstruction": 240}
_Index: TypeAlias = tuple[str, str, dict[str, Any]]
"""A field, the type of its index, and its parameters."""
EF_PER_HIT = 4
"""HNSW's `ef`, as a multiple of the hits asked for; docs/scaling.md has the measurement."""


@dataclass(frozen=True, slots=True)
class Build:
    """The collections of one build."""

    name: str
    mark: str

    @property
    def passages(self) -> str:
        """A row for each passage."""
        return f"{self.name}_{self.mark}_passages"

    @property
    def sentences(self) -> str:
        """A row for each sentence of each passage."""
        return f"{self.name}_{self.mark}_sentences"

    @property
    def records(self) -> str:
        """Documents, catalogues, the lexicon, and the head."""
        return f"{self.name}_{self.mark}_records"

    @property
    def collections(self) -> tuple[str, ...]:
        """All three."""
        return self.passages, self.sentences, self.records


@dataclass(frozen=True, slots=True)
class Head:
    """What a build was made from and what it holds.

    Attributes:
        mark: Which build it is.
        model: Name or folder of the embedding model.
        fingerprint: Hash of its weights.
        size: How passages are packed.
        roots: Where documents were looked for.
        documents: How many there are.
        passages: How many there are.
        sentences: How many there are.
        stems: Stems in all passages together.
        lexicon: Parts of the lexicon's record.
        phrases: Parts of the phrases' record.
        tokens: Whether the token embeddings of sentences are kept.
        revision: The number of changes since the build went live.
        state: "building" until it may go live, "changing" while articles are changed in place.
    """

    mark: str
    model: str
    fingerprint: str
    size: PassageSize
    roots: tuple[str, ...] = ()
    documents: int = 0
    passages: int = 0
    sentences: int = 0
    stems: int = 0
    lexicon: int = 0
    phrases: int = 0
    tokens: bool = False
    revision: int = 0
    state: str = "building"

    def to_body(self) -> str:
        """The head as it is written."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        size = {name: getattr(self.size, name) for name in self.size.__slots__}
        return json.dumps({"askdoc_store": FORMAT, **fields, "size": size})

    @classmethod
    def from_body(cls, body: str) -> "Head | None":
        """Reads what `to_body` made; None if it has another format."""
        data = json.loads(body)
        if data.pop("askdoc_store", None) != FORMAT:
            return None
        size = PassageSize(**data["size"])
        return cls(**{**data, "size": size, "roots": tuple(data["roots"])})

    def matches(self, fingerprint: str, size: PassageSize) -> bool:
        """Whether this model and size would make the same vectors and passages."""
        return self.fingerprint == fingerprint and self.size == size


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document's record; its text, catalogue and classifier are stored in parts.

    Catalogue and classifier are named by their digests, for documents share them.
    """

    id: str
    title: str
    url: str
    sha256: str
    path: str
    version: str
    parts: int
    catalogue: str
    catalogue_parts: int
    passages: int
    sentences: int
    stems: int
    classifier: str = ""
    classifier_parts: int = 0

    @classmethod
    def of(
        cls, document: Document, size: PassageSize, passages: int, sentences: int, stems: int
    ) -> "DocumentRecord":
        """The record of a document with the counts of what it was cut into."""
        return cls(
            document.id,
            document.title,
            document.url,
            document.sha256,
            document.path,
            version_of(document, size),
            len(parts_of(document.text)),
            *_digest_and_parts(document.catalogue),
            passages,
            sentences,
            stems,
            *_digest_and_parts(document.classifier),
        )

    def matches(self, document: Document, size: PassageSize) -> bool:
        """Whether this is the record of this very document."""
        same = self.version == version_of(document, size)
        about = (document.title, document.url, document.path)
        beside = (*_digest_and_parts(document.catalogue), *_digest_and_parts(document.classifier))
        return (
            same
            and about == (self.title, self.url, self.path)
            and beside
            == (self.catalogue, self.catalogue_parts, self.classifier, self.classifier_parts)
        )

    def to_body(self) -> str:
        """The record as it is written."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(fields, ensure_ascii=False)

    @classmethod
    def from_body(cls, body: str) -> "DocumentRecord":
        """Reads what `to_body` made."""
        return cls(**json.loads(body))


def digest(text: str) -> str:
    """32 hexadecimal digits of a text's SHA-256, safe in any filter."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _digest_and_parts(beside: str) -> tuple[str, int]:
    """The digest of a file beside a document, and the number of its parts."""
    return (digest(beside), len(parts_of(beside))) if beside else ("", 0)


def version_of(document: Document, size: PassageSize) -> str:
    """A digest of all that a document's passages depend on."""
    return digest("\0".join([str(FORMAT), repr(size), document.title, document.text]))


def passage_key(passage: Passage, version: str) -> str:
    """A passage's key, a hash of its content and offsets: writing it twice is idempotent."""
    place = f"{passage.document_id}\0{version}\0{passage.start}\0{passage.end}"
    return digest(f"{place}\0{passage.heading}\0{passage.text}")


def sentence_keys(key: str, passage: Passage) -> list[str]:
    """The keys of a passage's sentences."""
    return [f"{key}.{number}" for number in range(len(passage.sentences))]


def passage_body(passage: Passage) -> str:
    """A passage as it is written.

    Raises:
        DocumentError: It does not fit one field.
    """
    place = (passage.start, passage.end, passage.sentences)
    body = json.dumps(
        [passage.id, passage.document_id, passage.heading, passage.text, *place],
        ensure_ascii=False,
    )
    if len(body.encode()) > FIELD_BYTES:
        raise DocumentError(
            f'"{passage.document_id}" holds a sentence of {len(passage.text):,} characters, which '
            "is more than Milvus keeps in a field. Put full stops in it."
        )
    return body


def passage_from(body: str) -> Passage:
    """Reads what `passage_body` made."""
    name, document, heading, text, start, end, spans = json.loads(body)
    return Passage(name, document, heading, text, start, end, tuple((a, b) for a, b in spans))


def word(stem: str) -> str:
    """A stem as one word of letters and digits, which no tokenizer splits."""
    return stem if stem.isascii() and stem.isalnum() else f"0x{stem.encode().hex()}"


def stem_of(word: str) -> str:
    """The stem that `word` made a word of."""
    return bytes.fromhex(word[2:]).decode() if word.startswith("0x") else word


def parts_of(text: str) -> list[str]:
    """A text in parts that each fit one field; at least one."""
    return [text[at : at + PART_CHARACTERS] for at in range(0, len(text), PART_CHARACTERS)] or [""]


def part_keys(prefix: str, count: int) -> list[str]:
    """The keys of a text's parts."""
    return [f"{prefix}/{number}" for number in range(count)]


def record(key: str, kind: str, body: str) -> dict[str, Any]:
    """A row of the records. Milvus requires a vector in every row; this one is unused."""
    return {"key": key, "kind": kind, "body": body, "unused": [0.0, 0.0]}


def part_records(prefix: str, kind: str, text: str) -> list[dict[str, Any]]:
    """The rows of a text's parts."""
    parts = parts_of(text)
    return [
        record(key, kind, part)
        for key, part in zip(part_keys(prefix, len(parts)), parts, strict=True)
    ]


def joined(client: Client, build: Build, prefix: str, count: int) -> str | None:
    """A text from its parts, or None when one is missing."""
    keys = part_keys(prefix, count)
    rows = client.get(build.records, keys, ["body"])
    return "".join(rows[key]["body"] for key in keys) if len(rows) == count else None


def packed(rows: NDArray[Any]) -> str:
    """An array's bytes as text."""
    return base64.b64encode(np.ascontiguousarray(rows).tobytes()).decode()


def unpacked(text: str, kind: Any, width: int) -> NDArray[Any]:
    """Reads what `packed` made, as rows of `width` numbers."""
    return np.frombuffer(base64.b64decode(text), dtype=kind).reshape(-1, width)


def upsert(client: Client, collection: str, rows: Sequence[dict[str, Any]], size: int) -> None:
    """Writes rows, `size` at a time."""
    for at in range(0, len(rows), size):
        client.call("upsert", collection, list(rows[at : at + size]), timeout_s=WRITE_TIMEOUT_S)


def create(client: Client, build: Build, width: int) -> None:
    """Creates the collections that a build lacks, and loads them.

    Milvus Lite gets exact search, for its HNSW loses hits under a filter. A server searches a
    selective filter exactly by itself.
    """
    lite = "lite" in str(client.call("get_server_version")).lower()
    dense: _Index = ("vector", "FLAT", {}) if lite else ("vector", "HNSW", HNSW)
    _create(client, build.passages, _passages(width), [dense, _BM25])
    _create(client, build.sentences, _sentences(width), [dense])
    _create(client, build.records, _records(), [("unused", "FLAT", {})])


_BM25: _Index = ("bm25", "SPARSE_INVERTED_INDEX", {"bm25_k1": K1, "bm25_b": B})


def _create(client: Client, collection: str, schema: Any, indexes: Iterable[_Index]) -> None:
    if not client.call("has_collection", collection):
        client.call("create_collection", collection, schema=schema, timeout_s=WRITE_TIMEOUT_S)
    scalar: _Index = ("kind" if collection.endswith("_records") else "document", "INVERTED", {})
    made = client.call("list_indexes", collection)
    for field, kind, params in (*indexes, scalar):
        metric = {"bm25": "BM25", "unused": "L2", "vector": "IP"}.get(field)
        chosen = MilvusClient.prepare_index_params()
        chosen.add_index(
            field_name=field,
            index_type=kind,
            index_name=field,
            params=params,
            **({"metric_type": metric} if metric else {}),
        )
        if field not in made:
            # The collection is empty, so there is nothing to wait for.
            client.call("create_index", collection, chosen, sync=False, timeout_s=WRITE_TIMEOUT_S)
    client.call("load_collection", collection, timeout_s=WRITE_TIMEOUT_S)


def _schema() -> Any:
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=200)
    return schema


def _document_schema() -> Any:
    """The schema of rows that belong to one version of a document."""
    schema = _schema()
    schema.add_field("document", DataType.VARCHAR, max_length=32)
    schema.add_field("version", DataType.VARCHAR, max_length=32)
    return schema


def _passages(width: int) -> Any:
    schema = _document_schema()
    schema.add_field("body", DataType.VARCHAR, max_length=FIELD_BYTES)
    schema.add_field(
        "stems",
        DataType.VARCHAR,
        max_length=FIELD_BYTES,
        enable_analyzer=True,
        analyzer_params={"tokenizer": "standard"},
    )
    schema.add_field("bm25", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=width)
    schema.add_function(
        Function(
            name="bm25_of_stems",
            function_type=FunctionType.BM25,
            input_field_names=["stems"],
            output_field_names=["bm25"],
        )
    )
    return schema


def _sentences(width: int) -> Any:
    schema = _document_schema()
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=width)
    return schema


def _records() -> Any:
    schema = _schema()
    schema.add_field("kind", DataType.VARCHAR, max_length=16)
    schema.add_field("body", DataType.VARCHAR, max_length=FIELD_BYTES)
    schema.add_field("unused", DataType.FLOAT_VECTOR, dim=2)
    return schema
