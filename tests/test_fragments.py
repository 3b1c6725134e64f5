import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import TimeoutError as NotSeenError

from askdoc.documents import read_documents
from askdoc.documents.html import extract_html
from askdoc.fragments import published_at
from browser import fresh_page, launched
from fakes import document
from waiting import becomes

PAGE = "https://example.org/cats"


def address(text, words, nth=0, page=PAGE):
    start = [found.start() for found in re.finditer(re.escape(words), text)][nth]
    return published_at(replace(document(text), url=page), start, start + len(words))


def blocks_of(text):
    """The words of each block of a page, as a browser lays them out."""
    lines = re.split(r"\n| \| ", text)
    marks = r"^\s*(?:#+ |- |\d+\. )?(?:[^:|]{1,40}: )?" if " | " in text else r"^\s*(?:#+ |- )?"
    return [" ".join(re.sub(marks, "", line).split()) for line in lines if line.strip()]


def fits(blocks, term, at=(0, 0)):
    """Places of a term, each within one block, at the edges of words."""
    edge = r"(?<!\w)" if term[:1].isalnum() else ""
    pattern = re.compile(rf"{edge}(?=({re.escape(term)}(?!\w)))")
    for number in range(at[0], len(blocks)):
        first = at[1] if number == at[0] else 0
        for found in pattern.finditer(blocks[number], first):
            yield (number, found.start()), (number, found.end(1))


def follows(blocks, at, term):
    """Whether a term stands right behind a place; only white space and ends of blocks between."""
    number, offset = at
    while not blocks[number][offset:].strip() and number + 1 < len(blocks):
        number, offset = number + 1, 0
    return blocks[number][offset:].lstrip().startswith(term)


def resolved(blocks, url):
    """What a browser shows of a text fragment: the steps of the specification, written plainly."""
    raw = url.split(":~:text=")[1].split("&text=")[0].split(",")
    terms = [unquote(part) for part in raw]
    prefix = terms.pop(0)[:-1] if raw[0].endswith("-") else None
    suffix = terms.pop()[1:] if raw[-1].startswith("-") else None
    start, *end = terms
    for left, right in fits(blocks, start):
        before = blocks[left[0]][: left[1]].rstrip() or (blocks[left[0] - 1] if left[0] else "")
        if prefix is not None and not before.endswith(prefix):
            continue
        ends = [right] if not end else [last for _, last in fits(blocks, end[0], right)]
        for last in ends:
            if suffix is None or follows(blocks, last, suffix):
                return left, last
    return None


def shown(text, url):
    blocks = blocks_of(text)
    (first, start), (last, end) = resolved(blocks, url)
    if first == last:
        return blocks[first][start:end]
    return " ".join([blocks[first][start:], *blocks[first + 1 : last], blocks[last][:end]])


def test_a_short_sentence_is_named_whole():
    assert address("Cats sleep. They hunt.", "Cats sleep.") == f"{PAGE}#:~:text=Cats%20sleep"


def test_a_long_one_is_named_by_its_first_and_last_words():
    text = "A grown cat eats meat twice a day, and never on a Sunday or after dark."
    named = ":~:text=A%20grown%20cat%20eats,Sunday%20or%20after%20dark"
    assert address(text, text).partition("&")[0].endswith(named)


def test_its_beginning_and_its_end_are_shown_where_the_whole_is_not_found():
    text = "Old cats sleep a whole day."
    assert address(text, text).endswith(
        "text=Old%20cats%20sleep%20a%20whole%20day&text=Old%20cats%20sleep&text=a%20whole%20day"
    )
    twice = f"Young cats hunt a whole day.\n\n{text}"
    assert address(twice, text).endswith("whole%20day&text=Old%20cats%20sleep")


