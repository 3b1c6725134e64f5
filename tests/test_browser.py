import contextlib
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from answers import BANNER, CATS, NOTE, CatService, about_cats, built, cat_server, running
from askdoc.chat import About
from askdoc.records import Citation, Passage, Source
from askdoc.server import Service, Settings
from askdoc.server.app import assemble
from browser import DESK, NARROW, PHONE, ask, chat_page, launched, settled, track

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),  # Gradio's own
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),  # Gradio's own
]

SLEEP = "how long do cats sleep?"
OVERDOSE = "my friend overdosed and wont wake up"
HOSTILE = [
    "<script>document.title='owned'</script>",
    "<img src=https://evil.example/x.png onerror=\"document.title='owned'\">",
    "<svg onload=\"document.title='owned'\"></svg>",
    "<iframe src=https://evil.example></iframe>",
    "<form action=https://evil.example><input><button>Ask</button></form>",
    '<div style="position:fixed;inset:0;z-index:9999;background:red">over</div>',
    "<a href=\"javascript:document.title='owned'\">x</a>",
    "[x](javascript:document.title='owned')",
    "![x](https://evil.example/beacon.png)",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<object data=https://evil.example></object><embed src=https://evil.example>",
    "<details open ontoggle=\"document.title='owned'\">x</details>",
    "</pre></div><img src=x onerror=\"document.title='owned'\">",
    "$$\\href{javascript:alert(1)}{x}$$ \\(x\\)",
    "&lt;img src=x onerror=alert(1)&gt;",
]


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def address():
    with cat_server() as found:
        yield found


def test_a_question_brings_its_quote_and_the_note_in_one_box(chromium, address):
    with chat_page(chromium, address) as page:
        turn = ask(page, SLEEP)
        box = turn.locator("li.quote").first
        expect(box).to_contain_text("Cats sleep sixteen hours a day.")
        expect(box.locator(".caveat")).to_contain_text("Caution")
        expect(box.locator(".caveat")).to_contain_text("Overstated: twelve to sixteen.")


def test_a_citation_opens_its_source_with_the_sentence_marked(chromium, address):
    with chat_page(chromium, address) as page:
        turn = ask(page, SLEEP)
        turn.locator("a.cite").nth(1).click()
        source = page.locator("#sources .source.open")
        expect(source).to_have_count(1)
        expect(source.locator("mark")).to_have_text("Milk upsets most cats.")
        expect(source.locator("mark")).to_be_in_viewport()


def test_on_a_phone_the_source_opens_below_and_leads_back(chromium, address):
    with chat_page(chromium, address, viewport=PHONE) as page:
        turn = ask(page, SLEEP)
        expect(page.locator("#aside")).to_be_hidden()
        turn.locator("a.cite").first.click()
        mark = page.locator("#sources .source.open mark")
        expect(mark).to_be_in_viewport()
        expect(mark).to_have_text("Cats sleep sixteen hours a day.")
        page.locator("#sources .back a").click()
        expect(turn.locator("a.cite").first).to_be_focused()


def test_the_keyboard_is_enough(chromium, address):
    with chat_page(chromium, address) as page:
        expect(page.locator("#question textarea")).to_be_focused()
        page.keyboard.type(SLEEP)
        page.keyboard.press("Enter")
        cite = page.locator("#t1 a.cite").first
        expect(cite).to_be_visible(timeout=20_000)
        cite.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#sources .source.open")).to_be_focused()
        page.keyboard.press("Escape")
        expect(cite).to_be_focused()


@pytest.mark.parametrize("size", [DESK, PHONE, NARROW], ids=["desk", "phone", "narrow"])
def test_nothing_is_wider_than_the_screen(chromium, address, size):
    with chat_page(chromium, address, viewport=size) as page:
        ask(page, SLEEP)
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0


