"""Word documents (.docx), by way of mammoth's HTML.

This module owns the checks that the file is one and is of a sane size; the words are written by
`markup`.
"""

import zipfile
from io import BytesIO
from typing import Any

import mammoth

from askdoc.documents.extract import Extract, UnreadableError
from askdoc.documents.html import first_heading, parse
from askdoc.documents.markup import canonical_text

_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LARGEST_XML = 50_000_000  # unpacked; a long book has two or three million
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"


def extract_word(data: bytes) -> Extract:
    """Reads a Word document: accepted text, without comments, pictures and tracked deletions.

    Raises:
        UnreadableError: It is password-protected, of the old format, or no Word document.
    """
    if data.startswith(_OLE):
        raise UnreadableError(_why_not_open(data))
    _check_archive(data)
    result = mammoth.convert_to_html(
        BytesIO(data),
        style_map=_STYLES,
        convert_image=mammoth.images.img_element(_without_picture),
    )
    tree = parse(result.value)
    for link in tree.select('a[href^="#footnote-ref"], a[href^="#endnote-ref"]'):
        link.decompose()  # the arrow back from a note
    return Extract(canonical_text(tree), first_heading(tree))


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
    xml = [part for part in archive.infolist() if part.filename.endswith((".xml", ".rels"))]
    if sum(part.file_size for part in xml) > _LARGEST_XML:
        raise UnreadableError(
            f"unpacks to more than {_LARGEST_XML // 1_000_000} MB of text. Split it."
        )
    # The format forbids them; entities of entities would fill the memory.
    if any(b"<!DOCTYPE" in archive.read(part) for part in xml):
        raise UnreadableError("defines entities, which no Word document does. Save it again.")


def _without_picture(image: Any) -> dict[str, str]:
    return {"src": ""}
