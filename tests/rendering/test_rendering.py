import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from askdoc.records import Answer, Caveat, Citation, Hit, Passage, Signals, Source
from askdoc.rendering import (
    answer_address,
    arrange,
    caveat_html,
    highlight,
    hits_to_json,
    hits_to_text,
    markdown_and_quotes,
    source_html,
    to_html,
    to_json,
    to_markdown,
    to_text,
    turn_to_markdown,
)
from askdoc.rendering.html import actionable
from askdoc.rendering.markdown import escape

FDA = Source("FDA and cats", "https://example.org/cats", "2024-01-02")
BANNER = Caveat("banner", "banner", "info", "Answers quote one article.", (FDA,))
NOTE = Caveat("C1", "claim", "caution", "Wrong: cats sleep less.", (FDA,), citation=1)
URGENT = Caveat("claws", "topic", "urgent", "Call 1-800-222-1222 or see findahelpline.com.")
BLOCK = Caveat("bite", "topic", "emergency", "Call 911 now (112 in the EU).")
TOPIC = Caveat("milk", "topic", "caution", "Milk is no food for cats.")
TEXT = "Cats sleep sixteen hours a day. They hunt at dusk."
PASSAGE = Passage("cats#1", "cats", "Keeping cats", TEXT, 100, 150, ((100, 131), (132, 150)))
HIT = Hit(1, 0.75, PASSAGE, (), Signals(0.5, 0.6, 2.0), caveats=(replace(NOTE, citation=None),))
QUOTE = Citation(1, "cats", "cats#1", "Keeping cats", "Cats sleep sixteen hours a day.", 100, 131)
PUBLISHED = replace(QUOTE, title="Cats & dogs", url="https://example.org/cats#:~:text=Cats%20sleep")

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</textarea><iframe src=https://evil.example></iframe>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/beacon.png)",
    "<https://evil.example>",
    "https://evil.example www.evil.example a@evil.example",
    "<style>*{display:none}</style>",
    "<form action=https://evil.example><input name=q></form>",
    '<div style="position:fixed;inset:0">',
    "$$\\href{javascript:alert(1)}{x}$$",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\n\n# heading\n\n---\n\n```\ncode\n```\n\n1. item\n",
    "\x1b[2J\x00\u202e\u2028<b>",
]


def answer(**changes):
    whole = Answer(
        question="how long do cats sleep?",
        resolved_question="how long do cats sleep?",
        status="answered",
        text="The article says: “Cats sleep sixteen hours a day.” [1]",
        confidence=0.9,
        citations=(QUOTE,),
        caveats=(BANNER, TOPIC, NOTE, URGENT),
        passages=(HIT,),
    )
    return replace(whole, **changes)


def abstention():
    return answer(
        status="not_in_article",
        text="The article does not answer this question.",
        citations=(),
        caveats=(BANNER, URGENT),
    )


def emergency():
    return answer(status="emergency", text=BLOCK.text, caveats=(BLOCK, BANNER))