def test_an_emergency_is_all_there_is(chromium, address):
    with chat_page(chromium, address) as page:
        turn = ask(page, OVERDOSE)
        block = turn.locator(".caveat.emergency")
        expect(block).to_be_in_viewport()
        expect(block.locator('a[href="tel:911"]').first).to_be_visible()
        expect(turn.locator(".quote, .related, .standing")).to_have_count(0)
        expect(page.locator("#offers button:visible")).to_have_count(0)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_after_other_answers_an_emergency_is_seen_whole(chromium, address, size):
    with chat_page(chromium, address, viewport=size) as page:
        for question in (SLEEP, "who was president?"):
            ask(page, question)
        block = ask(page, OVERDOSE).locator(".caveat.emergency")
        expect(block).to_be_in_viewport(ratio=1)
        box, asking = block.bounding_box(), page.locator("#asking").bounding_box()
        assert box["y"] + box["height"] <= asking["y"]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_latest_question_stands_at_the_top(chromium, address, size):
    with chat_page(chromium, address, viewport=size) as page:
        for question in (SLEEP, SLEEP, "who was president?"):
            turn = ask(page, question)
        page.wait_for_function(
            "() => document.querySelector('#t3 h2').getBoundingClientRect().y < 220"
        )
        banner, words = page.locator("#banner").bounding_box(), turn.locator("h2").bounding_box()
        assert banner["y"] + banner["height"] <= words["y"]


def test_on_paper_stand_all_sources_and_nothing_to_press(chromium, address):
    with chat_page(chromium, address, viewport=PHONE) as page:
        turn = ask(page, SLEEP)
        source = turn.locator(".quote .sources a").first
        expect(source).to_be_hidden()
        page.emulate_media(media="print")
        expect(source).to_be_visible()
        expect(page.locator("#asking")).to_be_hidden()
        expect(page.locator("#aside")).to_be_hidden()
        expect(page.locator("#banner .caveat > p")).to_have_css("white-space", "normal")


def test_an_example_is_asked_by_its_button(chromium, address):
    with chat_page(chromium, address) as page:
        page.get_by_role("button", name="How long do cats sleep?").click()
        expect(page.locator("#t1 li.quote").first).to_be_visible(timeout=20_000)


def test_the_banner_stays_in_sight(chromium, address):
    with chat_page(chromium, address) as page:
        for _ in range(3):
            ask(page, SLEEP)
        expect(page.locator("#banner .caveat")).to_be_in_viewport()
        expect(page.locator("button.unfold")).to_be_hidden()


def test_on_a_narrow_screen_the_banner_stays_as_one_line_that_unfolds(chromium):
    service = CatService()
    long = replace(BANNER, text="Answers quote one article on cats. " * 8)
    service.about = lambda: About({"cats": CATS}, (long,))
    with (
        running(built(assemble, service)) as address,
        chat_page(chromium, address, viewport=NARROW) as page,
    ):
        note, more = page.locator("#banner .caveat"), page.locator("button.unfold")
        expect(note).to_contain_text("one article")
        expect(more).to_be_hidden()
        for _ in range(2):
            turn = ask(page, SLEEP)
        expect(note).to_be_in_viewport(ratio=1)
        bar, question = page.locator("#banner").bounding_box(), turn.locator("h2").bounding_box()
        assert bar["height"] < 60
        assert question["y"] >= bar["y"] + bar["height"]
        more.press("Enter")
        expect(more).to_have_attribute("aria-expanded", "true")
        expect(note.locator("summary")).to_be_visible()
        bar, box = page.locator("#banner").bounding_box(), page.locator("#asking").bounding_box()
        assert bar["y"] + bar["height"] <= box["y"]
        more.press("Enter")
        expect(note.locator("summary")).to_be_hidden()


