"""PDF files, by PDFium: pages to printed lines.

This module owns opening, passwords, limits and the decision whether a text layer can be read;
characters are left to `glyphs` and `lines`, the layout to `columns`, paragraphs to `layout`.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pypdfium2
import pypdfium2.raw as pdfium

from askdoc.documents.columns import lines_in_order
from askdoc.documents.extract import MOST_CHARACTERS, Extract, UnreadableError, clean, one_line
from askdoc.documents.glyphs import CrowdedPageError, Sheet, sheet_of
from askdoc.documents.layout import Page, canonical_text
from askdoc.documents.lines import stretches_of
from askdoc.documents.rules import OpenTable, ruled_tables, with_bullets

_GARBLED = 0.2  # share of characters without meaning above which a text layer is of no use
_MOST_PAGES = 5_000
_MANY_PAGES = 1_000
_TOO_MUCH = 1.5  # times the characters that are read; among these are spaces
_LONGEST_READ_S = 60.0  # of a core, so that a busy machine refuses no more
_SINGLE_LETTERS = 0.7  # share of words of one letter, in text that is torn
_GLUED_LETTERS = 20.0  # letters of a word on average, in text whose words are joined
_FEWEST_WORDS = 20
_PROGRAM_NAMES = ("untitled", "microsoft word", ".doc", ".indd", ".tex", ".qxd", ".pdf", "http")
_OCR = "Run text recognition (OCR) over it"
_LIBRARY = threading.Lock()  # PDFium is not safe to use from several threads


def extract_pdf(data: bytes, on_page: Callable[[], None] = lambda: None) -> Extract:
    """Reads a PDF's text layer as paragraphs and headings.

    Args:
        data: The file.
        on_page: Called before each page.

    Raises:
        UnreadableError: It is password-protected, scanned, too large, or its text layer is garbled.
    """
    with _LIBRARY:
        document = _opened(data)
        try:
            _check_length(document)
            title = _title(document)
            pages, sideways, pictures = _pages(document, on_page)
        finally:
            document.close()
    text = "\n\n".join(part for part in (canonical_text(pages), sideways) if part)
    text = clean(text)
    if not text:
        raise UnreadableError(f"holds no text, so it is probably scanned. {_OCR} first.")
    _check_readable(text)
    return Extract(text, title or _heading_on_top(text), unread=_unread(pictures))


def metadata_of(data: bytes, keys: tuple[str, ...]) -> tuple[str, ...]:
    """What a PDF states of itself under some keys, such as "Author"; "" where it does not.

    Raises:
        UnreadableError: It is password-protected.
        PdfiumError: It is no PDF.
    """
    with _LIBRARY:
        document = _opened(data)
        try:
            return tuple(document.get_metadata_value(key) for key in keys)
        finally:
            document.close()


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    """Opens a PDF; one that only forbids printing or copying needs no password to be read."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD:
            raise UnreadableError(
                "is password-protected. Save a copy without the password."
            ) from None
        raise
    if len(document) > _MOST_PAGES:
        document.close()
        raise UnreadableError(f"has more than {_MOST_PAGES:,} pages. Split it.")
    return document


def _check_length(document: pypdfium2.PdfDocument) -> None:
    """Refuses a file of many pages that hold too much, before any of them is laid out."""
    characters = 0
    for number in range(len(document)) if len(document) > _MANY_PAGES else ():
        try:
            page = document[number]
            text = page.get_textpage()
        except pypdfium2.PdfiumError:
            return  # told of when it is read
        characters += text.count_chars()
        text.close()
        page.close()
        if characters > _TOO_MUCH * MOST_CHARACTERS:
            raise UnreadableError(f"holds more than {MOST_CHARACTERS:,} characters. Split it.")


def _pages(
    document: pypdfium2.PdfDocument, on_page: Callable[[], None]
) -> tuple[list[Page], str, list[int]]:
    """The pages, the words that are written sideways, and the numbers of pages of a picture."""
    end = time.process_time() + _LONGEST_READ_S
    pages: list[Page] = []
    sideways: list[str] = []
    pictures: list[int] = []
    characters = 0
    table = OpenTable()
    for number, sheet in enumerate(_sheets(document, on_page), start=1):
        pictures += [number] if sheet.is_picture else []
        characters += len(sheet.glyphs)
        if characters > MOST_CHARACTERS or time.process_time() > end:
            raise UnreadableError(f"holds too much to be read in {_LONGEST_READ_S:g} s. Split it.")
        tables, rest, table = ruled_tables(sheet.glyphs, sheet.shapes, table)
        stretches = with_bullets(stretches_of(rest), sheet.shapes)
        pages.append(Page(lines_in_order([*tables, *stretches]), sheet.height))
        sideways.append("\n\n".join(item.text for item in stretches_of(sheet.sideways)))
    return pages, "\n\n".join(dict.fromkeys(filter(None, sideways))), pictures


def _unread(pictures: Sequence[int]) -> str:
    """What is said of pages of pictures without text, by ranges of their numbers."""
    if not pictures:
        return ""
    ranges: list[list[int]] = []
    for number in pictures:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1] = [ranges[-1][0], number]
        else:
            ranges.append([number])
    named = ", ".join("–".join(map(str, ends)) for ends in ranges)
    page = "page" if len(pictures) == 1 else "pages"
    return f"{page} {named} could not be read: a picture and no text, so probably scanned. {_OCR}."


def _sheets(document: pypdfium2.PdfDocument, on_page: Callable[[], None]) -> Iterator[Sheet]:
    for number in range(len(document)):
        on_page()
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            raise UnreadableError(
                f"has a damaged page, {number + 1}. Open it in its own program and save it again."
            ) from None
        try:
            yield sheet_of(page)
        except CrowdedPageError:
            raise UnreadableError(f"has a page, {number + 1}, of endless text. Split it.") from None
        finally:
            page.close()


def _title(document: pypdfium2.PdfDocument) -> str:
    stated = one_line(document.get_metadata_value("Title"))
    told_by_program = any(name in stated.lower() for name in _PROGRAM_NAMES)
    return "" if told_by_program or len(stated.split()) < 2 else stated


def _heading_on_top(text: str) -> str:
    found = re.match(r"#{1,6} (.*)", text)
    return found[1] if found else ""


def _check_readable(text: str) -> None:
    """Refuses text that does not spell words: codes, torn letters, words joined."""
    words = re.findall(r"[^\W\d_]+", text)
    latin = [word for word in words if word < "\u2e80"]
    garbled = sum(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" for c in text) > _GARBLED * len(text)
    torn = glued = False
    if len(latin) >= _FEWEST_WORDS:
        torn = sum(len(word) == 1 for word in latin) > _SINGLE_LETTERS * len(latin)
        glued = sum(map(len, latin)) > _GLUED_LETTERS * len(latin)
    if garbled or torn or glued:
        raise UnreadableError(f"has a text layer that does not spell words. {_OCR}.")
