import re
import threading
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from answers import (
    BANNER,
    CATS,
    HELD_BACK_MAX_S,
    NOTE,
    PUBLISHED,
    CatService,
    about_cats,
    about_cats_after,
    built,
    cat_server,
    kept_port,
    running,
    two_articles,
)
from askdoc.chat import About
from askdoc.records import Citation, Passage, Source
from askdoc.server import Service, Settings
from askdoc.server.app import assemble
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
    opened,
    slow_line,
)
from languages import PSEUDO, VISIBLE, outside_brackets, speak_pseudo
from waiting import becomes

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
        expect(cite).to_be_visible()
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
        assert becomes(lambda: is_above(block, page.locator("#asking")))


def test_below_a_long_question_whom_to_call_is_seen(chromium, address):
    with chat_page(chromium, address, viewport=NARROW) as page:
        ask(page, SLEEP)
        turn = ask(page, f"{OVERDOSE}, and {'we do not know what to do, ' * 40}")
        expect(turn.locator(".caveat.emergency a.call").first).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_latest_question_stands_at_the_top(chromium, address, size):
    with chat_page(chromium, address, viewport=size) as page:
        for question in (SLEEP, SLEEP, "who was president?"):
            turn = ask(page, question)
        assert becomes(lambda: turn.locator("h2").bounding_box()["y"] < 220)
        assert becomes(lambda: is_above(page.locator("#banner"), turn.locator("h2")))


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
        expect(page.locator("#t1 li.quote").first).to_be_visible()


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
        bar = page.locator("#banner")
        assert becomes(lambda: bar.bounding_box()["height"] < 60)
        assert becomes(lambda: is_above(bar, turn.locator("h2")))
        more.press("Enter")
        expect(more).to_have_attribute("aria-expanded", "true")
        expect(note.locator("summary")).to_be_visible()
        assert becomes(lambda: is_above(bar, page.locator("#asking")))
        more.press("Enter")
        expect(note.locator("summary")).to_be_hidden()


def ask_in_haste(page, question):
    """Puts a question and presses Enter, and waits for nothing."""
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")


def test_on_a_slow_line_nothing_typed_is_lost_and_an_emergency_comes_first(chromium):
    free = threading.Event()
    questions = [f"{SLEEP} {n}" for n in range(30)]
    grave = (7, 18, 29)
    for place in grave:
        questions[place] = OVERDOSE
    with cat_server(answer=about_cats_after(free)) as address, chat_page(chromium, address) as page:
        slow_line(page, LATENCY_S)
        for question in questions:
            ask_in_haste(page, question)
        shown = page.locator("#conversation h2.question")
        expect(shown).to_have_text([f"You asked: {question}" for question in questions])
        expect(page.locator("#question textarea")).to_have_value("")
        for place in grave:
            block = page.locator(f"#t{place + 1} .caveat.emergency")
            expect(block).to_be_visible()
        expect(block).to_be_in_viewport()
        expect(page.locator("#conversation .pending")).to_have_count(27)
        free.set()
        answers = page.locator("#conversation .turn:has(.answer)")
        expect(answers).to_have_count(30)
        expect(block.locator("a.call")).to_be_in_viewport(ratio=1)


def test_a_question_is_shown_before_the_server_has_a_word(chromium):
    first = threading.Event()
    with (
        cat_server(answer=about_cats_after(first)) as address,
        chat_page(chromium, address) as page,
    ):
        ask_in_haste(page, SLEEP)
        expect(page.locator("#t1 .pending")).to_be_visible()
        ask_in_haste(page, "do they bite?")
        expect(page.locator("#t2 h2")).to_contain_text("do they bite?")
        first.set()
        expect(page.locator("#t2 li.quote")).to_be_visible()
        expect(page.locator("#t1 li.quote").first).to_contain_text("sixteen hours")


