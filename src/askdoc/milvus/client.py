"""The address of a store, and calls to it with timeouts and retries.

A store is a file of Milvus Lite, or a server. The logger of pymilvus is silenced, for its messages
may hold the words of a query; the errors raised here do not.
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

DEFAULT_NAME = "askdoc"
_FORM = "Give a file that ends in .db, or http(s)://HOST:PORT, with #NAME at its end if you like."
READ_TIMEOUT_S, WRITE_TIMEOUT_S = 10.0, 120.0
"""Timeouts of one attempt of a call."""
_CALL_ATTEMPTS = 3
_CONNECT_TIMEOUT_S = 1.0
_PROBE_INTERVAL_S = 1.0
"""After an answer no probe is needed for this long; after a failure every call fails at once."""
_NOT_LOADED_CODE = 101
_GRPC_OPTIONS = {"grpc.keepalive_permit_without_calls": False}
"""Servers close connections that send pings without calls."""
_KEYS_PER_CALL = 1000
_PAGE_ROWS = 1000
_TRANSIENT = frozenset(
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
_LITE_MEMTABLE_BYTES = str(32 * 1024 * 1024)
_STORE_ERRORS = (MilvusException, grpc.RpcError, grpc.FutureTimeoutError, OSError, ValueError)
logging.getLogger("pymilvus").setLevel(logging.CRITICAL + 1)
# Milvus Lite buffers this many bytes of rows as Python objects, eight times as large. It reads the
# variable when it is imported, at the first file opened.
os.environ.setdefault("MILVUS_LITE_MEMTABLE_MEMORY_LIMIT_BYTES", _LITE_MEMTABLE_BYTES)


@dataclass(frozen=True, slots=True)
class Address:
    """A store, and the name of one set of articles in it.

    Attributes:
        uri: A file, or the server's address.
        name: The prefix of the set's collections, and the alias of the live build.
        host: The server's host, or "" for a file.
        port: Its port.
    """

    uri: str
    name: str = DEFAULT_NAME
    host: str = ""
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Reads an address.

        Raises:
            StoreError: It is malformed, or holds a password.

        Example: Address.parse("store.db#books") -> Address("store.db", "books")
        """
        uri, _, name = text.strip().partition("#")
        name = name or DEFAULT_NAME
        if not re.fullmatch(r"[A-Za-z_]\w{0,99}", name, re.ASCII):
            raise StoreError(f'"{name}" is no name for a store. Use letters, digits and _ only.')
        if re.match(r"[A-Za-z][\w+.-]*://", uri):
            return cls(uri, name, *_server(uri))
        if not uri.endswith(".db"):
            raise StoreError(f'"{uri}" is no store. {_FORM}')
        return cls(str(Path(uri).absolute()), name)

    @classmethod
    def existing(cls, text: str) -> "Address":
        """Reads the address of an existing store: opening a file would create it.

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
        return self.uri if self.name == DEFAULT_NAME else f"{self.uri}#{self.name}"


def token() -> str:
    """The token for a server, or "": from the environment, so that no process list shows it."""
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
    """A client that connects at the first call, and reconnects after a failure."""

    def __init__(self, address: Address) -> None:
        """Connects to nothing yet."""
        self.address = address
        self._client: MilvusClient | None = None
        self._lock = threading.Lock()
        self._answered = self._failed = float("-inf")

    def call(
        self, method: str, *args: Any, timeout_s: float = READ_TIMEOUT_S, **kwargs: Any
    ) -> Any:
        """Calls a method of pymilvus's client.

        Args:
            method: Its name.
            args: Its positional arguments.
            timeout_s: The timeout of one attempt.
            kwargs: Its keyword arguments.

        Raises:
            StoreAwayError: No attempt was answered.
            StoreError: The store refused the call.
        """
        if time.monotonic() - self._failed < _PROBE_INTERVAL_S:
            raise self._unreachable()
        attempts = Retrying(
            stop=stop_after_attempt(_CALL_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.1, max=1),
            retry=retry_if_exception(_is_transient),
            reraise=True,
        )
        try:
            found = attempts(self._attempt, method, args, {"timeout": timeout_s, **kwargs})
        except _STORE_ERRORS as error:
            if not _is_transient(error):
                raise self._refused(method, error) from None
            self._failed = time.monotonic()
            raise self._unreachable() from None
        self._answered = time.monotonic()
        return found

    def get(self, collection: str, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Any]:
        """Rows by their keys; missing ones are left out."""
        rows: dict[str, Any] = {}
        for at in range(0, len(keys), _KEYS_PER_CALL):
            batch = list(keys[at : at + _KEYS_PER_CALL])
            found = self.call("get", collection, ids=batch, output_fields=["key", *fields])
            rows |= {row["key"]: row for row in found}
        return rows

    def iterate(
        self,
        collection: str,
        condition: str,
        fields: Sequence[str],
        timeout_s: float = READ_TIMEOUT_S,
    ) -> Iterator[dict[str, Any]]:
        """All rows that match a filter, page by page."""
        pages = self.call(
            "query_iterator",
            collection,
            batch_size=_PAGE_ROWS,
            filter=condition,
            output_fields=["key", *fields],
            timeout_s=timeout_s,
        )
        try:
            while page := pages.next():
                yield from page
        except _STORE_ERRORS as error:
            raise (
                self._unreachable() if _is_transient(error) else self._refused("query", error)
            ) from None
        finally:
            pages.close()

    def close(self) -> None:
        """Closes the connection; the next call opens another. A file stays open until the end."""
        self._answered = float("-inf")
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            with suppress(*_STORE_ERRORS):
                client.close()

    def _attempt(self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            client = self._connected()
            try:
                return getattr(client, method)(*args, **kwargs)
            except MilvusException as error:
                if error.code != _NOT_LOADED_CODE:
                    raise
                # A restarted server has not loaded its collections.
                client.load_collection(args[0], timeout=WRITE_TIMEOUT_S)
                return getattr(client, method)(*args, **kwargs)
        except _STORE_ERRORS as error:
            if _is_transient(error):
                self.close()
            raise

    def _connected(self) -> MilvusClient:
        self._probe()
        with self._lock:
            if self._client is None:
                self._client = MilvusClient(
                    self.address.uri,
                    token=token(),
                    timeout=READ_TIMEOUT_S,
                    dedicated=True,
                    grpc_options=_GRPC_OPTIONS,
                )
            return self._client

    def _probe(self) -> None:
        """Fails within a second if nothing listens; pymilvus would use its whole timeout."""
        if self.address.is_file or time.monotonic() - self._answered < _PROBE_INTERVAL_S:
            return
        place = (self.address.host, self.address.port)
        socket.create_connection(place, timeout=_CONNECT_TIMEOUT_S).close()

    def _unreachable(self) -> StoreAwayError:
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


def _is_transient(error: BaseException) -> bool:
    """Whether an error may be gone at the next attempt."""
    if isinstance(error, grpc.RpcError):
        return error.code() in _TRANSIENT
    if isinstance(error, MilvusException):
        reason = f"{error.code} {error.message}".lower()
        passing = ("unavailable", "timeout", "deadline", "connect", "open local", "closed channel")
        return any(word in reason for word in passing)
    return isinstance(error, OSError | grpc.FutureTimeoutError) or "closed channel" in str(error)
