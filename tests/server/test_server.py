import logging
import re
import threading
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from answers import BANNER, CATS, CatService, about_cats, built
from askdoc import build_index
from askdoc.chat import About
from askdoc.errors import IndexMissingError, QuestionError
from askdoc.server import NotReadyError, Service, create_app, serve
from askdoc.server.app import assemble
from askdoc.server.headers import inline_scripts, policy
from fakes import CATS as CATS_TEXT
from fakes import WordEmbedder, document

OVERDOSE = "my friend overdosed and wont wake up"


@pytest.fixture(scope="module")
def client():
    with TestClient(built(assemble, CatService()), follow_redirects=False) as found:
        yield found


def cat_index():
    return build_index([document(CATS_TEXT)], embedder=WordEmbedder())


def test_the_root_leads_to_the_chat(client):
    answer = client.get("/")
    assert answer.status_code == 307
    assert answer.headers["location"] == "chat/"


def test_the_chat_page_is_served(client):
    assert client.get("/chat/").status_code == 200


def test_a_link_to_the_chat_shows_its_article_in_other_programs():
    service = CatService()
    dogs = replace(CATS, id="dogs", title='Dogs & "wolves"')
    about = About({"cats": CATS, "dogs": dogs}, (BANNER,))
    service.about = lambda: about
    with TestClient(built(assemble, service)) as client:
        page = client.get("/chat/?document=dogs").text
        several = client.get("/chat/").text
    assert '<meta property="og:title" content="Dogs &amp; &quot;wolves&quot;">' in page
    assert re.findall('"og:description" content="(Ask about [^.]*)', several) == [
        "Ask about any of 2 articles"
    ]
    assert page.count('"og:title"') == page.count('"og:description"') == 1
    assert not re.search("<meta[^>]*[gG]radio", page)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/robots.txt", "/favicon.ico"])
def test_small_pages_answer(client, path):
    assert client.get(path).status_code == 200


def test_the_page_names_no_address_that_a_proxy_may_show_elsewhere(client):
    page = client.get("/chat/").text
    assert '"root":new URL(".",location.href)' in page
    assert "http://testserver" not in page
    assert 'href="/' not in page


@pytest.mark.parametrize("name", ["askdoc.css", "chat.js", "icon.svg"])
def test_our_own_files_are_served(client, name):
    answer = client.get(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["etag"]


@pytest.mark.parametrize("name", ["../server/app.py", "..%2Fapp.py", "__init__.py", "nothing"])
def test_no_other_file_is(client, name):
    assert client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *("config", "monitoring", "monitoring/summary", "login", "logout", "svelte/x.js"),
        *("openapi.json", "pwa_icon", "gradio_api/openapi.json", "gradio_api/info"),
        *("gradio_api/file=/etc/passwd", "gradio_api/file/etc/passwd", "gradio_api/token"),
        *("gradio_api/proxy=https://evil.example", "gradio_api/upload_progress"),
        *("gradio_api/stream/x", "gradio_api/custom_component/x", "gradio_api/user"),
        *("gradio_api/vibe-code", "gradio_api/undo-vibe-edit", "gradio_api/deep_link"),
        *("gradio_api/queue/data", "gradio_api/heartbeat/x", "gradio_api/startup-events"),
        *("gradio_api/runs", "gradio_api/run-history/buckets", "gradio_api/profiling/traces"),
        *("gradio_api/dev/reload", "gradio_api/app_id", "gradio_api/mcp", "queue/join"),
        *("assets/../config", "static/%2e%2e/config", "gradio_api%2fconfig", "/config"),
    ],
)
def test_what_the_page_does_not_use_is_not_found(client, path):
    assert client.get(f"/chat/{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/queue/join",
        "gradio_api/cancel",
        "gradio_api/reset",
        "gradio_api/upload",
        "gradio_api/run/ask",
        "gradio_api/call/ask",
        "gradio_api/api/ask",
        "gradio_api/component_server",
        "gradio_api/process_recording",
        "login",
    ],
)
def test_nothing_can_be_posted_to_gradio(client, path):
    assert client.post(f"/chat/{path}", json={}).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_find_nothing_under_the_chat(client, method):
    assert client.request(method, "/chat/").status_code == 404


