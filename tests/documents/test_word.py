"""Word documents: what a reader sees is what is read, for all that mammoth leaves out or shows."""

import zipfile

import pytest

from askdoc.documents import read_documents

OFFICE = "http://schemas.openxmlformats.org/"
SPACES = (
    f'xmlns:w="{OFFICE}wordprocessingml/2006/main" xmlns:m="{OFFICE}officeDocument/2006/math" '
    f'xmlns:mc="{OFFICE}markup-compatibility/2006" '
    'xmlns:o="urn:schemas-microsoft-com:office:office"'
)
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
HIDDEN = """<w:style w:type="character" w:styleId="H"><w:name w:val="H"/><w:rPr><w:vanish/></w:rPr>
</w:style><w:style w:type="character" w:styleId="K"><w:name w:val="K"/><w:basedOn w:val="H"/>
</w:style><w:style w:type="character" w:styleId="Up"><w:name w:val="Up"/><w:rPr>
<w:vertAlign w:val="superscript"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="L">
<w:name w:val="L"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="O"><w:name w:val="O"/><w:pPr><w:outlineLvl w:val="2"/>
</w:pPr></w:style><w:style w:type="paragraph" w:styleId="P"><w:name w:val="P"/>
<w:basedOn w:val="O"/></w:style>
"""


@pytest.fixture
def text_of(tmp_path):
    """The text askdoc reads of a Word document's body, with styles and lists of its own."""

    def write(body, numbering=""):
        parts = {"document": f"<w:body>{body}</w:body>", "styles": HIDDEN, "numbering": numbering}
        kinds = "".join(
            f'<Override PartName="/word/{name}.xml" ContentType="{TYPE}.'
            f'{"document.main" if name == "document" else name}+xml"/>'
            for name in parts
        )
        links = "".join(
            f'<Relationship Id="{name}" Target="{name}.xml" '
            f'Type="{OFFICE}officeDocument/2006/relationships/{name}"/>'
            for name in parts
        )
        relations = f'<Relationships xmlns="{OFFICE}package/2006/relationships">'
        with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
            archive.writestr(
                "[Content_Types].xml",
                f'<Types xmlns="{OFFICE}package/2006/content-types"><Default Extension="rels" '
                'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f"{kinds}</Types>",
            )
            archive.writestr(
                "_rels/.rels",
                f'{relations}<Relationship Id="r" Target="word/document.xml" Type="{OFFICE}'
                'officeDocument/2006/relationships/officeDocument"/></Relationships>',
            )
            archive.writestr("word/_rels/document.xml.rels", f"{relations}{links}</Relationships>")
            for name, xml in parts.items():
                archive.writestr(f"word/{name}.xml", f"<w:{name} {SPACES}>{xml}</w:{name}>")
        (document,) = read_documents(tmp_path / "a.docx")
        return document.text

    return write


def run(words, look=""):
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def paragraph(*runs, look=""):
    return f"<w:p><w:pPr>{look}</w:pPr>{''.join(runs)}</w:p>"


def mark(kind):
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def field(code, *result):
    shown = mark("separate") + "".join(result) if result else ""
    return f"{mark('begin')}<w:r><w:instrText>{code}</w:instrText></w:r>{shown}{mark('end')}"


