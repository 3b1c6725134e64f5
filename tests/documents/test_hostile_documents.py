"""Documents made to do harm: each is read, or refused by its name, in little time and memory.

All are read in a program of their own, one forked process for each, within limits of the system.
"""

import json
import os
import re
import socket
import struct
import subprocess
import sys
import zipfile
import zlib
from io import BytesIO

import pytest

pytestmark = pytest.mark.slow

MEMORY_MB = 500
CPU_S = 40  # the worst takes two; a slow and busy machine many times that
READ_EACH = f"""
import json, os, resource, sys, time
from askdoc.documents import read_documents
from askdoc.documents.apart import end_reading
from askdoc.documents import html, markdown, pdf, plain, word
from askdoc.errors import DocumentError

def read(path):
    resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
    resource.setrlimit(resource.RLIMIT_CPU, ({CPU_S}, {CPU_S} + 1))
    try:
        [document] = read_documents([path])
        return {{"characters": len(document.text), "text": document.text[:2000]}}
    except DocumentError as error:
        return {{"refused": str(error)}}
    except BaseException as error:
        return {{"crashed": repr(error)[:500]}}

for path in map(json.loads, sys.stdin):
    told, telling = os.pipe()
    child = os.fork()
    if not child:
        with open(telling, "w") as out:
            json.dump(read(path), out)
        end_reading()
        os._exit(0)
    os.close(telling)
    with open(told) as answer:
        found = json.loads(answer.read() or '{{"crashed": "killed"}}')
    _, _, used = os.wait4(child, 0)
    found |= {{"seconds": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1024}}
    print(json.dumps(found), flush=True)
"""

# --- Word -----------------------------------------------------------------------------------

SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORDS = "<w:p><w:r><w:t>Cats sleep most of the day.</w:t></w:r></w:p>"


def body(inner=WORDS, head=""):
    return f'{head}<w:document xmlns:w="{SPACE}"><w:body>{inner}</w:body></w:document>'.encode()


def word(document=None, **more):
    """A Word document; `more` are other parts, "__" for a slash and "_" for a full stop."""
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", body() if document is None else document)
        for name, part in more.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), part)
    return data.getvalue()


def entities(first="cat " * 100):
    """Ten entities, each ten times the one before."""
    lines = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else first}">' for n in range(10)]
    return f"<!DOCTYPE x [{''.join(lines)}]>"


OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
ENTITY = "<w:p><w:r><w:t>&e;&e9;</w:t></w:r></w:p>"


def overlapping():
    """An archive whose thousand parts are all the same bytes, 12 MB each."""
    data = bytearray(word(body() + b" " * 12_000_000))
    at = data.index(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    entry = bytes(data[at:end])
    many = entry * 1000
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1000, 1000, len(many), at, 0)
    return bytes(data[:at]) + many + tail


def lying():
    """An archive that says of 30 MB that they are 10 bytes."""
    data = bytearray(word(body() + b" " * 30_000_000))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark) + place
        data[at : at + 4] = struct.pack("<L", 10)
    return bytes(data)


def locked():
    data = bytearray(word())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def picture_elsewhere():
    relation = f'<Relationship Id="r1" Type="{OFFICE}/image" Target="file:///dev/zero"'
    return word(
        body(
            WORDS
            + '<w:p><w:r><w:drawing><a:blip xmlns:a="http://schemas.openxmlformats.org/drawingml'
            + f'/2006/main" xmlns:r="{OFFICE}" r:link="r1"/></w:drawing></w:r></w:p>'
        ),
        word___rels__document_xml_rels=f'<Relationships xmlns="{RELATIONS}">{relation} '
        'TargetMode="External"/></Relationships>',
    )


