import functools
import gzip
import sys
import threading
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect

from answers import CatService, built, running
from askdoc import build_index, read_documents
from askdoc.server import Service, Settings
from askdoc.server.app import assemble
from browser import DESK, PHONE, ask, chat_page, launched, serious, watched
from fakes import WordEmbedder

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "examples"))
from host import CHAT, StrictHost  # noqa: E402

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),  # Gradio's own
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),  # Gradio's own
]

SLEEP = "how long do cats sleep?"
OVERDOSE = "my friend overdosed and wont wake up"
WIDGET = ROOT / "src" / "askdoc" / "static" / "widget.js"


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
    more = " ".join(f'data-{name}="{value}"' for name, value in attributes.items())
    page = source.replace(CHAT, chat).replace(" defer></script>", f" {more} defer></script>")
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
def hosted(chromium, servers, size=DESK, storage=True, **attributes):
    """The host page with the widget in it; without `storage`, frames can keep nothing."""
    folder, host, chat = servers
    write_page(folder, chat, attributes)
    with watched(chromium, chat, host, viewport=size) as page:
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
    expect(frame.locator("#question textarea")).to_be_focused(timeout=20_000)
    return frame


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


def test_the_loader_is_small():
    assert len(gzip.compress(WIDGET.read_bytes())) <= 6 * 1024


def test_before_the_click_the_widget_makes_one_request(chromium, servers):
    with hosted(chromium, servers) as page:
        expect(page.locator("button.launch")).to_be_visible()
        page.wait_for_timeout(500)
        assert [url for url in page.sent if url.startswith(servers[2])] == [
            f"{servers[2]}/widget.js"
        ]


def test_quote_note_and_source_are_shown_inside_the_widget(chromium, servers):
    with hosted(chromium, servers) as page:
        turn = ask(opened(page), SLEEP)
        box = turn.locator("li.quote").first
        expect(box).to_contain_text("Cats sleep sixteen hours a day.")
        expect(box.locator(".caveat")).to_contain_text("Overstated")
        turn.locator("a.cite").first.click()
        mark = page.frame_locator("iframe").locator(".source.open mark")
        expect(mark).to_have_text("Cats sleep sixteen hours a day.")


def test_an_emergency_fills_the_widget(chromium, servers):
    with hosted(chromium, servers) as page:
        turn = ask(opened(page), OVERDOSE)
        expect(turn.locator(".caveat.emergency a[href='tel:911']").first).to_be_visible()


def test_enter_opens_escape_closes_and_the_focus_returns(chromium, servers):
    with hosted(chromium, servers) as page:
        launch = page.locator("button.launch")
        launch.focus()
        page.keyboard.press("Enter")
        box = page.frame_locator("iframe").locator("#question textarea")
        expect(box).to_be_focused(timeout=20_000)
        page.keyboard.press("Escape")
        expect(page.locator(".panel")).to_be_hidden()
        expect(launch).to_be_focused()
        expect(launch).to_have_attribute("aria-expanded", "false")


def test_on_a_phone_the_widget_fills_the_screen(chromium, servers):
    with hosted(chromium, servers, size=PHONE) as page:
        opened(page)
        assert page.locator(".panel").bounding_box() == {"x": 0, "y": 0, **PHONE}


def test_the_settings_of_the_script_tag_take_effect(chromium, servers):
    with hosted(chromium, servers, color="#5b2a86", position="left", question=SLEEP) as page:
        launch = page.locator("button.launch")
        assert launch.bounding_box()["x"] < 100
        assert launch.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(91, 42, 134)"
        launch.click()
        quote = page.frame_locator("iframe").locator("li.quote").first
        expect(quote).to_contain_text("sixteen hours", timeout=20_000)


def test_the_chat_can_stand_in_the_page_itself(chromium, servers):
    with hosted(chromium, servers, target="#chat-place") as page:
        expect(page.locator("button.launch")).to_have_count(0)
        expect(page.frame_locator("#chat-place iframe").locator("html[data-askdoc]")).to_have_count(
            1, timeout=20_000
        )
        turn = ask(page.frame_locator("#chat-place iframe"), SLEEP)
        expect(turn).to_contain_text("sixteen hours")


NO_STORAGE = """if (window !== window.parent) {
  const refuse = () => { throw new DOMException("Denied.", "SecurityError"); };
  for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches", "cookieStore"])
    Object.defineProperty(window, name, { get: refuse });
  Object.defineProperty(document, "cookie", { get: refuse, set: refuse });
}"""


def test_the_widget_works_where_its_storage_is_refused(chromium, servers):
    with hosted(chromium, servers, storage=False) as page:
        launch = page.locator("button.launch")
        box = opened(page).locator("li.quote").first
        frame = page.frames[1]
        for name in ("localStorage", "sessionStorage", "indexedDB", "document.cookie"):
            with pytest.raises(Error, match="Denied"):
                frame.evaluate(name)
        ask(page.frame_locator("iframe"), SLEEP)
        expect(box).to_contain_text("Cats sleep sixteen hours a day.")
        expect(box.locator(".caveat")).to_contain_text("Overstated")
        page.frame_locator("iframe").locator("#question textarea").press("Escape")
        expect(page.locator(".panel")).to_be_hidden()
        expect(launch).to_be_focused()


@pytest.mark.parametrize("path", ["/embed/", "/chat/"])
def test_a_page_that_is_not_listed_frames_nothing(chromium, servers, tmp_path, path):
    _, _, chat = servers
    (tmp_path / "other.html").write_text(f'<iframe src="{chat}{path}"></iframe>')
    with host_server(tmp_path) as (handler, other), chromium.new_context() as context:
        handler.chat = chat
        page = context.new_page()
        told = []
        page.on("console", lambda message: told.append(message.text))
        page.goto(f"{other}/other.html")
        page.wait_for_timeout(1500)
        assert any("frame-ancestors" in text for text in told)
        assert page.frames[1].locator("#question").count() == 0


@pytest.mark.parametrize(
    ("path", "scheme"), [("/chat/", "light"), ("/chat/", "dark"), ("/embed/", "light")]
)
def test_no_serious_barrier_in_the_chat(chromium, servers, path, scheme):
    with chat_page(chromium, servers[2], path, color_scheme=scheme, bypass_csp=True) as page:
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
