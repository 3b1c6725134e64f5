"""Tables and columns of PDF files that stand closer than words do, or are set in the same rows."""

import io

import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table

from askdoc.documents import document_from_bytes

PROSE = [
    "The doses of the herbs were written down by the monks of the old house, who",
    "knew each of them well and tried them on themselves before anybody else did.",
]
ROWS = {
    "words": [
        ["Herb", "Adults", "Children"],
        ["Alphacin", "10 mg", "5 mg"],
        ["Betacin", "20 mg", "none"],
        ["Gammacin", "7.5 mg", "2 mg"],
    ],
    "figures": [
        ["Age", "Morning", "Noon", "Evening"],
        ["0-2", "1", "0", "1"],
        ["3-6", "2", "1", "2"],
        ["7-12", "3", "2", "3"],
    ],
    "two columns": [["Drug", "Dose"], ["Alphacin", "10 mg"], ["Betacin", "20 mg"]],
}
SIZE = 11


def page(draw, size=A4):
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=size)
    draw(canvas)
    canvas.save()
    return document_from_bytes(file.getvalue(), "a.pdf").text


def printed(rows, gap, *, to_the_right=False):
    """A page as a browser prints one: a piece of text for each cell, and `gap` points between."""

    def draw(canvas):
        for number, line in enumerate(PROSE):
            canvas.setFont("Helvetica", SIZE)
            canvas.drawString(50, 780 - 14 * number, line)
        x = 50.0
        for column in zip(*rows, strict=True):
            fonts = ["Helvetica-Bold", *["Helvetica"] * (len(rows) - 1)]
            widths = [stringWidth(t, f, SIZE) for t, f in zip(column, fonts, strict=True)]
            for number, (text, font) in enumerate(zip(column, fonts, strict=True)):
                room = max(widths) - widths[number]
                canvas.setFont(font, SIZE)
                left = x + room * (to_the_right or (font != "Helvetica") / 2)
                canvas.drawString(left, 730 - 15 * number, text)
            x += max(widths) + gap

    return page(draw)


@pytest.mark.parametrize("to_the_right", [False, True])
@pytest.mark.parametrize("gap", [1.5, 3, 6])
@pytest.mark.parametrize("name", ROWS)
def test_cells_as_near_as_words_are_cells_where_no_space_is_written(name, gap, to_the_right):
    heads, *rows = ROWS[name]
    text = printed(ROWS[name], gap, to_the_right=to_the_right)
    for row in rows:
        wanted = " | ".join(f"{head}: {cell}" for head, cell in zip(heads, row, strict=True))
        assert wanted in text


def test_words_in_other_type_do_not_end_a_cell():
    def draw(canvas):
        for number in range(6):
            words = canvas.beginText(50, 780 - 14 * number)
            words.setFont("Helvetica", SIZE)
            words.textOut("Take the herb ")
            words.setFont("Helvetica-Bold", SIZE)
            words.textOut("three times")
            words.setFont("Helvetica", SIZE)
            words.textOut(" a day, and never more of it than that.")
            canvas.drawText(words)

    assert "|" not in page(draw)
    assert "Take the herb three times a day, and never more" in page(draw)


CARD = [
    ("number of points on the curve", "points(E)"),
    ("random point on the curve", "random(E)"),
    ("structure of the group of points", "group(E)"),
    ("Weil pairing of two points of order m", "pairing(E, P, Q, m)"),
    ("discrete logarithm of a point", "log(E, P, Q)"),
    ("minimal model of a curve", "minimal(E)"),
]


def test_columns_of_a_dense_card_are_read_one_after_the_other():
    def draw(canvas):
        canvas.setFont("Helvetica", 5.5)
        for column in range(3):
            for row in range(30):
                y = 560 - 10 * row - 3 * column
                words, code = CARD[(row + column) % len(CARD)]
                canvas.drawString(20 + 275 * column, y, f"{'ABC'[column]}{row} {words}")
                canvas.drawRightString(265 + 275 * column, y, f"{code}{column}{row}")

    text = page(draw, landscape(A4))
    for column in range(3):
        for row in range(30):
            words, code = CARD[(row + column) % len(CARD)]
            assert f"{'ABC'[column]}{row} {words} | {code}{column}{row}" in text
    places = [text.index(words) for words in ("A0 ", "A29 ", "B0 ", "B29 ", "C0 ", "C29 ")]
    assert places == sorted(places)


