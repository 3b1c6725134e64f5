"""Files in, documents out; and for each file that cannot be read, an error with a way out."""

import codecs
import hashlib
import os
import zipfile

import pytest
from docx.oxml import parse_xml
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

from askdoc.documents import document_from_text, read_documents
from askdoc.documents.columns import Line
from askdoc.documents.layout import Page, canonical_text
from askdoc.errors import DocumentError
from word_files import word_file


@pytest.fixture
def put(tmp_path):
    """Writes a file, given as text or bytes, and says where it is."""

    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def read(path):
    (document,) = read_documents(path)
    return document


def error_of(path, **options):
    with pytest.raises(DocumentError) as caught:
        read_documents(path, **options)
    return str(caught.value)


# --- Markdown ------------------------------------------------------------------------------

MARKDOWN = """\
---
id: cats
title: Keeping cats
url: https://example.org/cats
tags: [pets]
---
# Cats

They *sleep* **sixteen** hours, see [the study](https://example.org "2019") or
<https://example.org/more>; `purr()` &amp; wait.

- Dry food
- Wet food
  1. in tins
  2. in bags

| Age | Meals |
|-----|-------|
| 1   | three |

```python
# a comment
feed(cat)
```

> Cats hunt.

![A cat asleep](cat.png) <script>alert("x")</script><b>Bold</b> ~~wrong~~ right.
"""


def test_markdown_becomes_plain_blocks(put):
    assert read(put("a.md", MARKDOWN)).text == (
        "# Cats\n\n"
        "They sleep sixteen hours, see the study or https://example.org/more; purr() & wait.\n\n"
        "- Dry food\n- Wet food\n1. in tins\n2. in bags\n\n"
        "Age: 1 | Meals: three\n\n"
        "    # a comment\n    feed(cat)\n\n"
        "Cats hunt.\n\n"
        "A cat asleep Bold right."
    )


def test_front_matter_names_the_document(put):
    document = read(put("a.md", MARKDOWN))
    assert (document.id, document.title) == ("cats", "Keeping cats")
    assert document.url == "https://example.org/cats"


def test_the_hash_is_of_the_text(put):
    document = read(put("a.md", MARKDOWN))
    assert document.sha256 == hashlib.sha256(document.text.encode()).hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nCats sleep.",
        "---\nCats sleep.\n---\n",
        "---\n---\nCats sleep.",
        "----\nCats sleep.\n",
    ],
)
def test_a_rule_at_the_start_is_not_taken_for_front_matter(put, text):
    assert "Cats sleep." in read(put("a.md", text)).text


@pytest.mark.parametrize(
    ("front", "id", "title", "url"),
    [
        ("id: [1, 2]", "a", "A", ""),
        ("title: 1984", "a", "1984", ""),
        ("title: 2024-05-03", "a", "2024-05-03", ""),
        ("url: {a: b}", "a", "A", ""),
        ("id: 202401011200", "202401011200", "A", ""),
        ("id: two words", "two-words", "A", ""),
        ("url: /cats/", "a", "A", ""),
        ("url: javascript:alert(1)", "a", "A", ""),
        (
            "title: Cats: a guide\nurl: https://example.org",
            "a",
            "Cats: a guide",
            "https://example.org",
        ),
        ("id: 'unclosed", "unclosed", "A", ""),
        ("title: Cats\nwhen: 2024-99-99", "a", "Cats", ""),
        (
            "id: !!python/object/apply:os.system ['true']",
            "python-object-apply-os-system-true",
            "A",
            "",
        ),
        ("title: Cats\na: &a [x]\nb: [*a, *a]", "a", "Cats", ""),
        ("a: " + "[" * 5000, "a", "A", ""),
    ],
    ids=lambda value: value[:20],
)
def test_odd_front_matter_keeps_no_article_from_being_read(put, front, id, title, url):
    document = read(put("a.md", f"---\n{front}\n---\nCats sleep.\n"))
    assert (document.id, document.title, document.url) == (id, title, url)
    assert document.text == "Cats sleep."


