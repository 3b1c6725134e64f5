"""A reader brings an article of their own in the page."""

import pytest
from playwright.sync_api import expect

from answers import built, running
from askdoc import build_index
from askdoc.own import articles
from askdoc.server import Service, Settings
from askdoc.server.app import assemble
from browser import DESK, NARROW, PHONE, ask, chat_page, fresh_page, launched, opened, serious
from fakes import CATS, WordEmbedder, document

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),  # Gradio's own
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),  # Gradio's own
]
SETTINGS = Settings(rate="100000/minute", own_articles=True)
TEXT = """\
The old lighthouse has a lamp of nine hundred candles.

The keeper climbs two hundred steps every evening. Ships pass at night.
"""


@pytest.fixture(scope="module")
def address():
    index = build_index([document(CATS)], embedder=WordEmbedder())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(articles, "MOST_EACH", 100)
        yield from served(index)


def served(index):
    with running(built(assemble, Service(lambda: index), SETTINGS), SETTINGS) as found:
        yield found


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


def bring(page, **fields):
    page.get_by_text("Ask your own article").click()
    for name, value in fields.items():
        control = page.locator(f".own-form [name={name}]")
        control.set_input_files(value) if name == "file" else control.fill(value)
    page.get_by_role("button", name="Read it").click()


def kept(page, kind):
    return page.evaluate(f"JSON.stringify(window.{kind})")


def test_a_pasted_article_is_asked_kept_over_a_reload_and_put_away(chromium, address):
    with chat_page(chromium, address, viewport=PHONE, bypass_csp=True) as page:
        bring(page, text=TEXT)
        expect(page.locator(".welcome")).to_contain_text("Nobody has checked")
        turn = ask(page, "which lamp has the old lighthouse?")
        expect(turn).to_contain_text("nine hundred candles")
        assert not serious(page)
        page.reload()
        expect(page.locator("#t1")).to_contain_text("nine hundred candles")
        assert "candles" in kept(page, "sessionStorage")
        assert "candles" not in kept(page, "localStorage")
        with page.expect_navigation():  # the page is loaded anew without the article
            page.get_by_role("button", name="Put it away").click()
        expect(page.get_by_text("Ask your own article")).to_be_visible()
        assert "candles" not in kept(page, "sessionStorage")


COPIED = """async () => {
  const [item] = await navigator.clipboard.read();
  return (await item.getType("text/plain")).text();
}"""


def test_no_link_leads_to_an_article_that_will_not_be_there(chromium, address):
    allowed = ["clipboard-read", "clipboard-write"]
    with chat_page(chromium, address, permissions=allowed) as page:
        bring(page, text=TEXT)
        expect(page.locator(".welcome")).to_contain_text("Nobody has checked")
        turn = ask(page, "which lamp has the old lighthouse?")
        expect(turn.locator("a.permalink")).to_have_count(0)
        turn.get_by_role("button", name="Copy answer").click()
        expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
        copied = page.evaluate(COPIED)
        assert "candles" in copied
        assert "own-" not in copied
        with page.expect_popup() as opened:
            turn.locator("a.sentence").first.click()
        expect(opened.value.locator("mark#quote")).to_contain_text("candles")
        name = page.evaluate("sessionStorage.getItem('askdoc own article')")
        page.request.post(f"{address}/api/own/{name}/forget")
        page.reload()
        expect(page.locator(".welcome")).to_contain_text("not here any longer")
        expect(turn).to_contain_text("candles")
        expect(page.locator("a[href*='own-']")).to_have_count(0)


DROP = """([form, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], "article.md", { type: "text/markdown" }));
  for (const kind of ["dragover", "drop"]) {
    const more = { dataTransfer: data, bubbles: true, cancelable: true };
    form.dispatchEvent(new DragEvent(kind, more));
  }
}"""


def dropped(page, place):
    page.get_by_text("Ask your own article").click()
    element = page.locator(place).element_handle()
    page.evaluate(DROP, [element, TEXT])


@pytest.mark.parametrize("size", [DESK, NARROW], ids=["desk", "narrow"])
@pytest.mark.parametrize("place", [".own-form", "#talk"])
def test_a_dropped_file_is_asked(chromium, address, size, place):
    with chat_page(chromium, address, viewport=size) as page:
        dropped(page, place)
        expect(page.locator(".welcome")).to_contain_text("Nobody has checked")
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_a_page_is_fetched_by_its_address_or_its_text_asked_for(chromium, address):
    with chat_page(chromium, address, "/chat/?lang=es", viewport=PHONE) as page:
        page.get_by_text("Pregunte a su propio artículo").click()
        page.locator(".own-form [name=url]").fill("http://127.0.0.1/article")
        page.get_by_role("button", name="Leerlo").click()
        told = page.locator(".own-state")
        expect(told).to_contain_text("red privada")
        expect(told).to_be_in_viewport()


def test_a_line_that_breaks_while_an_article_is_sent_loses_nothing(chromium, address):
    with fresh_page(chromium, viewport=PHONE) as page:
        opened(page, f"{address}/chat/")
        page.context.set_offline(True)
        bring(page, text=TEXT)
        expect(page.locator(".own-state")).to_contain_text("cannot be reached")
        expect(page.locator(".own-form [name=text]")).to_have_value(TEXT)
        page.context.set_offline(False)
        page.get_by_role("button", name="Read it").click()
        expect(page.locator(".welcome")).to_contain_text("Nobody has checked")


def test_a_line_that_breaks_while_an_article_is_read_is_waited_for(chromium, address):
    with fresh_page(chromium, viewport=PHONE) as page:
        opened(page, f"{address}/chat/")
        lost = []

        def lose_twice(route):
            lost.append(route.request.url)
            route.abort() if len(lost) <= 2 else route.continue_()

        page.route("**/api/own/own-*", lose_twice)
        bring(page, text=TEXT)
        expect(page.locator(".welcome")).to_contain_text("Nobody has checked")
        assert len(lost) > 2


def test_what_cannot_be_read_is_told_in_the_page_and_can_be_mended(chromium, address):
    with chat_page(chromium, address) as page:
        broken = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 broken"}
        bring(page, file=broken)
        expect(page.locator(".own-state")).to_contain_text("damaged")
        expect(page.get_by_role("button", name="Read it")).to_be_enabled()