def test_a_list_with_its_code_beside_it_is_no_two_columns():
    def draw(canvas):
        canvas.setFont("Helvetica", 9)
        for row, (words, code) in enumerate(CARD):
            canvas.drawString(50, 700 - 12 * row, words)
            canvas.drawRightString(330, 700 - 12 * row, code)

    text = page(draw)
    assert all(f"{words} | {code}" in text for words, code in CARD)


def test_a_heading_set_with_spaces_between_its_letters_is_words():
    def draw(canvas):
        canvas.setFont("Helvetica", 16)
        canvas.drawString(50, 780, "O P E N I N G   H O U R S")
        canvas.setFont("Helvetica", SIZE)
        canvas.drawString(50, 740, "The museum opens at nine, but on Mondays it stays closed.")

    assert page(draw).startswith("# OPENING HOURS\n")


def test_single_letters_that_no_wider_space_parts_stay_letters():
    def draw(canvas):
        canvas.setFont("Helvetica", SIZE)
        canvas.drawString(50, 780, "A B C D E F G H")
        canvas.drawString(50, 740, PROSE[0])

    assert "A B C D E F G H" in page(draw)


def test_a_line_under_the_words_of_an_item_goes_on_with_it():
    def draw(canvas):
        canvas.setFont("Helvetica", SIZE)
        lines = ["Bring all of these things on the first day of the course:", "• a towel and"]
        for number, line in enumerate(lines):
            canvas.drawString(50, 780 - 14 * number, line)
        canvas.drawString(60, 752, "two pairs of socks")
        canvas.drawString(50, 738, "• warm clothes")

    assert "- a towel and two pairs of socks\n- warm clothes" in page(draw)


def test_heads_of_a_table_without_rows_are_not_lost():
    def draw(canvas):
        grid = [("GRID", (0, 0), (-1, -1), 1, colors.black), ("SPAN", (0, 1), (-1, 1))]
        grid.append(("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold"))
        canvas.drawString(50, 780, PROSE[0])
        ruled = Table([["Claim", "Date", "Amount"], ["No results", "", ""]], style=grid)
        ruled.wrapOn(canvas, 400, 400)
        ruled.drawOn(canvas, 50, 650)

    text = page(draw)
    assert "Claim | Date | Amount\n\nNo results" in text


def test_a_frame_around_rows_is_no_table_of_one_cell():
    rows = [(f"Alpha {n}, cook of the house", f"{n}.50") for n in range(1, 12)]

    def draw(canvas):
        canvas.rect(40, 400, 400, 330)
        canvas.line(40, 700, 440, 700)
        canvas.line(440, 400, 440, 730)
        canvas.line(240, 700, 240, 730)
        canvas.drawString(50, 710, "Name and office")
        canvas.drawString(250, 710, "Amount in euros")
        for number, (name, amount) in enumerate(rows):
            canvas.drawString(50, 680 - 20 * number, name)
            canvas.drawRightString(400, 680 - 20 * number, amount)

    text = page(draw)
    assert all(f"{name} | {amount}" in text or f": {amount}" in text for name, amount in rows)


def ruled_within(rows, widths, *, bold=False):
    """A page with a table that has lines within, and none at its left and right."""

    def draw(canvas):
        canvas.drawString(50, 780, PROSE[0])
        style = [("INNERGRID", (0, 0), (-1, -1), 1, colors.black),
                 ("LINEABOVE", (0, 0), (-1, 0), 1, colors.black),
                 ("LINEBELOW", (0, -1), (-1, -1), 1, colors.black)]  # fmt: skip
        if bold:
            style.append(("FONTNAME", (0, 0), (-1, -1), "Helvetica-Bold"))
        table = Table(rows, style=style, colWidths=widths)
        table.wrapOn(canvas, 500, 400)
        table.drawOn(canvas, 50, 500)

    return page(draw)


def test_the_outer_columns_of_a_table_without_outer_lines_belong_to_it():
    rows = [
        ["Crop", "May", "June", "July", "Change"],
        ["Cotton", "1.393,4", "886,7", "894,9", "(498,5)"],
        ["Peanut", "93,9", "100,6", "100,2", "6,7"],
    ]
    text = ruled_within(rows, 90)
    assert "Crop: Cotton | May: 1.393,4 | June: 886,7 | July: 894,9 | Change: (498,5)" in text
    assert "Crop: Peanut | May: 93,9 | June: 100,6 | July: 100,2 | Change: 6,7" in text


