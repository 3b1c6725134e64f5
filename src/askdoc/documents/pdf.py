"""PDF files, by pypdf: pages to printed lines.

This module owns opening, passwords and the gathering of lines with their place and size; what
the lines mean is left to `typeset`.
"""

from io import BytesIO
from typing import Any

from pypdf import PageObject, PasswordType, PdfReader
from pypdf.errors import DependencyError

from askdoc.documents.extract import Extract, UnreadableError, clean, one_line
from askdoc.documents.typeset import Line, canonical_text, words_of_line

_GARBLED = 0.2  # share of characters without meaning above which a text layer is of no use
_PROGRAM_NAMES = ("untitled", "microsoft word", ".doc", ".indd", ".tex", ".qxd", ".pdf", "http")


def extract_pdf(data: bytes) -> Extract:
    """Reads a PDF's text layer as paragraphs and headings.

    Raises:
        UnreadableError: It is password-protected, scanned, or its text layer is garbled.
    """
    try:
        reader = _opened(data)
        pages = [_lines(page) for page in reader.pages]
    except DependencyError:
        raise UnreadableError(
            "is encrypted in a way that needs the package `cryptography`. Install it, or save a "
            "copy without the password."
        ) from None
    text = canonical_text(pages)
    if not text:
        raise UnreadableError(
            "holds no text, so it is probably scanned. Run text recognition (OCR) over it first."
        )
    if _meaningless(text) > _GARBLED * len(text):
        raise UnreadableError(
            "has a text layer that does not spell words. Run text recognition (OCR) over it."
        )
    return Extract(text, _title(reader) or _heading_on_top(text))


def _opened(data: bytes) -> PdfReader:
    """Opens a PDF; one that only forbids printing or copying needs no password to be read."""
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise UnreadableError("is password-protected. Save a copy without the password.")
    return reader


def _title(reader: PdfReader) -> str:
    stated = one_line(str((reader.metadata and reader.metadata.title) or ""))
    told_by_program = any(name in stated.lower() for name in _PROGRAM_NAMES)
    return "" if told_by_program or len(stated.split()) < 2 else stated


def _heading_on_top(text: str) -> str:
    first = text.split("\n", 1)[0]
    return first.removeprefix("## ") if first.startswith("## ") else ""


def _meaningless(text: str) -> int:
    return sum(1 for c in text if c == "\ufffd" or "\ue000" <= c <= "\uf8ff")


def _lines(page: PageObject) -> list[Line]:
    gathered = _Gatherer()
    page.extract_text(visitor_text=gathered.take)
    return gathered.finished()


class _Gatherer:
    """Puts the runs of text pypdf finds together to lines."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._runs: list[tuple[str, float, float, float, bool]] = []

    def take(self, text: str, user: Any, matrix: Any, font: Any, size: float) -> None:
        x = matrix[4] * user[0] + matrix[5] * user[2] + user[4]
        y = matrix[4] * user[1] + matrix[5] * user[3] + user[5]
        height = size * (abs(matrix[3]) or abs(matrix[1])) * (abs(user[3]) or abs(user[1]))
        bold = "bold" in str((font or {}).get("/BaseFont", "")).lower()
        first, *rest = text.split("\n")
        self._runs.append((first, x, y, height, bold))
        for run in rest:
            self._end_line()
            self._runs.append((run, x, y, height, bold))

    def finished(self) -> list[Line]:
        self._end_line()
        return self._lines

    def _end_line(self) -> None:
        words = clean(words_of_line("".join(run[0] for run in self._runs)))
        shown = [run for run in self._runs if run[0].strip()]
        self._runs = []
        if words and shown:
            _, _, y, height, _ = max(shown, key=lambda run: len(run[0]))
            bold = all(run[4] for run in shown)
            self._lines.append(Line(words, min(run[1] for run in shown), y, height, bold))
