"""Pages of a PDF that are written turned, mirrored or with a font of a negative size."""

import io

import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table

from askdoc.documents import document_from_bytes

WIDTH, HEIGHT = A4
LINES = [
    "The ferry crosses the lake four times a day.",
    "A ticket costs 3.50 euros.",
    "Dogs wear a muzzle.",
]
WAYS = {
    "as usual": (),
    "a quarter": (0, 1, -1, 0, WIDTH, 0),
    "half": (-1, 0, 0, -1, WIDTH, HEIGHT),
    "three quarters": (0, -1, 1, 0, 0, HEIGHT),
    "upside down in a mirror": (1, 0, 0, -1, 0, HEIGHT),
    "in a mirror": (-1, 0, 0, 1, WIDTH, 0),
    "a quarter in a mirror": (0, 1, 1, 0, 0, 0),
}
ROWS = [["Weight", "Morning", "Evening"], ["10 kg", "2 ml", "1 ml"], ["20 kg", "4 ml", ""]]


def text_drawn(draw):
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    draw(canvas)
    canvas.save()
    return document_from_bytes(file.getvalue(), "a.pdf").text


def in_order(text):
    places = [text.find(line) for line in LINES]
    return -1 not in places and places == sorted(places)


@pytest.mark.parametrize("way", WAYS)
def test_lines_are_read_forwards_and_from_the_top_however_the_page_is_turned(way):
    def draw(canvas):
        if WAYS[way]:
            canvas.transform(*WAYS[way])
        for number, line in enumerate(LINES):
            canvas.drawString(60, 500 - 14 * number, line)

    assert in_order(text_drawn(draw))


@pytest.mark.parametrize("way", WAYS)
def test_a_tables_lines_turn_with_its_words(way):
    def draw(canvas):
        if WAYS[way]:
            canvas.transform(*WAYS[way])
        canvas.drawString(60, 500, LINES[0])
        ruled = Table(ROWS, style=[("GRID", (0, 0), (-1, -1), 1, colors.black)])
        ruled.wrapOn(canvas, 300, 300)
        ruled.drawOn(canvas, 60, 300)

    text = text_drawn(draw)
    assert "Weight: 10 kg | Morning: 2 ml | Evening: 1 ml" in text
    assert "Weight: 20 kg | Morning: 4 ml" in text


@pytest.mark.parametrize(
    ("outer", "inner"),
    [((1, 0, 0, 1, 0, 0), "-1 0 0 -1"), ((1, 0, 0, -1, 0, HEIGHT), "-1 0 0 1")],
)
def test_a_font_of_a_negative_size_writes_forwards(outer, inner):
    def draw(canvas):
        canvas.transform(*outer)
        for number, line in enumerate(LINES):
            y = 500 - 14 * number * outer[3]
            canvas._code.append(f"BT /F1 -11 Tf {inner} 60 {y} Tm ({line}) Tj ET")

    assert in_order(text_drawn(draw))
