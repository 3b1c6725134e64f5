"""Layouts of PDF files and parts of Word files that hide or join words when read carelessly."""

import io

import pytest
from docx.oxml import parse_xml
from PIL import Image
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate, Table

from askdoc.check import check
from askdoc.documents import document_from_bytes, read_documents
from askdoc.errors import PartlyReadError
from word_files import word_file


def drawn(draw):
    """The text of a PDF that a function draws."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    draw(canvas)
    canvas.save()
    return document_from_bytes(file.getvalue(), "a.pdf").text


def table(rows, **options):
    file = io.BytesIO()
    SimpleDocTemplate(file).build([Table(rows, **options)])
    return document_from_bytes(file.getvalue(), "a.pdf").text


def lines(canvas, texts, x=60, y=780, size=11):
    canvas.setFont("Helvetica", size)
    for number, text in enumerate(texts):
        canvas.drawString(x, y - 14 * number, text)


GRID = ("GRID", (0, 0), (-1, -1), 1, colors.black)


def test_heads_of_two_rows_need_not_be_bold():
    rows = [["Drug", "Dose", ""], ["", "Adults", "Children"], ["Alphacin", "10 mg", "5 mg"]]
    spans = [("SPAN", (1, 0), (2, 0)), ("SPAN", (0, 0), (0, 1))]
    assert table(rows, style=[GRID, *spans]) == (
        "Drug: Alphacin | Dose, Adults: 10 mg | Dose, Children: 5 mg"
    )


def test_a_table_that_goes_on_over_the_page_keeps_its_heads():
    rows = [["Drug", "Dose"], *([f"Drug{n}", f"{n} mg"] for n in range(1, 60))]
    text = table(rows, style=[GRID])
    assert all(f"Drug: Drug{n} | Dose: {n} mg" in text for n in range(1, 60))


def test_a_head_may_stand_beside_the_figures_of_its_column():
    rows = [["Item", "Single", "Return"], ["Adult", "3.50", "5.00"], ["Dog", "1.00", "1.50"]]
    text = table(rows, colWidths=[120, 90, 90], style=[("ALIGN", (1, 1), (-1, -1), "RIGHT")])
    assert (
        text
        == "Item: Adult | Single: 3.50 | Return: 5.00\n\nItem: Dog | Single: 1.00 | Return: 1.50"
    )


PROSE = ["The village ferry crosses the lake four times a day, and the",
         "first boat leaves at seven in the morning. In winter the service",
         "stops entirely because of the ice, and buses take its place on"]  # fmt: skip


def test_a_table_with_lines_below_its_heads_alone_has_rows():
    rows = [["Drug", "Adults", "Children"], ["Alphacin", "10 mg", "5 mg"],
            ["Betacin", "20 mg", "none"], ["Gammacin", "7.5 mg", "2 mg"]]  # fmt: skip
    ruled = [("BOX", (0, 0), (-1, -1), 1, colors.black), ("LINEBELOW", (0, 0), (-1, 0), 1, "black"),
             ("LINEAFTER", (0, 0), (-1, -1), 1, "black")]  # fmt: skip
    assert table(rows, style=ruled).split("\n\n") == [
        "Drug: Alphacin | Adults: 10 mg | Children: 5 mg",
        "Drug: Betacin | Adults: 20 mg | Children: none",
        "Drug: Gammacin | Adults: 7.5 mg | Children: 2 mg",
    ]


def test_two_rows_without_a_line_between_them_are_two_rows():
    rows = [["Drug", "Dose"], ["Alphacin", "56 mg"], ["Betacin forte", "42 mg"]]
    whole = (0, 0), (-1, -1), 1, colors.black
    ruled = [("BOX", *whole), ("LINEAFTER", *whole), ("LINEBELOW", (0, 0), (-1, 0), 1, "black")]
    text = table(rows, colWidths=[110, 80], style=[*ruled, ("ALIGN", (1, 0), (1, -1), "RIGHT")])
    assert text == "Drug: Alphacin | Dose: 56 mg\n\nDrug: Betacin forte | Dose: 42 mg"


def test_a_word_too_long_for_its_cell_is_not_cut_by_the_line():
    rows = [["Drug", "Dose"], ["Hydrochlorothiazide", "56 mg"], ["Betacin", "42 mg"]]
    text = table(rows, colWidths=[74, 80], style=[GRID, ("ALIGN", (1, 0), (1, -1), "RIGHT")])
    assert text == "Drug: Hydrochlorothiazide | Dose: 56 mg\n\nDrug: Betacin | Dose: 42 mg"


def test_a_table_is_read_though_words_stand_left_of_it():
    def draw(canvas):
        Table([["Drug", "Dose"], ["Alphacin", "10 mg"]], style=[GRID]).wrapOn(canvas, 300, 300)
        placed = Table([["Drug", "Dose"], ["Alphacin", "10 mg"]], style=[GRID])
        placed.wrapOn(canvas, 300, 300)
        placed.drawOn(canvas, 150, 700)
        lines(canvas, ["Form 2"], y=722)

    assert "Drug: Alphacin | Dose: 10 mg" in drawn(draw)


def test_the_lines_of_a_figure_stand_where_the_figure_does():
    def draw(canvas):
        canvas.beginForm("figure")
        canvas.grid([0, 100, 200, 300], [0, 40, 80, 120])
        canvas.endForm()
        canvas.saveState()
        canvas.translate(200, 100)
        canvas.doForm("figure")
        canvas.restoreState()
        lines(canvas, PROSE, x=5, y=70)

    assert drawn(draw) == " ".join(PROSE)


def test_an_axis_with_ticks_is_no_table():
    def draw(canvas):
        canvas.rect(100, 500, 300, 200)
        for tick in range(7):
            canvas.line(95, 500 + 30 * tick, 100, 500 + 30 * tick)
            canvas.line(100 + 40 * tick, 495, 100 + 40 * tick, 500)
        canvas.line(100, 500, 400, 700)
        lines(canvas, ["Adults", "Children"], x=120, y=650)

    assert drawn(draw) == "Adults Children"


def test_figures_set_apart_are_figures_of_their_own():
    def draw(canvas):
        canvas.setFont("Courier", 11)
        for number, figure in enumerate("12223455"):
            canvas.drawString(60 + 13.2 * number, 700, figure)

    assert drawn(draw) == "1 2 2 2 3 4 5 5"


def test_a_smaller_line_under_a_heading_is_no_index_of_it():
    def draw(canvas):
        lines(canvas, ["Nonresident Tax Return of Aliens"], y=700, size=16)
        lines(canvas, ["For the year from 1 January to 31 December 2007"], y=690, size=8)

    assert "For the year from 1 January to 31 December 2007" in drawn(draw)


def test_a_term_over_a_longer_one_is_a_fraction():
    def draw(canvas):
        lines(canvas, ["The share is 1"], size=12)
        lines(canvas, ["r"], x=142, y=786, size=8)
        lines(canvas, ["r+3"], x=137.8, y=776, size=8)
        lines(canvas, ["of it."], x=152, size=12)

    assert drawn(draw) == "The share is 1 r/(r+3) of it."


def test_a_narrow_column_beside_the_text_is_read_by_itself():
    def draw(canvas):
        lines(canvas, PROSE)
        lines(canvas, ["Dogs pay one", "euro and wear", "a muzzle."], x=430)

    assert drawn(draw) == f"{' '.join(PROSE)} Dogs pay one euro and wear a muzzle."


def test_short_columns_between_a_heading_and_a_list_are_read_one_after_the_other():
    left = ["The village ferry crosses the lake four", "times a day, and the first boat leaves at",
            "seven. In winter the service stops quite"]  # fmt: skip
    right = ["Dogs must wear a muzzle on the lower", "deck and pay one euro for each crossing,",
             "which is collected by the whole crew."]  # fmt: skip

    def draw(canvas):
        lines(canvas, ["Side effects"], y=760, size=16)
        lines(canvas, left, y=720)
        lines(canvas, right, x=320, y=728)
        lines(canvas, ["Adult", "Child"], y=600)

    assert f"{' '.join(left)} {' '.join(right)}" in drawn(draw)


def test_columns_above_short_lines_side_by_side_are_read_one_after_the_other():
    def draw(canvas):
        lines(canvas, PROSE[:3])
        lines(canvas, ["Dogs must wear a muzzle on the lower", "deck and pay one euro for each",
                       "of the crossings."], x=400, y=773)  # fmt: skip
        lines(canvas, ["Basic", "", "5 euros"], y=700)
        lines(canvas, ["Pro", "", "15 euros"], x=400, y=700)

    assert drawn(draw).startswith(
        f"{' '.join(PROSE)} Dogs must wear a muzzle on the lower deck and"
    )


def test_white_space_that_runs_down_a_page_parts_the_cells_of_a_table():
    def draw(canvas):
        for x, cells in (
            (60, ["Plan", "Basic", "Pro", "Team of a long name"]),
            (171.5, ["Price", "5 euros", "15.90 euros", "49 euros"]),
            (237.4, ["Users", "1", "5", "25"]),
        ):
            lines(canvas, cells, x=x, size=11)

    assert drawn(draw).split("\n\n") == [
        "Plan: Basic | Price: 5 euros | Users: 1",
        "Plan: Pro | Price: 15.90 euros | Users: 5",
        "Plan: Team of a long name | Price: 49 euros | Users: 25",
    ]


def test_a_row_without_figures_ends_no_table():
    rows = [["Drug", "Dose"], ["Alphacin", "10 mg"], ["Betacin", ""], ["Gammacin", "5 mg"]]
    text = table(rows, colWidths=[120, 90], style=[("ALIGN", (1, 0), (-1, -1), "RIGHT")])
    assert text.split("\n\n") == [
        "Drug: Alphacin | Dose: 10 mg",
        "Drug: Betacin",
        "Drug: Gammacin | Dose: 5 mg",
    ]


def test_a_bold_row_names_the_rows_below_it():
    rows = [["Age", "Dose"], ["20", "10 mg"], ["Children", ""], ["6", "5 mg"], ["12", "7 mg"]]
    text = table(rows, colWidths=[120, 90], style=[("FONTNAME", (0, 2), (0, 2), "Helvetica-Bold")])
    assert "Children | Age: 6 | Dose: 5 mg" in text


@pytest.mark.parametrize("line", ["Fares. . . . . . . 12", "> fares <- c(3, 5)", "> sort( fares )"])
def test_leaders_and_spaces_of_code_part_no_cells(line):
    def draw(canvas):
        canvas.setFont("Courier", 10)
        for number in range(5):
            canvas.drawString(60, 700 - 12 * number, f"{line[:-1]}{number}")

    assert " | " not in drawn(draw)


def test_a_word_that_is_drawn_in_two_pieces_is_one_word():
    def draw(canvas):
        canvas.setFont("Times-Roman", 12)
        rows = [("Item", "Note", "Sum"), ("Ticket", "Adults", "9"), ("Bike", "", "8")]
        for number, (item, note, amount) in enumerate(rows):
            y = 700 - 16 * number
            canvas.drawString(60, y, item)
            canvas.drawString(160, y, note[:1])
            canvas.drawString(160 + 0.722 * 12, y, note[1:])
            canvas.drawString(260, y, amount)

    assert drawn(draw) == "Item: Ticket | Note: Adults | Sum: 9\n\nItem: Bike | Sum: 8"


def test_a_hyphen_between_figures_stays():
    def draw(canvas):
        lines(
            canvas,
            ["Adults take 10-", "20 mg, children 5–", "10 mg, after an X-", "ray or a call."],
        )

    assert drawn(draw) == "Adults take 10-20 mg, children 5–10 mg, after an X-ray or a call."


def test_figures_above_each_other_are_a_fraction():
    def draw(canvas):
        lines(canvas, ["Take 1"], y=700, size=12)
        lines(canvas, ["3"], x=97, y=706, size=8)
        lines(canvas, ["4"], x=97, y=696, size=8)
        lines(canvas, ["tablets."], x=107, y=700, size=12)

    assert drawn(draw) == "Take 1 3/4 tablets."


def test_a_large_first_letter_begins_its_word():
    def draw(canvas):
        lines(canvas, ["T"], y=700, size=40)
        lines(canvas, ["he ferry crosses the lake", "four times a day."], x=86, y=718)

    assert drawn(draw) == "The ferry crosses the lake four times a day."


def test_a_large_word_under_the_text_is_a_watermark():
    def draw(canvas):
        texts = [f"The ferry number {n} costs {n + 3} euros." for n in range(20)]
        lines(canvas, texts)
        lines(canvas, ["DRAFT"], y=640, size=60)

    text = drawn(draw)
    assert "number 12 costs 15 euros." in text
    assert "D" not in text


def test_a_short_page_beside_a_long_stamp_is_not_turned():
    def draw(canvas):
        canvas.saveState()
        canvas.translate(25, 250)
        canvas.rotate(90)
        lines(canvas, ["Preprint of 2 January 2024, number 2401.01234"], x=0, y=0)
        canvas.restoreState()
        lines(canvas, ["The ferry costs three euros."])

    assert drawn(draw).startswith("The ferry costs three euros.")


def test_a_quantity_at_a_pages_edge_is_no_running_head():
    def draw(canvas):
        for page in range(1, 4):
            lines(canvas, [f"Take {page} tablets"], y=820)
            lines(canvas, PROSE, y=600)
            canvas.showPage()

    assert all(f"Take {page} tablets" in drawn(draw) for page in range(1, 4))


def test_a_note_in_smaller_letters_is_a_paragraph_of_its_own():
    def draw(canvas):
        lines(canvas, ["Take at most 5 mg a day"])
        lines(canvas, ["Children take 2 mg."], y=768, size=8)

    assert drawn(draw) == "Take at most 5 mg a day\n\nChildren take 2 mg."


def test_lines_with_leaders_are_lines_of_their_own():
    def draw(canvas):
        lines(canvas, ["Adults ............ 10 mg", "Children ............ 5 mg"])

    assert drawn(draw) == "Adults ............ 10 mg\n\nChildren ............ 5 mg"


def scanned(path):
    canvas = Canvas(str(path), pagesize=A4)
    picture = ImageReader(Image.new("L", (60, 80), 200))
    for page in range(1, 6):
        if page in (2, 3, 5):
            canvas.drawImage(picture, 0, 0, *A4)
        else:
            lines(canvas, PROSE)
        canvas.showPage()
    canvas.save()


def test_pages_that_are_pictures_are_named(tmp_path):
    scanned(tmp_path / "a.pdf")
    told = []
    (document,) = read_documents(tmp_path / "a.pdf", on_error=told.append)
    assert document.text
    assert [type(error) for error in told] == [PartlyReadError]
    assert "a.pdf: pages 2–3, 5 could not be read" in str(told[0])
    assert [f.severity for f in check([tmp_path]) if "pages 2–3" in f.message] == ["warning"]


def test_a_partly_scanned_file_is_no_error_where_nobody_listens(tmp_path):
    scanned(tmp_path / "a.pdf")
    assert len(read_documents(tmp_path / "a.pdf")) == 1


# --- Word ----------------------------------------------------------------------------------

WORD = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)


def e(tag, *texts):
    return "".join(f"<m:{tag}><m:r><m:t>{text}</m:t></m:r></m:{tag}>" for text in texts)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (f"<m:m><m:mr>{e('e', 1, 2)}</m:mr><m:mr>{e('e', 3, 4)}</m:mr></m:m>", "(1 2; 3 4)"),
        (f"<m:eqArr>{e('e', 'a=1', 'b=2')}</m:eqArr>", "a=1; b=2"),
        (f"<m:sPre>{e('sub', 6)}{e('sup', 14)}{e('e', 'C')}</m:sPre>", "¹⁴₆C"),
        (f"<m:func>{e('fName', 'log')}{e('e', 5)}</m:func>", "log 5"),
        (f"<m:nary>{e('sub', 1)}{e('sup', 9)}{e('e', 'x')}</m:nary>", "∫₁⁹ x"),
    ],
)
def test_no_parts_of_a_formula_join(formula, text):
    file, data = word_file(), io.BytesIO()
    paragraph = file.add_paragraph("So ")
    paragraph._p.append(parse_xml(f"<m:oMath {WORD}>{formula}</m:oMath>"))
    file.save(data)
    assert document_from_bytes(data.getvalue(), "a.docx").text == f"So {text}"


def test_what_is_struck_out_twice_is_left_out():
    file, data = word_file(), io.BytesIO()
    paragraph = file.add_paragraph("Take 5 mg.")
    paragraph.add_run(" Take 40 mg.").font.double_strike = True
    file.save(data)
    assert document_from_bytes(data.getvalue(), "a.docx").text == "Take 5 mg."