AGE = field("MERGEFIELD age", run("75"))
BOX = f"<w:txbxContent>{paragraph(run('Never 40 mg.'))}</w:txbxContent>"


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ((run("Take "), mark("begin"), AGE, mark("separate"), run("5"), mark("end"), run(" mg.")),
         "Take 5 mg."),
        ((run("Take "), field(r"EQ \f(1;2)"), run(" a day.")), "Take 1/2 a day."),
        ((run("Take 1"), field(r"EQ \f(1,2)"), run(" a day.")), "Take 1 1/2 a day."),
        ((run("Take "), field(r"EQ \i(1,2,3)"), run(" a day.")), "Take [formula] a day."),
        ((run("Take 5 "), field(r'SYMBOL 109 \f "Symbol"'), run("g.")), "Take 5 μg."),
        ((mark("begin"), run("Take 5 mg.")), "Take 5 mg."),
        ((run("No 99.", '<w:rStyle w:val="K"/>'), run("Take 5 mg.")), "Take 5 mg."),
        ((run("Take 5 mg.", '<w:rStyle w:val="K"/><w:vanish w:val="0"/>'),), "Take 5 mg."),
        ((run("10"), run("6", '<w:position w:val="12"/>'), run(" litres")), "10⁶ litres"),
        ((run("10"), run("6", '<w:rStyle w:val="Up"/>'), run(" litres")), "10⁶ litres"),
        (("<w:r><w:ruby><w:rt><w:r><w:t>かんじ</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢字</w:t>"
          "</w:r></w:rubyBase></w:ruby></w:r>", run("を読む。")), "漢字を読む。"),
        ((run("Take "), '<w:r><w:object><o:OLEObject ProgID="Equation.3"/></w:object></w:r>',
          run(" a day.")), "Take [formula] a day."),
        ((run("Take 5 mg."), "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>"
          f"{BOX}</w:drawing></mc:Choice></mc:AlternateContent></w:r>"),
         "Take 5 mg.\n\nNever 40 mg."),
    ],
)  # fmt: skip
def test_what_a_line_shows_is_read(text_of, runs, text):
    assert text_of(paragraph(*runs)) == text


LEVELS = (
    ("decimal", "%1."),
    ("lowerLetter", "%2)"),
    ("decimal", "%1.%3"),
    ("decimal", "%1.%2.%3.%4"),
)
LISTS = (
    '<w:abstractNum w:abstractNumId="0">'
    + "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
        f'<w:lvlText w:val="{label}"/></w:lvl>'
        for level, (kind, label) in enumerate(LEVELS)
    )
    + '</w:abstractNum><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="3"/>'
    '<w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
)


def item(words, level=0, number=1):
    return paragraph(
        run(words),
        look=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>',
    )


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ((item("Buy"), item("coat", 1), item("hat", 1), item("Go"), item("map", 1)),
         "1. Buy\na) coat\nb) hat\n2. Go\na) map"),
        ((item("Buy"), item("coat", 1), item("wool", 3), item("silk", 3)),
         "1. Buy\na) coat\n1.1.1.1. wool\n1.1.1.2. silk"),
        ((item("Fares", 0, 2), item("Dogs", 0, 2)), "III) Fares\nIV) Dogs"),
        ((paragraph(run("Buy"), look='<w:pStyle w:val="L"/>'),
          paragraph(run("Go"), look='<w:pStyle w:val="L"/>')), "1. Buy\n2. Go"),
    ],
)  # fmt: skip
def test_the_items_of_a_list_are_counted_as_they_are_shown(text_of, items, text):
    assert text_of("".join(items), LISTS) == text


def row(*cells, look=""):
    inner = "".join(f"<w:tc>{paragraph(run(words))}</w:tc>" for words in cells)
    return f"<w:tr><w:trPr>{look}</w:trPr>{inner}</w:tr>"


HEADS = row("Time", "Adults", "Children")


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ((row("10 mg", "5 mg", look='<w:gridBefore w:val="1"/>'),),
         "Adults: 10 mg | Children: 5 mg"),
        ((row("1", "99 mg", "9 mg", look="<w:hidden/>"), row("2", "10 mg", "5 mg")),
         "Time: 2 | Adults: 10 mg | Children: 5 mg"),
    ],
)  # fmt: skip
def test_cells_stand_under_their_heads_and_hidden_rows_are_left_out(text_of, rows, text):
    assert text_of(f"<w:tbl>{HEADS}{''.join(rows)}</w:tbl>") == text


@pytest.mark.parametrize(
    ("look", "mark"),
    [
        ('<w:outlineLvl w:val="1"/>', "## "),
        ('<w:pStyle w:val="P"/>', "### "),
        ('<w:pStyle w:val="P"/><w:outlineLvl w:val="9"/>', ""),
    ],
)
def test_a_level_in_the_outline_makes_a_heading(text_of, look, mark):
    body = f"<w:p><w:pPr>{look}</w:pPr><w:r><w:t>Fares</w:t></w:r></w:p>"
    assert text_of(body) == f"{mark}Fares"
