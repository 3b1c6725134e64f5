"""Every sentence of the kratom article, on every surface: its notes stand with it."""

import asyncio
import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from mcp import Client
from starlette.testclient import TestClient

from answers import CatService, built, running
from askdoc.caveats import claim_notes, notes_in, passage_notes
from askdoc.chat import About
from askdoc.chat.conversation import Turn
from askdoc.chat.html import reply_html, sources_html
from askdoc.passages import cut
from askdoc.records import Answer, Citation, Hit, Signals
from askdoc.rendering import search_to_text, to_html, to_json, to_markdown, to_text
from askdoc.rendering.markdown import turn_to_markdown
from askdoc.server import Settings
from askdoc.server.app import assemble
from askdoc.server.mcp import mcp_server
from fakes import WordEmbedder, document
from kratom import kratom_catalogue

FOLDER = Path(__file__).parents[2] / "corpus/kratom"
WRITTEN = (FOLDER / "caveats.toml").read_text("utf-8")
CATALOGUE = kratom_catalogue()
ARTICLE = document(
    (FOLDER / "article.md").read_text("utf-8").split("---\n", 2)[2],
    id="kratom",
    title="Kratom",
    catalogue=WRITTEN,
)
PASSAGES = cut(ARTICLE, WordEmbedder().count)
SPANS = [(passage, span) for passage in PASSAGES for span in passage.sentences]
QUOTES = tuple(
    Citation(n, "kratom", p.id, p.heading, ARTICLE.text[slice(*span)], *span, title="Kratom")
    for n, (p, span) in enumerate(SPANS, start=1)
)
NOTES = claim_notes(ARTICLE, QUOTES, CATALOGUE)
HITS = tuple(
    Hit(n, 1.0, p, passage_notes(ARTICLE, p, CATALOGUE), Signals(0.5, 0.5, 1.0))
    for n, p in enumerate(PASSAGES, start=1)
)
SAID = "\n".join(["The article says:", *(f"“{c.quote}” [{c.number}]" for c in QUOTES)])
ANSWER = Answer("q", "q", "answered", SAID, 1.0, QUOTES, (*NOTES, CATALOGUE.banner))
ABOUT = About({"kratom": ARTICLE}, (CATALOGUE.banner,), passage={p.id: p for p in PASSAGES}.get)
ASKED = {"model": "askdoc", "messages": [{"role": "user", "content": "q"}]}


class KratomService(CatService):
    """Whatever is asked, every sentence is quoted; whatever is sought, every passage is found."""

    def __init__(self):
        super().__init__(lambda question, history: replace(ANSWER, question=question))
        self.documents = {"kratom": ARTICLE}

    def about(self):
        return ABOUT

    @property
    def index(self):
        return SimpleNamespace(documents=self.documents)

    def find(self, query, k, document=None):
        return Answer(query, query, "not_in_article", "", 0.0, passages=HITS)


@pytest.fixture(scope="module")
def web():
    app = built(assemble, KratomService(), Settings(rate="1000/minute"))
    with TestClient(app) as client:
        yield client


def tool(name, **arguments):
    async def use():
        async with Client(mcp_server(KratomService())) as client:
            return await client.call_tool(name, arguments)

    return asyncio.run(use())


def letters(text):
    """A text without the marks that surfaces put between and around its words."""
    return re.sub(r"[^a-z]+", "", re.sub(r"<[^>]*>", "", unescape(text)).lower())


def streamed(web, address, body):
    lines = web.post(address, json=body | {"stream": True}).text.splitlines()
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    return "".join(event["choices"][0]["delta"].get("content") or "" for event in events)


WORDS = {
    "terminal": lambda web: to_text(ANSWER),
    "markdown": lambda web: to_markdown(ANSWER),
    "html": lambda web: to_html(ANSWER),
    "chat": lambda web: reply_html(Turn("q", ANSWER), "a"),
    "export": lambda web: turn_to_markdown(ANSWER),
    "openai": lambda web: web.post("/v1/chat/completions", json=ASKED).json()["choices"][0][
        "message"
    ]["content"],
    "openai, streamed": lambda web: streamed(web, "/v1/chat/completions", ASKED),
    "mcp": lambda web: tool("ask_article", question="q").content[0].text,
}
TABLES = {
    "json": lambda web: to_json(ANSWER),
    "api": lambda web: web.post("/api/v1/ask", json={"question": "q"}).json(),
    "openai": lambda web: web.post("/v1/chat/completions", json=ASKED).json()["askdoc"],
    "mcp": lambda web: tool("ask_article", question="q").structured_content,
}
SEARCHES = {
    "terminal": lambda web: search_to_text(HITS, ()),
    "related": lambda web: to_markdown(KratomService().find("q", 50)),
    "mcp": lambda web: tool("search_article", query="q").content[0].text,
}
SEARCH_TABLES = {
    "api": lambda web: web.post("/api/v1/search", json={"query": "q", "k": 50}).json(),
    "mcp": lambda web: tool("search_article", query="q").structured_content,
}
ARTICLES = {
    "page": lambda web: web.get("/article/kratom").text.split('<div class="row"'),
    "mcp": lambda web: re.split(r"\n\n(?!>)", resource()),
}


