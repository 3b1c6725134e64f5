"""Folders of articles: made whole, replaced file by file, put away rather than deleted.

This module owns what lies in such a folder, and the `source.json` that tells where an article, or a
list of articles, came from. Files are written whole and swapped in, so that a killed program leaves
the older ones.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from askdoc.documents import read_documents, slug
from askdoc.errors import DocumentError, ImportingError
from askdoc.records import CATALOGUE_FILE, SOURCE_FILE, Document

STEM = "article"
PUT_AWAY = ".gone"
_MARKUP = re.compile(rb"\s*(?:<[?!][^>]*>\s*)*<(?:!doctype html|html|head|body)", re.I)


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

    def save(self, folder: Path) -> None:
        """Writes it into a folder."""
        told = {name: value for name, value in asdict(self).items() if value}
        text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        write_whole(folder / SOURCE_FILE, text.encode())


def load_source(folder: Path) -> Source | None:
    """The source that a folder's `source.json` tells; None where there is none.

    Raises:
        ImportingError: It cannot be read.
    """
    file = folder / SOURCE_FILE
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
        if SOURCE_FILE in names:
            yield Path(parent)


def has_sources(corpus: Path) -> bool:
    """Whether any article below a folder was fetched."""
    return next(sources_below(corpus), None) is not None


@contextmanager
def locked(corpus: Path) -> Iterator[None]:
    """Keeps others from bringing articles into a corpus at the same time.

    Raises:
        ImportingError: Another program does.
    """
    try:
        corpus.mkdir(parents=True, exist_ok=True)
        with FileLock(corpus / ".askdoc.lock", timeout=0):
            yield
    except Timeout:
        raise ImportingError(
            f"{corpus}: another askdoc is bringing articles in. Wait until it is done."
        ) from None
    except OSError as error:
        raise ImportingError(
            f"{corpus}: cannot be written ({error.strerror or error}). Name another folder: "
            "--corpus DIR"
        ) from None


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


def suffix_of_data(data: bytes) -> str:
    """The ending of a format, as its first bytes tell it; "" where they do not."""
    if data.startswith(b"%PDF-"):
        return ".pdf"
    if data.startswith(b"PK\x03\x04") and b"word/" in data:
        return ".docx"
    return ".html" if _MARKUP.match(data[:4000]) else ""


def check_name(name: str) -> str:
    """A name fit for a folder and an id.

    Raises:
        ImportingError: It is none.
    """
    if not name or slug(name) != name:
        way_out = f"Call it {slug(name)}." if slug(name) else "Give one such as green-tea."
        raise ImportingError(
            f"{name[:60]!r} is no name for an article: small letters, figures and dashes. {way_out}"
        )
    return name


def place(folder: Path, data: bytes, suffix: str, source: Source | None) -> None:
    """Makes the folder of a new article; it is there whole, or not at all.

    Raises:
        ImportingError: There is such a folder, or it cannot be written.
    """
    if folder.exists() or folder.is_symlink():
        raise ImportingError(
            f"{folder}: is there already. Give the article another name: --name NAME"
        )
    made: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".askdoc-"))
        made.chmod(0o755)
        write_whole(made / f"{STEM}{suffix}", data)
        if source is not None:
            source.save(made)
        made.rename(folder)
    except OSError as error:
        raise ImportingError(
            f"{folder}: cannot be written ({error.strerror or error}). Make room, or check the "
            "permissions of the folder above."
        ) from None
    finally:
        if made is not None and made.exists():
            shutil.rmtree(made, ignore_errors=True)


def replace_article(folder: Path, older: str, data: bytes, source: Source) -> None:
    """Puts a new version in an article's place; `older` is the file it takes the place of.

    The article comes before its source: a program that is killed between them fetches it again.
    """
    write_whole(folder / source.file, data)
    if older and older != source.file:
        (folder / older).unlink(missing_ok=True)
    source.save(folder)


def put_away(folder: Path, corpus: Path) -> Path:
    """Moves an article out of the corpus, into a hidden folder of it, from where it can come back.

    Raises:
        ImportingError: It cannot be moved.
    """
    day = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    target = corpus / PUT_AWAY / f"{folder.name}-{day}"
    try:
        target.parent.mkdir(exist_ok=True)
        return folder.rename(target)
    except OSError as error:
        raise ImportingError(
            f"{folder}: cannot be moved away ({error.strerror or error}). Move it by hand."
        ) from None


def article_in(folder: Path, file: str) -> Document | None:
    """The article that a folder holds, with its catalogue; None if it cannot be read."""
    try:
        return next(iter(read_documents(folder / file)), None)
    except DocumentError:
        return None


def catalogue_in(folder: Path) -> str:
    """The text of the catalogue in a folder, or ""."""
    try:
        return (folder / CATALOGUE_FILE).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""
