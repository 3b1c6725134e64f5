import base64
import functools
import gzip
import hashlib
import json
import re
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Error, expect

from answers import (
    CATS,
    CatService,
    about_cats,
    about_cats_after,
    built,
    kept_port,
    running,
    two_articles,
)
from askdoc import build_index, read_documents
from askdoc.caveats.blocks import crisis
from askdoc.chat.html import answer_mark
from askdoc.records import Caveat, Source
from askdoc.rendering import actionable
from askdoc.server import Service, Settings
from askdoc.server import pages as server_pages
from askdoc.server.app import assemble
from askdoc.server.pages import LOADER_WORDS
from browser import (
    DESK,
    LATENCY_S,
    NARROW,
    PHONE,
    ask,
    chat_page,
    fresh_page,
    is_above,
    launched,
    serious,
    slow_line,
    watched,
)
from fakes import WordEmbedder
from languages import PSEUDO, VISIBLE, outside_brackets, speak_pseudo
from waiting import becomes

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "examples"))
from host import StrictHost  # noqa: E402

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),  # Gradio's own
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),  # Gradio's own
]

SLEEP = "how long do cats sleep?"
OVERDOSE = "my friend overdosed and wont wake up"
STATIC = ROOT / "src" / "askdoc" / "static"
WIDGET = STATIC / "widget.js"
TAG = '<script src="{chat}/widget.js" {more}></script>'


