"""Files that cost a machine more than their size: time, memory, and what is told meanwhile."""

import time
import zipfile
from io import BytesIO

import pytest

from askdoc.cli import printing
from askdoc.documents import document_from_text
from askdoc.documents.columns import Line
from askdoc.documents.extract import MOST_CHARACTERS, UnreadableError
from askdoc.documents.html import extract_html
from askdoc.documents.layout import Page, canonical_text
from askdoc.documents.markdown import extract_markdown
from askdoc.documents.plain import extract_plain
from askdoc.documents.tables import Cell, table_lines
from askdoc.documents.word import extract_word
from askdoc.passages import cut

BEGUN = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:t>a</w:t></w:r>'
ENDED = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
LINE = Line("the line goes on with that of the page below", 72, 600, 10, False, 200, 200)
WORDS = "Cats sleep most of the day. "


def word_document(paragraphs):
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        document = f'<w:document xmlns:w="{space}"><w:body>{paragraphs}</w:body></w:document>'
        archive.writestr("word/document.xml", document)
    return data.getvalue()


def cut_text(data):
    return cut(document_from_text("a", "A", data.decode()), lambda texts: [9 for _ in texts])


def seconds(work, data):
    """The time of this thread: others of the process may be at work, too."""
    begun = time.thread_time()
    work(data)
    return time.thread_time() - begun


def is_linear(work, made, size):
    """Whether four times as much takes about four times as long, in the best of three times.

    It would be sixteen times if each part looked at all others. A few hundredths of a second tell
    nothing.
    """
    work(made(10))
    short, long = made(size), made(4 * size)
    most = 12 * max(0.05, min(seconds(work, short) for _ in range(3)))
    return any(seconds(work, long) < most for _ in range(3))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "made", "size"),
    [
        (cut_text, lambda n: b"x" * n + b" is a word.", 6000),
        (cut_text, lambda n: b"1" * n + b" is a number.", 6000),
        (cut_text, lambda n: b". " * n + b"That is all.", 3000),
        (extract_markdown, lambda n: b"a $" + b"\\a" * n, 5000),
        (extract_html, lambda n: b"<p>a" + b"<sup>" * n, 700),
        (extract_html, lambda n: b"<table><tr><td>a<td><b>b</b>" + "\xa0".encode() * n, 6000),
        (
            extract_word,
            lambda n: word_document(f"<w:p>{'<w:r><w:t>a</w:t></w:r>' * n}</w:p>"),
            2500,
        ),
        (extract_word, lambda n: word_document(f"<w:p>{BEGUN * n}{ENDED * n}</w:p>"), 1500),
        (canonical_text, lambda n: [Page([LINE], 800)] * n, 1500),
        (table_lines, lambda n: [[Cell("head", head=True), Cell("")]] * n, 1500),
        (table_lines, lambda n: [[Cell("a", columns=2)]] * n, 1500),
    ],
)
def test_four_times_as_much_takes_about_four_times_as_long(work, made, size):
    assert is_linear(work, made, size)


def test_what_is_tagged_too_deep_keeps_its_words_in_order():
    deep = "".join(f"<div>w{n} " for n in range(300)) + "</div>" * 300
    words = extract_html(f"<p>Cats.</p>{deep}<p>Dogs.</p>".encode()).text.split()
    assert words == ["Cats.", *(f"w{n}" for n in range(300)), "Dogs."]


@pytest.mark.parametrize(
    ("extract", "data", "told"),
    [
        (extract_plain, b"a" * (MOST_CHARACTERS + 1), "5,000,000 characters"),
        (extract_markdown, b"a" * (MOST_CHARACTERS + 1), "5,000,000 characters"),
        (extract_html, b"<br>" * 300_001, "150,000 tags"),
        (extract_word, word_document("<w:p/>" * 300_001), "300,000 pieces"),
    ],
)
def test_what_is_too_large_is_refused_with_its_limit_and_a_way_out(extract, data, told):
    with pytest.raises(UnreadableError, match=rf"holds more than {told}.*Split it"):
        extract(data)


def test_long_work_that_cannot_be_counted_yet_is_told(monkeypatch, capsys):
    monkeypatch.setattr(printing, "QUIET_S", 0.01)
    monkeypatch.setattr(printing, "_BETWEEN_LINES_S", 0.01)

    def wait_for(words):
        end, told = time.monotonic() + 60, ""
        while words not in told:
            told += capsys.readouterr().err
            assert time.monotonic() < end

    with printing.progress("Encoding", "Reading") as advance:
        wait_for("Reading; ")
        advance(1, 2)
        wait_for("Encoding: 1 of 2.")


def test_quick_work_is_not_told(capsys):
    with printing.progress("Encoding", "Reading") as advance:
        advance(1, 1)
    assert capsys.readouterr().err == ""
