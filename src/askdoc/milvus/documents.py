"""Documents in a store by their ids: fetched when asked for, and cached."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from askdoc.errors import StoreError
from askdoc.milvus.client import Client
from askdoc.milvus.schema import Build, DocumentRecord, digest, joined
from askdoc.records import Document
from askdoc.resources import LRUCache

_LISTED_CATALOGUES = 100
"""How many catalogues' banners are shown before a question."""


class Documents(Mapping[str, Document]):
    """The documents of a build."""

    def __init__(
        self, client: Client, build: Build, count: int, cached: LRUCache[str, Any]
    ) -> None:
        """Documents of a build that has `count` of them; `cached` holds what was fetched."""
        self._client = client
        self._build = build
        self._count = count
        self._cached = cached

    def __len__(self) -> int:
        """How many documents there are."""
        return self._count

    def __iter__(self) -> Iterator[str]:
        """The ids."""
        for row in self._client.iterate(self._build.records, 'kind == "document"', ["body"]):
            yield self._record(row["body"]).id

    def __contains__(self, document_id: object) -> bool:
        """Whether there is a document of an id."""
        return isinstance(document_id, str) and self.record(document_id) is not None

    def __getitem__(self, document_id: str) -> Document:
        """The document of an id, with its text, catalogue and classifier.

        Raises:
            KeyError: There is none.
            StoreError: Its parts are not there: it is being changed at this moment.
        """
        known = self.record(document_id)
        if known is None:
            raise KeyError(document_id)
        return Document(
            id=known.id,
            title=known.title,
            text=self._text(f"text/{digest(known.id)}/{known.version}", known.parts),
            url=known.url,
            sha256=known.sha256,
            path=known.path,
            catalogue=self._text(f"catalogue/{known.catalogue}", known.catalogue_parts),
            classifier=self._text(f"classifier/{known.classifier}", known.classifier_parts),
        )

    def record(self, document_id: str) -> DocumentRecord | None:
        """A document's record, or None."""
        mark = digest(document_id)
        held: DocumentRecord | None = self._cached.get(f"document/{mark}")
        return held or self._fetch([mark]).get(mark)

    def versions(self, seen: Mapping[str, str]) -> dict[str, str]:
        """The live versions, by the digests of ids.

        Args:
            seen: Versions found in passages; where the cached one differs, it is fetched again.
        """
        known = {mark: self._cached.get(f"document/{mark}") for mark in seen}
        cached = {
            mark: record
            for mark, record in known.items()
            if record is not None and record.version == seen[mark]
        }
        found = cached | self._fetch([mark for mark in seen if mark not in cached])
        return {mark: record.version for mark, record in found.items()}

    def catalogued(self) -> Sequence[Document]:
        """One document for each of the first catalogues, or any if there is no catalogue."""
        found: dict[str, Document] = {}
        rows = self._client.iterate(self._build.records, 'kind == "catalogue"', ["body"])
        for row in rows:
            if len(found) == _LISTED_CATALOGUES:
                break
            if (known := self.get(row["body"])) is not None:
                found.setdefault(known.catalogue, known)
        if not found and (first := next(iter(self), None)) is not None:
            found[""] = self[first]
        return tuple(found.values())

    def _fetch(self, marks: Sequence[str]) -> dict[str, DocumentRecord]:
        rows = self._client.get(self._build.records, [f"document/{m}" for m in marks], ["body"])
        found = {digest((known := self._record(row["body"])).id): known for row in rows.values()}
        for mark in marks:
            if mark not in found:
                self._cached.pop(f"document/{mark}")
        return found

    def _record(self, body: str) -> DocumentRecord:
        known = DocumentRecord.from_body(body)
        self._cached[f"document/{digest(known.id)}"] = known
        return known

    def _text(self, prefix: str, parts: int) -> str:
        """A text that is stored in parts; "" if it has none."""
        if not parts:
            return ""
        text: str | None = self._cached.get(prefix)
        if text is None:
            text = joined(self._client, self._build, prefix, parts)
            if text is None:
                raise StoreError("An article is being changed at this moment. Ask again.")
            self._cached[prefix] = text
        return text