@contextmanager
def host_server(folder):
    """The example's policy on an origin of its own; gives the server and its address."""

    class Host(StrictHost):
        def log_message(self, *_):
            pass

    handler = functools.partial(Host, directory=str(folder))
    with ThreadingHTTPServer(("localhost", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Host, f"http://localhost:{server.server_port}"
        server.shutdown()


def write_page(folder, chat, attributes):
    source = (ROOT / "examples" / "host.html").read_text(encoding="utf-8")
    more = " ".join(f'data-{name.replace("_", "-")}="{v}"' for name, v in attributes.items())
    page = source.replace("{chat}", chat).replace(" defer></script>", f" {more} defer></script>")
    (folder / "host.html").write_text(page, encoding="utf-8")
    (folder / "host.css").write_bytes((ROOT / "examples" / "host.css").read_bytes())
    (folder / "favicon.ico").write_bytes(b"")


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """The chat on 127.0.0.1, the host page on localhost: two sites for a browser."""
    folder = tmp_path_factory.mktemp("host")
    with host_server(folder) as (handler, host):
        settings = Settings(embed_origins=(host,), rate="1000/minute")
        with running(built(assemble, CatService(), settings)) as chat:
            handler.chat = chat
            yield folder, host, chat


@contextmanager
def hosted(chromium, servers, viewport=DESK, storage=True, body=None, **attributes):
    """The host page with the widget in it; without `storage`, frames can keep nothing.

    With `body` the page holds that instead, `{chat}` standing for the chat's address.
    """
    folder, host, chat = servers
    write_page(folder, chat, attributes)
    if body is not None:
        page = f"<!doctype html><title>Host</title><body><h1>Host</h1>{body}"
        (folder / "host.html").write_text(page.replace("{chat}", chat), encoding="utf-8")
    with watched(chromium, chat, host, viewport=viewport) as page:
        if not storage:
            page.add_init_script(NO_STORAGE)
        page.sent = []
        page.on("request", lambda request: page.sent.append(request.url))
        page.goto(f"{host}/host.html")
        yield page


def opened(page):
    """The frame of the widget, after a click on its button."""
    page.locator("button.launch").click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("#words")).to_be_focused()
    return frame


def put(frame, question, number=1):
    """Asks in the frame, waits for the reply and gives its part of the conversation."""
    frame.locator("#words").fill(question)
    frame.locator("#words").press("Enter")
    exchange = frame.locator(".exchange").nth(number - 1)
    expect(exchange.locator(":is(.answer, .failure)").first).to_be_visible()
    return exchange


@contextmanager
def embedded(chromium, chat, query="", **context):
    """The page of the frame, by itself."""
    with watched(chromium, chat, **context) as page:
        page.goto(f"{chat}/embed/{query}")
        yield page


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


def test_the_loader_as_served_is_small_in_ten_languages(monkeypatch):
    codes = ["en", *(f"q{letter}" for letter in "abcdefghi")]
    said = {code: {text: f"{code} {text[::-1]}" for text in LOADER_WORDS} for code in codes}
    monkeypatch.setattr(server_pages, "languages", lambda: codes)
    monkeypatch.setattr(server_pages, "translations", said.get)
    loader = server_pages.loader()
    assert b"qi esolC" in loader
    assert len(gzip.compress(loader)) <= 4 * 1024


def test_before_the_click_the_widget_makes_one_request(chromium, servers):
    with hosted(chromium, servers) as page:
        expect(page.locator("button.launch")).to_be_visible()
        page.wait_for_timeout(300)
        assert [url for url in page.sent if url.startswith(servers[2])] == [
            f"{servers[2]}/widget.js"
        ]


def test_after_the_click_it_makes_four_requests_and_weighs_under_25_kb(chromium, servers):
    with hosted(chromium, servers) as page:
        answers = []
        page.on("response", lambda answer: answers.append(answer))
        expect(opened(page).locator("#chips button")).to_be_visible()
        assert len(answers) <= 4
        assert sum(a.request.sizes()["responseBodySize"] for a in answers) <= 25_000


def test_quote_note_and_source_are_shown_inside_the_widget(chromium, servers):
    with hosted(chromium, servers) as page:
        box = put(opened(page), SLEEP).locator("li.quote").first
        expect(box).to_contain_text("Cats sleep sixteen hours a day.")
        expect(box.locator(".caveat")).to_contain_text("Overstated")
        box.locator(".place summary").click()
        expect(box.locator("mark")).to_have_text("Cats sleep sixteen hours a day.")
        address = f"{servers[2]}/article/cats?start=0&end=31#quote"
        links = box.locator(".in-article a")
        assert links.first.evaluate("link => link.href") == address
        expect(links.last).to_have_attribute("href", re.compile("^https://cats.example/.*:~:text="))
        expect(links.last).to_have_text("Read it on cats.example")


def test_what_the_article_does_not_say_is_told_with_related_passages(chromium, servers):
    with embedded(chromium, servers[2]) as page:
        answer = put(page, "do they fly?")
        expect(answer).to_contain_text("The article does not answer this question.")
        answer.get_by_text("Sleep", exact=True).click()
        expect(answer.locator(".passage")).to_contain_text("They hunt at dusk.")


def test_small_talk_in_the_widget_is_nothing_to_copy(chromium):
    service = CatService(lambda *_: replace(about_cats("thanks"), text="Ask me.", passages=()))
    with running(built(assemble, service)) as chat, embedded(chromium, chat) as page:
        reply = put(page, "thanks").locator(".reply")
        expect(reply).to_have_text(re.compile(r"^Ask me\.About these answers"))
        expect(reply.locator("> *")).to_have_count(1)


def test_an_emergency_fills_the_widget(chromium, servers):
    with hosted(chromium, servers) as page:
        turn = put(opened(page), OVERDOSE)
        expect(turn.locator(".caveat.emergency a[href='tel:911']").first).to_be_visible()
        expect(turn.locator("ol.steps li").first).to_be_visible()


def test_urgent_help_stands_before_the_quotes(chromium, servers):
    with embedded(chromium, servers[2]) as page:
        answer = put(page, "what if they bite?").locator(".answer")
        expect(answer.locator("> :first-child")).to_have_class("caveat urgent")
        expect(answer.locator("> .caveat a[href='tel:18002221222']")).to_be_visible()


LINKS = """boxes => boxes.map(box => [...box.querySelectorAll("a")]
  .filter(link => !link.closest(".sources")).map(link => link.getAttribute("href")))"""


def test_telephone_numbers_are_links_wherever_the_chat_makes_them_links(chromium, servers):
    caveats = [block.caveat for block in crisis().blocks]
    expected = [re.findall('href="([^"]+)"', actionable(c.text)) for c in caveats]
    answer = replace(about_cats(SLEEP), caveats=tuple(replace(c, severity="info") for c in caveats))
    service = CatService(lambda question, history: answer)
    with running(built(assemble, service)) as chat, embedded(chromium, chat) as page:
        boxes = put(page, SLEEP).locator(".answer > .caveat")
        assert boxes.evaluate_all(LINKS) == expected


def test_enter_opens_escape_closes_and_the_focus_returns(chromium, servers):
    with hosted(chromium, servers) as page:
        launch = page.locator("button.launch")
        launch.focus()
        page.keyboard.press("Enter")
        box = page.frame_locator("iframe").locator("#words")
        expect(box).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(".panel")).to_be_hidden()
        expect(launch).to_be_focused()
        expect(launch).to_have_attribute("aria-expanded", "false")


