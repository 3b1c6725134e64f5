"""Folders of articles: made whole, replaced file by file, put away rather than deleted."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from askdoc.documents import read_documents, slug
from askdoc.errors import DocumentError, ImportingError
from askdoc.importing.sources import Source, write_whole
from askdoc.records import Document

STEM = "article"
PUT_AWAY = ".gone"
CATALOGUE = "caveats.toml"


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


def replace(folder: Path, older: str, data: bytes, source: Source) -> None:
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
        return (folder / CATALOGUE).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""
