"""Where a store is, and calls to it: each within a time, again with jitter when it fails.

A store is a file of Milvus Lite, or a server. What pymilvus logs may hold a query's words. Its
logger is silenced here; what matters of a fault is in the error raised, without those words.
"""

import logging
import os
import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from askdoc.errors import StoreAwayError, StoreError

NAME = "askdoc"
_FORM = "Give a file that ends in .db, or http(s)://HOST:PORT, with #NAME at its end if you like."
READING, WRITING = 10.0, 120.0
"""How many seconds a call may take."""
_ATTEMPTS = 3
_KNOCKING = 1.0
_FRESH = 1.0
_NOT_LOADED = 101
_QUIET = {"grpc.keepalive_permit_without_calls": False}
"""Servers take pings while nothing is asked for a nuisance, and hang up."""
_MOST_KEYS = 1000
_PAGE = 1000
_PASSING = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.CANCELLED,
    }
)
_LITE_HOLDS = str(32 * 1024 * 1024)
_FAULTS = (MilvusException, grpc.RpcError, grpc.FutureTimeoutError, OSError, ValueError)
logging.getLogger("pymilvus").setLevel(logging.CRITICAL + 1)
# Bytes of rows that Milvus Lite holds before it writes them. Meanwhile it has them as Python
# objects, eight times as large. It reads this when it is imported, at the first file opened.
os.environ.setdefault("MILVUS_LITE_MEMTABLE_MEMORY_LIMIT_BYTES", _LITE_HOLDS)