def test_no_cell_of_a_table_that_is_bold_throughout_is_lost():
    heads = ["Crop", "Area", "Yield", "Change"]
    rows = [heads, *([f"Crop{n}", f"{n}00,5", f"{n}1,5", f"({n}7,5)"] for n in range(9))]
    text = ruled_within(rows, 90, bold=True)
    for n in range(9):
        assert f"Crop: Crop{n} | Area: {n}00,5 | Yield: {n}1,5 | Change: ({n}7,5)" in text


def test_a_corner_over_two_rows_beside_a_wide_head_shows_how_deep_the_heads_are():
    rows = [["Crop", "Harvest", ""], ["", "11/12", "12/13"], ["Cotton", "1.393,4", "886,7"]]

    def draw(canvas):
        style = [("GRID", (0, 0), (-1, -1), 1, colors.black),
                 ("SPAN", (0, 0), (0, 1)), ("SPAN", (1, 0), (2, 0))]  # fmt: skip
        table = Table(rows, style=style)
        table.wrapOn(canvas, 500, 400)
        table.drawOn(canvas, 50, 500)

    assert "Crop: Cotton | Harvest, 11/12: 1.393,4 | Harvest, 12/13: 886,7" in page(draw)


def test_figures_of_one_number_in_two_pieces_stay_a_number():
    def draw(canvas):
        canvas.setFont("Helvetica", 8)
        for row, (first, second) in enumerate([("2", "4.9"), ("2", "4.6"), ("1", "6.8")]):
            y = 700 - 12 * row
            canvas.drawString(50, y, f"{row},000")
            canvas.drawString(150, y, first)
            canvas.drawString(150 + stringWidth(first, "Helvetica", 8), y, second)
            canvas.drawString(250, y, "97")

    text = page(draw)
    assert all(f"{row},000 | {number} | 97" in text for row, number in enumerate(
        ["24.9", "24.6", "16.8"]))  # fmt: skip


def test_few_short_words_are_not_taken_for_letters_set_apart():
    """No space is written; half of the gaps between letters are those between words."""

    def draw(canvas):
        canvas.setFont("Helvetica", 8.5)
        x = 50.0
        for word in ("7850", "62nd", "St", "S"):
            canvas.drawString(x, 700, word)
            x += stringWidth(word, "Helvetica", 8.5) + 1.9

    assert page(draw) == "7850 62nd St S"


def test_a_soft_hyphen_between_figures_is_printed():
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))

    def draw(canvas):
        canvas.setFont("Vera", 11)
        canvas.drawString(
            50, 780, "27 were sentenced to 1\u00ad12 months, and 33 to 13\u00ad24 months"
        )

    text = page(draw)
    assert "1-12 months" in text
    assert "13-24 months" in text


def test_rows_that_only_lines_across_part_have_the_columns_of_their_heads():
    rows = [["Country", "Domestic", "Imported", "Total"], ["Austria", "86.2", "13.8", "3,375"],
            ["Belgium", "0", "0", "3,973"], ["Cyprus", "81.0", "3.8", "158"]]  # fmt: skip

    def draw(canvas):
        style = [("LINEABOVE", (0, 0), (-1, -1), 1, colors.black),
                 ("LINEBELOW", (0, -1), (-1, -1), 1, colors.black),
                 ("LINEBEFORE", (0, 0), (0, -1), 1, colors.black),
                 ("LINEAFTER", (-1, 0), (-1, -1), 1, colors.black),
                 ("LINEAFTER", (0, 0), (-1, 0), 1, colors.black)]  # fmt: skip
        table = Table(rows, style=style, colWidths=90)
        table.wrapOn(canvas, 500, 400)
        table.drawOn(canvas, 50, 500)

    text = page(draw)
    for row in rows[1:]:
        wanted = " | ".join(f"{head}: {cell}" for head, cell in zip(rows[0], row, strict=True))
        assert wanted in text


def test_a_row_of_one_cell_that_names_no_row_is_not_lost():
    rows = [
        "<tr><th>Herb</th><th>Dose</th></tr>",
        "<tr><td colspan=2>Roots 3 g</td></tr>",
        "<tr><td colspan=2>Leaves 5 g</td></tr>",
        "<tr><td>Flower</td><td>7 g</td></tr>",
    ]
    html = f"<h1>Herbs</h1><p>{' '.join(PROSE)}</p><table>{''.join(rows)}</table>"
    text = document_from_bytes(html.encode(), "a.html").text
    assert "Roots 3 g" in text
    assert "Leaves 5 g | Herb: Flower | Dose: 7 g" in text


