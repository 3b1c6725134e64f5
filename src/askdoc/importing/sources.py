"""`source.json`: where an article, or a list of articles, came from.

It lies beside the article that it speaks of; that of a list lies in the folder above its articles.
It is written whole and swapped in, so that a killed program leaves the older one.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from askdoc.errors import ImportingError
from askdoc.fetching import Validators

NAME = "source.json"


@dataclass(frozen=True, slots=True)
class Source:
    """Where an article came from.

    Attributes:
        fetched_from: The address that it is fetched from again.
        file: The name of the article's file; "" for a list.
        list: "sitemap" or "feed" where this is a list of articles, else "".
        url: The article's canonical address, which citations lead to.
        title: What the page is called where the file does not say so.
        author: As the page states it, or "".
        date: When it was published, as the page states it, in ISO 8601, or "".
        etag: The server's mark of this version, or "".
        last_modified: When the server changed it last, as the server says it, or "".
        listed: When the page changed last, as its sitemap told it when it was fetched, or "".
        sha256: Of the article's file as it was written; a file that differs was edited by hand.
        only: Of a list, the pattern that the paths of its articles fit, or "".
        most: Of a list, how many articles at most.
    """

    fetched_from: str
    file: str = ""
    list: str = ""
    url: str = ""
    title: str = ""
    author: str = ""
    date: str = ""
    etag: str = ""
    last_modified: str = ""
    listed: str = ""
    sha256: str = ""
    only: str = ""
    most: int = 0

    @property
    def validators(self) -> Validators:
        """What tells the server which version is held."""
        return Validators(self.etag, self.last_modified)

    def save(self, folder: Path) -> None:
        """Writes it into a folder."""
        told = {name: value for name, value in asdict(self).items() if value}
        text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        write_whole(folder / NAME, text.encode())


def load_source(folder: Path) -> Source | None:
    """The source that a folder's `source.json` tells; None where there is none.

    Raises:
        ImportingError: It cannot be read.
    """
    file = folder / NAME
    if not file.is_file():
        return None
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return _source(told)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise ImportingError(
            f"{file}: cannot be read. Take it away and add the article's address again; the "
            "article itself stays."
        ) from None


def _source(told: dict[str, Any]) -> Source:
    given = {field.name: told[field.name] for field in fields(Source) if field.name in told}
    for name, value in given.items():
        if not isinstance(value, int if name == "most" else str):
            raise TypeError(name)
    if Path(given.get("file", "")).name != given.get("file", ""):
        raise ValueError("a file elsewhere")
    return Source(**given)


def sources_below(corpus: Path) -> Iterator[Path]:
    """The folders below one that hold a `source.json`, sorted; hidden ones are passed over."""
    for parent, folders, names in os.walk(corpus):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if NAME in names:
            yield Path(parent)


def has_sources(corpus: Path) -> bool:
    """Whether any article below a folder was fetched."""
    return next(sources_below(corpus), None) is not None


def write_whole(file: Path, data: bytes) -> None:
    """Writes a file beside its place and swaps it in.

    Raises:
        ImportingError: It cannot be written; what was there is as it was.
    """
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".askdoc-")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(file)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise ImportingError(
            f"{file}: cannot be written ({error.strerror or error}). Make room, or check the "
            "folder's permissions; what was there is as it was."
        ) from None