def test_who_asks_too_much_is_told_when_to_ask_again_and_where_help_is(chromium):
    settings = Settings(rate="2/day")
    app = built(assemble, CatService(), settings)
    with (
        running(app, settings) as address,
        fresh_page(chromium, viewport=PHONE) as page,
    ):
        opened(page, f"{address}/chat/")
        ask(page, SLEEP)
        ask(page, SLEEP)
        ask_in_haste(page, OVERDOSE)
        told = page.get_by_role("alert")
        expect(told).to_contain_text(re.compile(r"Ask again in \d+ seconds"))
        expect(told.locator('a[href="tel:911"]').first).to_be_in_viewport()
        expect(told.locator('a[href="tel:988"]').first).to_be_in_viewport()
        expect(page.locator("#t3 h2")).to_contain_text(OVERDOSE)
        expect(told.get_by_role("button", name="Ask again")).to_be_visible()


def test_whose_answer_takes_long_is_told_where_help_is(chromium):
    free = threading.Event()
    with cat_server(answer=about_cats_after(free)) as address, chat_page(chromium, address) as page:
        ask_in_haste(page, SLEEP)
        told = page.locator(".refused")
        expect(told).to_contain_text("longer than usual")
        expect(told.locator('a[href="tel:911"]').first).to_be_visible()
        free.set()
        expect(page.locator("#t1 li.quote").first).to_be_visible()
        expect(told).to_have_count(0)


def test_what_a_lost_line_left_unanswered_is_asked_again_by_one_button(chromium, address):
    with fresh_page(chromium) as page:
        opened(page, f"{address}/chat/")
        ask(page, SLEEP)
        page.context.set_offline(True)
        ask_in_haste(page, "do they bite?")
        ask_in_haste(page, OVERDOSE)
        told = page.locator(".refused")
        expect(told).to_contain_text("cannot be reached")
        expect(told).to_contain_text("Questions not answered: 2")
        expect(told.locator('a[href="tel:911"]').first).to_be_visible()
        page.context.set_offline(False)
        told.get_by_role("button", name="Ask again").click()
        expect(page.locator("#t3 .caveat.emergency")).to_be_visible()
        expect(page.locator("#t2 li.quote")).to_be_visible()
        expect(told).to_have_count(0)


def test_an_answer_stays_in_sight_while_an_earlier_question_is_lost(chromium, address):
    small = {"width": 1000, "height": 560}
    with fresh_page(chromium, viewport=small) as page:
        opened(page, f"{address}/chat/")
        ask(page, SLEEP)
        page.context.set_offline(True)
        ask_in_haste(page, "what do they cost?")
        expect(page.locator(".refused")).to_be_in_viewport()
        page.context.set_offline(False)
        turn = ask(page, "do they bite?")
        expect(page.locator(".refused")).to_contain_text("Your question was not answered")
        expect(turn.locator(":scope > :first-child")).to_be_in_viewport(ratio=1)


def test_a_server_that_was_started_again_answers_an_open_page(chromium):
    settings = Settings(rate="1000/minute")
    with kept_port() as port, fresh_page(chromium) as page:
        with running(built(assemble, CatService(), settings), settings, port) as address:
            opened(page, f"{address}/chat/")
            ask(page, SLEEP)
        ask_in_haste(page, "do they bite?")
        expect(page.locator(".refused")).to_contain_text("cannot be reached")
        with running(built(assemble, CatService(), settings), settings, port):
            expect(ask(page, SLEEP).locator("li.quote").first).to_contain_text("sixteen hours")
            expect(page.locator("#t1 li.quote").first).to_contain_text("sixteen hours")
            page.get_by_role("button", name="Ask again").click()
            expect(page.locator("#t2 li.quote")).to_be_visible()


def test_a_conversation_outlives_its_page(chromium, address):
    with chat_page(chromium, address) as page:
        ask(page, SLEEP)
        ask(page, "do they bite?")
        page.reload()
        expect(page.locator("#t2 li.quote")).to_be_visible()
        expect(page.locator("#t1 .caveat").first).to_contain_text("Overstated")
        page.goto(f"{address}/article/cats")
        page.go_back()
        expect(page.locator("#t1 li.quote").first).to_be_visible()
        page.locator("#t1 a.cite").first.click()
        expect(page.locator(".source.open mark")).to_have_text("Cats sleep sixteen hours a day.")
        expect(ask(page, SLEEP)).to_have_id("t3")