def resource():
    async def use():
        async with Client(mcp_server(KratomService())) as client:
            return await client.read_resource("askdoc://article/kratom")

    return asyncio.run(use()).contents[0].text


def test_enough_is_quoted_and_noted():
    assert len(QUOTES) >= 70
    assert len(NOTES) >= 60
    assert len({note.citation for note in NOTES}) >= 50


def between(said, begins):
    """What is said from each beginning to the next, in their order."""
    places = [said.index(begins[0])]
    for words in begins[1:]:
        places.append(said.index(words, places[-1] + 1))
    return [said[a:b] for a, b in zip(places, [*places[1:], len(said)], strict=True)]


@pytest.mark.parametrize("surface", WORDS)
def test_under_every_sentence_stand_its_notes(web, surface):
    said = letters(WORDS[surface](web))
    for citation, own in zip(
        QUOTES, between(said, [letters(c.quote) for c in QUOTES]), strict=True
    ):
        for note in NOTES:
            assert note.citation != citation.number or letters(note.text) in own, citation.quote


@pytest.mark.parametrize("surface", TABLES)
def test_every_note_comes_with_the_number_of_its_sentence(web, surface):
    told = TABLES[surface](web)
    assert [citation["quote"] for citation in told["citations"]] == [c.quote for c in QUOTES]
    come = {(caveat["id"], caveat["citation"], caveat["text"]) for caveat in told["caveats"]}
    assert {(note.id, note.citation, note.text) for note in NOTES} <= come


def test_the_source_of_every_sentence_holds_its_notes():
    sources = sources_html(ANSWER, "a", ABOUT).split('<section class="source"')[1:]
    for citation, source in zip(QUOTES, sources, strict=True):
        own = [note for note in NOTES if note.citation == citation.number]
        assert all(letters(note.text) in letters(source) for note in own)


@pytest.mark.parametrize("surface", SEARCHES)
def test_under_every_passage_that_is_found_stand_its_notes(web, surface):
    said = letters(SEARCHES[surface](web))
    for hit, own in zip(HITS, between(said, [letters(h.passage.text) for h in HITS]), strict=True):
        assert all(letters(note.text) in own for note in hit.caveats), hit.passage.text


@pytest.mark.parametrize("surface", SEARCH_TABLES)
def test_every_passage_that_is_found_comes_with_its_notes(web, surface):
    told = SEARCH_TABLES[surface](web)["passages"]
    assert [passage["text"] for passage in told] == [hit.passage.text for hit in HITS]
    for hit, passage in zip(HITS, told, strict=True):
        assert [c["text"] for c in passage["caveats"]] == [note.text for note in hit.caveats]


@pytest.mark.parametrize("surface", ARTICLES)
def test_in_the_whole_article_notes_stand_by_their_paragraph(web, surface):
    blocks = [letters(block) for block in ARTICLES[surface](web)]
    for note in notes_in(ARTICLE, 0, len(ARTICLE.text), CATALOGUE):
        sentence = letters(ARTICLE.text[note.start : note.end])
        assert any(sentence in b and letters(note.caveat.text) in b for b in blocks), note


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'")  # Gradio's own
@pytest.mark.filterwarnings("ignore:The copy keyword is deprecated")  # Gradio's own
def test_in_the_widget_every_sentence_has_its_notes_in_its_box():
    from browser import fresh_page, launched

    settings = Settings(rate="1000/minute")
    with (
        running(built(assemble, KratomService(), settings), settings) as chat,
        launched() as chrome,
        fresh_page(chrome) as page,
    ):
        page.goto(f"{chat}/embed/?q=kratom")
        page.locator("li.quote").nth(len(QUOTES) - 1).wait_for(state="attached")
        boxes = page.locator("li.quote").all_text_contents()
    for citation, box in zip(QUOTES, boxes, strict=True):
        own = [note for note in NOTES if note.citation == citation.number]
        assert letters(citation.quote) in letters(box)
        assert all(letters(note.text) in letters(box) for note in own)
