"""Where a store is: a file of Milvus Lite, or a server."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from askdoc.errors import StoreError

NAME = "askdoc"
_FORM = "Give a file that ends in .db, or http(s)://HOST:PORT, with #NAME at its end if you like."


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
