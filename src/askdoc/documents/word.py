"""Word documents (.docx), by way of mammoth's HTML.

This module owns the checks that the file is one and is of a sane size; what mammoth leaves out is
written by `wordml`, the words by `markup`.
"""

import zipfile
from io import BytesIO
from typing import Any

import mammoth
from bs4.element import Tag

from askdoc.documents.extract import Extract, UnreadableError, checked_length
from askdoc.documents.html import first_heading, parse
from askdoc.documents.markup import canonical_text
from askdoc.documents.wordml import NUMBER_MARK, plain_xml

_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LARGEST_TEXT = 12_000_000  # bytes unpacked; a long book has two or three million
_MOST_ELEMENTS = 300_000  # an element takes some 1 KB of memory
_LARGEST_FILE = 200_000_000  # bytes unpacked, with pictures
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"RIFF")
_TEXTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"


def extract_word(data: bytes) -> Extract:
    """Reads a Word document: accepted text, without comments, pictures and tracked deletions.

    Raises:
        UnreadableError: It is password-protected, of the old format, no Word document, or too
            large to be read.
    """
    if data.startswith(_OLE):
        raise UnreadableError(_why_not_open(data))
    _check_archive(data)
    result = mammoth.convert_to_html(
        BytesIO(_made_plain(data)),
        style_map=_STYLES,
        convert_image=mammoth.images.img_element(_without_picture),
    )
    tree = parse(result.value)
    _drop_note_links(tree)
    _set_numbers(tree)
    return Extract(checked_length(canonical_text(tree)), first_heading(tree))


def _why_not_open(data: bytes) -> str:
    if _ENCRYPTED in data:
        return "is password-protected. Save a copy without the password."
    return "is in Word's old format. Open it in a word processor and save it as .docx."


def _check_archive(data: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check_parts(archive)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError):
        raise UnreadableError(
            "is no Word document, or a damaged one. Open it in a word processor and save it again."
        ) from None


def _check_parts(archive: zipfile.ZipFile) -> None:
    if not any(name.startswith("word/") for name in archive.namelist()):
        raise UnreadableError("is a zip archive, but no Word document. Save it as .docx.")
    parts = archive.infolist()
    if sum(part.file_size for part in parts) > _LARGEST_FILE:
        raise UnreadableError(f"unpacks to more than {_LARGEST_FILE // 1_000_000} MB. Split it.")
    # Whatever a part is called may be read as text.
    texts = [part for part in parts if not _is_picture(archive, part)]
    if sum(part.file_size for part in texts) > _LARGEST_TEXT:
        raise UnreadableError(
            f"unpacks to more than {_LARGEST_TEXT // 1_000_000} MB of text. Split it."
        )
    elements = 0
    for part in texts:
        xml = archive.read(part)
        # The format forbids them; entities of entities would fill the memory.
        if b"<!DOCTYPE" in xml:
            raise UnreadableError("defines entities, which no Word document does. Save it again.")
        elements += xml.count(b"<") - xml.count(b"</")
    if elements > _MOST_ELEMENTS:
        raise UnreadableError(f"holds more than {_MOST_ELEMENTS:,} pieces of text. Split it.")


def _is_picture(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with archive.open(part) as file:
        return file.read(8).startswith(_PICTURES)


def _made_plain(data: bytes) -> bytes:
    """The document with formulas, fields and numbers as words, and without hidden text."""
    plain = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(plain, "w") as new:
        names = set(old.namelist())
        styles = old.read("word/styles.xml") if "word/styles.xml" in names else None
        numbering = old.read("word/numbering.xml") if "word/numbering.xml" in names else None
        for name in names:
            part = old.read(name)
            new.writestr(name, plain_xml(part, styles, numbering) if name in _TEXTS else part)
    return plain.getvalue()


def _drop_note_links(tree: Tag) -> None:
    """Takes out the marks of notes, and the arrows back from them."""
    for link in tree.select('a[href^="#footnote"], a[href^="#endnote"]'):
        mark = link.parent if link.parent is not None and link.parent.name == "sup" else link
        mark.decompose()


def _set_numbers(tree: Tag) -> None:
    """Gives the items of lists their numbers, which go on where a list is resumed."""
    for mark in tree.select(f'a[id^="{NUMBER_MARK}"]'):
        item = mark.find_parent("li")
        if item is not None and item.get("value") is None:
            item["value"] = str(mark["id"]).removeprefix(NUMBER_MARK)


def _without_picture(image: Any) -> dict[str, str]:
    return {"src": ""}