def test_a_question_asked_while_another_is_answered_is_not_lost(chromium):
    first = threading.Event()

    def slow(question, history):
        assert first.wait(30)
        return about_cats(question, history)

    with cat_server(answer=slow) as address, chat_page(chromium, address) as page:
        box = page.locator("#question textarea")
        box.fill(SLEEP)
        box.press("Enter")
        expect(page.locator("#t1 .pending")).to_be_visible()
        box.fill("do they bite?")
        box.press("Enter")
        first.set()
        expect(page.locator("#t2 li.quote")).to_be_visible(timeout=20_000)
        expect(page.locator("#t1 li.quote").first).to_contain_text("sixteen hours")


def test_who_asks_too_much_is_told_when_to_ask_again_and_where_help_is(chromium):
    settings = Settings(rate="3/minute")  # opening the page asks once
    app = built(assemble, CatService(), settings)
    with (
        running(app, settings) as address,
        chromium.new_context(viewport=PHONE) as context,
    ):
        page = context.new_page()
        track(page)
        page.goto(f"{address}/chat/")
        settled(page)
        ask(page, SLEEP)
        ask(page, SLEEP)
        for question in (OVERDOSE, OVERDOSE):
            page.locator("#question textarea").fill(question)
            page.locator("#question textarea").press("Enter")
            told = page.get_by_role("alert")
            expect(told).to_contain_text(re.compile(r"Ask again in \d+ seconds"))
            expect(told.locator('a[href="tel:911"]').first).to_be_in_viewport()
            expect(told.locator('a[href="tel:988"]').first).to_be_in_viewport()
            expect(page.locator("#question textarea")).to_have_value(question)


def test_whose_question_waits_behind_others_is_told_where_help_is(chromium):
    free = threading.Event()

    def slow(question, history):
        assert free.wait(60)
        return about_cats(question, history)

    with cat_server(answer=slow) as address, contextlib.ExitStack() as stack:
        pages = [stack.enter_context(chat_page(chromium, address)) for _ in range(3)]
        for page in pages:
            page.locator("#question textarea").fill(SLEEP)
            page.locator("#question textarea").press("Enter")
            page.wait_for_timeout(300)
        told = pages[-1].locator(".refused")
        expect(told).to_contain_text("longer than usual", timeout=20_000)
        expect(told.locator('a[href="tel:911"]').first).to_be_visible()
        free.set()
        expect(pages[-1].locator("#t1 li.quote").first).to_be_visible(timeout=20_000)
        expect(told).to_have_count(0)


def test_where_the_server_is_gone_help_is_told(chromium):
    with chromium.new_context() as context:
        page = context.new_page()
        with cat_server() as address:
            track(page)
            page.goto(f"{address}/chat/")
            settled(page)
            ask(page, SLEEP)
        page.locator("#question textarea").fill(OVERDOSE)
        page.locator("#question textarea").press("Enter")
        told = page.locator(".refused")
        expect(told).to_contain_text("cannot be reached", timeout=20_000)
        expect(told.locator('a[href="tel:911"]').first).to_be_visible()


def test_clearing_leaves_nothing(chromium, address):
    with chat_page(chromium, address) as page:
        ask(page, SLEEP)
        page.locator("#clear").click()
        expect(page.locator("#conversation .turn")).to_have_count(0)
        expect(page.locator("#sources .source")).to_have_count(0)
        expect(page.get_by_role("button", name="How long do cats sleep?")).to_be_visible()


def test_a_fault_is_told_and_the_page_goes_on(chromium, address):
    with chat_page(chromium, address) as page:
        expect(ask(page, "crash")).to_contain_text("Something went wrong")
        expect(ask(page, SLEEP)).to_contain_text("sixteen hours")


def test_a_conversation_is_exported_with_its_caveats(chromium, address):
    with chat_page(chromium, address) as page:
        ask(page, SLEEP)
        with page.expect_download() as download:
            page.locator("#export").click()
        text = Path(download.value.path()).read_text(encoding="utf-8")
        assert download.value.suggested_filename == "conversation.md"
        assert "> “Cats sleep sixteen hours a day.”" in text
        assert "Overstated: twelve to sixteen" in text


