import json
import logging
import sys
from dataclasses import replace

import httpx
import pytest
from starlette.testclient import TestClient

from answers import CATS, PUBLISHED, CatService, built, running
from askdoc.errors import AskdocError, IndexMissingError, QuestionError
from askdoc.records import Caveat
from askdoc.rendering import Marking, article_html
from askdoc.server import NotReadyError, Settings
from askdoc.server.app import assemble
from askdoc.server.limits import asker
from askdoc.server.metrics import part_of

SLEEP = "how long do cats sleep?"
CANARY = "canary-4711"


def client_of(service=None, **settings):
    app = built(assemble, service or CatService(), Settings(rate="1000/minute", **settings))
    return TestClient(app, raise_server_exceptions=True)


@pytest.fixture(scope="module")
def client():
    with client_of() as found:
        yield found


def failing(error):
    def answer(question, history):
        raise error

    return CatService(answer)


def test_an_answer_has_the_shape_of_the_contract(client):
    answer = client.post("/api/v1/ask", json={"question": SLEEP, "history": ["hello?"]})
    assert answer.status_code == 200
    data = answer.json()
    assert data["status"] == "answered"
    assert data["citations"][0]["quote"] == "Cats sleep sixteen hours a day."
    assert [caveat["id"] for caveat in data["caveats"]] == ["C1", "banner"]


def test_an_answer_and_its_quotes_have_addresses(client):
    data = client.post("/api/v1/ask", json={"question": SLEEP, "document": "cats"}).json()
    (quote, _) = data["citations"]
    assert quote["title"] == "Keeping cats"
    assert quote["url"].startswith(f"{PUBLISHED}#:~:text=Cats%20sleep%20sixteen%20hours%20a%20day")
    assert data["address"] == "chat/?document=cats#q=how%20long%20do%20cats%20sleep%3F"
    page = client.get(f"/{quote['address']}").text
    assert '<mark id="quote">Cats sleep sixteen hours a day.</mark>' in page


@pytest.fixture
def long_turns():
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.01)
    yield 0.01
    sys.setswitchinterval(before)


def test_a_running_server_takes_short_turns_and_puts_them_back(long_turns):
    with client_of():
        assert sys.getswitchinterval() < long_turns
    assert sys.getswitchinterval() == pytest.approx(long_turns)


def test_a_search_brings_passages_with_their_notes(client):
    data = client.post("/api/v1/search", json={"query": "sleep", "k": 1}).json()
    assert [hit["passage_id"] for hit in data["passages"]] == ["cats#0"]
    assert data["passages"][0]["caveats"] == []


def test_the_articles_are_listed_with_what_can_be_asked(client):
    told = client.get("/api/v1/articles").json()
    (article,) = told["articles"]
    assert article | {"banner": None} == {
        "id": "cats",
        "title": "Keeping cats",
        "url": PUBLISHED,
        "address": "article/cats",
        "banner": None,
        "questions": ["How long do cats sleep?"],
    }
    assert article["banner"]["kind"] == "banner"
    assert told["total"] == 1
    assert told["questions"] == ["How long do cats sleep?"]


def test_a_list_of_articles_is_read_in_parts(client):
    told = client.get("/api/v1/articles", params={"offset": 1}).json()
    assert (told["total"], told["articles"]) == (1, [])
    assert client.get("/api/v1/articles", params={"limit": 1001}).status_code == 422


def test_a_question_may_be_for_one_article(client):
    service = CatService()
    with client_of(service) as asked:
        asked.post("/api/v1/ask", json={"question": SLEEP, "document": "cats"})
        asked.post("/api/v1/search", json={"query": "sleep", "document": "cats"})
        asked.post("/api/v1/ask", json={"question": SLEEP})
    assert service.asked_of == ["cats", "cats", None]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"question": 1}', 422),
        (b'{"question": "x", "canary-4711": 1}', 422),
        (b'{"question": "x", "history": "canary-4711"}', 422),
        (b'{"question": "\\ud800 canary-4711"}', 422),
        (b'{"question": "' + b"x" * 70_000 + b'"}', 413),
    ],
)
def test_a_bad_request_is_told_without_an_echo(client, body, status):
    answer = client.post("/api/v1/ask", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "type"}
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (QuestionError("The question is empty."), 400, "The question is empty."),
        (NotReadyError("The article is still being loaded."), 503, "still being loaded"),
        (IndexMissingError("No index in /srv/secret"), 503, "cannot be searched"),
        (RuntimeError(CANARY), 500, "Something went wrong"),
    ],
)
def test_each_fault_has_its_status_and_no_secret(error, status, words):
    with client_of(failing(error)) as client:
        answer = client.post("/api/v1/ask", json={"question": SLEEP})
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]
    assert "/srv/secret" not in answer.text
    assert CANARY not in answer.text
    assert (status == 503) == ("retry-after" in answer.headers)