def test_who_wants_no_conversation_kept_has_none(chromium, address):
    with chat_page(chromium, address) as page:
        ask(page, SLEEP)
        line = page.locator(".keeping")
        expect(line).to_contain_text("in this browser alone")
        line.get_by_role("button").click()
        expect(line).to_contain_text("not kept")
        ask(page, SLEEP)
        assert "sleep" not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")
        page.reload()
        expect(page.locator("html[data-askdoc]")).to_have_count(1)
        expect(page.locator("#conversation .turn")).to_have_count(0)
        expect(line).to_contain_text("not kept")


def test_what_changed_after_an_answer_is_told_beside_it(chromium):
    service = CatService()
    with running(built(assemble, service)) as address, chat_page(chromium, address) as page:
        service.about = lambda: About({"cats": CATS}, (BANNER,), edition="old")
        page.reload()
        turn = ask(page, SLEEP)
        service.about = lambda: About({"cats": CATS}, (BANNER,), edition="new")
        page.reload()
        expect(turn.locator(".changed")).to_contain_text("have changed")
        turn.get_by_role("button", name="Ask again").click()
        expect(turn.locator("li.quote").first).to_be_visible()
        expect(turn.locator(".changed")).to_have_count(0)


def test_clearing_leaves_nothing(chromium, address):
    with chat_page(chromium, address) as page:
        ask(page, SLEEP)
        page.locator("#clear").click()
        expect(page.locator("#conversation .turn")).to_have_count(0)
        expect(page.locator("#sources .source")).to_have_count(0)
        expect(page.get_by_role("button", name="How long do cats sleep?")).to_be_visible()
        expect(page.locator("#question textarea")).to_be_focused()
        assert "sixteen" not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")


def test_clearing_can_be_undone(chromium, address):
    with chat_page(chromium, address) as page:
        ask(page, SLEEP)
        page.locator("#clear").click()
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("#t1 li.quote").first).to_contain_text("sixteen hours")
        page.reload()
        expect(page.locator("#t1 li.quote").first).to_be_visible()


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


READ_CLIPBOARD = """async () => {
  const [item] = await navigator.clipboard.read();
  const read = async (type) => (await item.getType(type)).text();
  return [await read("text/plain"), await read("text/html")];
}"""


@pytest.mark.parametrize("secure", [True, False], ids=["https", "http"])
def test_an_answer_is_copied_with_its_notes_and_a_link_to_each_sentence(chromium, address, secure):
    allowed = ["clipboard-read", "clipboard-write"]
    with chat_page(chromium, address, permissions=allowed) as page:
        if not secure:
            page.evaluate("Object.defineProperty(navigator.clipboard, 'writeText', {})")
        turn = ask(page, SLEEP)
        turn.get_by_role("button", name="Copy answer").click()
        expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
        text, rich = page.evaluate(READ_CLIPBOARD)
    assert "“Cats sleep sixteen hours a day.”" in text
    assert f"{address}/article/cats?start=0&end=31#quote" in text
    assert "Caution: Overstated: twelve to sixteen." in text
    assert text.count("https://example.org/cats") == 1
    assert f"on cats.example: {PUBLISHED}#:~:text=Cats%20sleep%20sixteen" in text
    assert f"This answer: {address}/chat/#q=how%20long%20do%20cats%20sleep%3F" in text
    assert "\\" not in text
    assert f'href="{address}/article/cats?start=0&amp;end=31#quote"' in rich
    assert "<strong>Caution:</strong>" in rich


def test_an_answer_has_a_link_and_its_quotes_lead_to_the_publishers_page(chromium, address):
    with chat_page(chromium, address) as page:
        page.context.route(
            f"{PUBLISHED}*", lambda asked: asked.fulfill(body=LONG_PAGE, content_type="text/html")
        )
        turn = ask(page, SLEEP)
        with page.expect_popup() as opened:
            turn.locator("li.quote .published a").last.click()
        opened.value.wait_for_function("scrollY > 1000")
        with page.expect_popup() as opened:
            turn.get_by_role("link", name="Link to this answer").click()
        again = opened.value.locator("#t2")
        expect(again).to_contain_text("Cats sleep sixteen hours a day.")
        assert "#q" not in opened.value.url