class Elements(HTMLParser):
    """Every start tag with its attributes, and all text between tags."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_small_talk_in_a_terminal_has_its_notes_without_their_sources():
    spoken = Answer("hi", "hi", "not_in_article", "Ask me.", 0.0, caveats=(BANNER,))
    assert to_text(spoken) == "Ask me.\n\nNOTE: Answers quote one article."
    assert "Source: FDA" in to_text(replace(spoken, passages=(HIT,)))


def test_json_has_exactly_the_fields_of_the_contract():
    data = to_json(answer(citations=(PUBLISHED,)))
    assert list(data) == [
        "question",
        "resolved_question",
        "status",
        "answer",
        "confidence",
        "citations",
        "caveats",
        "passages",
    ]
    assert data["citations"] == [
        {
            "number": 1,
            "document_id": "cats",
            "passage_id": "cats#1",
            "heading": "Keeping cats",
            "quote": "Cats sleep sixteen hours a day.",
            "start": 100,
            "end": 131,
            "title": "Cats & dogs",
            "url": "https://example.org/cats#:~:text=Cats%20sleep",
            "address": "article/cats?start=100&end=131#quote",
        }
    ]
    assert data["caveats"][2] == {
        "id": "C1",
        "kind": "claim",
        "severity": "caution",
        "text": "Wrong: cats sleep less.",
        "citation": 1,
        "sources": [
            {"name": "FDA and cats", "url": "https://example.org/cats", "date": "2024-01-02"}
        ],
    }
    (note,) = data["passages"][0].pop("caveats")
    assert (note["id"], note["citation"]) == ("C1", None)
    assert data["passages"] == [
        {
            "rank": 1,
            "score": 0.75,
            "document_id": "cats",
            "passage_id": "cats#1",
            "heading": "Keeping cats",
            "text": TEXT,
            "start": 100,
            "end": 150,
            "address": "article/cats?start=100&end=150#quote",
        }
    ]


def test_json_survives_a_round_trip():
    data = to_json(answer())
    assert json.loads(json.dumps(data)) == data


def test_a_hit_alone_carries_the_notes_on_its_claims():
    (hit,) = hits_to_json([HIT])
    assert hit["rank"] == 1
    assert [caveat["id"] for caveat in hit["caveats"]] == ["C1"]


def test_every_caveat_has_exactly_one_place():
    parts = arrange(answer())
    placed = [
        *parts.blocks,
        *(note for box in parts.quotes for note in box.notes),
        *parts.notes,
        *parts.standing,
    ]
    assert sorted(c.id for c in placed) == ["C1", "banner", "claws", "milk"]


def test_an_emergency_shows_the_block_and_nothing_else():
    whole = emergency()
    for shown in (to_text(whole), to_markdown(whole), to_html(whole)):
        assert "911" in shown
        assert "sixteen hours" not in shown
        assert "Keeping cats" not in shown
        assert "quote one article" not in shown


@pytest.mark.parametrize("render", [to_text, to_markdown, to_html])
def test_the_severe_come_first_and_the_verdict_before_the_quotes(render):
    shown = render(answer())
    places = [shown.index(words) for words in ("1-800-222-1222", "Milk is no", "sixteen hours")]
    assert places == sorted(places)


def test_of_a_long_answer_three_quotes_stand_open_and_the_rest_is_folded():
    quotes = tuple(replace(QUOTE, number=n, quote=f"Fact {n}.") for n in range(1, 6))
    note = replace(NOTE, citation=5)
    shown = to_html(replace(answer(), citations=quotes, caveats=(note,)))
    before, folded = shown.split('<details class="more"><summary>Further quotes: 2</summary>')
    assert before.count('<li class="quote">') == 3
    assert folded.count('<li class="quote">') == 2
    assert note.text in folded


@pytest.mark.parametrize("render", [to_text, to_markdown, to_html])
def test_the_quote_is_shown_once(render):
    assert render(answer()).count("sixteen hours") == 1


def test_a_claim_note_stands_in_the_box_of_its_quote():
    box = re.search(r'<li class="quote">.*?</li>(?=</ol>)', to_html(answer()), re.S)
    assert "sixteen hours" in box.group()
    assert "Wrong: cats sleep less." in box.group()


def test_a_claim_note_stands_directly_under_its_quote_in_a_terminal():
    lines = to_text(answer()).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("[1] “Cats sleep"))
    assert lines[at + 2] == "    | CAUTION: Wrong: cats sleep less."


def test_a_claim_note_stands_in_the_block_quotation_of_its_quote():
    block = next(b for b in to_markdown(answer()).split("\n\n") if b.startswith("> “Cats"))
    assert "> **Caution:** Wrong: cats sleep less" in block


def test_an_abstention_offers_related_passages_as_not_the_answer():
    shown = to_text(abstention())
    assert shown.index("does not answer") < shown.index("Related passages") < shown.index("dusk")


@pytest.mark.parametrize("render", [to_text, to_markdown, to_html])
def test_a_related_passage_comes_with_its_notes(render):
    assert "Wrong: cats sleep less" in render(abstention())


STEPS = replace(BLOCK, text="Call 911 now.\nOr text 988.\nKeep it <warm>.")


def test_steps_are_a_list_and_the_call_that_comes_first_is_a_button():
    shown = Elements(caveat_html(STEPS))
    links = [attrs for tag, attrs in shown.tags if tag == "a"]
    assert [tag for tag, _ in shown.tags if tag in ("ol", "li")] == ["ol", "li", "li", "li"]
    assert links[0] == {"class": "call", "href": "tel:911"}
    assert links[1] == {"href": "tel:988"}
    assert "Call 911 now." in shown.text
    assert "<warm>" in shown.text


def test_steps_stand_one_a_line_in_a_terminal():
    lines = to_text(answer(caveats=(STEPS,), citations=())).splitlines()
    assert lines[:3] == ["EMERGENCY: Call 911 now.", "  Or text 988.", "  Keep it <warm>."]


def test_steps_are_numbered_in_markdown():
    lines = to_markdown(answer(caveats=(STEPS,), citations=())).splitlines()
    assert lines[2:5] == ["1. Call 911 now.", "2. Or text 988.", r"3. Keep it \<warm\>."]


def test_severity_is_told_in_words():
    assert "Caution" in Elements(caveat_html(NOTE)).text


def test_telephone_numbers_and_sites_in_a_caveat_are_links():
    tags = [attrs for tag, attrs in Elements(caveat_html(URGENT)).tags if tag == "a"]
    assert tags[0]["href"] == "tel:18002221222"
    assert tags[1]["href"] == "https://findahelpline.com"
    assert "noopener" in tags[1]["rel"]


@pytest.mark.parametrize(
    "text", ["in 1988 or 2,911 people", "2.988 mg", "911% more", "$911", "v1.112.3", "a.988"]
)
def test_a_number_that_is_no_telephone_number_is_no_link(text):
    assert "<a" not in actionable(text)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", "//evil.example"])
def test_a_source_without_a_web_address_is_named_and_not_linked(url):
    shown = replace(NOTE, sources=(Source("Somebody", url, ""),))
    assert "Somebody" in caveat_html(shown)
    assert "<a" not in caveat_html(shown)
    assert "](" not in to_markdown(answer(caveats=(shown,)))


def test_the_quoted_sentence_is_marked_in_its_passage():
    shown = source_html(QUOTE, PASSAGE, [NOTE], "t1", "Cats")
    assert "<mark>Cats sleep sixteen hours a day.</mark> They hunt" in shown
    assert 'id="t1-s1"' in shown
    assert "Wrong: cats sleep less." in shown


def test_a_quote_leads_to_its_source():
    links = [a for tag, a in Elements(to_html(answer(), "t1")).tags if a.get("class") == "cite"]
    assert [link["href"] for link in links] == ["#t1-s1"]


@given(st.text(), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5))
def test_marking_changes_no_character_of_a_text(text, spans):
    shown = Elements(highlight(text, spans))
    assert shown.text == re.sub(r"\r\n?|[\v\f\x85\u2028\u2029]", "\n", text)
    assert {tag for tag, _ in shown.tags} <= {"mark"}


@given(st.integers(0, 50), st.integers(0, 50))
def test_what_is_marked_is_the_span(a, b):
    start, end = sorted((a, b))
    html = highlight(TEXT, [(100 + start, 100 + end)], offset=100)
    marked = "".join(re.findall(r"<mark>(.*?)</mark>", html))
    assert marked == TEXT[start:end]


def hostile(payload):
    """An answer with a payload in every text a stranger could have written."""
    passage = replace(PASSAGE, heading=payload, text=payload)
    return answer(
        question=payload,
        text=f"The article says: “{payload}” [1]",
        citations=(
            replace(QUOTE, quote=payload, heading=payload, document_id="a", url=payload),
            replace(QUOTE, number=2, document_id=payload, title=payload),
        ),
        caveats=(replace(NOTE, text=payload, sources=(Source(payload, payload, payload),)), BANNER),
        passages=(replace(HIT, passage=passage),),
    )


OURS = {
    *(
        "a",
        "blockquote",
        "button",
        "details",
        "div",
        "figcaption",
        "figure",
        "h3",
        "li",
        "mark",
        "ol",
    ),
    *("p", "section", "span", "strong", "summary", "ul"),
}


@pytest.mark.parametrize("payload", HOSTILE)
@pytest.mark.parametrize("status", ["answered", "not_in_article"])
def test_nothing_hostile_acts_in_html(payload, status):
    whole = replace(hostile(payload), status=status)
    shown = Elements(to_html(whole) + source_html(whole.citations[0], PASSAGE, (), "k", payload))
    assert {tag for tag, _ in shown.tags} <= OURS
    for _, attributes in shown.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert re.match(
            r"$|#|tel:\d+$|https?://|\.\./article/[\w%.-]+\?", attributes.get("href", "")
        )


@pytest.mark.parametrize("payload", HOSTILE)
def test_html_of_an_answer_is_one_line_so_that_no_markdown_begins_in_it(payload):
    assert len(to_html(hostile(payload)).splitlines()) == 1


@pytest.mark.parametrize("payload", HOSTILE)
@pytest.mark.parametrize("status", ["answered", "not_in_article"])
def test_nothing_hostile_acts_in_markdown(payload, status):
    parser = MarkdownIt("gfm-like", {"html": True})
    page = turn_to_markdown(replace(hostile(payload), status=status))
    shown = Elements(parser.render(page))
    tags = {"a", "blockquote", "h2", "li", "ol", "p", "strong"}
    assert {tag for tag, _ in shown.tags} <= tags
    links = {attributes["href"] for tag, attributes in shown.tags if tag == "a"}
    assert links <= {"https://example.org/cats"}


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Z"])))
def test_escaped_markdown_reads_as_it_was(text):
    rendered = Elements(MarkdownIt("gfm-like", {"html": True}).render(f"x {escape(text)}"))
    assert rendered.text.strip() == f"x {text}".strip()
    assert {tag for tag, _ in rendered.tags} <= {"p"}


@pytest.mark.parametrize("payload", HOSTILE)
def test_a_terminal_gets_no_control_characters(payload):
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", to_text(hostile(payload)))


def test_no_hits_is_said_in_words():
    assert hits_to_text([]) == "No passage found."


def test_a_quote_leads_to_the_publisher_and_to_the_annotated_article():
    published = answer(citations=(PUBLISHED,))
    links = [a["href"] for tag, a in Elements(to_html(published)).tags if "href" in a]
    assert "../article/cats?start=100&end=131#quote" in links
    assert PUBLISHED.url in links
    assert "on example.org" in Elements(to_html(published)).text
    assert f"    {PUBLISHED.url}" in to_text(published).splitlines()
    text = to_markdown(published, "https://ask.example/")
    assert f"[Cats & dogs](<{PUBLISHED.url}>)" in text.replace("\\&", "&")
    assert "[with all notes](<https://ask.example/article/cats?start=100&end=131#quote>)" in text


def test_where_each_quote_stands_in_markdown_is_known():
    odd = replace(PUBLISHED, number=2, quote="*Milk* upsets\nmost [cats].")
    text, places = markdown_and_quotes(answer(citations=(QUOTE, odd)), "https://ask.example/")
    assert [text[place.start : place.end] for place in places] == [
        "“Cats sleep sixteen hours a day.”",
        r"“\*Milk\* upsets most \[cats\].”",
    ]


def test_an_answer_has_an_address_that_asks_it_again_and_that_no_log_sees():
    told = answer(resolved_question="do cats sleep & eat?")
    asked = "#q=do%20cats%20sleep%20%26%20eat%3F"
    assert answer_address(told) == f"chat/{asked}"
    assert answer_address(told, "a/b") == f"chat/?document=a%2Fb{asked}"


def test_a_heading_that_is_the_title_is_not_told_twice():
    quote = replace(QUOTE, title="Keeping cats", heading="Keeping cats")
    shown = to_text(answer(citations=(quote,)), named=True)
    assert "    from “Keeping cats”" in shown.splitlines()


@pytest.mark.parametrize(
    ("render", "named"),
    [
        (to_text, "from <b>dogs"),
        (to_markdown, "from \\<b\\>dogs"),
        (to_html, "from &lt;b&gt;dogs"),
    ],
)
def test_quotes_of_several_articles_each_name_theirs(render, named):
    other = replace(QUOTE, number=2, document_id="<b>dogs", heading="")
    both = render(answer(citations=(QUOTE, other)))
    assert "from “Keeping cats” in cats" in both
    assert named in both
    assert "in cats" not in render(answer())


def test_in_a_terminal_the_items_of_a_quoted_list_stay_below_each_other():
    quote = replace(QUOTE, quote="Cats eat:\n- meat\n\n- fish")
    shown = to_text(answer(citations=(quote,), text="It says: “Cats eat:\n- meat\n\n- fish”"))
    assert "[1] “Cats eat:\n    - meat\n    - fish”" in shown
