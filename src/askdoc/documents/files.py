"""Files and folders: which are read, by whom, and what is said of one that cannot be.

This module owns paths, sizes and error messages with the file's name; the formats and the names of
documents are left to their modules.
"""

import contextlib
import json
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from askdoc.documents.apart import extract_apart
from askdoc.documents.extract import DAMAGED, Extract, UnreadableError, clean, without_note_marks
from askdoc.documents.making import document_from_text, id_of, is_web_address, names_of
from askdoc.errors import DocumentError, PartlyReadError, needs_extra
from askdoc.records import CATALOGUE_FILE, CLASSIFIER_FILE, SOURCE_FILE, Document

FORMATS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "plain",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "word",
}
"""The module that reads a file, by the ending of its name."""
_LIBRARIES = {"pdf": "pypdfium2", "word": "mammoth"}
"""What the extra `documents` brings for a format."""
_CLASSIFIER_BEFORE = "recogniser.json"
_LARGEST_SOURCE = 100_000  # bytes; some 500 are usual
_ABOUT_THE_FOLDER = "readme"

OnError = Callable[[DocumentError], None]


def stream_documents(
    paths: str | Path | Iterable[str | Path],
    *,
    max_bytes: int = 20_000_000,
    on_error: OnError | None = None,
) -> Iterator[Document]:
    """Reads files, and folders whole, one document at a time.

    In a folder, files of other formats, hidden files and READMEs are passed over; name one to
    read it. A link that leads out of the folder is reported and not followed. The texts of a
    `caveats.toml` and a `classifier.json` beside a file travel with its document; a `source.json`
    gives the title and the address that the file named in it does not state. A file that
    states no id is called by its name; where several folders hold one of that name, each by its
    folder's and its own.

    Args:
        paths: One or more files (.md, .markdown, .txt, .html, .htm, .pdf, .docx) or folders.
        max_bytes: The largest file to read.
        on_error: Told of each file that cannot be read; the others still go in. Without it, the
            first such file raises. Also told of each file of which a part could not be read.

    Yields:
        The documents, in the order of `paths`; within a folder in the order of their names. A
        file named twice is read once.

    Raises:
        DocumentError: A file is missing, of another format, empty, binary, damaged,
            password-protected, too large, a link out of its folder, or has the id of another; or a
            folder holds none.
    """
    report = on_error or _raise
    read: dict[str, str] = {}
    listed = _found(paths)
    names = names_of([path for path in listed if isinstance(path, Path)])
    for found in listed:
        if isinstance(found, DocumentError):
            report(found)
            continue
        try:
            document = _read(found, names[found], max_bytes, on_error)
            _check_id_is_new(document, read)
        except DocumentError as error:
            report(error)
        else:
            read[document.id] = document.path
            yield document


def document_from_bytes(
    data: bytes, name: str, *, id: str = "", title: str = "", url: str = "", catalogue: str = ""
) -> Document:
    """Makes a document of a file's bytes, which are in memory alone.

    Args:
        data: The file.
        name: What it is called; its ending tells the format.
        id: As in `document_from_text`; by default what the file states, or its name.
        title: What it is called where it does not state a title.
        url: Where it comes from, if it does not state an address.
        catalogue: Text of its `caveats.toml`, if any.

    Raises:
        DocumentError: It is of another format, empty, binary, damaged or password-protected.
    """
    path = Path(name)
    if path.suffix.lower() not in FORMATS:
        raise DocumentError(
            f"{_name(path)}: askdoc reads {', '.join(FORMATS)}. Save it as one of these."
        )
    if not data.strip():
        raise DocumentError(f"{_name(path)}: is empty.")
    extract = _extract(path, data)
    return document_from_text(
        id or extract.id or id_of(path.stem),
        extract.title or title or _title(path.stem),
        extract.text,
        extract.url or url,
        path="",
        catalogue=catalogue,
    )


