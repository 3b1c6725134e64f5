"""Bytes to characters, for the formats that are text.

This module owns encodings and the telling of text from everything else.
"""

import codecs

from bs4.dammit import EncodingDetector
from charset_normalizer import from_bytes

from askdoc.documents.extract import UnreadableError, clean, unfit_characters

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_KINDS = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
)
_BROWSERS_READ = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252"}  # WHATWG
_AS_UTF8 = "Save it as UTF-8 text, or leave it out."


def decode(data: bytes, *, html: bool = False) -> str:
    r"""The characters of a text file: line ends as "\n", no byte order mark, nothing unfit.

    UTF-8 and what a byte order mark says come first, then what an HTML page declares, then
    charset-normalizer's guess.

    Raises:
        UnreadableError: The bytes are not text.
    """
    for start, kind in _OTHER_KINDS:
        if data.startswith(start):
            raise UnreadableError(
                f"is {kind} under a text file's name. Name it by what it is, or leave it out."
            )
    text = _marked(data) or _unmarked(data, html)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if unfit_characters(text) > 3 + len(text) // 100:
        raise UnreadableError(f"holds binary data, not text. {_AS_UTF8}")
    return clean(text)


def _marked(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                raise UnreadableError(
                    f"begins as {encoding.upper()} but is damaged. {_AS_UTF8}"
                ) from None
    return None


def _unmarked(data: bytes, html: bool) -> str:
    for encoding in ("utf-8", _declared(data) if html else ""):
        try:
            return data.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    if b"\x00" in data:
        raise UnreadableError(f"holds binary data, not text. {_AS_UTF8}")
    guess = _guess(data)
    if guess is None:
        raise UnreadableError(f"is in an encoding that cannot be told. {_AS_UTF8}")
    return data.decode(guess)


def _guess(data: bytes) -> str | None:
    """charset-normalizer's best match, or Windows-1252 where that is nearly as good.

    The detector ranks rare code pages that differ in a few accents first; Windows-1252 is by far
    the commonest of them.
    """
    matches = from_bytes(data)
    best = matches.best()
    for match in matches:
        if best and "cp1252" in (match.encoding, *match.could_be_from_charset):
            near = match.chaos <= best.chaos + 0.1 and match.coherence >= best.coherence - 0.05
            return "cp1252" if near else best.encoding
    return best.encoding if best else None


def _declared(data: bytes) -> str:
    name = EncodingDetector.find_declared_encoding(data, is_html=True) or ""
    return _BROWSERS_READ.get(name.lower(), name)