def test_front_matter_between_plus_signs_is_toml(put):
    front = '+++\ntitle = "Cats: a guide"\ndate = 2024-05-03\n+++\n# Cats\n'
    document = read(put("a.md", front))
    assert (document.title, document.text) == ("Cats: a guide", "# Cats")


def test_front_matter_without_end_is_a_clear_error(put):
    front = "a: " + "x" * 200_000
    assert "characters. Shorten" in error_of(put("a.md", f"---\n{front}\n---\nCats."))


def test_words_that_begin_with_a_hash_are_not_made_a_heading(put):
    assert read(put("a.md", "\\# 1 of ten")).text == " # 1 of ten"


def nested_list(depth):
    return "\n".join("  " * level + f"- x{level}" for level in range(depth))


words = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=9)
lines = st.lists(words, min_size=1, max_size=8).map(lambda line: "Say " + " ".join(line))
marks = st.sampled_from(["{}", "## {}", "- {}", "> {}", "**{}**", "[{}](https://example.org)"])


@settings(deadline=None)
@given(st.lists(st.tuples(marks, lines), min_size=1, max_size=8))
def test_markdown_keeps_its_words_in_order(tmp_path_factory, blocks):
    path = tmp_path_factory.mktemp("md") / "a.md"
    path.write_text("\n\n".join(mark.format(line) for mark, line in blocks), encoding="utf-8")
    kept = [word for word in read(path).text.split() if word not in ("##", "-")]
    assert kept == [word for _, line in blocks for word in line.split()]


@pytest.mark.parametrize("text", [">" * 500 + " deep", nested_list(300)], ids=["quotes", "lists"])
def test_what_nests_too_deep_is_refused_rather_than_left_out(put, text):
    assert "too deep" in error_of(put("a.md", text))


def test_lists_within_lists_are_kept(put):
    assert read(put("a.md", nested_list(20))).text == "\n".join(f"- x{n}" for n in range(20))


# --- Plain text ----------------------------------------------------------------------------

characters = st.characters(exclude_categories=["Cc", "Cs"]) | st.just("\n")


@settings(deadline=None)
@given(st.text(characters).map(lambda text: "Cat " + text))
def test_a_text_file_reads_back_as_itself(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("txt") / "a.txt"
    path.write_bytes(text.encode())
    assert read(path).text == text


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("The Ferry to Aldu\n\nIt sails at nine.", "The Ferry to Aldu"),
        ("Opening hours\n=============\n\nFrom nine.", "Opening hours"),
        ("It sails at nine.\n\nIt is slow.", "A"),
        ("The ferry sails\nat nine each day.", "A"),
        ("12 March\n\nIt sailed.", "A"),
    ],
)
def test_a_line_alone_on_top_of_a_text_file_is_its_title(put, text, title):
    assert read(put("a.txt", text.encode())).title == title


@settings(deadline=None)
@given(st.text(min_size=0, max_size=40), st.text(min_size=1, max_size=40))
def test_no_text_in_memory_keeps_what_is_not_text(before, after):
    text = document_from_text("a", "", before + "cat" + after).text
    assert len(text) == len(before + "cat" + after)
    text.encode("utf-8")
    assert not any(ord(c) < 32 and c not in "\n\t" for c in text)


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + "Café — 5 mg\n".encode(),
        "Café — 5 mg\n".encode("utf-16"),
        codecs.BOM_UTF16_BE + "Café — 5 mg\n".encode("utf-16-be"),
        "Café — 5 mg\n".encode("utf-32"),
        "Café — 5 mg\r\n".encode(),
        "Café — 5 mg\r".encode(),
    ],
)
def test_byte_order_marks_and_line_ends_are_understood(put, data):
    assert read(put("a.txt", data)).text == "Café — 5 mg\n"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "La cafetière est posée près de la fenêtre où le garçon a déjà mangé."),
        ("cp1252", "Größere Mengen können Übelkeit auslösen, besonders bei älteren Menschen."),
        ("cp1252", "It’s “safe” — or so they say; the café’s owner didn’t know. It isn’t."),
        ("cp1250", "Zażółć gęślą jaźń, proszę państwa, źródło wiedzy o kotach."),
        ("cp1254", "Kediler günde on altı saat uyur; şüphesiz çok ağır."),
        ("koi8-r", "Кошки спят шестнадцать часов в сутки и охотятся ночью."),
        ("shift_jis", "猫は一日に十六時間眠ります。夕暮れに狩りをします。"),
    ],
)
def test_a_text_in_an_older_encoding_is_recognised(put, encoding, text):
    assert read(put("a.txt", (text * 3).encode(encoding))).text == text * 3