@pytest.mark.parametrize("ruled", [False, True])
def test_the_last_figure_of_a_number_is_not_cut_off_over_white_space(ruled):
    rows = [("Domaine de la Florane 201", "7", "8"), ("Domaine", "", "9"), ("Rose", "", "7"),
            ("White", "", "6")]  # fmt: skip

    def draw(canvas):
        canvas.setFont("Helvetica", 10)
        at = 50 + stringWidth(rows[0][0], "Helvetica", 10)
        for number, row in enumerate(rows):
            for x, text in zip((50, at, 300), row, strict=True):
                canvas.drawString(x, 700 - 16 * number, text)
            if ruled:
                canvas.grid((46, at - 1, 290, 350), (695 - 16 * number, 711 - 16 * number))

    assert "Florane 2017" in page(draw)


def test_figures_behind_a_comma_and_a_narrow_space_are_another_number():
    def draw(canvas):
        canvas.setFont("Helvetica", 12)
        canvas.drawString(50, 780, PROSE[0])
        canvas.drawString(50, 740, "In the fall of the year 2007,")
        canvas.drawString(
            52 + stringWidth("In the fall of the year 2007,", "Helvetica", 12),
            740,
            "3.6 million people and 1,250 dogs were counted by them.",
        )

    assert "2007, 3.6 million people and 1,250 dogs" in page(draw)


def test_dates_centred_over_two_columns_each_head_both_of_them():
    """No line parts the heads: which columns they stand over is not guessed wrong."""
    rows = [["Loan", "2009", "", "2010", ""], ["Home", "4,151", "25.0", "4,090", "27.5"],
            ["Farm", "1,200", "7.2", "1,100", "7.4"]]  # fmt: skip

    def draw(canvas):
        style = [("INNERGRID", (0, 1), (-1, -1), 1, colors.black),
                 ("BOX", (0, 0), (-1, -1), 1, colors.black),
                 ("LINEBELOW", (0, 0), (-1, 0), 1, colors.black),
                 ("SPAN", (1, 0), (2, 0)), ("SPAN", (3, 0), (4, 0)),
                 ("ALIGN", (1, 0), (-1, 0), "CENTER")]  # fmt: skip
        table = Table(rows, style=style, colWidths=80)
        table.wrapOn(canvas, 500, 400)
        table.drawOn(canvas, 50, 500)

    text = page(draw)
    assert "2009: 27.5" not in text
    assert "2010: 25.0" not in text
    assert "25.0" in text


def test_numbers_without_lines_beside_ruled_labels_stay_in_their_rows():
    rows = [
        ("Any injury", "1.9", "2.1"),
        ("Acute illness", "4.5", "5.6"),
        ("Chronic", "5.1", "4.1"),
    ]

    def draw(canvas):
        canvas.setFont("Helvetica", 10)
        for x in (50, 200, 300, 400):
            canvas.line(x, 700, x, 720)
        for y in (720, 700):
            canvas.line(50, y, 400, y)
        for x, head in zip((55, 205, 305), ("Indicator", "Total", "Rural"), strict=True):
            canvas.drawString(x, 706, head)
        for number, row in enumerate(rows):
            for x, text in zip((55, 240, 340), row, strict=True):
                canvas.drawString(x, 686 - 20 * number, text)
            canvas.line(50, 680 - 20 * number, 200, 680 - 20 * number)
        canvas.line(50, 700, 50, 640)
        canvas.line(400, 700, 400, 640)
        canvas.line(50, 640, 400, 640)

    text = page(draw)
    for label, total, rural in rows:
        line = next(line for line in text.splitlines() if label in line)
        found = [word for word in line.replace("|", " ").split() if word[0].isdigit()]
        assert found == [total, rural]


def test_one_line_beside_the_labels_does_not_join_the_other_columns():
    rows = [
        ("", "Freq.", "Percent", "Loss"),
        ("Kept", "344", "75.2", "17.4"),
        ("Sold", "53", "11.6", "22.5"),
    ]

    def draw(canvas):
        canvas.setFont("Helvetica", 10)
        for number, row in enumerate(rows):
            for x, text in zip((55, 140, 220, 300), row, strict=True):
                canvas.drawString(x, 700 - 20 * number, text)
        for y in (714, 694, 654):
            canvas.line(50, y, 360, y)
        canvas.line(120, 654, 120, 714)

    text = page(draw)
    assert "Freq.: 344 | Percent: 75.2 | Loss: 17.4" in text
    assert "Freq.: 53 | Percent: 11.6 | Loss: 22.5" in text