def test_what_a_directive_is_made_of_is_escaped():
    url = address("Half-wild cats, R&D – 50 %. More.", "Half-wild cats, R&D – 50 %.")
    assert ":~:text=Half%2Dwild%20cats%2C%20R%26D%20%E2%80%93%2050%20%25&text=" in url


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        (f"{PAGE}?a=b&c", f"{PAGE}?a=b&c#:~:text=Cats"),
        (f"{PAGE}#food", f"{PAGE}#food:~:text=Cats"),
        (f"{PAGE}#food:~:text=old", f"{PAGE}#food:~:text=Cats"),
        ("", ""),
    ],
)
def test_the_rest_of_an_address_is_kept(page, kept):
    assert address("Cats", "Cats", page=page) == kept


def test_words_before_or_behind_tell_which_of_several_is_meant():
    text = (
        "Old cats sleep a lot. Young cats play.\n\nIn winter cats sleep a lot. All year, they eat."
    )
    urls = [address(text, "cats sleep a lot.", nth) for nth in (0, 1)]
    assert urls[0].endswith("text=cats%20sleep%20a%20lot")
    assert urls[1].endswith("text=cats%20sleep%20a%20lot.,-All%20year%2C%20they")


def test_items_of_the_same_words_are_told_apart_by_their_neighbours():
    text = "## Dogs\n\n- Twice a day.\n\n## Cats\n\n- Twice a day.\n\n## Fish\n\n- Twice a day."
    urls = [address(text, "Twice a day.", nth) for nth in range(3)]
    places = [resolved(blocks_of(text), url)[0] for url in urls]
    assert places == [(1, 0), (3, 0), (5, 0)]


def test_no_term_reaches_over_the_end_of_a_block():
    text = "It helps:\n\n- Dry food keeps longer.\n- Wet food holds more water than dry food does."
    url = address(text, text)
    assert shown(text, url).startswith("It helps")
    for term in re.split(",|&text=", url.split(":~:text=")[1]):
        assert any(unquote(term).strip("-") in block for block in blocks_of(text))


def test_a_row_is_named_by_its_cells_without_the_heads_of_their_columns():
    text = "Time: Morning | Adults: 20 mg\n\nTime: Evening | Adults: 30 mg"
    assert address(text, "Time: Evening | Adults: 30 mg").endswith("text=Evening,30%20mg")


def test_a_definition_is_named_without_its_term():
    url = address("Lipid: A fat that dissolves.", "Lipid: A fat that dissolves.")
    assert url.endswith("text=A%20fat%20that%20dissolves")


def test_words_that_a_browser_takes_for_the_same_are_no_mark_of_a_place():
    text = "A CAFÉ opens.\n\nNo. A cafe opens. Come in."
    assert shown_at(text, "A cafe opens.") == (1, 4)


def shown_at(text, words):
    folded = [block.lower().replace("é", "e") for block in blocks_of(text)]
    url = address(text, words).lower()
    return resolved(folded, url)[0]


@given(
    st.lists(
        st.sampled_from("cats dogs sleep eat a lot. day, – well-fed\n\n".split(" ")), min_size=4
    )
)
def test_what_can_be_told_apart_is(parts):
    text = re.sub(r" ?\n+ ?", "\n\n", " ".join(parts)).strip()
    words = [found.span() for found in re.finditer(r"\S+", text)]
    if len(words) < 4:
        return
    start, end = words[1][0], words[-2][1]
    quote = text[start:end]
    url = published_at(replace(document(text), url=PAGE), start, end)
    found = resolved(blocks_of(text), url)
    assert found is not None
    assert shown(text, url).strip(".,– ") in " ".join(quote.split())


def test_every_sentence_of_the_corpus_is_found_where_it_stands():
    for article in read_documents(Path(__file__).parents[1] / "corpus"):
        article = replace(article, url=PAGE)
        lines = [found.span() for found in re.finditer(r"[^\n]+", article.text)]
        for start, end in lines:
            url = published_at(article, start, end)
            (first, _), (last, _) = resolved(blocks_of(article.text), url)
            assert first == last == lines.index((start, end))