def test_lines_of_an_old_macintosh_are_in_its_letters(put):
    text = "Café\n\nThe café opens at 8 – on Sundays at 9. It isn’t “free”.\n"
    data = text.replace("\n", "\r").encode("mac_roman")
    assert read(put("a.txt", data)).text == text


def test_a_stray_control_character_becomes_a_space_so_that_offsets_hold(put):
    assert read(put("a.txt", "Take 5\x00mg of it, no more.\f")).text == "Take 5 mg of it, no more. "


# --- HTML ----------------------------------------------------------------------------------

PAGE = """\
<!doctype html><html><head><meta charset="utf-8"><title>Cats | The Pet Site</title>
<link rel="canonical" href="https://example.org/cats"><style>p {}</style></head><body>
<header><a href="/">The Pet Site</a></header><nav>Menu</nav>
<main><h1>Cats &amp; kittens</h1>
<p>They <em>sleep</em>
sixteen hours.<br>They hunt.<br><br>Give 10<sup>6</sup> units of H<sub>2</sub>O on the
1<sup>st</sup>.<p hidden>Secret.</p>
<ul><li>Dry<ul><li>in bags<li>in boxes</ul><li><p>Wet</p></ul>
<ol start="3"><li>three<li>four</ol>
<table><tr><th>Age<th>Meals<tr><td>1<br>year<td>three</table>
<div style="display: none">Hidden.</div><form>Subscribe <input></form>
<aside>Read also</aside><aside class="warning">Lilies kill cats.</aside>
<script>var x = "<p>no</p>"</script><noscript>No script</noscript>
<table><tr><td><h2>Layout</h2><p>Cats purr.<td><ul><li>and more</ul></table>
</main><footer>Copyright</footer></body></html>
"""


def test_a_page_becomes_its_article(put):
    assert read(put("a.html", PAGE)).text == (
        "# Cats & kittens\n\n"
        "They sleep sixteen hours.\nThey hunt.\n\n"
        "Give 10⁶ units of H₂O on the 1st.\n\n"
        "- Dry\n- in bags\n- in boxes\n- Wet\n3. three\n4. four\n\n"
        "Age: 1 year | Meals: three\n\n"
        "Lilies kill cats.\n\n"
        "## Layout\n\nCats purr.\n\n- and more"
    )


def test_a_page_says_its_title_and_address(put):
    document = read(put("a.html", PAGE))
    assert (document.title, document.url) == ("Cats & kittens", "https://example.org/cats")


def test_a_page_without_headings_is_called_by_its_title(put):
    assert read(put("a.htm", "<title>On\n cats</title><p>Cats sleep.")).title == "On cats"


def test_an_address_that_is_none_is_left_out(put):
    page = '<link rel="canonical" href="javascript:alert(1)"><p>Cats sleep.'
    assert read(put("a.html", page)).url == ""


def test_a_page_wrapped_in_one_form_is_kept(put):
    assert read(put("a.html", "<form><p>Cats sleep.</p></form>")).text == "Cats sleep."


def test_asides_within_asides_are_left_out(put):
    assert read(put("a.html", "<p>Cats sleep.</p>" + "<aside>no" * 50)).text == "Cats sleep."


def test_a_cell_of_two_paragraphs_stays_in_its_row(put):
    page = "<table><tr><td><p>Dose</p><td><p>5 mg</p><p>daily</p></table>"
    assert read(put("a.html", page)).text == "Dose | 5 mg daily"


def test_a_short_article_does_not_hide_the_rest_of_the_page(put):
    page = "<article>Advert.</article><p>Cats sleep sixteen hours a day.</p>"
    assert "sixteen" in read(put("a.html", page)).text