def read_documents(
    paths: str | Path | Iterable[str | Path],
    *,
    max_bytes: int = 20_000_000,
    on_error: OnError | None = None,
) -> tuple[Document, ...]:
    """Reads files, and folders whole, as `stream_documents` does, and holds them all."""
    return tuple(stream_documents(paths, max_bytes=max_bytes, on_error=on_error))


def article_files(
    paths: str | Path | Iterable[str | Path], *, max_bytes: int = 20_000_000
) -> tuple[str, ...]:
    """The files that `stream_documents` looks into, named and ordered as its documents are.

    Whether they can be read as articles is not known before they are.
    """
    found = [path for path in _found(paths) if isinstance(path, Path)]
    return tuple(_name(path) for path in found if _is_small_file(path, max_bytes))


def _is_small_file(path: Path, max_bytes: int) -> bool:
    try:
        return path.is_file() and path.stat().st_size <= max_bytes
    except OSError:
        return False


def _raise(error: DocumentError) -> None:
    raise error


def _as_list(paths: str | Path | Iterable[str | Path]) -> list[str]:
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    if not given or "" in given:
        raise DocumentError("No file was named. Name an article or a folder of articles.")
    return [os.fspath(path) for path in given]


def _found(paths: str | Path | Iterable[str | Path]) -> list[Path | DocumentError]:
    """The files below some paths, each once, and what is amiss with paths, where it was met."""
    found: list[Path | DocumentError] = []
    seen: set[str] = set()
    for path in _files(_as_list(paths), found.append):
        real = os.path.realpath(path)
        if real not in seen:
            seen.add(real)
            found.append(path)
    return found


def _files(given: list[str], report: OnError) -> Iterator[Path]:
    for name in given:
        path = Path(name)
        try:
            if path.is_dir():
                yield from _in_folder(path, report)
            else:
                _check_is_file(path, name)
                yield path
        except DocumentError as error:
            report(error)
        except (OSError, ValueError) as error:
            report(DocumentError(f"{_name(path)}: cannot be looked up ({_reason(error)})."))


def _check_is_file(path: Path, name: str) -> None:
    if re.match(r"[a-z]+://", name):
        raise DocumentError(f"{name[:200]}: askdoc reads files only. Save the page and name that.")
    if not path.exists():
        raise DocumentError(f"{_name(path)}: there is no such file or folder. Check the spelling.")
    if path.suffix.lower() not in FORMATS:
        raise DocumentError(
            f"{_name(path)}: askdoc reads {', '.join(FORMATS)}. Save it as one of these."
        )


def _in_folder(folder: Path, report: OnError) -> Iterator[Path]:
    """Everything readable below a folder, sorted; links to other folders are not followed."""
    found = False
    walk = os.walk(folder, onerror=lambda error: report(_closed(Path(str(error.filename)), error)))
    for parent, subfolders, names in walk:
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if _is_wanted(path):
                found = True
                if _leads_out(path, folder):
                    report(_link(path, folder))
                else:
                    yield path
    if not found:
        raise DocumentError(
            f"{_name(folder)}: no article in this folder. Put a file in it "
            f"({', '.join(FORMATS)}); a README is read only when named itself."
        )


def _leads_out(path: Path, folder: Path) -> bool:
    return (
        path.is_symlink()
        and Path(os.path.realpath(folder)) not in Path(os.path.realpath(path)).parents
    )


def _link(path: Path, folder: Path) -> DocumentError:
    return DocumentError(
        f"{_name(path)}: is a link that leads out of {_name(folder)}, and is not followed. Name "
        "the file itself, or put a copy there."
    )


def _is_wanted(path: Path) -> bool:
    return (
        not path.name.startswith((".", "~$"))
        and path.suffix.lower() in FORMATS
        and path.stem.lower() != _ABOUT_THE_FOLDER
    )


def _check_id_is_new(document: Document, paths: Mapping[str, str]) -> None:
    if (other := paths.get(document.id)) is not None:
        raise DocumentError(
            f"{document.path}: has the id {document.id!r}, as has {other}. Rename one of the "
            "files, or, in Markdown, give it another `id:` in its front matter."
        )