LONG_PAGE = '<p style="padding: 2000px 0">They hunt.<p>A grown cat eats. Milk upsets most cats.'


def test_one_quote_is_copied_with_its_note(chromium, address):
    allowed = ["clipboard-read", "clipboard-write"]
    with chat_page(chromium, address, permissions=allowed) as page:
        box = ask(page, SLEEP).locator("li.quote").first
        box.get_by_role("button", name="Copy this quote").click()
        expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
        text, _ = page.evaluate(READ_CLIPBOARD)
    assert "sixteen hours" in text
    assert "Overstated" in text
    assert "Milk" not in text


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
            expect(page.locator("#banner")).to_contain_text("not medical advice")
            turn = ask(page, "does hair grow back?")
            quotes = turn.locator("li.quote blockquote")
            expect(quotes.first).to_contain_text("hair")
            text = kratom_index.documents["kratom"].text
            for shown in quotes.all_inner_texts():
                assert re.sub(r"^“|” .*$", "", shown, flags=re.S).strip() in text
            expect(turn.locator(".caveat").first).to_be_visible()


def test_while_the_article_is_loading_an_emergency_is_answered(chromium):
    service = CatService()
    known, service.about = service.about, lambda: None
    with running(built(assemble, service)) as address, chat_page(chromium, address) as page:
        expect(page.locator("#welcome")).to_contain_text("still being loaded")
        expect(ask(page, OVERDOSE).locator(".caveat.emergency")).to_be_visible()
        service.about = known
        expect(page.locator("#welcome")).to_contain_text("Keeping cats")


def test_the_focus_stays_in_the_page_after_a_suggestion(chromium, address):
    with chat_page(chromium, address) as page:
        page.get_by_role("button", name="How long do cats sleep?").click()
        expect(page.locator("#t1")).to_be_focused()


def several_banners(number):
    """A service over some articles, each with a banner of its own."""
    texts = [
        f"Answers quote article {n} alone, and what it says was looked through."
        for n in range(number)
    ]
    banners = tuple(replace(BANNER, text=text) for text in texts)
    service = CatService()
    service.about = lambda: About({"cats": CATS}, banners)
    return service


@pytest.mark.parametrize("size", [DESK, PHONE, NARROW], ids=["desk", "phone", "narrow"])
def test_however_many_banners_there_are_the_question_is_in_sight(chromium, size):
    service = several_banners(4)
    with (
        running(built(assemble, service)) as address,
        chat_page(chromium, address, viewport=size) as page,
    ):
        for question in ("who was president?", "who is it?"):
            turn = ask(page, question)
        assert becomes(lambda: is_above(page.locator("#banner"), turn.locator("h2")))
        expect(turn.locator("h2")).to_be_in_viewport()


def test_on_a_phone_the_box_is_in_sight_below_however_many_banners(chromium):
    with (
        running(built(assemble, several_banners(8))) as address,
        chat_page(chromium, address, viewport=PHONE) as page,
    ):
        expect(page.locator("#banner .caveat")).to_have_count(8)
        box = page.locator("#ask").bounding_box()
        assert box["y"] + box["height"] < PHONE["height"]
        assert box["x"] + box["width"] < PHONE["width"]


def test_an_answer_does_not_move_the_page_aside(chromium):
    free = threading.Event()
    with cat_server(answer=about_cats_after(free)) as address, chat_page(chromium, address) as page:
        page.locator("#question textarea").fill(SLEEP)
        page.keyboard.press("Enter")
        turn = page.locator("#t1")
        before = turn.bounding_box()
        free.set()
        expect(turn.locator("li.quote").first).to_be_visible()
        after = turn.bounding_box()
        assert (after["x"], after["width"]) == (before["x"], before["width"])


def test_the_banner_is_that_of_the_article_that_is_quoted(chromium):
    with (
        running(built(assemble, several_banners(3))) as address,
        chat_page(chromium, address) as page,
    ):
        expect(page.locator("#banner .caveat")).to_have_count(3)
        ask(page, SLEEP)
        expect(page.locator("#banner .caveat")).to_have_count(1)


