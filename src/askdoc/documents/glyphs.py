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
from typing import TypeAlias

import pypdfium2
import pypdfium2.raw as pdfium

from askdoc.documents.shapes import Shape, largest_picture, shapes_of

_MOST_GLYPHS = 200_000  # on one page; a dense page has some 10,000
_STAMP = 40  # characters, such as those of a page number on a scanned page
_MOSTLY = 0.5  # share of a page's area
_QUARTER = math.pi / 2
_LEVEL = 0.05  # radians
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
class _Way:
    """How characters stand on a page: by quarter turns clockwise, and seen in a mirror."""

    quarter: int = 0
    mirrored: bool = False


_UPRIGHT = _Way()
_Font: TypeAlias = tuple[float, bool, int, _Way | None]


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
    ways = Counter(way for way, _ in turned if way is not None)
    usual = ways[_UPRIGHT] >= _UPRIGHT_SHARE * ways.total()
    main = _UPRIGHT if usual else ways.most_common(1)[0][0]
    width, height = page.get_size()
    return Sheet(
        width if main.quarter % 2 else height,
        tuple(_along(glyph, main) for way, glyph in turned if way == main),
        tuple(_along(glyph, way) for way, glyph in turned if way is not None and way != main),
        tuple(_shape_along(shape, main) for shape in shapes_of(page)),
        len(turned) <= _STAMP and largest_picture(page) >= _MOSTLY * width * height,
    )


def _turned(text: pypdfium2.PdfTextPage) -> Iterator[tuple[_Way | None, Glyph]]:
    """Characters with the way they are written; None for a slanted one."""
    fonts: dict[int, _Font] = {}
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
        size, bold, drawn, way = _font(text, at, fonts)
        if way is None or way.quarter % 2 == 0:
            glyph = Glyph(character, box.left, box.right, y.value, size, bold, spaced, at, drawn)
        else:
            glyph = Glyph(character, box.bottom, box.top, x.value, size, bold, spaced, at, drawn)
        spaced = False
        yield way, glyph


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


def _font(text: pypdfium2.PdfTextPage, at: int, known: dict[int, _Font]) -> _Font:
    """The size in points and the weight of a character's font, its piece of text, and its way."""
    shown = pdfium.FPDFText_GetTextObject(text, at)
    key = ctypes.cast(shown, ctypes.c_void_p).value or 0
    if key not in known:
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(text, at, matrix)
        scale = math.hypot(matrix.c, matrix.d) or 1.0
        stated = pdfium.FPDFText_GetFontSize(text, at)
        name = ctypes.create_string_buffer(128)
        pdfium.FPDFText_GetFontInfo(text, at, name, 128, None)
        heavy = bool(_HEAVY.search(name.value))
        way = _way(matrix, math.copysign(1.0, stated))
        known[key] = (abs(stated) * scale or 1.0, heavy, len(known) + 1, way)
    return known[key]


def _way(matrix: pdfium.FS_MATRIX, sign: float) -> _Way | None:
    """The way a piece of text is written; a font of a negative size writes it backwards."""
    angle = -math.atan2(sign * matrix.b, sign * matrix.a)
    turns = round(angle / _QUARTER)
    if abs(angle - turns * _QUARTER) >= _LEVEL:
        return None
    return _Way(turns % 4, matrix.a * matrix.d < matrix.b * matrix.c)


def _along(glyph: Glyph, way: _Way) -> Glyph:
    """A character as it stands when its line runs to the right and its top is above."""
    x0, x1 = (-glyph.x1, -glyph.x0) if way.quarter in {1, 2} else (glyph.x0, glyph.x1)
    turned = (way.quarter in {2, 3}) != way.mirrored
    return replace(glyph, x0=x0, x1=x1, y=-glyph.y if turned else glyph.y)


def _shape_along(shape: Shape, way: _Way) -> Shape:
    """The same of a drawn line or area."""
    x0, y0, x1, y1 = shape.x0, shape.y0, shape.x1, shape.y1
    if way.quarter % 2:
        x0, y0, x1, y1 = y0, x0, y1, x1
    if way.quarter in {1, 2}:
        x0, x1 = -x1, -x0
    if (way.quarter in {2, 3}) != way.mirrored:
        y0, y1 = -y1, -y0
    return Shape(x0, y0, x1, y1)
