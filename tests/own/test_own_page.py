"""A reader brings an article of their own in the page."""

import pytest
from playwright.sync_api import expect

from answers import built, running
from askdoc import build_index
from askdoc.server import Service, Settings
from askdoc.server.app import assemble
from browser import PHONE, ask, chat_page, launched, serious
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
        expect(page.locator(".welcome")).to_contain_text("Nobody has checked", timeout=30_000)
        turn = ask(page, "which lamp has the old lighthouse?")
        expect(turn).to_contain_text("nine hundred candles")
        assert not serious(page)
        page.reload()
        expect(page.locator("#t1")).to_contain_text("nine hundred candles", timeout=20_000)
        assert "candles" in kept(page, "sessionStorage")
        assert "candles" not in kept(page, "localStorage")
        page.get_by_role("button", name="Put it away").click()
        expect(page.get_by_text("Ask your own article")).to_be_visible(timeout=20_000)
        assert "candles" not in kept(page, "sessionStorage")


def test_what_cannot_be_read_is_told_in_the_page_and_can_be_mended(chromium, address):
    with chat_page(chromium, address) as page:
        broken = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 broken"}
        bring(page, file=broken)
        expect(page.locator(".own-state")).to_contain_text("damaged", timeout=30_000)
        expect(page.get_by_role("button", name="Read it")).to_be_enabled()