PUBLISHED = """<!doctype html><meta charset="utf-8"><title>Animals</title>
<style>p, li, h2, td, dd { padding: 2000px 0 }</style><body><article><h1>Animals</h1>
<p>It is said that cats sleep all day. Old cats sleep a lot. They are
<em>half-wild</em> &amp; free, R&amp;D says so.</p>
<h2>Dogs</h2><ul><li>Twice a day.</li></ul><h2>Cats</h2><ul><li>Twice a day.</li></ul>
<p>Old cats sleep a lot. “Cafés”, they say, suit them.</p>
<table><tr><th>Time</th><th>Adults</th></tr><tr><td>Morning</td><td>20 mg</td></tr>
<tr><td>Evening</td><td>30 mg</td></tr></table>
<dl><dt>Lipid</dt><dd>A fat that dissolves in oil, and in no water at all, ever.</dd></dl>
<p>A long sentence with a note<sup>[3]</sup> in its midst, that goes on, and on, and on.</p>
<h2>Fish</h2><ul><li>Twice a day.</li></ul></article>"""
SEEN = """words => [...document.querySelectorAll("p, li, td, dd")].filter((element) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  const { top, bottom } = range.getBoundingClientRect();
  return top < innerHeight && bottom > 0;
}).map((element) => [...document.querySelectorAll("p, li, td, dd")].indexOf(element))"""


SENTENCE = "Old cats sleep well for a fine day."
WRITTEN = {
    "no-break spaces": "Old&nbsp;cats sleep well for a&#8239;fine day.",
    "soft hyphens and ligatures": "O&shy;ld cats sleep well for a \ufb01ne day.",
    "words marked up": "<em>Old</em> c<b>at</b>s <a href=x>sleep well</a> for a fine day.",
    "a footnote inside": "Old cats sleep<sup>[3]</sup> well for a fine day.",
    "a footnote at the last word": "Old cats sleep well for a fine day<sup>3</sup>.",
    "a broken line": "Old cats<br>sleep well for a fine day.",
    "a drop cap": "<b style='float:left'>O</b>ld cats sleep well for a fine day.",
    "a block inside": "Old <b style='display:inline-block'>cats</b> sleep well for a fine day.",
    "capitals by style": "<b style='text-transform:uppercase'>Old cats</b> sleep well for a "
    "fine day.",
    "hidden words": "Old <b hidden>very</b> cats sleep well for a fine day.",
    "invisible characters": "Old ca\u200bts sleep well for a fi<wbr>ne day.",
}
FAR = '<div style="height: 3000px">Dogs eat meat.</div>'


@pytest.mark.browser
def test_chromium_finds_a_sentence_however_its_page_writes_it():
    url = address(f"Dogs eat meat.\n\nThey say so. {SENTENCE} They hunt.", SENTENCE)
    body = ""
    missed = []
    with launched() as chromium, fresh_page(chromium) as page:
        page.route("**/*", lambda asked: asked.fulfill(body=body, content_type="text/html"))
        for name, written in WRITTEN.items():
            body = f"<meta charset=utf-8>{FAR}<p>They say so. {written} They hunt.{FAR}"
            page.goto("about:blank")
            page.goto(url)
            try:
                page.wait_for_function("scrollY > 2000", timeout=20_000)
            except NotSeenError:
                missed.append(name)
    assert missed == []


@pytest.mark.browser
def test_chromium_shows_the_sentence_and_no_other_one():
    text = extract_html(PUBLISHED.encode()).text
    quotes = [
        ("They are half-wild & free, R&D says so.", 0, 0),
        *(("Twice a day.", nth, element) for nth, element in enumerate([1, 2, 10])),
        *(("Old cats sleep a lot.", 0, 0), ("Old cats sleep a lot.", 1, 3)),
        ("“Cafés”, they say, suit them.", 0, 3),
        ("Time: Evening | Adults: 30 mg", 0, 6),
        ("Lipid: A fat that dissolves in oil, and in no water at all, ever.", 0, 8),
        ("A long sentence with a note in its midst, that goes on, and on, and on.", 0, 9),
    ]
    with launched() as chromium, fresh_page(chromium) as page:
        page.route("**/*", lambda asked: asked.fulfill(body=PUBLISHED, content_type="text/html"))
        for words, nth, element in quotes:
            page.goto("about:blank")
            page.goto(address(text, words, nth))
            assert becomes(lambda element=element: element in page.evaluate(SEEN))