def test_words_after_the_end_of_the_page_are_kept(put):
    page = "<html><body><p>Cats sleep.</p></body></html><p>They hunt.</p>"
    assert read(put("a.html", page)).text == "Cats sleep.\n\nThey hunt."


def test_the_declared_encoding_of_a_page_is_used(put):
    page = '<meta charset="koi8-r"><p>Кошки спят.</p>'
    assert read(put("a.html", page.encode("koi8-r"))).text == "Кошки спят."


def test_deep_nesting_is_read_to_the_bottom(put):
    deep = "<div>" * 2_000 + "Cats sleep." + "</div>" * 2_000
    assert read(put("a.html", deep)).text == "Cats sleep."


# --- PDF -----------------------------------------------------------------------------------

SENTENCE = "Cats sleep for sixteen hours of every day, and they hunt at dusk and at dawn. "


def write_pdf(path, blocks, running_head=False, **options):
    style = getSampleStyleSheet()
    story = [
        PageBreak() if words is None else Paragraph(words, style[name]) for name, words in blocks
    ]

    def decorate(canvas, page):
        if running_head:
            canvas.drawString(72, 810, "Journal of Cats")
            canvas.drawString(300, 20, f"Page {page.page}")

    template = SimpleDocTemplate(str(path), **options)
    template.build(story, onFirstPage=decorate, onLaterPages=decorate)
    return path


def encrypted(path, algorithm, **passwords):
    writer = PdfWriter(clone_from=PdfReader(path))
    writer.encrypt(algorithm=algorithm, **passwords)
    with path.open("wb") as file:
        writer.write(file)
    return path


def test_a_pdfs_lines_become_paragraphs_under_headings_again(tmp_path):
    blocks = [
        ("Title", "Keeping cats"),
        ("Normal", SENTENCE * 4),
        ("Normal", SENTENCE * 3),
        ("Heading2", "Food"),
        ("Normal", "• Meat."),
        ("Normal", "• Fish."),
    ]
    document = read(write_pdf(tmp_path / "a.pdf", blocks, title="All about cats"))
    assert document.text == (
        f"# Keeping cats\n\n{(SENTENCE * 4).strip()}\n\n{(SENTENCE * 3).strip()}\n\n"
        "## Food\n\n- Meat.\n- Fish."
    )
    assert document.title == "All about cats"


@pytest.mark.parametrize(("times", "pages"), [(30, 1), (80, 2), (200, 3)])
def test_a_paragraph_goes_on_over_the_page_without_running_heads(tmp_path, times, pages):
    path = write_pdf(tmp_path / "a.pdf", [("Normal", SENTENCE * times)], running_head=pages > 1)
    assert len(PdfReader(path).pages) == pages
    assert read(path).text == (SENTENCE * times).strip()


def test_a_pdf_that_states_no_title_is_called_by_the_heading_on_top(tmp_path):
    blocks = [("Title", "Keeping cats"), ("Normal", SENTENCE * 3)]
    for stated in ("untitled", "Microsoft Word - cats.doc"):
        assert read(write_pdf(tmp_path / "a.pdf", blocks, title=stated)).title == "Keeping cats"


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        (["Cats are inter-", "esting animals."], "Cats are interesting animals."),
        (["A long-term and a long-", "term plan."], "A long-term and a long-term plan."),
        (["Cats induced it: cat-", "induced, as cat lovers say."], "it: cat-induced, as cat"),
        (["It was COVID-", "19 that did it."], "It was COVID-19 that did it."),
        (["Cats – sleepy –", "like lions."], "Cats – sleepy – like lions."),
        (["Cats are inter\u00ad", "esting."], "Cats are interesting."),
        (["猫は眠", "ります。"], "猫は眠ります。"),
    ],
)
def test_a_hyphen_at_a_line_end_is_kept_only_where_it_is_written(printed, meant):
    lines = [
        Line(words, 72, 700 - 12 * number, 10, False, 200, 200)
        for number, words in enumerate(printed)
    ]
    assert meant in canonical_text([Page(lines, 842)])


ciphers = pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])


