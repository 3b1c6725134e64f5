"""Which build is live: the alias, and following it."""

import threading
import time

from askdoc.errors import AskdocError, IndexMismatchError, StoreError
from askdoc.index import PassageIndex
from askdoc.milvus.client import Address, Client
from askdoc.milvus.schema import HEAD, Build, Head
from askdoc.milvus.store import MilvusStore

_LIVE_CHECK_INTERVAL_S = 2.0
"""How often a replica checks whether another build has gone live."""


def open_store(address: str, *, model: str | None = None) -> PassageIndex:
    """Opens the live build of a store.

    Args:
        address: A file or a server, as `Address.parse` reads it.
        model: Where the embedding model is, when not where it was when the store was filled.

    Raises:
        StoreAwayError: The store does not answer.
        StoreError: There is no such file, or no live build of that name.
        IndexMismatchError: It was filled by another version of askdoc.
    """
    return PassageIndex.over(Live(Client(Address.existing(address))).store(), model)


class Live:
    """Follows the alias of one set of articles, for several threads."""

    def __init__(self, client: Client) -> None:
        """Looks up nothing yet."""
        self._client = client
        self._store: MilvusStore | None = None
        self._checked_at = float("-inf")
        self._lock = threading.Lock()

    def store(self) -> MilvusStore:
        """The store over the live build, checked again after some seconds."""
        with self._lock:
            fresh = time.monotonic() - self._checked_at < _LIVE_CHECK_INTERVAL_S
            if self._store is None or not fresh:
                self._store = self._found()
                self._checked_at = time.monotonic()
            return self._store

    def reachable(self) -> bool:
        """Whether the store answers and has a live build."""
        try:
            self.store()
        except AskdocError:
            return False
        return True

    def _found(self) -> MilvusStore:
        head = live_head(self._client)
        if head is None:
            raise StoreError(
                f"There is no index in {self._client.address}. Fill it: askdoc index corpus "
                f"--store {self._client.address}"
            )
        if self._store is not None and self._store.is_of(head):
            return self._store
        build = Build(self._client.address.name, head.mark)
        return MilvusStore(self._client, build, head, self.store, self.reachable)


def live_head(client: Client) -> Head | None:
    """The head of the live build, or None.

    Raises:
        IndexMismatchError: It was written by another version of askdoc.
    """
    name = client.address.name
    if not client.call("has_collection", name):
        return None
    return read_head(client, name)


def read_head(client: Client, records: str) -> Head | None:
    """The head in a collection of records, or None.

    Raises:
        IndexMismatchError: It was written by another version of askdoc.
    """
    rows = client.get(records, [HEAD], ["body"])
    if not rows:
        return None
    head = Head.from_body(rows[HEAD]["body"])
    if head is None:
        raise IndexMismatchError(
            f"{client.address} was filled by another version of askdoc. Give --store another #NAME "
            "and fill that."
        )
    return head


def go_live(client: Client, build: Build) -> None:
    """Points the alias to a build."""
    name = client.address.name
    verb = "alter_alias" if client.call("has_collection", name) else "create_alias"
    client.call(verb, build.records, name)


def builds(client: Client) -> tuple[Build, ...]:
    """All builds of the set, live or not, complete or not."""
    prefix, name = f"{client.address.name}_", client.address.name
    marks = dict.fromkeys(
        collection.removeprefix(prefix).rpartition("_")[0]
        for collection in client.call("list_collections")
        if collection.startswith(prefix)
        and collection.endswith(("_passages", "_sentences", "_records"))
    )
    return tuple(Build(name, mark) for mark in marks if mark.isalnum())


def drop(client: Client, build: Build) -> None:
    """Removes a build."""
    for collection in build.collections:
        client.call("drop_collection", collection)