def test_in_another_language_no_fixed_word_stays_english(chromium, monkeypatch):
    speak_pseudo(monkeypatch)
    path = f"/chat/?lang={PSEUDO}"
    with cat_server() as address, chat_page(chromium, address, path) as page:
        expect(page.locator("#welcome")).to_contain_text("Keeping cats")
        assert page.title() == "⟦Ask the article⟧"
        first = page.evaluate(VISIBLE)
        for question in ("crash", SLEEP, "do they bite?", SLEEP, OVERDOSE):
            turn = ask(page, question)
        expect(turn.locator(".caveat.emergency")).to_contain_text("⟦Emergency⟧")
        page.locator("#t2 a.cite").first.click()
        page.reload()
        expect(page.locator("#t5 .caveat")).to_be_visible()
        shown = page.evaluate(VISIBLE)
        page.locator("#clear").click()
        shown = [*first, *shown, *page.evaluate(VISIBLE)]
        assert len([text for text in shown if "⟦" in text]) > 40
        # The readable answerer speaks English.
        assert outside_brackets(shown) == ["The article says:"] * 3


def test_an_address_without_an_article_names_those_there_are(chromium, address):
    with fresh_page(chromium) as page:
        assert page.goto(f"{address}/article/dogs").status == 404
        expect(page.locator("h1")).to_have_text("No such article")
        expect(page.get_by_role("link", name="Keeping cats")).to_be_visible()


@pytest.mark.parametrize("size", [DESK, NARROW], ids=["desk", "narrow"])
def test_of_several_articles_a_reader_chooses_one_and_sees_which(chromium, size):
    service, of = two_articles(), defaultdict(set)
    answer = service.ask

    def noted(question, history=(), document=None):
        of[question].add(document)
        return answer(question, history, document)

    service.ask = noted
    with (
        running(built(assemble, service)) as address,
        chat_page(chromium, address, viewport=size) as page,
    ):
        page.get_by_label("Article").select_option("Keeping dogs")
        expect(page).to_have_url(f"{address}/chat/?document=dogs")
        expect(page).to_have_title("Keeping dogs – Ask the article")
        ask(page, SLEEP)
        expect(page.get_by_label("Article")).to_have_value("dogs")
        assert of[SLEEP] == {"dogs"}


def test_an_address_that_names_no_article_says_so_and_asks_all_that_there_are(chromium):
    service, path = two_articles(), "/chat/?document=birds"
    with (
        running(built(assemble, service)) as address,
        chat_page(chromium, address, path) as page,
    ):
        expect(page.locator("#welcome")).to_contain_text("There is no article “birds” here. Ask")
        expect(ask(page, SLEEP).locator("li.quote").first).to_be_visible()
    assert "birds" not in service.asked_of


def test_another_article_that_answers_is_asked_by_one_button(chromium):
    with (
        running(built(assemble, two_articles())) as address,
        chat_page(chromium, address, viewport=NARROW) as page,
    ):
        turn = ask(page, SLEEP)
        expect(turn.locator("figcaption").first).to_contain_text("in Keeping cats")
        turn.get_by_role("button", name="Keeping dogs").click()
        again = page.locator("#t2")
        expect(again).to_be_focused()
        expect(again.locator("h2")).to_contain_text(f"{SLEEP} of “Keeping dogs”")
        expect(again.locator("li.quote").first).to_be_visible()
        expect(page.locator(".elsewhere")).to_have_count(1)


def test_an_answer_does_not_wait_for_what_is_offered_after_it(chromium):
    free = threading.Event()

    def slow(question, history):
        assert not question.startswith("How long") or free.wait(HELD_BACK_MAX_S)
        return about_cats(question, history)

    with cat_server(answer=slow) as address, chat_page(chromium, address) as page:
        expect(ask(page, "do they bite?").locator("li.quote")).to_be_visible()
        expect(page.locator(".offers button")).to_have_count(0)
        free.set()
        expect(page.locator(".offers button")).to_have_text("How long do cats sleep?")


def test_the_language_of_the_page_goes_with_its_links(chromium, address):
    with chat_page(chromium, address, "/chat/?lang=es") as page:
        turn = ask(page, SLEEP)
        for link in turn.locator("a.sentence, a.permalink").all():
            expect(link).to_have_attribute("href", re.compile(r"[?&]lang=es#"))