def test_on_a_phone_the_widget_fills_the_screen(chromium, servers):
    with hosted(chromium, servers, viewport=PHONE) as page:
        opened(page)
        assert becomes(lambda: page.locator(".panel").bounding_box() == {"x": 0, "y": 0, **PHONE})


@pytest.mark.parametrize("size", [NARROW, {"width": 416, "height": 594}])
def test_the_question_box_is_always_in_sight(chromium, servers, size):
    with embedded(chromium, servers[2], viewport=size) as page:
        for number in (1, 2, 3):
            expect(page.locator("#words")).to_be_in_viewport(ratio=1)
            put(page, SLEEP, number)
        expect(page.locator("#line button")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_settings_of_the_script_tag_take_effect(chromium, servers):
    settings = {"color": "#ffdd55", "position": "left", "question": SLEEP, "label": "Help"}
    settings["lang"] = "es"
    with hosted(chromium, servers, **settings, size="20rem 30rem", offset="2rem") as page:
        launch = page.locator("button.launch")
        expect(launch).to_have_text("Help")
        assert launch.bounding_box()["x"] == 32
        style = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
        colors = ["rgb(255, 221, 85)", "rgb(0, 0, 0)"]
        assert launch.evaluate(style) == colors
        launch.click()
        assert page.locator(".panel").bounding_box()["width"] == 320
        frame = page.frame_locator("iframe")
        expect(frame.locator("li.quote").first).to_contain_text("sixteen hours")
        assert frame.locator("#line button").evaluate(style) == colors
        expect(frame.locator("#line button")).to_have_text("Preguntar")
        expect(frame.locator("html")).to_have_attribute("lang", "es")
        expect(page.get_by_role("button", name="Cerrar")).to_be_visible()


def test_the_chat_can_stand_in_the_page_itself(chromium, servers):
    with hosted(chromium, servers, target="#chat-place") as page:
        expect(page.locator("button.launch")).to_be_hidden()
        turn = put(page.frame_locator("#chat-place iframe"), SLEEP)
        expect(turn).to_contain_text("sixteen hours")


RECORD = """<script>window.told = []; for (const name of ["open", "close", "answer", "source"])
  addEventListener(`askdoc:${name}`, (event) => told.push([name, event.detail]));</script>"""
WIDGET_OF = "document.querySelector('askdoc-widget')"


@pytest.fixture
def lenient(servers, monkeypatch):
    """A host page that may run scripts of its own."""
    monkeypatch.setattr(StrictHost, "end_headers", SimpleHTTPRequestHandler.end_headers)


def told(page):
    return page.evaluate("told")


def test_a_page_opens_asks_listens_and_removes(chromium, servers, lenient):
    body = f"{RECORD}<askdoc-widget></askdoc-widget>{TAG.format(chat='{chat}', more='')}"
    with hosted(chromium, servers, body=body) as page:
        page.evaluate(f"{WIDGET_OF}.ask('{SLEEP}')")
        frame = page.frame_locator("iframe")
        frame.locator(".place summary").first.click()
        expect(frame.locator("mark").first).to_be_visible()
        page.wait_for_function("told.length === 3")
        page.evaluate(f"{WIDGET_OF}.close()")
        page.wait_for_function("told.length === 4")
        assert told(page) == [
            ["open", {}],
            ["answer", {"status": "answered", "documents": ["cats"]}],
            ["source", {"document": "cats", "start": 0, "end": 31}],
            ["close", {}],
        ]
        page.evaluate(f"{WIDGET_OF}.destroy()")
        page.evaluate("new Promise((done) => setTimeout(done, 50))")  # it does not come back
        assert page.locator("askdoc-widget").count() == 0


def test_a_page_hears_questions_only_when_it_asks_for_them(chromium, servers, lenient):
    tag = TAG.format(chat="{chat}", more="data-question-in-events")
    with hosted(chromium, servers, body=RECORD + tag) as page:
        page.evaluate(f"{WIDGET_OF}.ask('{SLEEP}')")
        page.wait_for_function("told.length === 2")
        assert told(page)[1][1]["question"] == SLEEP


def test_mounted_twice_there_is_one_widget(chromium, servers, lenient):
    tag = TAG.format(chat="{chat}", more="defer")
    with hosted(chromium, servers, body=tag + tag) as page:
        expect(page.locator("button.launch")).to_have_count(1)
        opened(page)
        expect(page.locator("iframe")).to_have_count(1)


def test_the_conversation_outlives_a_change_of_route(chromium, servers, lenient):
    tag = TAG.format(chat="{chat}", more="defer")
    with hosted(chromium, servers, body=tag) as page:
        put(opened(page), SLEEP)
        page.evaluate("document.body.replaceWith(document.createElement('body'))")
        expect(page.locator("button.launch")).to_have_count(1)
        expect(page.frame_locator("iframe").locator(".exchange")).to_contain_text("sixteen hours")


def test_an_element_that_is_taken_out_and_put_back_works_again(chromium, servers, lenient):
    body = f"<askdoc-widget></askdoc-widget>{TAG.format(chat='{chat}', more='')}"
    with hosted(chromium, servers, body=body) as page:
        opened(page)
        page.evaluate(f"{{ const w = {WIDGET_OF}; w.remove(); document.body.append(w); }}")
        put(opened(page), SLEEP)


def test_the_loader_works_with_an_integrity_hash(chromium, servers, lenient):
    with urlopen(f"{servers[2]}/widget.js") as loader:
        digest = base64.b64encode(hashlib.sha384(loader.read()).digest()).decode()
    more = f'integrity="sha384-{digest}" crossorigin="anonymous"'
    with hosted(chromium, servers, body=TAG.format(chat="{chat}", more=more)) as page:
        opened(page)


NO_STORAGE = """if (window !== window.parent) {
  const refuse = () => { throw new DOMException("Denied.", "SecurityError"); };
  for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches", "cookieStore"])
    Object.defineProperty(window, name, { get: refuse });
  Object.defineProperty(document, "cookie", { get: refuse, set: refuse });
}"""


def test_the_widget_works_where_its_storage_is_refused(chromium, servers):
    with hosted(chromium, servers, storage=False) as page:
        frame = opened(page)
        for name in ("localStorage", "sessionStorage", "indexedDB", "document.cookie"):
            with pytest.raises(Error, match="Denied"):
                page.frames[1].evaluate(name)
        expect(put(frame, SLEEP)).to_contain_text("Cats sleep sixteen hours a day.")


@pytest.mark.parametrize("path", ["/embed/", "/chat/"])
def test_a_page_that_is_not_listed_frames_nothing(chromium, servers, tmp_path, path):
    _, _, chat = servers
    (tmp_path / "other.html").write_text(f'<iframe src="{chat}{path}"></iframe>')
    with host_server(tmp_path) as (handler, other), fresh_page(chromium) as page:
        handler.chat = chat
        with page.expect_console_message(lambda told: "frame-ancestors" in told.text):
            page.goto(f"{other}/other.html")
        assert page.frames[1].locator("#words, #question").count() == 0


def test_on_a_slow_line_what_is_typed_is_asked_in_order_and_an_emergency_comes_first(chromium):
    free = threading.Event()
    questions = [f"how long do cats sleep, part {number}?" for number in range(30)]
    grave = (5, 18, 29)
    for place in grave:
        questions[place] = OVERDOSE

    app = built(assemble, CatService(about_cats_after(free)), Settings(rate="1000/minute"))
    with running(app) as chat, embedded(chromium, chat) as page:
        expect(page.locator("#hello")).to_contain_text("Keeping cats")
        slow_line(page, LATENCY_S)
        page.locator("#words").focus()
        for question in questions:
            page.keyboard.insert_text(question)
            page.keyboard.press("Enter")
        asked = page.locator("h2").evaluate_all("all => all.map(h2 => h2.lastChild.data)")
        assert asked == questions
        for place in grave:
            block = page.locator(".exchange").nth(place).locator(".caveat.emergency")
            expect(block).to_be_visible()
        expect(page.locator(".exchange .answer")).to_have_count(3)
        free.set()
        expect(page.locator(".exchange .answer")).to_have_count(30)
        expect(block.locator("a.call")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("height", [640, 480])
def test_a_block_of_help_is_not_covered_and_whom_to_call_is_seen(chromium, height):
    size = {"width": 320, "height": height}
    question = f"{OVERDOSE}, and {'we do not know what to do, ' * 40}"
    with (
        running(built(assemble, two_articles())) as chat,
        embedded(chromium, chat, viewport=size) as page,
    ):
        expect(page.get_by_label("Article")).to_be_visible()
        notes = page.locator("#banners")
        assert notes.evaluate("notes => notes.scrollHeight <= notes.clientHeight")
        put(page, SLEEP, 1)
        turn = put(page, question, 2)
        expect(turn.locator(".caveat.emergency a.call").first).to_be_in_viewport(ratio=1)
        assert becomes(lambda: is_above(turn.locator(".caveat").last, page.locator("#composer")))


def test_earlier_questions_of_the_page_go_with_the_next_one(chromium):
    seen = []

    def answer(question, history):
        if question not in service.about().examples:
            seen.append(list(history))
        return about_cats(question)

    service = CatService(answer)

    with running(built(assemble, service)) as chat, embedded(chromium, chat) as page:
        put(page, SLEEP, 1)
        put(page, "and kittens, how long do they sleep?", 2)
    assert seen == [[], [SLEEP]]


def test_under_an_open_frame_a_server_may_end_and_start_again(chromium):
    settings = Settings(rate="1000/minute")
    with kept_port() as port, fresh_page(chromium) as page:
        with running(built(assemble, CatService(), settings), settings, port) as chat:
            page.goto(f"{chat}/embed/")
            put(page, SLEEP, 1)
        failed = put(page, SLEEP, 2)
        expect(failed).to_contain_text("The server cannot be reached")
        expect(failed.locator("a[href='tel:911']").first).to_be_visible()
        put(page, "do they bite?", 3)
        with running(built(assemble, CatService(), settings), settings, port):
            page.get_by_role("button", name="Ask again").first.click()
            expect(page.locator(".exchange .answer")).to_have_count(3)
            expect(page.locator(".failure")).to_have_count(0)


def test_too_many_questions_are_told_with_help(chromium):
    app = built(assemble, CatService(), Settings(rate="1/day"))
    with running(app) as chat, fresh_page(chromium) as page:
        page.goto(f"{chat}/embed/")
        put(page, SLEEP, 1)
        refused = put(page, SLEEP, 2)
        expect(refused).to_contain_text("Too many questions")
        expect(refused.locator("a[href='tel:911']").first).to_be_visible()


HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script> **[x](javascript:alert(1))**"


def test_nothing_that_is_shown_can_act(chromium):
    evil = Caveat(
        "C1", "claim", "caution", HOSTILE, (Source(HOSTILE, "javascript:alert(1)", ""),), 1
    )
    spoken = replace(about_cats(SLEEP), text=HOSTILE, caveats=(evil, replace(evil, citation=None)))
    citation = replace(spoken.citations[0], quote=HOSTILE, heading=HOSTILE)
    service = CatService(lambda *_: replace(spoken, citations=(citation,)))
    service.documents = {"cats": replace(CATS, title=HOSTILE)}
    with running(built(assemble, service)) as chat, embedded(chromium, chat) as page:
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        turn = put(page, HOSTILE)
        expect(turn.locator("blockquote")).to_contain_text("<script>")
        assert page.locator("#askdoc :is(img, script, iframe)").count() == 0
        assert page.locator("a[href^=javascript]").count() == 0


def test_of_several_articles_one_can_be_chosen(chromium):
    service = two_articles()
    with running(built(assemble, service)) as chat, embedded(chromium, chat) as page:
        page.get_by_label("Article").select_option("Keeping dogs")
        put(page, SLEEP, 1)
    assert "dogs" in service.asked_of


def test_another_article_that_answers_is_asked_by_one_button(chromium):
    with (
        running(built(assemble, two_articles())) as chat,
        embedded(chromium, chat, viewport=NARROW) as page,
    ):
        first = put(page, SLEEP, 1)
        expect(first.locator(".place summary").first).to_contain_text("in Keeping cats")
        first.get_by_role("button", name="Keeping dogs").click()
        again = page.locator(".exchange").nth(1)
        expect(again.locator("h2")).to_contain_text(f"{SLEEP} of “Keeping dogs”")
        expect(again).to_contain_text("sixteen hours")
        expect(page.get_by_label("Article")).to_have_value("")


@pytest.mark.parametrize(
    "query",
    ["?q=how+long+do+cats+sleep%3F&document=cats", "?document=cats#q=how%20long+do+cats+sleep"],
)
def test_a_link_asks_at_once_and_may_name_its_article(chromium, query):
    service = two_articles()
    with running(built(assemble, service)) as chat, embedded(chromium, chat, query) as page:
        expect(page.locator(".exchange")).to_contain_text("sixteen hours")
        expect(page.locator("#chooser")).to_be_hidden()
    assert set(service.asked_of) == {"cats"}


def test_the_language_of_a_frame_goes_with_its_links(chromium, servers):
    with embedded(chromium, servers[2], "?lang=es") as page:
        turn = put(page, SLEEP)
        turn.locator(".place summary").first.click()
        for link in (turn.locator(".in-article a").first, turn.locator("a.permalink")):
            expect(link).to_have_attribute("href", re.compile(r"[?&]lang=es(#|$)"))
        page.goto(turn.locator(".in-article a").first.evaluate("link => link.href"))
        expect(page.locator("html")).to_have_attribute("lang", "es")
        expect(page.locator("mark#quote")).to_be_visible()
        page.get_by_role("link", name="Pregunte al artículo").click()
        expect(page.locator("html[data-askdoc]")).to_have_attribute("lang", "es")


def test_a_link_to_the_chat_asks_once_however_often_it_is_loaded(chromium):
    service = two_articles()
    query = "/chat/?q=how+long+do+cats+sleep%3F&document=cats"
    with running(built(assemble, service)) as chat, chat_page(chromium, chat, query) as page:
        expect(page.locator(".turn .answer")).to_contain_text("sixteen hours")
        page.reload()
        expect(page.locator(".turn .answer")).to_have_count(1)
        assert page.url == f"{chat}/chat/?document=cats"


def test_a_link_to_an_article_that_is_not_here_offers_those_that_are(chromium):
    app, query = built(assemble, two_articles()), "?document=birds"
    with running(app) as chat, embedded(chromium, chat, query) as page:
        expect(page.locator("#hello")).to_contain_text("There is no article “birds” here.")
        expect(page.get_by_label("Article")).to_contain_text("Keeping dogs")


def test_in_another_language_no_fixed_word_stays_english(chromium, monkeypatch):
    speak_pseudo(monkeypatch)
    app, query = built(assemble, two_articles()), f"?lang={PSEUDO}"
    with running(app) as chat, embedded(chromium, chat, query) as page:
        expect(page.locator("#chips button")).to_be_visible()
        first = page.evaluate(VISIBLE)
        put(page, SLEEP, 1).locator(".place summary").first.click()
        put(page, "do they bite?", 2)
        put(page, OVERDOSE, 3)
        assert outside_brackets([*first, *page.evaluate(VISIBLE)]) == ["The article says:"] * 2


def test_an_answer_in_the_frame_is_rated_and_the_question_goes_nowhere(chromium, tmp_path):
    file = tmp_path / "ratings.jsonl"
    app = built(assemble, CatService(), Settings(ratings=str(file)))
    with running(app) as chat, embedded(chromium, chat) as page:
        group = put(page, SLEEP).get_by_role("group", name="Was this answer helpful?")
        group.get_by_role("button", name="Not helpful").click()
        expect(group.get_by_role("status")).to_have_text("Thank you.")
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert kept["rating"] == "not helpful"
    assert kept["answer"] == answer_mark(about_cats(SLEEP))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_in_the_frame(chromium, scheme):
    settings = {"color_scheme": scheme, "bypass_csp": True, "viewport": NARROW}
    app = built(assemble, two_articles())
    with running(app) as chat, embedded(chromium, chat, **settings) as page:
        expect(page.locator("#chips button")).to_be_visible()
        assert serious(page) == {}
        put(page, SLEEP, 1).locator(".place summary").first.click()
        put(page, "do they fly?", 2)
        put(page, OVERDOSE, 3)
        assert serious(page) == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_in_the_chat(chromium, servers, scheme):
    with chat_page(chromium, servers[2], color_scheme=scheme, bypass_csp=True) as page:
        assert serious(page) == {}
        ask(page, SLEEP).locator("a.cite").first.click()
        ask(page, "do they bite?")
        ask(page, OVERDOSE)
        assert serious(page) == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_in_the_article(chromium, servers, scheme):
    chat = servers[2]
    with watched(chromium, chat, color_scheme=scheme, bypass_csp=True) as page:
        page.goto(f"{chat}/article/cats?start=0&end=31")
        expect(page.locator("mark#quote")).to_be_visible()
        assert serious(page) == {}


@pytest.fixture(scope="module")
def kratom_article():
    """The address of the real article; its text and notes need no model."""
    documents = read_documents(ROOT / "corpus" / "kratom")
    service = Service(lambda: build_index(documents, embedder=WordEmbedder()))
    with running(built(assemble, service)) as address:
        assert service.wait(60)
        yield f"{address}/article/kratom"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_in_the_real_article(chromium, kratom_article, scheme):
    address = kratom_article.removesuffix("/article/kratom")
    with watched(chromium, address, color_scheme=scheme, bypass_csp=True) as page:
        page.goto(kratom_article)
        assert page.locator("aside .caveat").count() > 20
        assert serious(page) == {}


def test_a_number_in_the_article_leads_to_its_note(chromium, kratom_article):
    address = kratom_article.removesuffix("/article/kratom")
    with watched(chromium, address) as page:
        page.goto(kratom_article)
        number = page.locator("sup.ref a").nth(5)
        words = number.inner_text().split()[-1]
        number.click()
        expect(page.locator(".numbered:target > .ref")).to_have_text(words)
        expect(page.locator(".numbered:target .caveat")).to_be_in_viewport()


def test_the_article_has_no_holes(chromium, kratom_article):
    address = kratom_article.removesuffix("/article/kratom")
    with watched(chromium, address) as page:
        page.goto(kratom_article)
        holes = page.evaluate("""() => [...document.querySelectorAll(".row")].map((row) => {
          const bottom = (found) => found ? found.getBoundingClientRect().bottom : 0;
          const [text, beside] = [row.querySelector(".text"), row.querySelector(".beside")];
          return bottom(beside) - bottom(text);
        })""")
        assert max(holes) < 150


def test_the_article_is_printed_with_every_source(chromium, kratom_article):
    address = kratom_article.removesuffix("/article/kratom")
    with watched(chromium, address) as page:
        page.goto(kratom_article)
        page.emulate_media(media="print")
        sources = page.locator("aside .sources a")
        assert sources.count() > 20
        for source in sources.all():
            expect(source).to_be_visible()
        expect(page.locator(".way-back")).to_be_hidden()