def test_a_body_that_lies_about_its_length_is_still_counted(client):
    def endless():
        for _ in range(100):
            yield b"x" * 10_000

    answer = client.post(
        "/api/v1/ask", content=endless(), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413


def test_an_address_that_asks_too_much_has_to_wait():
    app = built(assemble, CatService(), Settings(rate="3/minute"))
    with TestClient(app) as client:
        statuses = [client.post("/api/v1/ask", json={"question": SLEEP}) for _ in range(4)]
    assert [answer.status_code for answer in statuses] == [200, 200, 200, 429]
    assert 1 <= int(statuses[3].headers["retry-after"]) <= 61
    told = statuses[3].json()["error"]["message"]
    assert "call 911 (US)" in told
    assert "988 (US)" in told


@pytest.mark.parametrize(
    ("believed", "statuses"), [("127.0.0.1", [200, 200, 429]), ("192.0.2.1", [200, 429, 429])]
)
def test_visitors_behind_a_proxy_are_told_apart_where_it_is_believed(believed, statuses):
    settings = Settings(rate="1/minute", forwarded_allow_ips=believed)
    with running(built(assemble, CatService(), settings), settings) as address:
        found = [
            httpx.post(
                f"{address}/api/v1/ask", json={"question": SLEEP}, headers={"X-Forwarded-For": who}
            ).status_code
            for who in ("203.0.113.5", "198.51.100.7", "203.0.113.5")
        ]
    assert found == statuses


def test_reading_is_not_counted_as_asking():
    app = built(assemble, CatService(), Settings(rate="1/minute"))
    with TestClient(app) as client:
        assert {client.get("/healthz").status_code for _ in range(5)} == {200}


@pytest.mark.parametrize(
    ("host", "who"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_whom_a_request_counts_against(host, who):
    assert asker({"client": (host, 1)}) == who


def test_what_does_not_fit_gets_503_and_may_come_again():
    with client_of(max_waiting=0) as client:
        answer = client.post("/api/v1/ask", json={"question": SLEEP})
        assert client.get("/healthz").status_code == 200
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_only_listed_hosts_are_answered():
    with client_of(allowed_hosts=("chat.example",)) as client:
        for probe in ("/healthz", "/readyz"):
            assert client.get(probe, headers={"Host": "127.0.0.1:7860"}).status_code == 200
        assert client.get("/robots.txt").status_code == 400
        assert client.get("/robots.txt", headers={"host": "chat.example"}).status_code == 200


def test_only_listed_origins_may_call_from_a_page():
    with client_of(cors_origins=("https://a.example",)) as client:
        allowed = client.get("/healthz", headers={"origin": "https://a.example"})
        other = client.get("/healthz", headers={"origin": "https://b.example"})
    assert allowed.headers["access-control-allow-origin"] == "https://a.example"
    assert "access-control-allow-credentials" not in allowed.headers
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    "sent",
    [
        "authorization, content-type, x-stainless-lang, x-stainless-retry-count, openai-project",
        "content-type, last-event-id, mcp-protocol-version, mcp-session-id",
    ],
)
def test_pages_of_listed_origins_may_send_what_openai_and_mcp_clients_send(sent):
    asked = {
        "origin": "https://a.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": sent,
    }
    with client_of(cors_origins=("https://a.example",)) as client:
        allowed = client.options("/v1/chat/completions", headers=asked)
        other = client.options(
            "/v1/chat/completions", headers=asked | {"origin": "https://b.example"}
        )
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://a.example"
    assert other.status_code == 400


def test_the_description_documents_every_error(client):
    paths = client.get("/api/openapi.json").json()["paths"]
    asking = {"/api/v1/ask", "/api/v1/search"}
    assert set(paths) == asking | {"/api/v1/articles"}
    assert set(paths["/api/v1/articles"]["get"]["responses"]) == {"200", "422", "429", "503"}
    for path in asking:
        documented = set(paths[path]["post"]["responses"])
        assert documented == {"200", "400", "413", "422", "429", "503"}


@pytest.mark.parametrize("name", ["/docs", "/redoc", "/openapi.json"])
def test_no_page_from_elsewhere_describes_the_api(client, name):
    assert client.get(name).status_code == 404


def test_settings_come_from_the_environment():
    given = {
        "ASKDOC_EMBED_ORIGINS": "https://a.example, https://b.example",
        "ASKDOC_RATE": "5/hour",
        "ASKDOC_MAX_BODY": "100",
        "ASKDOC_SECURITY_CONTACT": "mailto:safe@a.example",
    }
    found = Settings.from_environment("127.0.0.1", given)
    assert found.embed_origins == ("https://a.example", "https://b.example")
    assert (found.rate, found.max_body) == ("5/hour", 100)
    assert found.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert found.contact == "mailto:safe@a.example"
    assert Settings.from_environment("0.0.0.0", {}).allowed_hosts == ("*",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RATE", "often"),
        ("MAX_BODY", "big"),
        ("AT_ONCE", "0"),
        ("MAX_WAITING", "-1"),
        ("REGION", "UK"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named_with_a_way_out(name, value):
    with pytest.raises(AskdocError, match=f'ASKDOC_{name} is "{value}"'):
        Settings.from_environment("127.0.0.1", {f"ASKDOC_{name}": value})


@pytest.mark.parametrize("url", ["ask.example.org", "ftp://ask.example.org", "https://a/?q=<x>"])
def test_an_address_of_the_server_that_is_none_is_told(url):
    with pytest.raises(AskdocError, match="ASKDOC_URL is no address"):
        Settings.from_environment("127.0.0.1", {"ASKDOC_URL": url})


def test_metrics_count_requests_and_hold_no_words(client):
    client.post("/api/v1/ask", json={"question": CANARY})
    client.get(f"/{CANARY}")
    text = client.get("/metrics").text
    assert 'askdoc_requests_total{part="/api/v1/ask",status="200"}' in text
    assert "askdoc_ready 1.0" in text
    assert CANARY not in text
    assert part_of("/chat/assets/x.js") == "/chat"


def test_no_question_reaches_a_log(caplog):
    with caplog.at_level(logging.DEBUG), client_of() as client:
        for body in ({"question": CANARY}, {"question": f"crash {CANARY}"}, {"q": CANARY}):
            client.post("/api/v1/ask", json=body)
        client.post("/v1/chat/completions", json={"model": "askdoc", "messages": [CANARY]})
    assert any("RuntimeError at" in record.getMessage() for record in caplog.records)
    assert CANARY not in caplog.text


def test_the_article_is_shown_whole_with_its_quote_marked(client):
    start = CATS.text.index("Milk")
    page = client.get(f"/article/cats?start={start}&end={start + 21}")
    assert '<mark id="quote">Milk upsets most cats</mark>' in page.text
    assert "Cats sleep sixteen hours a day." in page.text
    assert 'class="caveat info"' in page.text
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]


def test_the_articles_page_leads_to_the_only_one(client):
    answer = client.get("/article/", follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["location"] == "cats"
    assert "Keeping cats" in client.get("/article/").text


def test_several_articles_are_listed():
    service = CatService()
    dogs = replace(CATS, id="dogs & more", title="<Dogs>")
    service.documents = {"cats": CATS, dogs.id: dogs}
    with TestClient(built(assemble, service)) as client:
        page = client.get("/article/").text
        assert '<a href="cats">Keeping cats</a>' in page
        assert '<a href="dogs%20%26%20more">&lt;Dogs&gt;</a>' in page
        assert client.get("/article/dogs%20%26%20more").status_code == 200


def test_another_article_is_not_found(client):
    assert client.get("/article/dogs").status_code == 404


def test_a_noted_claim_is_underlined_with_its_note_beside_it():
    note = Caveat("C1", "claim", "caution", "Overstated.")
    banner = Caveat("b", "banner", "info", "One article.")
    html = article_html(CATS, [Marking(note, 0, 31)], banner)
    row = html.split('<div class="row"')[1]
    assert "<u>Cats sleep sixteen hours a day.</u>" in row
    assert "Overstated." in row
    assert "One article." in html
    assert '<a href="#note-0-1"><span class="unseen">Note </span>1</a>' in row
    assert row.count('id="note-0-1"') == 1


def test_the_widget_may_be_loaded_from_other_pages(client):
    answer = client.get("/widget.js")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["etag"]


def test_the_frame_is_only_for_listed_origins():
    with client_of(embed_origins=("https://a.example",)) as client:
        embed = client.get("/embed/").headers
        chat = client.get("/chat/").headers
    assert "frame-ancestors 'self' https://a.example" in embed["content-security-policy"]
    assert "x-frame-options" not in embed
    assert "frame-ancestors 'none'" in chat["content-security-policy"]


@pytest.mark.parametrize(("query", "theme"), [("", ""), ("?__theme=dark", "dark")])
def test_the_frame_runs_our_script_alone(client, query, theme):
    answer = client.get(f"/embed/{query}")
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert "trusted-types 'none'" in answer.headers["content-security-policy"]
    assert f'<body class="embed {theme}">' in answer.text
    assert client.get("/embed/?__theme=<x>").status_code == 422


def test_json_keeps_every_character(client):
    assert json.loads(client.post("/api/v1/ask", json={"question": "é 😀"}).text)["question"]