@pytest.mark.parametrize("path", ["/", "/chat/", "/healthz", "/static/chat.js", "/nothing"])
def test_every_response_carries_the_safe_headers(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_the_chat_runs_its_own_scripts_and_no_eval(client):
    sent = client.get("/chat/").headers["content-security-policy"]
    scripts = re.search(r"script-src ([^;]+)", sent).group(1).split()
    assert scripts[0] == "'self'"
    assert all(re.fullmatch(r"'sha256-[\w+/]{43}='", script) for script in scripts[1:])


def test_the_page_holds_exactly_the_inline_scripts_that_were_looked_at(client):
    assert len(inline_scripts(client.get("/chat/").content)) == 5


def test_a_script_without_its_hash_is_not_allowed():
    page = b"<script>a()</script><script src='x.js'></script><script type=module>b()</script>"
    hashes = inline_scripts(page)
    assert len(hashes) == 2
    assert hashes[0] not in policy(hashes[1:], "'none'")


def test_pages_are_not_stored_and_hashed_assets_are(client):
    page = client.get("/chat/")
    asset = re.search(r'src="\./(assets/[^"]+)"', page.text).group(1)
    assert page.headers["cache-control"] == "no-store"
    assert "immutable" in client.get(f"/chat/{asset}").headers["cache-control"]


def test_help_needs_no_script(client):
    words = re.search("<noscript>(.*?)</noscript>", client.get("/chat/").text).group(1)
    assert 'href="tel:911"' in words
    assert 'href="tel:988"' in words


def test_no_foreign_origin_is_let_in(client):
    headers = {"Origin": "https://evil.example", "Host": "chat.example"}
    answer = client.get("/chat/", headers=headers)
    assert "access-control-allow-origin" not in answer.headers


@pytest.fixture
def gate():
    opened = threading.Event()
    yield opened
    opened.set()


def test_the_server_is_alive_before_it_is_ready(gate):
    def load():
        gate.wait(30)
        return cat_index()

    service = Service(load)
    with TestClient(built(assemble, service)) as client:
        assert client.get("/healthz").status_code == 200
        waiting = client.get("/readyz")
        assert waiting.status_code == 503
        assert waiting.headers["retry-after"]
        gate.set()
        assert service.wait(30)
        assert client.get("/readyz").status_code == 200


def test_while_loading_only_crises_are_answered():
    service = Service(cat_index)
    assert service.ask(OVERDOSE).status == "emergency"
    with pytest.raises(NotReadyError, match="still being loaded"):
        service.ask("how long do cats sleep?")


@pytest.mark.parametrize("error", [IndexMissingError("No index in secret/"), RuntimeError("x")])
def test_a_broken_index_leaves_the_server_up_and_crises_answered(error, caplog):
    def load():
        raise error

    service = Service(load)
    with caplog.at_level(logging.ERROR):
        service.start()
        assert service.wait(30)
    assert caplog.records
    assert not service.ready
    assert service.ask(OVERDOSE).status == "emergency"
    with pytest.raises(NotReadyError) as told:
        service.ask("how long do cats sleep?")
    assert "secret" not in str(told.value)


def test_a_loaded_index_is_asked_and_searched():
    service = Service(cat_index)
    service.start()
    assert service.wait(30)
    assert service.search("when do cats hunt?", 2)[0].passage.document_id == "cats"
    assert service.ask("when do cats hunt?").question == "when do cats hunt?"
    assert service.about().banners
    with pytest.raises(QuestionError):
        service.ask("")


def test_an_article_that_is_not_held_is_answered_with_the_ids_there_are():
    service = Service(cat_index)
    service.start()
    assert service.wait(30)
    with pytest.raises(QuestionError, match="The ids are cats"):
        service.ask("when do cats hunt?", document="dogs")


def test_examples_come_from_the_headings_of_an_article_without_a_catalogue():
    service = Service(cat_index)
    service.start()
    assert service.wait(30)
    assert "What does the article say about “Food”?" in service.about().examples


def test_create_app_takes_what_loads_the_index():
    with TestClient(built(create_app, cat_index)) as client:
        assert client.get("/healthz").text == "ok\n"


def test_the_fakes_answer():
    assert about_cats("how long do cats sleep?").status == "answered"


def test_the_modules_of_the_frame_share_no_name(client):
    script = client.get("/static/embed.js").text
    assert not re.search(r"^(?:import|export)\b", script, re.M)
    names = re.findall(r"^(?:const|let|class|(?:async )?function)\s+(\w+)", script, re.M)
    assert len(names) > 80
    assert sorted(names) == sorted(set(names))


def test_serve_tells_its_address_again_once_there_is_something_to_ask(monkeypatch):
    told, loaded = [], threading.Event()

    def run(server, sockets):
        with TestClient(server.config.app):
            assert loaded.wait(60)

    def ready(address):
        told.append(address)
        loaded.set()

    monkeypatch.setattr("askdoc.server.app.Server.run", run)
    built(serve, cat_index, port=0, on_open=told.append, on_load=ready)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/chat/", told[0])
    assert told[0] == told[1]
