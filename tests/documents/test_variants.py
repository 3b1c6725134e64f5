"""Forms in which people's files say one thing: each is read as a person would read it."""

import pytest

from askdoc.documents import document_from_bytes


def text_of(name, content):
    data = content if isinstance(content, bytes) else content.encode()
    return document_from_bytes(data, name).text


def page(body):
    return text_of("a.html", f"<!doctype html><title>T</title><body>{body}")


DOSES = "## Adults\n\n10 mg.\n\n## Children\n\n5 mg."
TABS = {
    "roles": "<div role=tablist><button role=tab aria-controls=a>Adults</button>"
    "<button role=tab aria-controls=b>Children</button></div>"
    "<div role=tabpanel id=a>10 mg.</div><div role=tabpanel id=b hidden>5 mg.</div>",
    "links": "<ul><li><a href=#a>Adults</a><li><a href=#b>Children</a></ul>"
    "<div class=tab-pane id=a>10 mg.</div><div id=b style='display:none'>5 mg.</div>",
    "onclick": "<div><button onclick=\"show(event, 'a')\">Adults</button>"
    "<button onclick=\"show(event, 'b')\">Children</button></div>"
    "<div id=a class=tabcontent>10 mg.</div><div id=b class=tabcontent>5 mg.</div>",
    "data": "<ul><li data-tab=a>Adults<li data-tab=b>Children</ul>"
    "<div id=a class=tab-content>10 mg.</div><div id=b class=tab-content>5 mg.</div>",
    "ad": "<ul><li><a href=#ad>Adults</a><li><a href=#ch>Children</a></ul>"
    "<div id=ad class=tab-pane>10 mg.</div><div id=ch class=tab-pane hidden>5 mg.</div>",
    "order": "<div class=tabbed-labels><label>Adults</label><label>Children</label></div>"
    "<div class=tabbed-content><div>10 mg.</div><div>5 mg.</div></div>",
}


@pytest.mark.parametrize("markup", TABS.values(), ids=TABS)
def test_a_panel_is_headed_by_its_tab(markup):
    assert page(f"<h1>Dose</h1>{markup}") == f"# Dose\n\n{DOSES}"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Old.<span class=more style='display:none'> 3 euros.</span></p>", "Old. 3 euros."),
        ("<h2>Fees</h2><div hidden=until-found>One euro.</div>", "## Fees\n\nOne euro."),
        ("<p>5 mg.</p><div popover>40 mg.</div>", "5 mg."),
        ("<a data-target=#m>Fees</a><div class=modal id=m aria-hidden=true>9 euros</div>", "Fees"),
        ("<ol reversed><li>c<li>b</ol>", "2. c\n1. b"),
        ("<table><tr><th>Hours<td>7 to 9<tr><th>Price<td>3 euros</table>",
         "Hours: 7 to 9\n\nPrice: 3 euros"),
        ("<table><tr><td><td>Single<td>Return<tr><td>Adult<td>3 €<td>5 €<tr><td>Child"
         "<td colspan=2>free</table>",
         "Adult | Single: 3 € | Return: 5 €\n\nChild | Single, Return: free"),
        ("<table><tr><td>Name:<td>Ann<tr><td>Dose:<td>10 mg</table>", "Name: Ann\n\nDose: 10 mg"),
        ("<table><tr><th>Drug<td>Alphacin<td>Betacin<tr><th>Dose<td>5 mg<td>10 mg</table>",
         "Drug: Dose | Alphacin: 5 mg | Betacin: 10 mg"),
        ("<table><tr><th>Age<th>Dose<tr><td colspan=2><b>Tablets</b><tr><td>6<td>5 mg</table>",
         "Tablets | Age: 6 | Dose: 5 mg"),
        ("<table><tr><th colspan=2>Children<tr><th>Age<th>Dose<tr><td>6<td>5 mg</table>",
         "Children | Age: 6 | Dose: 5 mg"),
        ("<table><tr><th>At<th>Dose<tr><td rowspan=0>Night<td>5 mg<tr><td>2 mg</table>",
         "At: Night | Dose: 5 mg\n\nAt: Night | Dose: 2 mg"),
        ("<p>It helps.<sup>[3][4]</sup> Much.<sup>[5–7]</sup>", "It helps. Much."),
        ("<p>It helps [<a href=#r>1</a>, <a href=#s>2</a>], [5] mg.", "It helps, [5] mg."),
        ("<p>In 1887.<a href=x>1</a> Old.", "In 1887. Old."),
        ("<p>Take 1<sup>1</sup>&frasl;<sub>2</sub> or 10<sup>3</sup>/5.", "Take 1 1/2 or 10³/5."),
        (r"<p>Take \(1\frac{1}{2}\) for $5.", "Take 1 1/2 for $5."),
        ("<p>Take <m:math><m:mfrac><m:mn>1</m:mn><m:mn>2</m:mn></m:mfrac></m:math>.", "Take 1/2."),
        ("<p><math><mn>0.5</mn><mtext> mg</mtext></math>", "0.5 mg"),
        ("<p><math><mfenced><mn>1</mn><mn>2</mn></mfenced></math>", "(1, 2)"),
        ("<ul><li><b>12</b><span>boats</span><li>1<sup>st</sup></ul>", "- 12 | boats\n- 1st"),
        ("<p>Call <a href=a>555 01</a><a href=b>555 02</a>.", "Call 555 01 | 555 02."),
        ("<p>10<span style='vertical-align:super'>6</span> mg<sup>a</sup>", "10⁶ mg^a"),
        ("<p>Now <i style='text-decoration:line-through'>9</i> 3 euros.", "Now 3 euros."),
        ("<style>.old{display:none}</style><p class=old>9 euros.<p>3 euros.", "3 euros."),
        ("<style>.a{display:none}.a.on{display:block}</style><p class=a>3 euros.", "3 euros."),
        ("<style>.a{color:red}.b{vertical-align:super}.c{display:none}</style>"
         "<p><span>10</span><span class=b>9</span> litres<i class=c> or 2</i>", "10⁹ litres"),
        ("<h2>Fee<a class=hash-link href=#x>\u200b#</a></h2><p>Free", "## Fee\n\nFree"),
        ("<p>One euro.</p><div class=sphinxsidebar><a>Index</a></div>", "One euro."),
        ("<p><span class=sr-only>Price:</span>3 euros", "Price: 3 euros"),
        ("<p>He said <q>never 40 mg</q>.", "He said “never 40 mg”."),
        ("<ol type=a start=27><li>c</ol><ol style='list-style:upper-roman'><li value=9>d</ol>",
         "aa) c\nIX) d"),
        ("<p><x-name>Under 1</x-name><x-price>2 euros</x-price>", "Under 1 | 2 euros"),
    ],
    ids=lambda value: value[:50],
)  # fmt: skip
def test_a_page_is_read_as_it_is_shown(markup, text):
    assert page(markup) == text


