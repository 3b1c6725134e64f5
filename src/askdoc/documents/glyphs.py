"""A PDF page's characters, by PDFium.

This module owns what the library says of each character, in the direction in which most of the
page is written. What the characters spell is left to `lines`.
"""

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pypdfium2
import pypdfium2.raw as pdfium

from askdoc.documents.shapes import Shape, largest_picture, shapes_of

_MOST_GLYPHS = 200_000  # on one page; a dense page has some 10,000
_STAMP = 40  # characters, such as those of a page number on a scanned page
_MOSTLY = 0.5  # share of a page's area
_QUARTER = math.pi / 2
_UPRIGHT = 0.05  # radians
_UPRIGHT_SHARE = 0.25  # of a page's characters: with fewer, the page itself is turned
# Where a font names no characters, codes are those of TeX's encodings OT1 and T1.
_LIGATURES = {
    0x0B: "ff", 0x0C: "fi", 0x0E: "ffi", 0x0F: "ffl", 0x1B: "ff", 0x1C: "fi", 0x1D: "fl",
    0x1E: "ffi", 0x1F: "ffl", 0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi",
    0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st",
}  # fmt: skip
_HEAVY = re.compile(rb"bold|black|heavy|semib|-bd|cmbx|ecbx|sfbx", re.I)
_UNKNOWN = "\ufffd"


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character: its box and its baseline in points, y upwards; its font's size and weight."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    spaced: bool = False
    """Whether white space is written before it."""
    at: int = 0
    """Its place in the file."""
    drawn: int = 0
    """Which piece of text it is drawn with, such as a cell of a table."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is on a page: the characters of most, those written sideways, and the shapes."""

    height: float
    glyphs: tuple[Glyph, ...]
    sideways: tuple[Glyph, ...]
    shapes: tuple[Shape, ...]
    is_picture: bool = False
    """Whether a picture takes up most of a page with next to no text."""


class CrowdedPageError(Exception):
    """A page holds more characters than any page that people read."""


def sheet_of(page: pypdfium2.PdfPage) -> Sheet:
    """Reads one page. Slanted characters, which are watermarks, are left out.

    Raises:
        CrowdedPageError: It holds more characters than any page that people read.
    """
    text = page.get_textpage()
    try:
        if text.count_chars() > _MOST_GLYPHS:
            raise CrowdedPageError
        turned = list(_turned(text))
    finally:
        text.close()
    upright = Counter(quarter for quarter, _ in turned if quarter is not None)
    usual = upright[0] >= _UPRIGHT_SHARE * upright.total()
    main = 0 if usual else upright.most_common(1)[0][0]
    width, height = page.get_size()
    return Sheet(
        width if main % 2 else height,
        tuple(_along(glyph, main) for quarter, glyph in turned if quarter == main),
        tuple(
            _along(glyph, quarter)
            for quarter, glyph in turned
            if quarter is not None and quarter != main
        ),
        shapes_of(page) if main == 0 else (),
        len(turned) <= _STAMP and largest_picture(page) >= _MOSTLY * width * height,
    )


def _turned(text: pypdfium2.PdfTextPage) -> Iterator[tuple[int | None, Glyph]]:
    """Characters with the quarter turns they are written in; None for a slanted one."""
    fonts: dict[int, tuple[float, bool, int]] = {}
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    spaced = False
    for at in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text, at)
        character = _character(code)
        if pdfium.FPDFText_IsGenerated(text, at) == 1:
            continue  # a guess of the library's; gaps tell more
        if character.isspace():
            spaced = True
            continue
        if not character or not pdfium.FPDFText_GetLooseCharBox(text, at, box):
            continue
        pdfium.FPDFText_GetCharOrigin(text, at, x, y)
        quarter = _quarter(pdfium.FPDFText_GetCharAngle(text, at))
        size, bold, drawn = _font(text, at, fonts)
        if quarter is None or quarter % 2 == 0:
            glyph = Glyph(character, box.left, box.right, y.value, size, bold, spaced, at, drawn)
        else:
            glyph = Glyph(character, box.bottom, box.top, x.value, size, bold, spaced, at, drawn)
        spaced = False
        yield quarter, glyph


def _character(code: int) -> str:
    """What a code spells: "" for what is no character, ligatures of TeX's fonts as letters."""
    if code in _LIGATURES:
        return _LIGATURES[code]
    if code == 0x02:
        return "-"  # how the library tells a hyphen at a line's end
    if code in (0xAD, 0xFFFE, 0xFFFF, 0x200B, 0xFEFF):
        return "\u00ad" if code == 0xAD else ""
    if code < 0x20 or 0x7F < code < 0xA0:
        return ""
    return chr(code) if code < 0x110000 else _UNKNOWN


def _quarter(angle: float) -> int | None:
    turns = round(angle / _QUARTER)
    return turns % 4 if abs(angle - turns * _QUARTER) < _UPRIGHT else None


def _font(
    text: pypdfium2.PdfTextPage, at: int, known: dict[int, tuple[float, bool, int]]
) -> tuple[float, bool, int]:
    """The size in points and the weight of a character's font, and the piece it is drawn with."""
    shown = pdfium.FPDFText_GetTextObject(text, at)
    key = ctypes.cast(shown, ctypes.c_void_p).value or 0
    if key not in known:
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(text, at, matrix)
        scale = math.hypot(matrix.c, matrix.d) or 1.0
        size = abs(pdfium.FPDFText_GetFontSize(text, at)) * scale
        name = ctypes.create_string_buffer(128)
        pdfium.FPDFText_GetFontInfo(text, at, name, 128, None)
        heavy = bool(_HEAVY.search(name.value))
        known[key] = (size or 1.0, heavy, len(known) + 1)
    return known[key]


def _along(glyph: Glyph, quarter: int) -> Glyph:
    """A character as it stands when the page is turned so that its line runs to the right."""
    if quarter == 0:
        return glyph
    if quarter == 3:  # bottom to top
        return replace(glyph, y=-glyph.y)
    if quarter == 2:
        return replace(glyph, x0=-glyph.x1, x1=-glyph.x0, y=-glyph.y)
    return replace(glyph, x0=-glyph.x1, x1=-glyph.x0)