@dataclass(frozen=True, slots=True)
class Address:
    """A store, and the name under which one set of articles is kept there.

    Attributes:
        uri: A file, or the server's address.
        name: Begins the names of the set's collections, and is the alias of the live one.
        host: The server's host, or "" for a file.
        port: Its port.
    """

    uri: str
    name: str = NAME
    host: str = ""
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Reads an address.

        Raises:
            StoreError: It has another form, or holds a password.

        Example: Address.parse("store.db#books") -> Address("store.db", "books")
        """
        uri, _, name = text.strip().partition("#")
        name = name or NAME
        if not re.fullmatch(r"[A-Za-z_]\w{0,99}", name, re.ASCII):
            raise StoreError(f'"{name}" is no name for a store. Use letters, digits and _ only.')
        if re.match(r"[A-Za-z][\w+.-]*://", uri):
            return cls(uri, name, *_server(uri))
        if not uri.endswith(".db"):
            raise StoreError(f'"{uri}" is no store. {_FORM}')
        return cls(str(Path(uri).absolute()), name)

    @classmethod
    def existing(cls, text: str) -> "Address":
        """Reads an address to read from: a file must be there, since opening would make it.

        Raises:
            StoreError: As for `parse`, or there is no such file.
        """
        address = cls.parse(text)
        if address.is_file and not Path(address.uri).exists():
            raise StoreError(
                f"There is no store {address.uri}. Check the spelling, or fill it: askdoc index "
                f"corpus --store {address}"
            )
        return address

    @property
    def is_file(self) -> bool:
        """Whether Milvus Lite keeps it in a file of this machine."""
        return not self.host

    def __str__(self) -> str:
        return self.uri if self.name == NAME else f"{self.uri}#{self.name}"


def token() -> str:
    """The token for a server, or "": from the environment, so that no list of commands shows it."""
    return os.environ.get("ASKDOC_STORE_TOKEN", "")


def _server(uri: str) -> tuple[str, int]:
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if parts.username or parts.password:
        raise StoreError(
            "The store's address holds a password, which lists of commands and logs would show. "
            "Put it in the variable ASKDOC_STORE_TOKEN as NAME:PASSWORD."
        )
    if parts.scheme not in {"http", "https"} or not host:
        raise StoreError(f"The store's address is none that can be reached. {_FORM}")
    return host, port or (443 if parts.scheme == "https" else 19530)


class Client:
    """A store to call. It connects at the first call, and again after the store was away."""

    def __init__(self, address: Address) -> None:
        """Holds the address."""
        self.address = address
        self._made: MilvusClient | None = None
        self._one_at_a_time = threading.Lock()
        self._answered = self._failed = float("-inf")

    def call(self, method: str, *args: Any, patience: float = READING, **kwargs: Any) -> Any:
        """Calls a method of pymilvus's client.

        Args:
            method: Its name.
            args: What it takes.
            patience: Seconds one attempt may take.
            kwargs: What it takes by name.

        Raises:
            StoreAwayError: The store does not answer, after all attempts.
            StoreError: It answers with a refusal.
        """
        # Who has just waited in vain need not be followed by everybody else.
        if time.monotonic() - self._failed < _FRESH:
            raise self._away()
        attempts = Retrying(
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.1, max=1),
            retry=retry_if_exception(_passes),
            reraise=True,
        )
        try:
            found = attempts(self._attempt, method, args, {"timeout": patience, **kwargs})
        except _FAULTS as error:
            if not _passes(error):
                raise self._refused(method, error) from None
            self._failed = time.monotonic()
            raise self._away() from None
        self._answered = time.monotonic()
        return found

    def get(self, collection: str, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Any]:
        """Rows by their keys; those that are not there are left out."""
        rows: dict[str, Any] = {}
        for at in range(0, len(keys), _MOST_KEYS):
            some = list(keys[at : at + _MOST_KEYS])
            found = self.call("get", collection, ids=some, output_fields=["key", *fields])
            rows |= {row["key"]: row for row in found}
        return rows

    def every(
        self, collection: str, condition: str, fields: Sequence[str], patience: float = READING
    ) -> Iterator[dict[str, Any]]:
        """All rows that meet a condition, page by page."""
        pages = self.call(
            "query_iterator",
            collection,
            batch_size=_PAGE,
            filter=condition,
            output_fields=["key", *fields],
            patience=patience,
        )
        try:
            while page := pages.next():
                yield from page
        except _FAULTS as error:
            raise (self._away() if _passes(error) else self._refused("query", error)) from None
        finally:
            pages.close()

    def close(self) -> None:
        """Ends the connection; a file is closed when the process ends."""
        self._part()

    def _attempt(self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            client = self._connected()
            try:
                return getattr(client, method)(*args, **kwargs)
            except MilvusException as error:
                if error.code != _NOT_LOADED:
                    raise
                # A server that was started again has its collections on disk alone.
                client.load_collection(args[0], timeout=WRITING)
                return getattr(client, method)(*args, **kwargs)
        except _FAULTS as error:
            if _passes(error):
                self._part()
            raise

    def _connected(self) -> MilvusClient:
        self._knock()
        with self._one_at_a_time:
            if self._made is None:
                self._made = MilvusClient(
                    self.address.uri,
                    token=token(),
                    timeout=READING,
                    dedicated=True,
                    grpc_options=_QUIET,
                )
            return self._made

    def _part(self) -> None:
        """Gives the connection up: a new one is there sooner than an old one comes back."""
        self._answered = float("-inf")
        with self._one_at_a_time:
            gone, self._made = self._made, None
        if gone is not None:
            with suppress(*_FAULTS):
                gone.close()

    def _knock(self) -> None:
        """Finds out in a moment that nobody is there, where pymilvus would wait all its time."""
        if self.address.is_file or time.monotonic() - self._answered < _FRESH:
            return
        place = (self.address.host, self.address.port)
        socket.create_connection(place, timeout=_KNOCKING).close()

    def _away(self) -> StoreAwayError:
        if self.address.is_file:
            return StoreAwayError(
                f"{self.address.uri} cannot be opened. Another program may have it open: a file "
                "is for one process; for several, run a server."
            )
        return StoreAwayError(
            f"The store at {self.address.host}:{self.address.port} does not answer. Start it, "
            "or correct --store."
        )

    def _refused(self, method: str, error: BaseException) -> StoreError:
        kind = type(error).__name__
        code = getattr(error, "code", "")
        return StoreError(
            f"The store refused `{method}` ({kind} {code() if callable(code) else code}). Check "
            "that ASKDOC_STORE_TOKEN may read and write there, and that it is Milvus 2.5 or newer."
        )


def _passes(error: BaseException) -> bool:
    """Whether a fault may be gone at the next attempt."""
    if isinstance(error, grpc.RpcError):
        return error.code() in _PASSING
    if isinstance(error, MilvusException):
        reason = f"{error.code} {error.message}".lower()
        passing = ("unavailable", "timeout", "deadline", "connect", "open local", "closed channel")
        return any(word in reason for word in passing)
    return isinstance(error, OSError | grpc.FutureTimeoutError) or "closed channel" in str(error)
