"""Remakes the pictures in `docs/images/`: `python docs/screenshots.py`.

Serves `corpus/kratom` and the example host page on this machine, and photographs them in Debian's
Chromium; then both articles of `corpus/`, in a chat and a widget that hold a library.
"""

import functools
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "examples"))

from host import CHAT, StrictHost  # noqa: E402

from askdoc.refresh import open_index  # noqa: E402
from askdoc.server import Settings, create_app  # noqa: E402

IMAGES = Path(__file__).parent / "images"
CHAT_PORT, HOST_PORT = 7860, 8080
TIMEOUT_MS = 180_000
HOST = f"http://localhost:{HOST_PORT}"
SIZES = {"": (1280, 800), "-phone": (390, 844)}
NARROW = {"-narrow": (320, 640)}
ARGS = "--headless --no-sandbox --disable-gpu --disable-background-networking".split()
QUESTION = "is it addictive?"


class QuietHost(StrictHost):
    """The example's host page, without a line for every request."""

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def served(*articles: str) -> Iterator[None]:
    """The chat on some articles of the corpus, and a page of another origin."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            lambda: open_index(folder, paths=[ROOT / "corpus" / name for name in articles]),
            Settings(embed_origins=(HOST,)),
        )
        server = uvicorn.Server(uvicorn.Config(app, port=CHAT_PORT, log_level="warning"))
        serving = threading.Thread(target=server.run, daemon=True)
        serving.start()
        handler = functools.partial(QuietHost, directory=str(ROOT / "examples"))
        with ThreadingHTTPServer(("localhost", HOST_PORT), handler) as host:
            threading.Thread(target=host.serve_forever, daemon=True).start()
            yield
            host.shutdown()
        server.should_exit = True
        serving.join()


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
    frame.locator("#chips button").first.wait_for()
    frame.locator("#words").fill(QUESTION)
    frame.locator("#words").press("Enter")
    frame.locator("li.quote").first.wait_for()


def ask(page: object, question: str = QUESTION) -> None:
    """Asks and waits for the answer; `page` may be a frame."""
    locator = page.locator  # type: ignore[attr-defined]
    locator("#offers button").first.wait_for()
    locator("#offers").page.wait_for_timeout(500)  # the page's first event is over
    locator("#question textarea").fill(question)
    locator("#question textarea").press("Enter")
    locator("#t1 .answer").wait_for()


def library(page: Page) -> None:
    """The widget with two articles to choose from."""
    widget(page)


Scene: TypeAlias = Callable[[Page], None]


def photograph(
    browser: Browser,
    scenes: Sequence[Scene],
    sizes: dict[str, tuple[int, int]],
    *,
    dark: bool = False,
) -> None:
    """One picture of each scene and size."""
    for scene in scenes:
        for suffix, (width, height) in sizes.items():
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
            )
            page.set_default_timeout(TIMEOUT_MS)
            scene(page)
            page.wait_for_timeout(1200)
            page.screenshot(path=IMAGES / f"{scene.__name__}{suffix}{'-dark' if dark else ''}.png")
            page.close()


def main() -> None:
    """Makes them all."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        with served("kratom"):
            photograph(browser, (chat, emergency, article, widget), SIZES)
            photograph(browser, (chat, emergency, widget), NARROW)
            photograph(browser, (chat,), SIZES, dark=True)
        with served("kratom", "houseplants"):
            photograph(browser, (library,), SIZES)
        browser.close()


if __name__ == "__main__":
    main()
