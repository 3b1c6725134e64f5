"""Remakes the pictures in `docs/images/`: `python docs/screenshots.py`.

Serves `corpus/kratom` and the example host page on this machine, and photographs them in Debian's
Chromium.
"""

import functools
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "examples"))

from host import CHAT, StrictHost  # noqa: E402

from askdoc.refresh import open_index  # noqa: E402
from askdoc.server import Settings, create_app  # noqa: E402

IMAGES = Path(__file__).parent / "images"
CHAT_PORT, HOST_PORT = 7860, 8080
HOST = f"http://localhost:{HOST_PORT}"
SIZES = {"": (1280, 800), "-phone": (390, 844)}
ARGS = "--headless --no-sandbox --disable-gpu --disable-background-networking".split()
QUESTION = "is it addictive?"


class QuietHost(StrictHost):
    """The example's host page, without a line for every request."""

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def served() -> Iterator[None]:
    """The chat and a page of another origin."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            lambda: open_index(folder, paths=[ROOT / "corpus" / "kratom"]),
            Settings(embed_origins=(HOST,)),
        )
        server = uvicorn.Server(uvicorn.Config(app, port=CHAT_PORT, log_level="warning"))
        threading.Thread(target=server.run, daemon=True).start()
        handler = functools.partial(QuietHost, directory=str(ROOT / "examples"))
        with ThreadingHTTPServer(("localhost", HOST_PORT), handler) as host:
            threading.Thread(target=host.serve_forever, daemon=True).start()
            yield
            host.shutdown()
        server.should_exit = True


def chat(page: Page) -> None:
    """An answer whose quotes need notes, one source open."""
    page.goto(f"{CHAT}/chat/")
    ask(page)
    page.locator("#t1 .quote").first.wait_for()


def emergency(page: Page) -> None:
    """What a person in danger sees."""
    page.goto(f"{CHAT}/chat/")
    ask(page, "my friend took too much and wont wake up")


def article(page: Page) -> None:
    """The whole article with its notes."""
    page.goto(f"{CHAT}/article/kratom")


def widget(page: Page) -> None:
    """The chat in the corner of another page."""
    page.goto(f"{HOST}/host.html")
    page.locator("button.launch").click()
    frame = page.frame_locator("iframe")
    frame.locator("#chips button").first.wait_for(timeout=120_000)
    frame.locator("#words").fill(QUESTION)
    frame.locator("#words").press("Enter")
    frame.locator("li.quote").first.wait_for(timeout=30_000)


def ask(page: object, question: str = QUESTION) -> None:
    """Asks and waits for the answer; `page` may be a frame."""
    locator = page.locator  # type: ignore[attr-defined]
    locator("#offers button").first.wait_for(timeout=120_000)
    locator("#offers").page.wait_for_timeout(500)  # the page's first event is over
    locator("#question textarea").fill(question)
    locator("#question textarea").press("Enter")
    locator("#t1 .answer").wait_for(timeout=30_000)


def photograph(browser: Browser) -> None:
    """One picture of each scene and size."""
    for scene in (chat, emergency, article, widget):
        for suffix, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            scene(page)
            page.wait_for_timeout(1200)
            page.screenshot(path=IMAGES / f"{scene.__name__}{suffix}.png")
            page.close()


def main() -> None:
    """Makes them all."""
    IMAGES.mkdir(exist_ok=True)
    with served(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        photograph(browser)
        browser.close()


if __name__ == "__main__":
    main()
