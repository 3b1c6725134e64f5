"""A Chromium to drive, and pages that must stay clean."""

import os
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
DESK, PHONE, NARROW = (
    {"width": 1280, "height": 800},
    {"width": 390, "height": 844},
    {"width": 320, "height": 640},
)


@contextmanager
def launched():
    """Debian's Chromium. Where checks must not be left out, its absence is a failure."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        except Error as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no Chromium to drive: {error.message.splitlines()[0]}")
        yield browser
        browser.close()


@contextmanager
def watched(chromium, *addresses, **context):
    """A fresh page; at its end nothing went elsewhere, failed or complained."""
    with chromium.new_context(**({"viewport": DESK} | context)) as fresh:
        page = fresh.new_page()
        wrong = []

        def outside(sent):
            if not sent.url.startswith((*addresses, "data:", "blob:")):
                wrong.append(sent.url)

        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
        page.on("request", outside)
        track(page)
        yield page
        assert wrong == [], wrong


def track(page):
    """Counts the streams of events that have ended."""
    page.ended = []
    for happening in ("requestfinished", "requestfailed"):
        page.on(happening, lambda sent: "/queue/data" in sent.url and page.ended.append(sent))


def settled(page):
    """Waits until the page's first event is over: what is asked just then, Gradio loses."""
    for _ in range(200):
        if page.ended:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the first event did not end")


@contextmanager
def chat_page(chromium, address, path="/chat/", *, loading=False, **context):
    """The chat, ready to be asked; `loading` where its article does not come."""
    with watched(chromium, address, **context) as page:
        page.goto(f"{address}{path}")
        expect(page.locator("#question textarea")).to_be_visible(timeout=20_000)
        if not loading:
            settled(page)
        yield page


def ask(page, question):
    """Asks, waits for the reply and gives its turn. `page` may be a frame."""
    number = page.locator("#conversation .turn").count() + 1
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")
    turn = page.locator(f"#conversation #t{number}")
    expect(turn.locator(":is(.answer, .failure)").first).to_be_visible(timeout=20_000)
    return turn


def serious(page):
    """The serious and critical barriers that axe finds; the page must bypass its policy."""
    found = Axe().run(page).response["violations"]
    return {
        v["id"]: [node["html"] for node in v["nodes"]]
        for v in found
        if v["impact"] in {"serious", "critical"}
    }
