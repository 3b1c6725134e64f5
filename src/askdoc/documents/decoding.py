"""Bytes to characters, for the formats that are text.

This module owns encodings and the telling of text from everything else.
"""

import codecs

from bs4.dammit import EncodingDetector

from askdoc.documents.extract import UnreadableError, clean, unfit_characters
from askdoc.errors import needs_extra

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
_TYPOGRAPHIC = frozenset("’‘“”–—…•€£©®°±·½µ é".encode("cp1252")) - {0x20}
_MOSTLY = 0.8  # share of the bytes beyond ASCII
_FOREIGN_IN_LATIN = 0.2  # share of a text's bytes
_ZEROS = 0.4  # share of the upper bytes of UTF-16 that are 0 in an alphabet's text
_AS_UTF8 = "Save it as UTF-8 text, or leave it out."


def decode(data: bytes, *, html: bool = False) -> str:
    r"""The characters of a text file: line ends as "\n", no byte order mark, nothing unfit.

    UTF-8 and what a byte order mark says come first, then what an HTML page declares, then
    chardet's guess.

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
    for encoding in (_wide(data), _seven_bit(data), "utf-8", _declared(data) if html else ""):
        try:
            return data.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    if b"\x00" in data:
        raise UnreadableError(f"holds binary data, not text. {_AS_UTF8}")
    try:
        return data.decode(_guess(data))
    except (LookupError, UnicodeDecodeError):
        raise UnreadableError(f"is in an encoding that cannot be told. {_AS_UTF8}") from None


def _wide(data: bytes) -> str:
    """UTF-16 without a byte order mark, where every other byte is 0; else ""."""
    upper = {"utf-16-le": data[1::2], "utf-16-be": data[::2]} if b"\x00" in data[:1000] else {}
    found = (name for name, bytes_ in upper.items() if bytes_.count(0) > _ZEROS * len(bytes_))
    return next(found, "")


def _seven_bit(data: bytes) -> str:
    """A code that shifts to Japanese or Korean by escapes, and is valid UTF-8 as well; else ""."""
    name = _guess(data) if b"\x1b$" in data else ""
    return name if name.lower().startswith("iso-2022") else ""


def _guess(data: bytes) -> str:
    """Windows-1252 where only quotation marks and the like are foreign, else chardet's guess.

    Lines that end as on an old Macintosh alone, in Latin letters, are in its code.
    """
    foreign = [byte for byte in data[:200_000] if byte > 0x7F]
    if b"\r" in data and b"\n" not in data and len(foreign) < _FOREIGN_IN_LATIN * len(data):
        return "mac_roman"
    if foreign and sum(byte in _TYPOGRAPHIC for byte in foreign) >= _MOSTLY * len(foreign):
        return "cp1252"
    try:
        import chardet
    except ModuleNotFoundError:
        raise UnreadableError(
            needs_extra("is not UTF-8 text, and reading it", "documents")
        ) from None
    name = chardet.detect(data)["encoding"] or ""
    return _BROWSERS_READ.get(name.lower(), name)


def _declared(data: bytes) -> str:
    name = EncodingDetector.find_declared_encoding(data, is_html=True) or ""
    return _BROWSERS_READ.get(name.lower(), name)