@pytest.mark.parametrize(
    "around",
    [
        "<div class=x1><p>We use cookies to be better.</p><button>OK</button></div>",
        "<div><span>Diese Website verwendet Cookies.</span><a>Alle akzeptieren</a></div>",
        "<div id=onetrust-consent-sdk><p>By clicking you agree to cookies. We care.</p></div>",
        "<section><h2>2 Comments</h2><p>Hans said: at nine. I am sure.</p></section>",
        "<div class=user-comments><article class=comment>At nine.</article></div>",
        "<div id=comment-12><p>At nine.</p></div>",
        "<form><label>Was this helpful?</label><button>Yes</button></form>",
        "<ul class=lang-switcher><li><a>Deutsch</a></ul>",
    ],
)
def test_a_page_without_what_stands_around_it(around):
    assert page(f"<h1>Ferry</h1><p>At seven.</p>{around}") == "# Ferry\n\nAt seven."


def test_an_article_about_cookies_or_with_a_section_of_comments_is_kept():
    article = "<h1>Law</h1><div class=cookie-recipe><p>Bake for 12 minutes.</p></div>"
    assert page(f"{article}<h2>Comments</h2><p>In 1990.").endswith(
        "12 minutes.\n\n## Comments\n\nIn 1990."
    )


def test_a_page_without_a_body_is_read():
    markup = "<meta charset=utf-8><title>T</title><style>p{}</style><section><p>5 mg.</section>"
    assert text_of("a.html", markup) == "5 mg."