@ciphers
def test_a_pdf_that_only_forbids_printing_is_read(tmp_path, algorithm):
    path = write_pdf(tmp_path / "a.pdf", [("Normal", "Cats sleep.")])
    locked = encrypted(path, algorithm, user_password="", owner_password="x")
    assert read(locked).text == "Cats sleep."


@ciphers
def test_a_pdf_with_a_password_says_so(tmp_path, algorithm):
    path = write_pdf(tmp_path / "a.pdf", [("Normal", "Cats sleep.")])
    message = error_of(encrypted(path, algorithm, user_password="secret"))
    assert "a.pdf: is password-protected. Save a copy without" in message
    assert "secret" not in message


def test_a_scanned_pdf_says_how_to_get_its_text(tmp_path):
    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.rect(10, 10, 100, 100, fill=1)
    canvas.showPage()
    canvas.save()
    assert "probably scanned" in error_of(tmp_path / "a.pdf")


def test_a_pdf_cut_short_or_with_broken_references_never_ends_in_a_traceback(tmp_path, capsys):
    whole = write_pdf(tmp_path / "a.pdf", [("Normal", SENTENCE)]).read_bytes()
    mangled = [whole[: len(whole) * part // 10] for part in range(1, 10)]
    mangled += [whole.replace(b"startxref", b"startxxxx"), whole.replace(b"endobj", b"endxxx")]
    mangled += [whole.replace(b" 0 R", b" 9 R"), b"%PDF-1.7\n" + os.urandom(2000)]
    for data in mangled:
        (tmp_path / "a.pdf").write_bytes(data)
        errors = []
        documents = read_documents(tmp_path / "a.pdf", on_error=errors.append)
        assert len(documents) + len(errors) == 1
    assert capsys.readouterr() == ("", "")


# --- Word ----------------------------------------------------------------------------------


def write_word(path):
    file = word_file()
    file.add_heading("Keeping cats", 0)
    file.add_heading("Food", 2)
    paragraph = file.add_paragraph("Cats eat ")
    paragraph.add_run("meat").bold = True
    paragraph.add_run(" — “only” meat.")
    file.add_paragraph("Dry", style="List Bullet")
    file.add_paragraph("Wet", style="List Bullet")
    table = file.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Age", "Meals"
    file.save(path)
    return path


def test_a_word_document_becomes_plain_blocks(tmp_path):
    document = read(write_word(tmp_path / "a.docx"))
    assert document.text == (
        "# Keeping cats\n\n## Food\n\nCats eat meat — “only” meat.\n\n- Dry\n- Wet\n\nAge | Meals"
    )
    assert document.title == "Keeping cats"


def rewritten(path, part, content):
    """A Word document with one part replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (parts | {part: content}).items():
            archive.writestr(name, data)
    return path


def test_a_word_document_with_entities_within_entities_is_refused(tmp_path):
    entities = "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "cat" * 100}">' for n in range(10)
    )
    bomb = f"<!DOCTYPE x [{entities}]><x>&e9;</x>".encode()
    path = rewritten(write_word(tmp_path / "a.docx"), "word/document.xml", bomb)
    assert "a.docx: defines entities" in error_of(path)


@pytest.mark.parametrize("part", ["word/document.xml", "word/other.bin", "word/media/a.png"])
def test_a_word_document_that_unpacks_without_end_is_refused(tmp_path, part):
    path = rewritten(write_word(tmp_path / "a.docx"), part, b" " * 13_000_000)
    assert path.stat().st_size < 1_000_000
    assert "unpacks to more than 12 MB" in error_of(path)


WORD = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
HALF = (
    f"<m:oMath {WORD}><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num>"
    "<m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>"
)
FIELD = f"<w:fldSimple {WORD} w:instr='DOCPROPERTY x'><w:r><w:t>5 mg</w:t></w:r></w:fldSimple>"


@pytest.mark.parametrize(
    ("words", "xml", "text"),
    [
        ("Take ", HALF, "Take 1/2 a day."),
        ("Take 1", HALF, "Take 1 1/2 a day."),
        ("Take ", f"<m:oMathPara {WORD}>{HALF}</m:oMathPara>", "Take 1/2 a day."),
        ("Take ", FIELD, "Take 5 mg a day."),
    ],
)
def test_formulas_and_fields_of_word_are_words(tmp_path, words, xml, text):
    file = word_file()
    paragraph = file.add_paragraph(words)
    paragraph._p.append(parse_xml(xml))
    paragraph.add_run(" a day.")
    file.save(tmp_path / "a.docx")
    assert read(tmp_path / "a.docx").text == text


def test_hidden_text_of_word_is_left_out(tmp_path):
    file = word_file()
    paragraph = file.add_paragraph("Take 5 mg.")
    paragraph.add_run(" Take 40 mg.").font.hidden = True
    file.save(tmp_path / "a.docx")
    assert read(tmp_path / "a.docx").text == "Take 5 mg."


def test_a_list_that_is_resumed_goes_on_with_its_numbers(tmp_path):
    file = word_file()
    for words, style in [("a", "List Number"), ("Between.", None), ("b", "List Number")]:
        file.add_paragraph(words, style=style)
    file.save(tmp_path / "a.docx")
    assert read(tmp_path / "a.docx").text == "1. a\n\nBetween.\n\n2. b"


@pytest.mark.parametrize(("style", "bold"), [("Light List Accent 1", False), ("Table Grid", True)])
def test_a_word_tables_rows_have_their_columns_heads(tmp_path, style, bold):
    file = word_file()
    table = file.add_table(rows=0, cols=2, style=style)
    for number, row in enumerate([("Medicine", "Effect"), ("Alphacin", "none known")]):
        for cell, words in zip(table.add_row().cells, row, strict=True):
            cell.paragraphs[0].add_run(words).bold = bold and number == 0
    file.save(tmp_path / "a.docx")
    assert read(tmp_path / "a.docx").text == "Medicine: Alphacin | Effect: none known"


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (OLE, "old format"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "password-protected"),
        (b"not a zip archive", "no Word document"),
        (b"PK\x05\x06" + bytes(18), "no Word document"),
    ],
)
def test_what_is_no_word_document_says_what_it_is(put, data, said):
    assert said in error_of(put("a.docx", data))


# --- Every format --------------------------------------------------------------------------

SUFFIXES = (".md", ".markdown", ".txt", ".html", ".htm", ".pdf", ".docx")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "data",
    [b"", b" \n\t", b"\x00" * 100, bytes(range(256)) * 9, b"\x89PNG\r\n\x1a\n" + bytes(99), b"..."],
    ids=["empty", "spaces", "zeros", "bytes", "picture", "dots"],
)
def test_a_file_without_text_is_an_error_that_names_it(put, suffix, data):
    assert f"a{suffix}: " in error_of(put("a" + suffix, data))


@settings(deadline=None)
@given(data=st.binary(max_size=300), suffix=st.sampled_from(SUFFIXES))
def test_no_bytes_end_in_anything_but_a_document_or_a_clear_error(tmp_path_factory, data, suffix):
    path = tmp_path_factory.mktemp("any") / ("a" + suffix)
    path.write_bytes(data)
    errors = []
    for document in read_documents(path, on_error=errors.append):
        document.text.encode("utf-8")
    assert all(isinstance(error, DocumentError) for error in errors)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_too_large_is_an_error_that_names_it(put, suffix):
    assert "is larger than" in error_of(put("a" + suffix, "x" * 101), max_bytes=100)


def test_a_pdf_under_a_text_files_name_is_told(put):
    assert "is a PDF under a text file's name" in error_of(put("a.txt", b"%PDF-1.7 and so on"))


# --- Files and folders ---------------------------------------------------------------------


def test_a_folder_is_read_whole_and_in_order(put, tmp_path):
    for name in ("b.txt", "a/z.md", "a/y.html", "B.MD"):
        put(name, f"<p>Cats {name}</p>")
    for name in (".hidden.md", ".git/x.md", "README.md", "notes.odt", "caveats.toml", "~$b.docx"):
        put(name, "Not for reading.")
    put("folder.md/inner.txt", "Cats inside.")
    names = [document.path for document in read_documents(tmp_path, on_error=lambda error: None)]
    expected = ["B.MD", "b.txt", "a/y.html", "a/z.md", "folder.md/inner.txt"]
    assert [str(tmp_path / name) for name in expected if name != "b.txt"] == names


def test_a_readme_named_itself_is_read(put):
    assert read(put("cats/README.md", "Cats sleep.")).id == "cats"


def test_paths_are_kept_as_they_were_given(put, tmp_path, monkeypatch):
    put("cats/a.md", "Cats sleep.")
    monkeypatch.chdir(tmp_path)
    assert read("cats").path == "cats/a.md"
    assert read("cats/a.md").path == "cats/a.md"


def test_a_file_named_twice_is_read_once(put, tmp_path):
    path = put("a.md", "Cats sleep.")
    assert len(read_documents([tmp_path, path, str(path)])) == 1


def test_a_link_out_of_a_folder_is_reported_and_not_followed(put, tmp_path):
    secret = put("elsewhere/secret.md", "The key is under the mat.")
    put("cats/a.md", "Cats sleep.")
    put("cats/.data/b.md", "Cats hunt.")
    (tmp_path / "cats" / "b.md").symlink_to(tmp_path / "cats" / ".data" / "b.md")
    (tmp_path / "cats" / "out.md").symlink_to(secret)
    errors = []
    documents = read_documents(tmp_path / "cats", on_error=errors.append)
    assert [document.id for document in documents] == ["a", "b"]
    assert ["out.md: is a link that leads out of" in str(error) for error in errors] == [True]
    assert read(tmp_path / "cats" / "out.md").text.startswith("The key")


def test_a_folder_reached_by_a_link_is_read(put, tmp_path):
    put("cats/a.md", "Cats sleep.")
    (tmp_path / "link").symlink_to(tmp_path / "cats")
    assert read(tmp_path / "link").id == "a"


def test_a_bad_file_is_reported_and_the_others_go_in(put, tmp_path):
    put("a.md", "Cats sleep.")
    put("b.pdf", "no pdf")
    put("c.txt", "Cats hunt.")
    errors = []
    documents = read_documents([tmp_path, tmp_path / "missing.md"], on_error=errors.append)
    assert [document.id for document in documents] == ["a", "c"]
    assert [("b.pdf" in str(e), "missing.md" in str(e)) for e in errors] == [
        (True, False),
        (False, True),
    ]


def test_without_a_listener_the_first_bad_file_raises(put, tmp_path):
    put("a.md", "Cats sleep.")
    put("b.pdf", "no pdf")
    assert "b.pdf: is damaged" in error_of(tmp_path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.md", "no such file"),
        ("empty", "no article in this folder"),
        ("notes.odt", "reads .md, .markdown, .txt, .html, .htm, .pdf, .docx"),
        ("pipe.md", "not a regular file"),
        ("nul\x00.md", "nul .md: there is no such file"),
        ("x" * 300 + ".md", "cannot be looked up"),
    ],
)
def test_what_cannot_be_read_is_named_with_a_way_out(put, tmp_path, name, said):
    (tmp_path / "empty").mkdir()
    put("notes.odt", "Cats sleep.")
    os.mkfifo(tmp_path / "pipe.md")
    assert said in error_of(tmp_path / name)


def test_an_address_says_that_only_files_are_read():
    assert "Save the page" in error_of("https://example.org/cats.html")


@pytest.mark.parametrize("paths", ["", []])
def test_no_path_at_all_is_an_error(paths):
    assert "Name an article" in error_of(paths)


def test_a_file_that_fails_to_open_is_named(put, monkeypatch):
    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    path = put("a.md", "Cats sleep.")
    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert "a.md: cannot be opened (Permission denied). Check" in error_of(path)


def ids(paths):
    documents = read_documents(paths)
    return {document.path: document.id for document in documents}


@pytest.mark.parametrize(
    "named",
    [
        {"2023/report.txt": "2023-report", "2024/report.html": "2024-report"},
        {"2024/report.txt": "report", "2024/plan.txt": "plan"},
        {"a/x/report.md": "a-x-report", "b/x/report.md": "b-x-report", "b/y/report.md": "y-report"},
        {"a/cats/article.md": "a-cats", "b/cats/article.md": "b-cats", "b/dogs/article.md": "dogs"},
        {
            "x/2024-report.md": "2024-report",
            "y/2024/report.md": "y-2024-report",
            "z/report.md": "z-report",
        },
    ],
)
def test_files_of_one_name_are_told_apart_by_their_folders(put, tmp_path, named):
    paths = [put(name, "Cats sleep.") for name in named]
    found = ids(paths)
    assert found == ids(reversed(paths)) == ids(tmp_path)
    assert found == {str(tmp_path / name): id for name, id in named.items()}


def test_files_told_apart_by_their_folders_are_so_in_their_titles(put, tmp_path):
    for year in ("2023", "2024"):
        put(f"{year}/yearly_report.txt", "Cats sleep.")
    titles = [document.title for document in read_documents(tmp_path)]
    assert titles == ["2023 yearly report", "2024 yearly report"]


def test_an_id_in_front_matter_is_kept_whatever_other_files_are_called(put, tmp_path):
    put("a/cats.md", "---\nid: tabby\n---\nCats sleep.")
    put("b/cats.md", "Cats hunt.")
    assert list(ids(tmp_path).values()) == ["tabby", "b-cats"]


def test_two_files_of_one_name_in_one_folder_are_both_named(put, tmp_path):
    put("a/cats.md", "Cats sleep.")
    put("a/cats.txt", "Cats hunt.")
    message = error_of(tmp_path)
    assert "a/cats.md" in message
    assert "a/cats.txt: has the id 'cats'" in message


@pytest.mark.parametrize(
    ("name", "id", "title"),
    [
        ("Cats & Dogs (2019).md", "cats-dogs-2019", "Cats & Dogs (2019)"),
        ("big_cats/article.md", "big-cats", "Big cats"),
        ("Кошки.txt", "кошки", "Кошки"),
        ("!!!.txt", "document", "!!!"),
    ],
)
def test_a_file_without_front_matter_is_called_by_its_name(put, name, id, title):
    document = read(put(name, "They sleep."))
    assert (document.id, document.title) == (id, title)


def test_the_catalogue_beside_a_file_travels_with_it(put):
    path = put("cats/a.md", "Cats sleep.")
    assert read(path).catalogue == ""
    put("cats/caveats.toml", codecs.BOM_UTF8 + "format = 1 # “ü”\r\n".encode())
    assert read(path).catalogue == "format = 1 # “ü”\n"


def test_a_catalogue_that_cannot_be_read_keeps_its_article_out(put):
    path = put("cats/a.md", "Cats sleep.")
    put("cats/caveats.toml", b"\xff\xfe\x00")
    assert "caveats.toml: is not UTF-8 text" in error_of(path)


# --- In memory -----------------------------------------------------------------------------


def test_text_in_memory_becomes_a_document():
    document = document_from_text("cats", "", "Cats sleep.", "https://example.org")
    assert (document.id, document.title, document.text) == ("cats", "cats", "Cats sleep.")
    assert (document.path, document.catalogue) == ("", "")
    assert document.sha256 == hashlib.sha256(b"Cats sleep.").hexdigest()


@pytest.mark.parametrize(
    ("id", "text", "url"),
    [
        ("", "Cats.", ""),
        ("two words", "Cats.", ""),
        ("a\x00", "Cats.", ""),
        ("x" * 201, "Cats.", ""),
        ("cats", " \n", ""),
        ("cats", "Cats.", "ftp://example.org"),
        ("cats", "Cats.", "https://[broken"),
    ],
)
def test_what_is_no_document_is_a_clear_error(id, text, url):
    with pytest.raises(DocumentError):
        document_from_text(id, "Cats", text, url)


def test_a_classifier_under_its_name_of_before_is_refused(tmp_path):
    (tmp_path / "tea.md").write_text("# Tea\n\nTea keeps for a year.\n")
    (tmp_path / "recogniser.json").write_text('{"bounds": {}}')
    with pytest.raises(DocumentError, match=r"Rename it to classifier\.json"):
        read_documents([tmp_path / "tea.md"])
    (tmp_path / "classifier.json").write_text('{"thresholds": {}}')
    assert read_documents([tmp_path / "tea.md"])[0].classifier == '{"thresholds": {}}'
