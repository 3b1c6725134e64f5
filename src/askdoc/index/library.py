"""The texts of an index: its documents and their passages.

A loaded index leaves them in memory-mapped files, and parses each when it is asked for.
"""

import json
import mmap
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from askdoc.errors import DocumentError
from askdoc.index.vectors import mapped_array
from askdoc.passages import Counter, PassageSize, cut, embedding_text
from askdoc.records import Document, Passage

T = TypeVar("T")
_CACHED_ROWS = 4096
"""Parsed records that a loaded index caches."""


class Library:
    """n passages of some documents, those of one document in a row."""

    def __init__(
        self,
        documents: "Documents",
        passages: Sequence[Passage],
        first_passages: NDArray[np.int64],
        first_sentences: NDArray[np.int64],
    ) -> None:
        """Holds both.

        Args:
            documents: D documents.
            passages: n passages.
            first_passages: D + 1 rows: document d has passages [d] up to [d + 1].
            first_sentences: n + 1 rows: passage p has sentences [p] up to [p + 1].
        """
        self.documents = documents
        self.passages = passages
        self.first_sentences = first_sentences
        self._first_passages = first_passages

    def rows_of(self, document_id: str) -> range:
        """The rows of a document's passages, in its order; none if the id is unknown."""
        row = self.documents.row_of(document_id)
        if row is None:
            return range(0)
        first, past = self._first_passages[row : row + 2]
        return range(int(first), int(past))

    def row_of(self, passage: Passage) -> int:
        """The row of a passage."""
        rows = self.rows_of(passage.document_id)
        at = bisect_left(rows, passage.start, key=lambda row: self.passages[row].start)
        return rows[at]

    def texts(self) -> Iterator[str]:
        """The text that is encoded for each passage."""
        for passage in self.passages:
            title = self.documents[passage.document_id].title
            yield embedding_text(title, passage.heading, passage.text)

    def sentences(self) -> Iterator[str]:
        """The sentences of all passages, in their order."""
        for passage in self.passages:
            yield from map(passage.sentence, passage.sentences)

    def save(self, folder: Path) -> None:
        """Writes documents and passages to a folder."""
        self.documents.save(folder)
        _save_rows(folder / "passages.jsonl", self.passages)
        np.save(folder / "documents.first.npy", self._first_passages)
        np.save(folder / "passages.first.npy", self.first_sentences)

    @classmethod
    def load(cls, folder: Path) -> "Library":
        """Opens what `save` wrote."""
        return cls(
            Documents.load(folder),
            Rows(folder / "passages.jsonl", _passage),
            mapped_array(folder / "documents.first.npy"),
            mapped_array(folder / "passages.first.npy"),
        )


class Documents(Mapping[str, Document]):
    """Documents by id, in the order they were given."""

    def __init__(self, rows: Sequence[Document], ids: Sequence[str]) -> None:
        """Holds documents and their ids, in one order."""
        self._documents = rows
        self._rows = {name: row for row, name in enumerate(ids)}

    def row_of(self, document_id: str) -> int | None:
        """A document's row, or None."""
        return self._rows.get(document_id)

    def __getitem__(self, document_id: str) -> Document:
        """The document of an id."""
        return self._documents[self._rows[document_id]]

    def __iter__(self) -> Iterator[str]:
        """The ids."""
        return iter(self._rows)

    def __len__(self) -> int:
        """How many documents there are."""
        return len(self._rows)

    def save(self, folder: Path) -> None:
        """Writes documents and ids to a folder."""
        _save_rows(folder / "documents.jsonl", self._documents)
        text = json.dumps(list(self._rows), ensure_ascii=False)
        (folder / "documents.ids.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Documents":
        """Opens what `save` wrote."""
        ids = json.loads((folder / "documents.ids.json").read_text(encoding="utf-8"))
        return cls(Rows(folder / "documents.jsonl", lambda row: Document(**row)), ids)


class Rows(Sequence[T]):
    """Records in a file of JSON Lines, each parsed when it is asked for; the last are cached."""

    def __init__(self, file: Path, make: Callable[[Any], T]) -> None:
        """Opens what `_save_rows` wrote; `make` reads a line's JSON."""
        self._lines = _mapped(file)
        self._ends = mapped_array(file.with_suffix(".ends.npy"))
        self._make = make
        self._kept = lru_cache(maxsize=_CACHED_ROWS)(self._read)

    def __len__(self) -> int:
        """How many records there are."""
        return len(self._ends)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...
    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        """One record, or several."""
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        return self._kept(range(len(self))[at])

    def __iter__(self) -> Iterator[T]:
        """All records; a long run through them leaves the cache alone."""
        read = self._kept if len(self) <= _CACHED_ROWS else self._read
        return map(read, range(len(self)))

    def _read(self, at: int) -> T:
        start = int(self._ends[at - 1]) if at else 0
        return self._make(json.loads(self._lines[start : int(self._ends[at])]))


def _save_rows(file: Path, records: Iterable[Any]) -> None:
    """Writes dataclasses as JSON Lines, and where each line ends to another file beside it."""
    ends = array("q")
    with file.open("wb") as stream:
        for record in records:
            values = {field.name: getattr(record, field.name) for field in fields(record)}
            stream.write(json.dumps(values, ensure_ascii=False).encode() + b"\n")
            ends.append(stream.tell())
    np.save(file.with_suffix(".ends.npy"), np.array(ends, dtype=np.int64), allow_pickle=False)


def _mapped(file: Path) -> bytes | mmap.mmap:
    """A file's bytes, memory-mapped. An empty file cannot be mapped."""
    with file.open("rb") as stream:
        if not stream.seek(0, 2):
            return b""
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def cut_all(documents: Iterable[Document], count: Counter, size: PassageSize) -> Library:
    """Cuts documents, which are taken one by one.

    Args:
        documents: What to hold; ids must differ.
        count: Counts the tokens of texts, as the embedding model does.
        size: How passages are packed.

    Raises:
        DocumentError: Two documents share an id, or a document holds no sentence.
    """
    held: dict[str, Document] = {}
    passages: list[Passage] = []
    first_passages = [0]
    for document in documents:
        if document.id in held:
            raise duplicate_id(document.id)
        held[document.id] = document
        passages += cut_document(document, count, size)
        first_passages.append(len(passages))
    sentences = [len(passage.sentences) for passage in passages]
    return Library(
        Documents(list(held.values()), list(held)),
        passages,
        np.array(first_passages, dtype=np.int64),
        np.cumsum([0, *sentences], dtype=np.int64),
    )


def duplicate_id(document_id: str) -> DocumentError:
    """The error for two documents with one id."""
    return DocumentError(
        f'Two documents have the id "{document_id}". Give one of them another `id` in '
        "its front matter, or another file name."
    )


def cut_document(document: Document, count: Counter, size: PassageSize) -> tuple[Passage, ...]:
    """The passages of a document.

    Raises:
        DocumentError: It holds no sentence.
    """
    passages = cut(document, count, size)
    if not passages:
        raise DocumentError(f'"{document.path or document.id}" holds no sentence to index.')
    return passages


def _passage(row: Any) -> Passage:
    return Passage(**{**row, "sentences": tuple((a, b) for a, b in row["sentences"])})