GRID = """\
+----------+---------------------+
| Drug     | Dose per day        |
|          +----------+----------+
|          | Adults   | Children |
+==========+==========+==========+
| Alphacin | 10 mg    | 5 mg     |
|          +----------+----------+
|          | 20 mg    | none     |
+----------+----------+----------+
"""


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        (GRID, "Drug: Alphacin | Dose per day, Adults: 10 mg | Dose per day, Children: 5 mg\n\n"
               "Drug: Alphacin | Dose per day, Adults: 20 mg | Dose per day, Children: none"),
        ('=== "Adults"\n\n    10 mg\n\n=== "Children"\n\n    5 mg',
         "#### Adults\n\n10 mg\n\n#### Children\n\n5 mg"),
        ('!!! warning "Beware"\n    Never 40 mg.', "Beware\n\nNever 40 mg."),
        ('<TabItem label="Adults">\n\n10 mg\n\n</TabItem>', "#### Adults\n\n10 mg"),
        ("See [[Fares|the fares]] and [[Dogs]].", "See the fares and Dogs."),
        ("Built in 1887.[1]\n\n[1]: https://example.org", "Built in 1887."),
        ('{\n "title": "F"\n}\n\nSeven.', "Seven."),
        ("---\ntitle: F\n...\nSeven.", "Seven."),
        ("[TOC]\n\nSeven.", "Seven."),
        ("A box of 2*3*4 cm, `2*3*4`, 2**3.", "A box of 2*3*4 cm, 2*3*4, 2**3."),
        ("It is $$10^{3}$$ and ==5 mg==, 1 == 1.", "It is 10³ and 5 mg, 1 == 1."),
        ("- [x] Two coins\n- [ ] A coat", "- Two coins\n- A coat"),
        ("It is 3 euros. ^fare\n\n%% draft: 9 %%", "It is 3 euros."),
        ("H~2~O, 10^9^ [big]{.sc} litres, 50%% of 60%%", "H₂O, 10⁹ big litres, 50%% of 60%%"),
        ("The 19^th^ ++of 7++, C++ and C++", "The 19th of 7, C++ and C++"),
        ("* TOC\n{:toc}\n\nSeven.", "Seven."),
        ("Take 5 mg.^[Never 40 mg.]", "Take 5 mg.\n\n1. Never 40 mg."),
        ("The fare is 3 euros. {: .x}\n\n*[UN]: Nations\n\nexport const a = 1",
         "The fare is 3 euros.\n\nUN: Nations"),
    ],
    ids=lambda value: value[:20],
)  # fmt: skip
def test_dialects_of_markdown_are_read(markdown, text):
    assert text_of("a.md", markdown) == text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("In 1887.[1] Old,[2][3] and deep[note 1].", "In 1887. Old, and deep."),
        ("It helps [1]. So x[1] = y[2].", "It helps [1]. So x[1] = y[2]."),
        ("Old.[1]\n\nFares[edit | edit source]\n\n3 euros.", "Old.\n\nFares\n\n3 euros."),
    ],
)
def test_marks_of_notes_behind_sentences_are_left_out_of_any_text(text, read):
    assert text_of("a.txt", text) == read


@pytest.mark.parametrize(
    ("subtitles", "said"),
    [
        ("1\n00:00:01,000 --> 00:00:04,000\nIt costs <i>3.50</i>\n\n"
         "2\n00:00:04,000 --> 00:00:07,000\neuros.\n", "It costs 3.50\neuros."),
        ("WEBVTT\n\n00:01.000 --> 00:04.000\n<v Ann>At seven.\n\n"
         "00:04.000 --> 00:07.000\n<v Bob>Or 8.",
         "Ann: At seven.\n\nBob: Or 8."),
        ("Take --> 5 mg", "Take --> 5 mg"),
    ],
)  # fmt: skip
def test_subtitles_are_read_without_their_numbers_and_times(subtitles, said):
    assert text_of("a.txt", subtitles) == said


SENTENCES = {
    "cp1250": "Prom przepływa jezioro cztery razy dziennie. Żaden pies nie może wejść.",
    "iso8859-2": "Přívoz přeplouvá jezero čtyřikrát denně. Dítě platí půl, pes má náhubek.",
    "cp1251": "Паром пересекает озеро четыре раза в день. Билет стоит три евро.",
    "koi8-r": "Паром пересекает озеро четыре раза в день. Билет стоит три евро.",
    "cp1253": "Το πλοίο διασχίζει τη λίμνη τέσσερις φορές την ημέρα και κοστίζει τρία ευρώ.",
    "cp1254": "Feribot gölü günde dört kez geçer, köpekler ağızlık takmalıdır.",
    "utf-16-le": "The ferry leaves at seven. A ticket costs three euros.",
    "iso2022_jp": "フェリーは湖を一日に四回横断します。切符は大人三ユーロです。",
}


@pytest.mark.parametrize(("encoding", "text"), SENTENCES.items(), ids=SENTENCES)
def test_two_sentences_tell_their_encoding(encoding, text):
    assert text_of("a.txt", text.encode(encoding)) == text