def _read(path: Path, name: str, max_bytes: int, on_error: OnError | None) -> Document:
    data = _bytes(path, max_bytes)
    extract, source = _extract(path, data), _source_of(path)
    if extract.unread and on_error:
        on_error(PartlyReadError(f"{_name(path)}: {extract.unread}"))
    return document_from_text(
        extract.id or id_of(name),
        extract.title or source["title"] or _title(name),
        extract.text,
        extract.url or source["url"],
        path=_name(path),
        catalogue=_beside(path.parent / CATALOGUE_FILE, max_bytes),
        classifier=_classifier_beside(path, max_bytes),
    )


def _source_of(path: Path) -> dict[str, str]:
    """The title and address that a `source.json` tells of the file beside it, or "" for each."""
    told: Any = None
    beside = path.parent / SOURCE_FILE
    with contextlib.suppress(DocumentError, OSError, ValueError, RecursionError):
        if not _leads_out(beside, beside.parent):
            told = json.loads(_bytes(beside, _LARGEST_SOURCE))
    known = told if isinstance(told, dict) and told.get("file") == path.name else {}
    title, url = (str(known.get(key) or "") for key in ("title", "url"))
    return {"title": title, "url": url if is_web_address(url) else ""}


def _bytes(path: Path, max_bytes: int) -> bytes:
    try:
        if not path.is_file():
            raise DocumentError(f"{_name(path)}: is not a regular file. Name one that is.")
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise _closed(path, error) from None
    if len(data) > max_bytes:
        raise DocumentError(
            f"{_name(path)}: is larger than {max_bytes / 1e6:g} MB. Split it, or leave it out."
        )
    if not data.strip():
        raise DocumentError(f"{_name(path)}: is empty. Fill it or leave it out.")
    return data


def _reader_of(kind: str) -> Callable[[bytes], Extract]:
    if kind in _LIBRARIES and find_spec(_LIBRARIES[kind]) is None:
        raise UnreadableError(needs_extra("cannot be read: its format", "documents"))
    if kind == "pdf":
        return extract_apart
    read: Callable[[bytes], Extract] = getattr(
        import_module(f"askdoc.documents.{kind}"), f"extract_{kind}"
    )
    return read


def _extract(path: Path, data: bytes) -> Extract:
    kind = FORMATS[path.suffix.lower()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on broken files: the error says what matters
            extract = _reader_of(kind)(data)
    except UnreadableError as error:
        raise DocumentError(f"{_name(path)}: {error}") from None
    # Readers of hostile files raise whatever they like; one such file must not end the others.
    except Exception as error:
        told = DAMAGED.format(type(error).__name__)
        raise DocumentError(f"{_name(path)}: {told}") from error
    return replace(extract, text=without_note_marks(extract.text))


def _classifier_beside(path: Path, max_bytes: int) -> str:
    """An article's classifier; one under its name of before is refused, not passed over."""
    found = _beside(path.parent / CLASSIFIER_FILE, max_bytes)
    before = path.parent / _CLASSIFIER_BEFORE
    if before.exists() and not found:
        raise DocumentError(
            f"{_name(before)}: has its name of before, and its topics would not be found. "
            f'Rename it to {CLASSIFIER_FILE}, and in it "bounds" to "thresholds".'
        )
    return found


def _beside(path: Path, max_bytes: int) -> str:
    try:
        path.lstat()
    except OSError:
        return ""
    if _leads_out(path, path.parent):
        raise _link(path, path.parent)
    try:
        return _bytes(path, max_bytes).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise DocumentError(f"{_name(path)}: is not UTF-8 text. Save it as UTF-8.") from None


def _closed(path: Path, error: Exception) -> DocumentError:
    return DocumentError(
        f"{_name(path)}: cannot be opened ({_reason(error)}). Check its permissions."
    )


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _title(name: str) -> str:
    words = re.sub(r"[\s_-]+", " ", clean(name)).strip()
    return words[:1].upper() + words[1:]


def _name(path: Path) -> str:
    """The path as a person would write it, fit to be printed and stored."""
    return clean(path.as_posix())
