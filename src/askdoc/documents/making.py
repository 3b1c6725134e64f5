"""Makes documents: ids fit for addresses, clean text, its hash; and what unnamed ones are called.

This module owns the rules of a `Document`'s fields, and the choice of words from a path, which
depends on the other paths read with it but not on their order.
"""

import hashlib
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from askdoc.documents.extract import clean, one_line, says_something
from askdoc.errors import DocumentError
from askdoc.records import Document

_LONGEST_ID = 200
_GENERIC = frozenset("article content document index main page readme text".split())


def document_from_text(
    id: str,
    title: str,
    text: str,
    url: str = "",
    *,
    path: str = "",
    catalogue: str = "",
    classifier: str = "",
) -> Document:
    """Makes a document of text already in memory.

    Args:
        id: Short name without white space, unique in an index.
        title: What a person calls it; the id when empty.
        text: The article. Control characters become spaces and lone surrogates U+FFFD, one for
            one, so that offsets in the document are offsets in this string.
        url: Where the article comes from, http or https, or "".
        path: The file it was read from, if any.
        catalogue: Text of its `caveats.toml`, if any.
        classifier: Text of its `classifier.json`, if any.

    Raises:
        DocumentError: The id or url is not one, or the text says nothing.

    Example: document_from_text("cats", "Cats", "Cats sleep.").sha256[:8] -> "cd57a2a5"
    """
    name = path or repr(id)
    if not _is_id(id):
        raise DocumentError(
            f"{name}: the id {id[:60]!r} is empty, longer than {_LONGEST_ID} characters, holds "
            "white space or a slash, or is made of dots. Give it a short name such as 'kratom'."
        )
    if url and not is_web_address(url):
        raise DocumentError(
            f"{name}: the url {url[:60]!r} is no web address. Write it with https:// or "
            "leave it out."
        )
    if not says_something(text):
        raise DocumentError(f"{name}: holds no text. Fill it or leave it out.")
    text = clean(text)
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return Document(id, one_line(title) or id, text, url, digest, path, catalogue, classifier)


def slug(words: str) -> str:
    """A short name fit for an address: small letters and figures, joined by dashes.

    Example: slug("Cats & Dogs (2019)") -> "cats-dogs-2019"
    """
    folded = unicodedata.normalize("NFKC", words).casefold()
    return re.sub(r"[^\w]+|_+", "-", folded).strip("-")[:_LONGEST_ID].rstrip("-")


def is_web_address(url: str) -> bool:
    """Whether it is an http or https address with a host and without white space."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and _is_one_word(url)


def _is_id(id: str) -> bool:
    names_a_path = "/" in id or "\\" in id or not id.strip(".")
    return 0 < len(id) <= _LONGEST_ID and _is_one_word(id) and not names_a_path


def _is_one_word(word: str) -> bool:
    return word.isprintable() and not any(character.isspace() for character in word)


def names_of(paths: Iterable[Path]) -> dict[Path, str]:
    """The words each of some files is called by.

    That is the file's name, or its folder's when every folder could hold a file so named. Files in
    different folders that would be called alike take in the names of their folders, as few as
    tell them apart; files in one folder stay alike.

    Example: names_of([Path("2023/report.pdf"), Path("2024/report.pdf"), Path("2024/plan.pdf")]) ->
        {Path("2023/report.pdf"): "2023 report", Path("2024/report.pdf"): "2024 report",
        Path("2024/plan.pdf"): "plan"}
    """
    parts = {path: _parts(path) for path in paths}
    taken = dict.fromkeys(parts, 1)
    unsettled = _alike(parts, parts, taken)
    while unsettled:
        for path in unsettled:
            taken[path] += 1
        unsettled = _alike(parts, parts, taken)
    return {path: _joined(parts[path], taken[path]) for path in parts}


def id_of(name: str) -> str:
    """The id of a document of that name."""
    return slug(name) or "document"


def _alike(
    paths: Iterable[Path], parts: dict[Path, tuple[str, ...]], taken: dict[Path, int]
) -> list[Path]:
    """Paths that need one more folder's name to be told apart, and have one."""
    groups = defaultdict(list)
    for path in paths:
        groups[id_of(_joined(parts[path], taken[path]))].append(path)
    return [
        path
        for group in groups.values()
        if len({parts[path][:-1] for path in group}) > 1
        for path in _lengthened(group, taken)
        if taken[path] < len(parts[path])
    ]


def _lengthened(group: Collection[Path], taken: dict[Path, int]) -> Iterable[Path]:
    """Those with a folder's name in theirs, before a file that is called by its own alone."""
    longer = [path for path in group if taken[path] > 1]
    return longer or group


def _parts(path: Path) -> tuple[str, ...]:
    """The folders a file lies in and its name; without the name when it says nothing."""
    folders = tuple(part for part in Path(os.path.realpath(path)).parent.parts if part != os.sep)
    return folders if folders and path.stem.lower() in _GENERIC else (*folders, path.stem)


def _joined(parts: tuple[str, ...], count: int) -> str:
    return " ".join(parts[-count:])
