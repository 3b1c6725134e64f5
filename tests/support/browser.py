"""A Chromium to drive, and pages that must stay clean."""

import os
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
TIMEOUT_MS = 60_000
"""Nothing waits longer; a busy machine takes many seconds for what is instant elsewhere."""
LATENCY_S = float(os.environ.get("TEST_LATENCY_S", "0.3"))
"""Of a slow line; TEST_LATENCY_S=2 makes it a bad one."""
ARGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
DESK, PHONE, NARROW = (
    {"width": 1280, "height": 800},
    {"width": 390, "height": 844},
    {"width": 320, "height": 640},
)
# The page gives a question up after a minute, which a test may hold back for longer.
NEVER_GIVE_UP = "AbortSignal.timeout = () => new AbortController().signal"
expect.set_options(timeout=TIMEOUT_MS)


@contextmanager
def launched():
    """Debian's Chromium. Where checks must not be left out, its absence is a failure."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=ARGS, timeout=2 * TIMEOUT_MS
            )
        except Error as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no Chromium to drive: {error.message.splitlines()[0]}")
        yield browser
        browser.close()


def new_context(chromium, **context):
    """Where nothing glides and nothing is given up."""
    settings = {"viewport": DESK, "reduced_motion": "reduce"} | context
    made = chromium.new_context(**settings)
    made.set_default_timeout(TIMEOUT_MS)
    made.add_init_script(NEVER_GIVE_UP)
    return made


@contextmanager
def fresh_page(chromium, **context):
    """A page in a context of its own."""
    with new_context(chromium, **context) as fresh:
        yield fresh.new_page()


@contextmanager
def warm_page(chromium, address, viewport):
    """A page that finds of earlier ones their cached files, of which Gradio has many, alone.

    Of two at once the second has a context of its own.
    """
    idle = [context for context in chromium.contexts if not context.pages]
    context = idle[0] if idle else new_context(chromium)
    page = context.new_page()
    page.set_viewport_size(viewport)
    try:
        yield page
    finally:
        left = page if not page.is_closed() else context.new_page()
        stored = {"origin": address, "storageTypes": "all"}
        context.new_cdp_session(left).send("Storage.clearDataForOrigin", stored)
        context.clear_cookies()
        context.unroute_all()
        for page in context.pages:
            page.close()


@contextmanager
def clean(page, *addresses):
    """A page; at its end nothing went elsewhere, failed or complained."""
    wrong = []

    def outside(sent):
        if not sent.url.startswith((*addresses, "data:", "blob:")):
            wrong.append(sent.url)

    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
    page.on("request", outside)
    yield page
    assert wrong == [], wrong


@contextmanager
def watched(chromium, *addresses, **context):
    """A fresh page that stays clean."""
    with fresh_page(chromium, **context) as page, clean(page, *addresses):
        yield page


@contextmanager
def chat_page(chromium, address, path="/chat/", viewport=DESK, **context):
    """The chat, ready to be asked; in a context of its own where that has further settings."""
    of_page = (
        fresh_page(chromium, viewport=viewport, **context)
        if context
        else warm_page(chromium, address, viewport)
    )
    with of_page as page, clean(page, address):
        opened(page, f"{address}{path}")
        yield page


def opened(page, address):
    """Goes to the chat and waits until it can be asked."""
    page.goto(address)
    expect(page.locator("html[data-askdoc]")).to_have_count(1)


def ask(page, question):
    """Asks, waits for the reply and gives its turn."""
    expect(page.locator("html[data-askdoc]")).to_have_count(1)  # it may have been loaded again
    number = page.locator("#conversation .turn").count() + 1
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")
    turn = page.locator(f"#conversation #t{number}")
    expect(turn.locator(":is(.answer, .failure)").first).to_be_visible()
    return turn


def is_above(upper, lower):
    """Whether one thing ends where another begins, or before."""
    box, below = upper.bounding_box(), lower.bounding_box()
    return box["y"] + box["height"] <= below["y"] + 1


def slow_line(page, seconds):
    """Lets every answer of the server come that much later."""
    session = page.context.new_cdp_session(page)
    conditions = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", conditions | {"latency": seconds * 1000})


def serious(page):
    """The serious and critical barriers that axe finds; the page must bypass its policy."""
    found = Axe().run(page).response["violations"]
    return {
        v["id"]: [node["html"] for node in v["nodes"]]
        for v in found
        if v["impact"] in {"serious", "critical"}
    }
