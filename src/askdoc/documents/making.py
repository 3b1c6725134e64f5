"""Makes documents: ids fit for addresses, clean text, its hash.

This module owns the rules of a `Document`'s fields; where their contents come from is left to
the others.
"""

import hashlib
import re
import unicodedata
from urllib.parse import urlsplit

from askdoc.documents.extract import clean, one_line, says_something
from askdoc.errors import DocumentError
from askdoc.records import Document

_LONGEST_ID = 200


def document_from_text(
    id: str,
    title: str,
    text: str,
    url: str = "",
    *,
    path: str = "",
    catalogue: str = "",
    recogniser: str = "",
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
        recogniser: Text of its `recogniser.json`, if any.

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
    return Document(id, one_line(title) or id, text, url, digest, path, catalogue, recogniser)


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
