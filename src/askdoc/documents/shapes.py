"""A PDF page's drawn lines, areas and pictures, by PDFium.

This module owns where they stand on the page, those of figures placed in it too. What they say of
the text is left to `rules`.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import pypdfium2
import pypdfium2.raw as pdfium

_MOST_OBJECTS = 4_000
_MOST_SHAPES = 4_000
_MOST_SEGMENTS = 1_000  # of one path
_DEEPEST_FORM = 3
_THIN = 9.0  # points; what is wider and higher is told by its straight edges
_STRAIGHT = 0.3  # points

_Matrix = tuple[float, float, float, float, float, float]
_Point = tuple[float, float]
_UNMOVED: _Matrix = (1, 0, 0, 1, 0, 0)


@dataclass(frozen=True, slots=True)
class Shape:
    """A drawn line or small area: its box in points."""

    x0: float
    y0: float
    x1: float
    y1: float


def shapes_of(page: pypdfium2.PdfPage) -> tuple[Shape, ...]:
    """Lines and small areas; of a large one the edges that run along the page or down it."""
    found = (
        shape
        for drawn, matrix in _objects(page)
        if pdfium.FPDFPageObj_GetType(drawn) == pdfium.FPDF_PAGEOBJ_PATH
        for shape in _shapes(drawn, matrix)
    )
    return tuple(islice(found, _MOST_SHAPES))


def largest_picture(page: pypdfium2.PdfPage) -> float:
    """The area of the largest picture on a page."""
    boxes = (
        _box(drawn, matrix)
        for drawn, matrix in _objects(page)
        if pdfium.FPDFPageObj_GetType(drawn) == pdfium.FPDF_PAGEOBJ_IMAGE
    )
    return max(((box.x1 - box.x0) * (box.y1 - box.y0) for box in boxes), default=0.0)


def _objects(page: pypdfium2.PdfPage) -> Iterator[tuple[object, _Matrix]]:
    """The objects of a page and of the forms on it, with the matrix of what holds them."""
    count = pdfium.FPDFPage_CountObjects(page)
    own = ((pdfium.FPDFPage_GetObject(page, at), _UNMOVED, 0) for at in range(count))
    yield from islice(_unfolded(own), _MOST_OBJECTS)


def _unfolded(
    objects: Iterator[tuple[object, _Matrix, int]],
) -> Iterator[tuple[object, _Matrix]]:
    for drawn, matrix, depth in objects:
        if pdfium.FPDFPageObj_GetType(drawn) != pdfium.FPDF_PAGEOBJ_FORM:
            yield drawn, matrix
        elif depth < _DEEPEST_FORM:
            inner, count = _times(_matrix(drawn), matrix), pdfium.FPDFFormObj_CountObjects(drawn)
            yield from _unfolded(
                (pdfium.FPDFFormObj_GetObject(drawn, at), inner, depth + 1)
                for at in range(max(count, 0))
            )


def _matrix(drawn: object) -> _Matrix:
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(drawn, found):
        return _UNMOVED
    return (found.a, found.b, found.c, found.d, found.e, found.f)


def _times(inner: _Matrix, outer: _Matrix) -> _Matrix:
    """The matrix that moves by the inner one and then by the outer one."""
    a, b, c, d, e, f = inner
    (x0, y0), (x1, y1), (x2, y2) = (_moved(p, outer) for p in ((a, b), (c, d), (e, f)))
    return (x0 - outer[4], y0 - outer[5], x1 - outer[4], y1 - outer[5], x2, y2)


def _moved(point: _Point, matrix: _Matrix) -> _Point:
    (x, y), (a, b, c, d, e, f) = point, matrix
    return (a * x + c * y + e, b * x + d * y + f)


def _box(drawn: object, matrix: _Matrix) -> Shape:
    x0, y0, x1, y1 = (ctypes.c_float() for _ in range(4))
    pdfium.FPDFPageObj_GetBounds(drawn, x0, y0, x1, y1)
    corners = [_moved((x.value, y.value), matrix) for x in (x0, x1) for y in (y0, y1)]
    return _around(*corners)


def _around(*points: _Point) -> Shape:
    xs, ys = zip(*points, strict=True)
    return Shape(min(xs), min(ys), max(xs), max(ys))


def _shapes(path: object, matrix: _Matrix) -> Iterator[Shape]:
    box = _box(path, matrix)
    if min(box.x1 - box.x0, box.y1 - box.y0) <= _THIN:
        yield box
        return
    for start, end in _segments(path, _times(_matrix(path), matrix)):
        if min(abs(start[0] - end[0]), abs(start[1] - end[1])) <= _STRAIGHT:
            yield _around(start, end)


def _segments(path: object, matrix: _Matrix) -> Iterator[tuple[_Point, _Point]]:
    """The straight pieces of a path, on the page."""
    first = here = (0.0, 0.0)
    x, y = ctypes.c_float(), ctypes.c_float()
    for at in range(min(pdfium.FPDFPath_CountSegments(path), _MOST_SEGMENTS)):
        piece = pdfium.FPDFPath_GetPathSegment(path, at)
        if not pdfium.FPDFPathSegment_GetPoint(piece, x, y):
            return
        kind, point = pdfium.FPDFPathSegment_GetType(piece), _moved((x.value, y.value), matrix)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            first = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            yield here, point
        here = point
        if pdfium.FPDFPathSegment_GetClose(piece):
            yield here, first
            here = first
