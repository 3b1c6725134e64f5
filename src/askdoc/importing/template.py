"""The template of a new article: its text, and a catalogue that explains itself."""

import json
import re
from importlib.resources import files
from pathlib import Path

from askdoc.documents import article_files, read_documents
from askdoc.errors import DocumentError, ImportingError
from askdoc.importing.sources import CATALOGUE, check_name, write_whole

_TEMPLATES = files("askdoc").joinpath("importing", "templates")
_ARTICLE = "article.md"


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
    lacking += [] if (folder / CATALOGUE).exists() else [CATALOGUE]
    if not lacking:
        raise ImportingError(
            f"{folder}: has an article and a {CATALOGUE} already. Edit them, then run: "
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
    if file == CATALOGUE:
        title = title.replace("{", "(").replace("}", ")")  # braces name numbers in a catalogue
    words = {"title": title, "quoted": json.dumps(title, ensure_ascii=False)[1:-1]}
    return re.sub(r"\{(title|quoted)\}", lambda found: words[found[1]], template)
