"""The words an index holds: its documents, their passages, and what the model reads of them.

They lie in files and are read when they are asked for, so that they may be many.
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askdoc.errors import DocumentError
from askdoc.index.spool import Rows, RowSpool, mapped_array
from askdoc.passages import Counter, PassageSize, cut, embedding_text
from askdoc.records import Document, Passage


class Library:
    """n passages of some documents, those of one document in a row."""

    def __init__(
        self,
        documents: "Documents",
        passages: Rows[Passage],
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
        """The rows of a document's passages, in its order; none of one that is not held."""
        row = self.documents.row_of(document_id)
        if row is None:
            return range(0)
        first, past = self._first_passages[row : row + 2]
        return range(int(first), int(past))

    def texts(self) -> Iterator[str]:
        """What the model reads for each passage."""
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
        self.passages.save(folder / "passages.jsonl")
        np.save(folder / "documents.first.npy", self._first_passages)
        np.save(folder / "passages.first.npy", self.first_sentences)

    @classmethod
    def load(cls, folder: Path) -> "Library":
        """Opens what `save` wrote."""
        return cls(
            Documents.load(folder),
            Rows.load(folder / "passages.jsonl", _passage),
            mapped_array(folder / "documents.first.npy"),
            mapped_array(folder / "passages.first.npy"),
        )


class Documents(Mapping[str, Document]):
    """Documents by id, in the order they were given."""

    def __init__(self, rows: Rows[Document], ids: Sequence[str]) -> None:
        """Holds documents and their ids, in one order."""
        self._documents = rows
        self._rows = {name: row for row, name in enumerate(ids)}

    def row_of(self, document_id: str) -> int | None:
        """A document's place, or none when it is not held."""
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
        self._documents.save(folder / "documents.jsonl")
        text = json.dumps(list(self._rows), ensure_ascii=False)
        (folder / "documents.ids.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Documents":
        """Opens what `save` wrote."""
        ids = json.loads((folder / "documents.ids.json").read_text(encoding="utf-8"))
        return cls(Rows.load(folder / "documents.jsonl", _document), ids)


def shelve(documents: Iterable[Document], count: Counter, size: PassageSize) -> Library:
    """Cuts documents one by one and keeps them and their passages in temporary files.

    Args:
        documents: What to hold; ids must differ.
        count: Counts word pieces of texts, as the embedding model would.
        size: How passages are packed.

    Raises:
        DocumentError: Two documents share an id, or a document holds no sentence.
    """
    ids: dict[str, None] = {}
    first_passages, first_sentences = array("q", [0]), array("q", [0])
    with RowSpool() as held, RowSpool() as passages:
        for document in documents:
            _refuse_twice(document, ids)
            ids[document.id] = None
            held.add(document)
            for passage in _cut(document, count, size):
                passages.add(passage)
                first_sentences.append(first_sentences[-1] + len(passage.sentences))
            first_passages.append(len(first_sentences) - 1)
        return Library(
            Documents(held.rows(_document), list(ids)),
            passages.rows(_passage),
            np.array(first_passages, dtype=np.int64),
            np.array(first_sentences, dtype=np.int64),
        )


def _refuse_twice(document: Document, ids: Mapping[str, None]) -> None:
    if document.id in ids:
        raise DocumentError(
            f'Two documents have the id "{document.id}". Give one of them another `id` in '
            "its front matter, or another file name."
        )


def _cut(document: Document, count: Counter, size: PassageSize) -> tuple[Passage, ...]:
    passages = cut(document, count, size)
    if not passages:
        raise DocumentError(f'"{document.path or document.id}" holds no sentence to index.')
    return passages


def _document(row: Any) -> Document:
    return Document(**row)


def _passage(row: Any) -> Passage:
    return Passage(**{**row, "sentences": tuple((a, b) for a, b in row["sentences"])})
