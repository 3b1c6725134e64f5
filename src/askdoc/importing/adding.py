"""Adds an article to the corpus: a web page, a file, bytes that were handed in, or a template.

The template is a text to replace, and a catalogue that explains itself.
"""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from askdoc.documents import article_files, document_from_bytes, read_documents, slug
from askdoc.errors import DocumentError, ImportingError
from askdoc.importing.changes import Change, added
from askdoc.importing.sources import (
    check_name,
    locked,
    place,
    suffix_of_data,
    write_whole,
)
from askdoc.records import CATALOGUE_FILE, Document

if TYPE_CHECKING:
    from askdoc.importing.pages import MakeFetcher

_TEMPLATES = files("askdoc").joinpath("importing", "templates")
_ARTICLE = "article.md"
_MAX_BYTES = 20_000_000
_MARKDOWN = re.compile(r"(?m)^(?:#{1,6} |---$|\+\+\+$|[-*] |\d+\. )")


def add(what: str, corpus: Path, *, name: str = "", fetcher: "MakeFetcher | None" = None) -> Change:
    """Adds a web page or a file to a corpus, in a folder of its own.

    Args:
        what: A web address or the path of a file.
        corpus: The folder of all articles.
        name: What the article's folder, and so the article, is called; by default as its address
            or file.
        fetcher: Makes what fetches; by default `Fetcher` itself.

    Raises:
        AskdocError: It cannot be fetched or read, or is there already; nothing is changed then.
    """
    if name:
        check_name(name)
    if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", what):
        return _add_file(Path(what), corpus, name)
    from askdoc.importing.pages import add_address  # files do without the libraries that fetch

    return add_address(what, corpus, name, fetcher)


def add_bytes(data: bytes, corpus: Path, *, name: str = "") -> Change:
    """Adds an article that was handed in, as through a pipe; its first bytes tell its format.

    Raises:
        AskdocError: As in `add`.
    """
    text = ".md" if _MARKDOWN.search(data[:20_000].decode("utf-8", "replace")) else ".txt"
    suffix = suffix_of_data(data) or text
    document = _read(data, f"{name or 'article'}{suffix}")
    called = name or slug(document.title)[:80].rstrip("-")
    with locked(corpus):
        return _placed(corpus / check_name(called), data, suffix, document)


def _add_file(file: Path, corpus: Path, name: str) -> Change:
    data = _bytes(file)
    if corpus.resolve() in file.resolve().parents:
        raise ImportingError(f"{file}: is in {corpus} already. To index it: askdoc index {corpus}")
    document = _read(data, file.name)
    called = name or slug(file.stem)[:80].rstrip("-") or "article"
    with locked(corpus):
        return _placed(corpus / called, data, file.suffix.lower(), document)


def _bytes(file: Path) -> bytes:
    try:
        if file.is_dir():
            raise ImportingError(
                f"{file}: is a folder. To index what it holds: askdoc index {file}"
            )
        if not file.is_file():
            raise ImportingError(
                f"{file}: there is no such file. Check the spelling; a web address begins with "
                "https://"
            )
        with file.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ImportingError(
            f"{file}: cannot be opened ({error.strerror or error}). Check its permissions."
        ) from None
    if len(data) > _MAX_BYTES:
        raise ImportingError(f"{file}: is larger than {_MAX_BYTES / 1e6:g} MB. Split it.")
    return data


def _read(data: bytes, name: str) -> Document:
    try:
        return document_from_bytes(data, name)
    except DocumentError as error:
        raise ImportingError(str(error)) from None


def _placed(folder: Path, data: bytes, suffix: str, document: Document) -> Change:
    place(folder, data, suffix, None)
    return added(folder.name, document)


def new_article(name: str, corpus: Path, *, title: str = "") -> tuple[Path, ...]:
    """Writes the folder of a new article, or what an article's folder lacks.

    Args:
        name: The folder's name below the corpus.
        corpus: The folder of all articles.
        title: The article's title; by default made of the name, or as the article states it.

    Returns:
        The files that were written.

    Raises:
        ImportingError: The name is none, everything is there already, or nothing can be written.
    """
    for part in name.split("/"):
        check_name(part)
    folder = corpus / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImportingError(
            f"{folder}: cannot be made ({error.strerror or error}). Name another --corpus."
        ) from None
    held = _title_in(folder)
    called = " ".join(
        (title or held or name.rpartition("/")[2].replace("-", " ").capitalize()).split()
    )
    lacking = [] if held is not None else [_ARTICLE]
    lacking += [] if (folder / CATALOGUE_FILE).exists() else [CATALOGUE_FILE]
    if not lacking:
        raise ImportingError(
            f"{folder}: has an article and a {CATALOGUE_FILE} already. Edit them, then run: "
            f"askdoc check {folder}"
        )
    for file in lacking:
        write_whole(folder / file, _filled(file, called).encode())
    return tuple(folder / file for file in lacking)


def _title_in(folder: Path) -> str | None:
    """The title of the article in a folder; None where it holds none."""
    if not any(folder.iterdir()):
        return None
    try:
        held = [file for file in article_files(folder) if Path(file).parent == folder]
    except DocumentError:
        return None
    documents = read_documents(held, on_error=lambda _: None) if held else ()
    return next((document.title for document in documents), "" if held else None)


def _filled(file: str, title: str) -> str:
    """A template with a title in it; `{quoted}` is the title as it stands in quotation marks."""
    template = _TEMPLATES.joinpath(file).read_text(encoding="utf-8")
    if file == CATALOGUE_FILE:
        title = title.replace("{", "(").replace("}", ")")  # braces name numbers in a catalogue
    words = {"title": title, "quoted": json.dumps(title, ensure_ascii=False)[1:-1]}
    return re.sub(r"\{(title|quoted)\}", lambda found: words[found[1]], template)