def wide_cell(span):
    cell = f'<w:tc><w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr>{WORDS}</w:tc>'
    return body(f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>")


WORD = {
    "unpacks without end": (word(b" " * 13_000_000), "unpacks to more than 12 MB"),
    "unpacks without end beside": (word(word__x_bin=b"\0" * 13_000_000), "unpacks to more than"),
    "parts that overlap": (overlapping(), "unpacks to more than|damaged"),
    "lies of its size": (lying(), "damaged"),
    "archives in archives": (word(word__a_zip=word(body() + b" " * 9_000_000)), None),
    "entities of entities": (word(body(ENTITY, entities())), "entities|damaged"),
    "the same in UTF-16": (
        word(body(ENTITY, entities()).decode().encode("utf-16")),
        "entities|damaged",
    ),
    "the same in its styles": (
        word(word__styles_xml=f"{entities()}<x>&e9;</x>".encode("utf-16")),
        "entities|damaged",
    ),
    "an entity from outside": (word(body(ENTITY, OUTSIDE)), "entities|damaged"),
    "nested without end": (word(body("<w:p>" * 100_000)), "damaged|pieces"),
    "tables in tables": (word(body("<w:tbl><w:tr><w:tc>" * 3000)), "damaged"),
    "endless paragraphs": (word(body("<w:p/>" * 300_001)), "300,000 pieces"),
    "a cell of a billion columns": (word(wide_cell(10**9)), None),
    "a picture that is a device": (picture_elsewhere(), None),
    "paths that lead out": (word(**{"../../../outside": b"x"}), None),
    "locked": (locked(), "damaged|password"),
    "cut off": (word()[:200], "damaged"),
}

# --- HTML, Markdown, text --------------------------------------------------------------------

PAGE = "<html><body><article><p>Cats sleep most of the day.</p>{}</article></body></html>"


def page(inner):
    return PAGE.format(inner).encode()


HTML = {
    "tags without end": (page("<br>" * 300_001), "150,000 tags"),
    "nested without end": (page("<div>" * 8_000), None),
    "tables in tables": (page("<table><tr><td>" * 300), None),
    "a cell of a billion columns": (
        page("<table><tr><td colspan=1000000000 rowspan=1000000000>a<td>b<tr><td>c</table>"),
        None,
    ),
    "many wide cells": (page("<table>" + "<tr><td colspan=1000>a" * 2000 + "</table>"), None),
    "an attribute without end": (page(f'<p title="{"x" * 15_000_000}">a</p>'), None),
    "comments that never close": (page("<!--" * 200_000), None),
    "entities of entities": (f"{entities()}<p>Cats sleep. &e9;</p>".encode(), None),
    "an entity from outside": (f"{OUTSIDE}<p>Cats sleep. &e;</p>".encode(), None),
    "one line without end": (page("x" * 15_000_000), "5,000,000 characters"),
}


def nested_yaml():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(["---", *lines, "---", "Cats sleep most of the day."]).encode()


MARKDOWN = {
    "brackets without end": (b"[" * 200_000 + b" cats", "100,000 cells"),
    "quotes within quotes": (b">" * 100_000 + b" cats", "too deep"),
    "lists within lists": ("".join(f"{'  ' * n}- cats\n" for n in range(700)).encode(), "too deep"),
    "stars without end": (b"*a **a " * 50_000, "100,000 cells"),
    "ticks of many lengths": (b" ".join(b"`" * n for n in range(1, 1500)), "100,000 cells"),
    "links without end": (b"[a](b" * 20_000, None),
    "a table of 2 MB": (b"|a|b|\n|-|-|\n" + b"|x|y|\n" * 350_000, "100,000 cells"),
    "names of names on top": (nested_yaml(), None),
    "brackets on top": (b"---\na: " + b"[" * 50_000 + b"\n---\nCats sleep.", "front matter"),
    "one line without end": (b"x " * 3_000_000, "5,000,000 characters"),
}
PLAIN = {
    "one line without end": (b"x" * 6_000_000, "5,000,000 characters"),
    "one word of a million": (b"x" * 1_000_000, None),
    "nothing but marks": ("a" + "\u0301" * 500_000).encode(),
    "lone surrogates": (b"\xff\xfe" + b"\x00\xd8" * 1000 + "Cats sleep.".encode("utf-16-le")),
    "a PDF by another name": (b"%PDF-1.7 and so on", "a PDF"),
}

# --- PDF ------------------------------------------------------------------------------------


def pdf(*objects, trailer="/Root 1 0 R"):
    """A PDF of objects, text or (dictionary, stream); the library finds them without a table."""
    parts = [b"%PDF-1.7"]
    for number, one in enumerate(objects, start=1):
        entries, stream = one if isinstance(one, tuple) else (one, None)
        inner = f"<<{entries}>>".encode()
        if stream is not None:
            inner = f"<<{entries} /Length {len(stream)}>>\nstream\n".encode() + stream
            inner += b"\nendstream"
        parts.append(b"%d 0 obj\n%b\nendobj" % (number, inner))
    parts.append(f"trailer\n<<{trailer} /Size {len(objects) + 1}>>\n%%EOF".encode())
    return b"\n".join(parts)


CATALOG, PAGES = "/Type/Catalog/Pages 2 0 R", "/Type/Pages/Kids[3 0 R]/Count 1"
FONT = "/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"


def one_page(content, entries="", *more, resources=""):
    sheet = (
        f"/Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
        f"/Resources<<{FONT}{resources}>>"
    )
    return pdf(CATALOG, PAGES, sheet, (entries, content), *more)


SHOWN = b"BT /F1 12 Tf 50 700 Td (Cats sleep most of the day, and they hunt at dusk.) Tj ET "


def forms_of_forms():
    """Thirty forms, each drawn twice by the one before: a billion drawings."""
    forms = []
    for number in range(30):
        last = number == 29
        names = "" if last else f"/XObject<</X {number + 6} 0 R>>"
        drawn = SHOWN if last else b"/X Do /X Do "
        entries = f"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<<{FONT}{names}>>"
        forms.append((entries, drawn))
    return one_page(b"/X Do", "", *forms, resources="/XObject<</X 5 0 R>>")


def squeezed(size, times=1):
    data = b" " * size
    for _ in range(times):
        data = zlib.compress(data, 9)
    return data


FLATE = "/Filter/FlateDecode"
TWICE = "/Filter[/FlateDecode/FlateDecode]"
PDF = {
    "pages that hold themselves": (
        pdf(CATALOG, "/Type/Pages/Kids[2 0 R 2 0 R]/Count 9"),
        "",
    ),
    "a billion pages, it says": (pdf(CATALOG, "/Type/Pages/Kids[]/Count 1000000000"), ""),
    "forms drawn by forms": (forms_of_forms(), "too much time or memory"),
    "a form that draws itself": (
        one_page(
            SHOWN + b"/X Do",
            "",
            (
                "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>",
                b"/X Do /X Do",
            ),
            resources="/XObject<</X 5 0 R>>",
        ),
        "too much time or memory",
    ),
    "a page that unpacks without end": (
        lambda: one_page(squeezed(300_000_000), FLATE),
        "too much",
    ),
    "the same, packed twice": (lambda: one_page(squeezed(300_000_000, 2), TWICE), "too much"),
    "endless text on a page": (
        one_page(b"BT /F1 12 Tf 50 700 Td " + b"(cats) Tj " * 60_000 + b"ET"),
        "endless text",
    ),
    "too many pages": (
        pdf(CATALOG, f"/Type/Pages/Kids[{'3 0 R ' * 6000}]/Count 6000", "/Type/Page/Parent 2 0 R"),
        "pages|no text",
    ),
    "one page again and again": (
        pdf(
            CATALOG,
            f"/Type/Pages/Kids[{'3 0 R ' * 4900}]/Count 4900",
            f"/Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<<{FONT}>>",
            (
                "",
                b"BT /F1 9 Tf 10 TL 50 790 Td " + b"(Cats sleep most of the day.) ' " * 75 + b"ET",
            ),
        ),
        "5,000,000 characters",
    ),
    "a table that leads to itself": (
        one_page(SHOWN) + b"\nstartxref\n9\n%%EOF\nxref\n0 1\ntrailer\n<</Prev 9>>",
        None,
    ),
    "arrays within arrays": (one_page(b"[" * 100_000 + b" " + SHOWN), ""),
    "a page as large as a country": (
        one_page(SHOWN).replace(b"[0 0 600 800]", b"[0 0 1e30 1e30]"),
        None,
    ),
    "a stream that lies of its length": (
        one_page(SHOWN).replace(b"/Length", b"/Length 999999999 /L"),
        None,
    ),
    "cut off": (one_page(SHOWN)[:150], ""),
}

# --- What is no file ------------------------------------------------------------------------


def fifo(folder):
    os.mkfifo(folder / "cats.md")
    return folder / "cats.md"


def link(target):
    def made(folder):
        (folder / "cats.md").symlink_to(target)
        return folder / "cats.md"

    return made


def socket_file(folder):
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.open(folder, os.O_RDONLY)
        try:
            listening.bind(f"/proc/self/fd/{here}/cats.md")
        finally:
            os.close(here)
    return folder / "cats.md"


def sparse(folder):
    with (folder / "cats.md").open("wb") as file:
        file.truncate(1_000_000_000_000)
    return folder / "cats.md"


def loop(folder):
    (folder / "cats.md").symlink_to(folder / "cats.md")
    return folder / "cats.md"


def folder_in_itself(folder):
    (folder / "inner").symlink_to(folder)
    (folder / "cats.md").write_text("Cats sleep most of the day.", encoding="utf-8")
    return folder


def folder_with(name, make):
    """An article, and beside it something that is no file."""

    def made(folder):
        (folder / "cats.md").write_text("Cats sleep most of the day.", encoding="utf-8")
        make(folder / name)
        return folder

    return made


def to_device(path):
    path.symlink_to("/dev/zero")


PLACES = {
    "a pipe that nobody fills": (fifo, "regular file"),
    "a device without end": (link("/dev/zero"), "regular file"),
    "a device of chance": (link("/dev/urandom"), "regular file"),
    "a link that leads to itself": (loop, "no such file|cannot be"),
    "a link that leads nowhere": (link("nowhere.md"), "no such file"),
    "a socket": (socket_file, "regular file"),
    "a file of a terabyte, all holes": (sparse, "larger than 20 MB"),
    "a folder that holds itself": (folder_in_itself, None),
    "a pipe for its catalogue": (folder_with("caveats.toml", os.mkfifo), "regular file"),
    "a device for its catalogue": (folder_with("caveats.toml", to_device), "leads out"),
    "a pipe for its source": (folder_with("source.json", os.mkfifo), None),
    "a device for its source": (folder_with("source.json", to_device), None),
}
FILES = {
    f"{ending}: {name}": (ending, made)
    for ending, kinds in {
        "docx": WORD,
        "html": HTML,
        "md": MARKDOWN,
        "txt": PLAIN,
        "pdf": PDF,
    }.items()
    for name, made in kinds.items()
}
NAMES = [*FILES, *PLACES]


def put(folder, name):
    """Makes what a name stands for: its path, and what is said of it.

    That is None where it must be read, and "" where it may be read or refused.
    """
    folder.mkdir()
    if name in PLACES:
        make, said = PLACES[name]
        return make(folder), said
    ending, made = FILES[name]
    data, said = made if isinstance(made, tuple) else (made, "")
    path = folder / f"cats.{ending}"
    path.write_bytes(data() if callable(data) else data)
    return path, said


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What became of each document, with the seconds and the megabytes that it took."""
    root = tmp_path_factory.mktemp("hostile")
    paths = [put(root / str(number), name) for number, name in enumerate(NAMES)]
    sent = "".join(f"{json.dumps(str(path))}\n" for path, _ in paths)
    done = subprocess.run(
        [sys.executable, "-c", READ_EACH], input=sent, capture_output=True, text=True, timeout=1800
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(NAMES), done.stderr
    return dict(zip(NAMES, zip(lines, paths, strict=True), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_it_is_read_or_refused_by_its_name_in_little_time_and_memory(results, name):
    found, (path, said) = results[name]
    assert found["seconds"] < CPU_S
    assert found["mb"] < MEMORY_MB
    assert "crashed" not in found, found["crashed"]
    if "refused" in found:
        assert said is not None
        assert re.search(rf"^{path}[^:]*: .*(?:{said})", found["refused"], re.S), found["refused"]
    else:
        assert not said


def test_there_are_many_and_nothing_of_this_machine_is_read(results):
    assert len(results) >= 40
    assert not [name for name, (found, _) in results.items() if "root:" in found.get("text", "")]