def test_an_answer_is_copied_with_its_citations(chromium, address):
    allowed = ["clipboard-read", "clipboard-write"]
    with chat_page(chromium, address, permissions=allowed) as page:
        ask(page, SLEEP).locator("button.copy").click()
        expect(page.locator("#t1 button.copy")).to_have_text("Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert "Cats sleep sixteen hours a day." in copied
        assert "Overstated" in copied


def test_a_visitor_does_not_see_the_conversation_of_another(chromium, address):
    with chat_page(chromium, address) as mine, chat_page(chromium, address) as other:
        ask(mine, SLEEP)
        ask(other, "do they bite?")
        expect(other.locator("#conversation")).not_to_contain_text("sixteen hours")


def test_nothing_hostile_in_a_question_runs_loads_or_overlays(chromium, address):
    with chat_page(chromium, address) as page:
        for payload in HOSTILE:
            expect(ask(page, payload).locator("h2.question")).to_contain_text(payload[:20])
        assert page.title() != "owned"
        planted = "#askdoc :is(img, iframe, form, object, embed, style, script, svg[onload], base)"
        expect(page.locator(planted)).to_have_count(0)
        expect(page.locator("#question textarea")).to_be_visible()


def hostile_cats(payload):
    """An article, its title, headings and notes all written by somebody who means ill."""
    document = replace(CATS, title=payload, text=payload)
    place = Passage("cats#0", "cats", payload, payload, 0, len(payload), ((0, len(payload)),))
    quote = Citation(1, "cats", "cats#0", payload, payload, 0, len(payload))
    note = replace(NOTE, text=payload, sources=(Source(payload, payload, payload),))
    found = replace(
        about_cats(SLEEP), text=payload, citations=(quote,), caveats=(note,), passages=()
    )
    service = CatService(lambda question, history: found)
    banner = replace(note, kind="banner", citation=None)
    service.about = lambda: About({"cats": document}, (banner,), (payload,), {"cats#0": place}.get)
    return service, document


@pytest.mark.parametrize("payload", ["".join(HOSTILE[:9]), "".join(HOSTILE[9:])])
def test_nothing_hostile_in_an_article_runs_loads_or_overlays(chromium, payload):
    service, document = hostile_cats(payload)
    service.documents = {"cats": document}
    with running(built(assemble, service)) as address, chat_page(chromium, address) as page:
        ask(page, SLEEP).locator("a.cite").first.click()
        expect(page.locator(".source.open mark")).to_be_visible()
        planted = "#askdoc :is(img, iframe, form, object, embed, style, script, base, meta)"
        expect(page.locator(planted)).to_have_count(0)
        expect(page.locator("#question textarea")).to_be_visible()
        page.goto(f"{address}/article/cats")
        expect(page.locator(planted)).to_have_count(0)
        assert page.locator("main").inner_text().startswith(payload[:20])


@pytest.mark.model
def test_the_real_article_answers_with_its_caveats(chromium, kratom_index):
    service = Service(lambda: kratom_index)
    with running(built(assemble, service)) as address:
        assert service.wait(120)
        with chat_page(chromium, address) as page:
            expect(page.locator("#banner")).to_contain_text("not medical advice", timeout=20_000)
            turn = ask(page, "does hair grow back?")
            quotes = turn.locator("li.quote blockquote")
            expect(quotes.first).to_contain_text("hair")
            text = kratom_index.documents["kratom"].text
            for shown in quotes.all_inner_texts():
                assert re.sub(r"^“|” .*$", "", shown, flags=re.S).strip() in text
            expect(turn.locator(".caveat").first).to_be_visible()


def test_while_the_article_is_loading_an_emergency_is_answered(chromium):
    service = CatService()
    service.about = lambda: None
    with (
        running(built(assemble, service)) as address,
        chat_page(chromium, address, loading=True) as page,
    ):
        expect(page.locator("#welcome")).to_contain_text("still being loaded")
        expect(ask(page, OVERDOSE).locator(".caveat.emergency")).to_be_visible()
