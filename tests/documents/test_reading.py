"""What people see in a file is what is read of it: no number, row or warning altered or lost."""

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from askdoc.documents import document_from_bytes, read_documents
from askdoc.documents.formulas import tex_text
from askdoc.documents.glyphs import Glyph
from askdoc.documents.lines import stretches_of
from askdoc.documents.tables import Cell, table_lines
from askdoc.errors import DocumentError
from word_files import word_file


@pytest.fixture
def text_of(tmp_path):
    """The text askdoc reads of some content under a file's name."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        (document,) = read_documents(path)
        return document.text

    return write


# --- Tables --------------------------------------------------------------------------------


def rows(*lines, heads=1):
    return [[Cell(text, n < heads) for text in line] for n, line in enumerate(lines)]


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        (
            rows(("Time", "Adults", "Children"), ("Evening", "30 mg", "none")),
            ["Time: Evening | Adults: 30 mg | Children: none"],
        ),
        (
            rows(("", "Adults"), ("Evening", "30 mg"), ("Noon", "")),
            ["Evening | Adults: 30 mg", "Noon"],
        ),
        (rows(("Age", "Dose"), ("6", "5 mg"), heads=0), ["Age: 6 | Dose: 5 mg"]),
        (rows(("Monday", "shut"), ("Friday", "open"), heads=0), ["Monday | shut", "Friday | open"]),
        (rows(("Adult", "3 euros"), ("Child", "2"), heads=0), ["Adult | 3 euros", "Child | 2"]),
        (rows(("", "2019", "2020"), ("Runs", "9", "8"), heads=0), ["Runs | 2019: 9 | 2020: 8"]),
        (
            [
                [Cell("Drug", True, 2), Cell("Dose", True, 1, 2)],
                [Cell("Adults", True), Cell("Children", True)],
                [Cell("Alphacin", False, 2), Cell("5 mg"), Cell("2 mg")],
                [Cell("6 mg"), Cell("3 mg")],
            ],
            [
                "Drug: Alphacin | Dose, Adults: 5 mg | Dose, Children: 2 mg",
                "Drug: Alphacin | Dose, Adults: 6 mg | Dose, Children: 3 mg",
            ],
        ),
        (
            [
                [Cell("Time", True), Cell("Dose", True)],
                [Cell("Children", False, 1, 2)],
                [Cell("Noon"), Cell("5 mg")],
                [Cell("Never at night.", False, 1, 2)],
            ],
            ["Children | Time: Noon | Dose: 5 mg", "Never at night."],
        ),
    ],
)  # fmt: skip
def test_a_row_is_written_with_the_heads_of_its_columns(table, lines):
    assert table_lines(table) == lines


TABLE = [["Time", "Adults", "Children"], ["Noon", "20 mg", "10 mg"], ["Evening", "30 mg", "none"]]
EVENING = "Time: Evening | Adults: 30 mg | Children: none"


def pdf_table(path, style):
    template = SimpleDocTemplate(str(path))
    normal = getSampleStyleSheet()["Normal"]
    prose = Paragraph("Fantasol is taken three times a day. " * 6, normal)
    template.build([prose, Table(TABLE, style=style, colWidths=80), prose])
    return path.read_bytes()


@pytest.mark.parametrize(
    "style", [[("GRID", (0, 0), (-1, -1), 1, colors.black)], []], ids=["ruled", "bare"]
)
def test_a_pdfs_rows_have_their_columns_heads(text_of, tmp_path, style):
    assert EVENING in text_of("a.pdf", pdf_table(tmp_path / "b.pdf", style))


@pytest.mark.parametrize("cell", ["td", "th"])
def test_a_pages_rows_have_their_columns_heads(text_of, cell):
    head = "".join(f"<{cell}>{words}</{cell}>" for words in TABLE[0])
    body = "".join("<tr>" + "".join(f"<td>{w}" for w in row) for row in TABLE[1:])
    assert EVENING in text_of("a.html", f"<table><tr>{head}</tr>{body}</table>")


def test_parts_of_a_table_told_by_role_are_a_table(text_of):
    page = "".join(
        "<div role=row>" + "".join(f"<span role={role}>{w}</span>" for w in row) + "</div>"
        for role, row in zip(["columnheader", "cell", "cell"], TABLE, strict=True)
    )
    assert EVENING in text_of("a.html", f"<div role=table>{page}</div>")


# --- HTML ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<dl><dt>Fare<dd>3.50 euros<dt>Phone:<dd>555</dl>", "Fare: 3.50 euros\n\nPhone: 555"),
        ("<dl><dt>Is it far?<dd>No.</dl>", "Is it far?\n\nNo."),
        ("<dl><dt>Fee<dt>Fare<dd>3 euros</dl>", "Fee, Fare: 3 euros"),
        ("<h2>Fares<span class=mw-editsection>[edit]</span></h2>", "## Fares"),
        ("<p>In 1887.<sup class=reference><a href=#n>[1]</a></sup> Old.", "In 1887. Old."),
        ("<p>Old<sup>[citation needed]</sup>. 10<sup>6</sup> l", "Old. 10⁶ l"),
        ("<p>10<sup>n+1</sup> and 1<sup>st</sup>, x<sup>a/2</sup>", "10ⁿ⁺¹ and 1st, x^(a/2)"),
        ("<p><span class=a>Under 1</span><span class=b>2 euros</span>", "Under 1 | 2 euros"),
        ("<p style='display:flex'><b>Adult</b><i>3</i></p>", "Adult | 3"),
        ("<p><b>bo</b>ld", "bold"),
        ("<ol start=3><li>c<li value=7>g<li>h</ol>", "3. c\n7. g\n8. h"),
        ("<button class=accordion>Far?</button><div hidden class=panel>No.</div>", "Far?\n\nNo."),
        ("<h3>Is it far?</h3><div style='display:none'><p>No.</div>", "### Is it far?\n\nNo."),
        ("<b aria-controls=p>More</b><div id=p aria-hidden=true>It is.</div>", "More\n\nIt is."),
        ("<p>It is far.<p hidden>Secret.", "It is far."),
        ("<p>1<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math> a day", "1 1/2 a day"),
        ("<p><math><mn>1</mn><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "1 1/2"),
        ("<p>x <span class=katex>?</span>", "x [formula]"),
    ],
    ids=lambda value: value[:40],
)  # fmt: skip
def test_what_a_page_shows_is_what_is_read(text_of, markup, text):
    assert text_of("a.html", f"<main>{markup}</main>").removesuffix("\n") == text


FURNITURE = """
<div class="cookie-banner">We use cookies. Accept all.</div><a href="#c">Skip to content</a>
<div class="menu"><a href="/">Home</a> <a href="/a">About</a></div>{}
<div class="share">Share on Facebook.</div><div id="disqus_thread"><p>Hans: it is late.</div>
<div class="related-posts"><a href="/x">Beaches</a></div><div class="newsletter">Subscribe.</div>
"""


@pytest.mark.parametrize("article", ["<div class=content>{}</div>", "<article>{}</article>"])
def test_notices_menus_and_comments_are_left_out(text_of, article):
    prose = "<h1>Ferry</h1><p>The ferry leaves at seven. It is never late."
    text = text_of("a.html", FURNITURE.format(article.format(prose)))
    assert text == "# Ferry\n\nThe ferry leaves at seven. It is never late."


def test_prose_and_warnings_beside_the_only_article_are_kept(text_of):
    page = "<article><p>The ferry leaves at seven in the morning.</article>{}"
    beside = "<section><p>Never board when drunk.</section><div><a href=x>Beaches</a></div>"
    text = text_of("a.html", page.format(beside))
    assert text.endswith("Never board when drunk.")


# --- Markdown ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("Take 5 mg.[^6]\n\n[^6]: Really", "Take 5 mg.\n\n1. Really"),
        ("Take 5 mg.[^6] Now.", "Take 5 mg. Now."),
        ("Take 5 mg.\n\n[^6]: Never 40 mg.", "Take 5 mg.\n\nNever 40 mg."),
        ("> [!WARNING]\n> Never 40 mg.", "Never 40 mg."),
        ("Term\n: 3 euros", "Term: 3 euros"),
        ("Take $1\\frac{1}{2}$ a day, for $5 or $10.", "Take 1 1/2 a day, for $5 or $10."),
        (":::note\nNever 40 mg.\n:::", "Never 40 mg."),
        ("# Fares {#fares}", "# Fares"),
        ("`x[^1]` is code", "x[^1] is code"),
    ],
)
def test_marks_of_markdown_are_neither_quoted_nor_glued(text_of, markdown, text):
    assert text_of("a.md", markdown) == text


@pytest.mark.parametrize(
    ("tex", "text"),
    [(r"1\frac{1}{2}", "1 1/2"), (r"\frac{a+b}{2}", "(a+b)/2"), ("10^{6}", "10⁶"), (r"\o", r"\o")],
)
def test_tex_is_written_in_a_line(tex, text):
    assert tex_text(tex) == text


# --- PDF -----------------------------------------------------------------------------------


def drawn(path, draw):
    canvas = Canvas(str(path))
    draw(canvas)
    canvas.save()
    return path.read_bytes()


LEFT = "The village ferry crosses the/lake four times a day. The first/boat leaves at seven.".split(
    "/"
)
RIGHT = "Tickets cost three euros for an/adult and half of that for a/child on the boat.".split("/")


def columns(canvas):
    for number, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
        canvas.drawString(60, 740 - 14 * number, left)
        canvas.drawString(320, 740 - 14 * number, right)


def test_columns_are_read_one_after_the_other(text_of, tmp_path):
    text = text_of("a.pdf", drawn(tmp_path / "b.pdf", columns))
    assert text == " ".join(LEFT + RIGHT)


def raised(canvas):
    canvas.drawString(60, 700, "The lake holds 3 × 10")
    end = 60 + canvas.stringWidth("The lake holds 3 × 10")
    canvas.setFont("Helvetica", 8)
    canvas.drawString(end, 705, "9")
    canvas.setFont("Helvetica", 12)
    canvas.drawString(end + 5, 700, " litres.")


def test_a_raised_figure_does_not_join_a_number(text_of, tmp_path):
    assert text_of("a.pdf", drawn(tmp_path / "b.pdf", raised)) == "The lake holds 3 × 10⁹ litres."


def slanted(canvas):
    canvas.saveState()
    canvas.translate(200, 300)
    canvas.rotate(45)
    canvas.drawString(0, 0, "DRAFT")
    canvas.restoreState()
    canvas.saveState()
    canvas.translate(20, 300)
    canvas.rotate(90)
    canvas.drawString(0, 0, "Printed 2024")
    canvas.restoreState()
    canvas.drawString(60, 700, "Tickets cost three euros.")


def test_watermarks_go_and_sideways_text_comes_last(text_of, tmp_path):
    text = text_of("a.pdf", drawn(tmp_path / "b.pdf", slanted))
    assert text == "Tickets cost three euros.\n\nPrinted 2024"


def rows_at(xs, *rows):
    """Cells at places across a page, a row below the other."""
    return [
        (x, 700 - 14 * n, w) for n, row in enumerate(rows) for x, w in zip(xs, row, strict=True)
    ]


def spaced(words, x, y):
    """Each letter drawn by itself, with a gap behind it that is no space."""
    places = []
    for letter in words:
        places += [(x, y, letter)] if letter != " " else []
        x += stringWidth(letter, "Helvetica", 12) + 2.4
    return places


WIDE = stringWidth("Morning", "Helvetica", 12)
DOSE = stringWidth("10 mg", "Helvetica", 12)
TOUCHING = (60, 60 + WIDE, 60 + WIDE + DOSE)
LINES = (
    "The ferry crosses the lake four/times a day for 3 euros. It is/42 m long and it goes from one/"
    "to the other side at seven."
).split("/")
ADULTS = "Adults pay 3/euros for each/crossing of the/lake, and 25/for a book.".split("/")
CHILDREN = "Children pay/2 euros and/travel free/under 6 years/of age.".split("/")


@pytest.mark.parametrize(
    ("places", "text"),
    [
        (rows_at(TOUCHING, ("Time", "Day", "Night"), ("Morning", "10 mg", "5 mg"),
                 ("Noon", "20 mg", "7 mg")),
         "Time: Morning | Day: 10 mg | Night: 5 mg\n\nTime: Noon | Day: 20 mg | Night: 7 mg"),
        (rows_at((60, 200, 226.68), ("Boats", "19", "4500"), ("Ports", "2021", "3100"),
                 ("Ships", "2022", "5200")),
         "Boats | 19 | 4500\n\nPorts | 2021 | 3100\n\nShips | 2022 | 5200"),
        ([(200, 714, "Dose of it"), (60, 714, "Time"),
          *rows_at((60, 160, 260), ("", "Adults", "Children"), ("Noon", "20 mg", "10 mg"),
                   ("Night", "30 mg", "none"))],
         "Time: Noon | Dose of it, Adults: 20 mg | Dose of it, Children: 10 mg\n\n"
         "Time: Night | Dose of it, Adults: 30 mg | Dose of it, Children: none"),
        ([(x, 700 - 14 * n, words) for n, line in enumerate(LINES)
          for x, words in ((40, str(n + 7)), (70, line))], " ".join(LINES)),
        ([*[(60, 700 - 14 * n, line) for n, line in enumerate(LINES)],
          (320, 693, "Dogs pay"), (320, 681, "2 euros a trip.")],
         " ".join([*LINES, "Dogs pay 2 euros a trip."])),
        ([*[(60, 700 - 14 * n, line) for n, line in enumerate(ADULTS)],
          *[(210, 700 - 14 * n, line) for n, line in enumerate(CHILDREN)]],
         " ".join(ADULTS + CHILDREN)),
        ([(60, 700, "The last boat leaves at nine."), *spaced("Never on Sundays", 230, 700),
          (376, 700, "in winter.")],
         "The last boat leaves at nine. Never on Sundays in winter."),
    ],
    ids=["touching", "figures", "heads", "numbers", "beside", "narrow", "spaced"],
)  # fmt: skip
def test_cells_columns_and_spaced_letters_are_told_apart(text_of, tmp_path, places, text):
    def draw(canvas):
        for place in places:
            canvas.drawString(*place)

    assert text_of("a.pdf", drawn(tmp_path / "b.pdf", draw)) == text


@pytest.mark.parametrize(
    ("font", "lines", "text"),
    [
        ("HeiseiMin-W3", ["大人3ユーロ、子供は", "1ユーロ。"], "大人3ユーロ、子供は1ユーロ。"),
        ("HYSMyeongJo-Medium", ["건넙니다. 표는", "3유로입니다."], "건넙니다. 표는 3유로입니다."),
    ],
)  # fmt: skip
def test_lines_join_as_their_language_is_written(text_of, tmp_path, font, lines, text):
    def draw(canvas):
        registerFont(UnicodeCIDFont(font))
        canvas.setFont(font, 12)
        for number, line in enumerate(lines):
            canvas.drawString(60, 700 - 16 * number, line)

    assert text_of("a.pdf", drawn(tmp_path / "b.pdf", draw)) == text


def letter_by_letter(canvas):
    for number, letter in enumerate("Tickets cost three euros for an adult"):
        canvas.drawString(60 + 9 * number, 700, letter)


def test_letters_set_apart_are_words(text_of, tmp_path):
    text = text_of("a.pdf", drawn(tmp_path / "b.pdf", letter_by_letter))
    assert "cost" in text.split()


def test_an_accent_printed_over_its_letter_is_one_letter_with_it():
    glyphs = [Glyph(c, x, x + w, 0, 10, False, at=at) for at, (c, x, w) in enumerate(
        [("f", 0, 3), ("¨", 3.5, 4), ("u", 3, 5), ("r", 8, 4)])]  # fmt: skip
    assert [stretch.text for stretch in stretches_of(glyphs)] == ["für"]


def test_words_a_fifth_of_their_height_apart_are_words():
    places = [("a", 0), ("s", 5), (" ", 0), ("i", 12), ("t", 17), ("i", 24.1), ("s", 29.1)]
    glyphs = [
        Glyph(c, x, x + 5, 0, 10, False, at=at) for at, (c, x) in enumerate(places) if x or c == "a"
    ]
    assert [stretch.text for stretch in stretches_of(glyphs)] == ["as it is"]


def sheets(canvas):
    for page, (dose, price) in enumerate([(5, "3.50"), (10, "12.00"), (20, "7.25")], start=1):
        canvas.drawString(60, 800, f"Pharmacy of the harbour, page {page}")
        canvas.drawString(60, 770, f"Adults take at most {dose} mg a day.")
        canvas.drawString(60, 60, f"A box costs {price} euros.")
        canvas.drawString(60, 45, "Pregnant women must not take it.")
        canvas.drawString(300, 20, str(page))
        canvas.showPage()


def test_only_what_counts_pages_is_a_running_head(text_of, tmp_path):
    text = text_of("a.pdf", drawn(tmp_path / "b.pdf", sheets))
    for said in ("5 mg", "10 mg", "20 mg", "3.50", "12.00", "7.25"):
        assert said in text
    assert text.count("Pregnant women must not take it.") == 3
    assert "Pharmacy" not in text


def torn(canvas):
    for number, letter in enumerate("Tickets cost three euros for an adult and a child"):
        canvas.drawString(60 + 30 * (number % 15), 700 - 40 * (number // 15), letter)


def test_text_torn_to_letters_is_refused_by_name(text_of, tmp_path):
    with pytest.raises(DocumentError, match=r"a\.pdf: has a text layer that does not spell words"):
        text_of("a.pdf", drawn(tmp_path / "b.pdf", torn))


# --- No number altered ---------------------------------------------------------------------

ITEMS = st.lists(
    st.tuples(
        st.text("abcdefgh", min_size=4, max_size=7),
        st.decimals(0, 9999, places=1).map(str) | st.integers(0, 99999).map(str),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda item: item[0],
)


def as_markdown(items):
    table = "\n".join(f"| {word} | {number} |" for word, number in items)
    prose = " ".join(f"The {word} is {number} mg." for word, number in items)
    return f"{prose}\n\n| name | dose |\n|--|--|\n{table}\n".encode()


def as_html(items):
    table = "".join(f"<tr><td>{word}</td><td>{number}</td></tr>" for word, number in items)
    prose = " ".join(f"The {word} is <b>{number}</b> mg." for word, number in items)
    return f"<p>{prose}<table><tr><th>name</th><th>dose</th></tr>{table}</table>".encode()


def as_pdf(path, items):
    normal = getSampleStyleSheet()["Normal"]
    prose = " ".join(f"The {word} is {number} mg." for word, number in items)
    table = Table([["name", "dose"], *items], style=[("GRID", (0, 0), (-1, -1), 1, colors.black)])
    SimpleDocTemplate(str(path)).build([Paragraph(prose, normal), table])


def as_word(path, items):
    file = word_file()
    paragraph = file.add_paragraph()
    for word, number in items:
        paragraph.add_run(f"The {word} is ")
        paragraph.add_run(number).bold = True
        paragraph.add_run(" mg. ")
    table = file.add_table(rows=0, cols=2)
    for row in (("name", "dose"), *items):
        for cell, words in zip(table.add_row().cells, row, strict=True):
            cell.text = words
    file.save(path)


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(ITEMS, st.sampled_from(["md", "html", "pdf", "txt", "docx"]))
def test_every_number_stands_beside_its_words(tmp_path_factory, items, suffix):
    path = tmp_path_factory.mktemp("any") / f"a.{suffix}"
    if suffix in ("pdf", "docx"):
        {"pdf": as_pdf, "docx": as_word}[suffix](path, items)
    else:
        path.write_bytes({"md": as_markdown, "html": as_html, "txt": as_markdown}[suffix](items))
    text = " ".join(next(iter(read_documents(path))).text.split())
    for word, number in items:
        assert f"The {word} is {number} mg." in text
        assert re.search(rf"{word} \| (?:dose: )?{re.escape(number)}(?![\d.])", text)


TYPE = st.fixed_dictionaries(
    {
        "font": st.sampled_from(["Helvetica", "Times-Roman", "Courier"]),
        "size": st.sampled_from([8, 10, 12]),
        "leading": st.floats(1.2, 2.4),
        "gap": st.floats(1.3, 8),
        "places": st.lists(st.sampled_from([0, 0.5, 1]), min_size=3, max_size=3),
    }
)


def in_columns(rows, font, size, leading, gap, places):
    """The text of a PDF with rows in columns that white space alone parts."""
    file, left = io.BytesIO(), 60
    canvas = Canvas(file, pagesize=A4)
    canvas.setFont(font, size)
    for column, place in zip(zip(*rows, strict=True), places, strict=True):
        widths = [stringWidth(cell, font, size) for cell in column]
        for number, (cell, width) in enumerate(zip(column, widths, strict=True)):
            x = left + place * (max(widths) - width)
            canvas.drawString(x, 760 - leading * size * number, cell)
        left += max(widths) + gap * size
    canvas.save()
    return document_from_bytes(file.getvalue(), "a.pdf").text


@settings(deadline=None, max_examples=20)
@given(ITEMS, TYPE)
def test_every_number_has_its_row_and_head_where_white_space_alone_parts_columns(items, style):
    rows = [(word, number, f"{n}7") for n, (word, number) in enumerate(items)]
    text = in_columns([("name", "dose", "limit"), *rows], **style)
    for word, number, limit in rows:
        assert f"{word} | dose: {number} | limit: {limit}" in text
