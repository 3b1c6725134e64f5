"""What is fetched from the web, and all that must not be."""

import asyncio
import gzip
import itertools
import re
import ssl
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from askdoc.errors import FetchError
from askdoc.fetching import Fetcher, Limits, Validators, is_public, read_list
from askdoc.fetching.addresses import resolve
from webs import Site, answering, page, respond, serving

SMALL = Limits(bytes=100_000, seconds=0.5)


@pytest.fixture(scope="module")
def site():
    with serving(Site()) as made:
        yield made


@pytest.fixture(autouse=True)
def _empty(request):
    if "site" in request.fixturenames:
        made = request.getfixturevalue("site")
        made.pages.clear()
        made.asked.clear()
        made.headers.clear()


def fetch(address, known=None, *, allow_private=True, limits=None, resolving=resolve):
    async def fetching():
        async with Fetcher(
            allow_private=allow_private, delay_s=0, limits=limits, resolving=resolving
        ) as web:
            return await web.fetch(address, known)

    return asyncio.run(fetching())


def refusal(address, **options):
    with pytest.raises(FetchError) as caught:
        fetch(address, **options)
    return str(caught.value)


# ---- Where nothing is fetched from


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::80ff:fffe]",
        "[fe80::1]",
        "[fc00::1]",
        "[fec0::1]",
        "[ff02::1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.0.192",
        "192.88.99.1",
        "168.63.129.16",
        "203.0.113.9",
        "2852039166",
        "127。0。0。1",
        "017700000001",
        "169.254.169.254.",
        "[3fff::1]",
        "[64:ff9b::c000:c0]",
        "[::ffff:0:127.0.0.1]",
        "[5f00::1]",
        "[fe80::1%25lo]",
        "127.0.0.1%00.example.org",
    ],
)
def test_no_private_host_is_reached_however_it_is_written(host):
    told = refusal(f"http://{host}/", allow_private=False)
    assert re.search("private network|no such host|as a web address", told)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("file:///etc/passwd", "only http"),
        ("ftp://example.org/a", "only http"),
        ("gopher://example.org/", "only http"),
        ("data:text/html,hello", "only http"),
        ("javascript:alert(1)", "only http"),
        ("//example.org/", "only http"),
        ("http:///path", "only http"),
        ("", "only http"),
        ("http://me:secret@example.org/", "name or password"),
        ("http://example.org@127.0.0.1/", "name or password"),
        ("http://example.org\\@127.0.0.1/", "no web address"),
        ("http://exam ple.org/", "no web address"),
        ("http://example.org/\r\nHost: other", "no web address"),
        ("http://example.org:25/", "port 25"),
        ("http://example.org:22/", "port 22"),
        ("http://example.org:99999999/", "port 99999999"),
        ("http://①②⑦.⓪.⓪.①/", "web address"),
        ("http://" + "a" * 3000, "no web address"),
    ],
)
def test_what_is_no_plain_web_address_is_refused(address, reason):
    assert reason in refusal(address, allow_private=False)


def test_a_password_in_an_address_is_not_shown():
    assert "secret" not in refusal("http://me:secret@example.org/")


def test_one_private_address_of_a_host_is_enough_to_refuse_it():
    async def both(host, port):
        return ["93.184.215.14", "10.0.0.5"]

    assert "private" in refusal("http://mixed.example/", allow_private=False, resolving=both)


@pytest.fixture
def loopback_as_public(monkeypatch):
    """Lets this machine pass for a host of the public internet."""
    monkeypatch.setattr(
        "askdoc.fetching.addresses.is_public", lambda ip: ip == "127.0.0.1" or is_public(ip)
    )


def test_a_name_is_looked_up_once_for_each_connection_and_never_by_the_http_library(site):
    site.pages["/"] = page()
    asked = []

    async def known_here_alone(host, port):
        asked.append(host)
        return ["127.0.0.1"]

    port = site.address.rpartition(":")[2]
    fetch(f"http://nowhere.invalid:{port}/", resolving=known_here_alone)
    assert set(asked) == {"nowhere.invalid"}
    assert {headers["Host"] for headers in site.headers} == {f"nowhere.invalid:{port}"}


@pytest.mark.usefixtures("loopback_as_public")
def test_a_name_that_turns_to_a_private_address_is_refused_from_then_on(site):
    site.pages["/"] = page()
    answers = itertools.chain([["127.0.0.1"]] * 2, itertools.repeat(["10.0.0.1"]))

    async def rebinding(host, port):
        return next(answers)

    port = site.address.rpartition(":")[2]
    told = refusal(f"http://rebinding.example:{port}/", allow_private=False, resolving=rebinding)
    assert "private network" in told
    assert site.asked == ["/robots.txt"]


@pytest.mark.usefixtures("loopback_as_public")
def test_every_hop_of_a_redirect_is_looked_at(site):
    site.pages["/"] = lambda h: respond(h, "", status=302, Location="http://10.0.0.1/secret")
    told = refusal(f"{site.address}/", allow_private=False)
    assert "10.0.0.1" in told
    assert "private network" in told


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", "only http"),
        ("gopher://127.0.0.1:70/", "only http"),
        ("http://a:b@127.0.0.1/", "name or password"),
        ("", "nowhere"),
        ("/", "more than 5 times"),
        ("http://[", "no such host"),
    ],
)
def test_a_redirect_to_what_is_not_fetched_is_refused(site, location, reason):
    site.pages["/"] = lambda h: respond(h, "", status=302, Location=location)
    assert reason in refusal(f"{site.address}/")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::5db8:d70e", True),
        ("fe80::1%eth0", False),
        ("no address", False),
    ],
)
def test_the_public_internet_is_told_from_the_rest(address, public):
    assert is_public(address) is public


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The file of a certificate for tea.example, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tea.example")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("tea.example")]), False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    pem, secret = Encoding.PEM, PrivateFormat.PKCS8
    file.write_bytes(
        key.private_bytes(pem, secret, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    return file


def test_a_certificate_must_be_that_of_the_host_and_not_of_its_address(certificate, monkeypatch):
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr("askdoc.fetching.client._TLS", trusting)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)

    async def here(host, port):
        return ["127.0.0.1"]

    with serving(Site(), tls) as site:
        site.pages["/"] = page()
        port = site.address.rpartition(":")[2]
        assert fetch(f"https://tea.example:{port}/", resolving=here).status == "ok"
        assert {headers["Host"] for headers in site.headers} == {f"tea.example:{port}"}
        told = refusal(f"https://other.example:{port}/", resolving=here)
    assert "cannot be had" in told or "cannot be reached" in told


# ---- Bodies that do not end, or are not what they seem

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def endless():
    yield from itertools.repeat(b"<p>on and on</p>" * 1000)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ((HEAD + b"\r\n", endless), "larger than 0.1 MB"),
        ((HEAD + b"Content-Length: 999999999\r\n\r\n",), "larger than 0.1 MB"),
        (
            (HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(50_000_000)),),
            "larger than 0.1 MB",
        ),
        (
            (HEAD + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(bytes(50_000_000)),),
            "larger than 0.1 MB",
        ),
        ((HEAD + b"Content-Encoding: gzip\r\n\r\nno gzip",), "damaged"),
        (
            (HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"ab")[:-6],),
            "damaged",
        ),
        ((HEAD + b"Content-Encoding: gzip, gzip\r\n\r\n",), "did not ask for"),
        ((HEAD + b"Content-Length: 100\r\n\r\nshort",), "cannot be reached"),
        ((b"no http at all\r\n\r\n",), "cannot be reached"),
        ((b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500_000,), "cannot be reached"),
    ],
    ids="endless announced gzip-bomb zlib-bomb no-gzip half-gzip twice short no-http head".split(),
)
def test_a_hostile_body_is_refused_by_name(sent, reason):
    with answering(*sent) as address:
        told = refusal(address, limits=Limits(bytes=100_000, seconds=5))
    assert reason in told
    assert address.rstrip("/") in told


@pytest.mark.parametrize("sent", [(HEAD + b"\r\n", b"a"), (b"H",)], ids=["body", "head"])
def test_what_comes_in_drops_ends_by_the_clock(sent):
    drops = (sent[0], lambda: itertools.repeat(sent[-1]))
    with answering(*drops, pause_s=0.05) as address:
        assert "within 0.5 s" in refusal(address, limits=SMALL)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(403, "refuses programs"), (401, "login"), (500, "fault of its own"), (418, "status 418")],
)
def test_a_page_that_is_refused_is_told_with_a_way_out(site, status, reason):
    site.pages["/"] = lambda h: respond(h, "no", status=status)
    told = refusal(f"{site.address}/")
    assert reason in told
    assert "askdoc add FILE" in told or "later" in told


# ---- Manners


def test_a_page_comes_with_its_type_and_its_validators(site):
    site.pages["/"] = lambda h: respond(h, page(), ETag='"v1"', Last_Modified="Mon")
    found = fetch(f"{site.address}/")
    assert (found.status, found.content_type, found.charset) == ("ok", "text/html", "utf-8")
    assert found.validators == Validators('"v1"', "Mon")


def test_a_packed_page_is_unpacked(site):
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    site.pages["/"] = lambda h: respond(h, packed, Content_Encoding="gzip")
    assert fetch(f"{site.address}/").body == b"one two"


def test_an_unchanged_page_is_not_sent_again(site):
    def conditional(handler):
        known = handler.headers.get("If-None-Match") == '"v1"'
        respond(handler, "" if known else page(), status=304 if known else 200)

    site.pages["/"] = conditional
    assert fetch(f"{site.address}/", Validators('"v1"')).status == "unchanged"


def test_a_page_that_is_gone_is_told_apart(site):
    assert fetch(f"{site.address}/nowhere").status == "gone"


def test_robots_txt_is_heeded_with_its_patterns(site):
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /private/*.pdf$\n"
    site.pages["/private/a.html"] = page()
    assert fetch(f"{site.address}/private/a.html").status == "ok"
    assert "robots.txt" in refusal(f"{site.address}/private/a.pdf")


@pytest.mark.parametrize(("status", "open"), [(404, True), (403, True), (500, False), (503, False)])
def test_a_site_whose_robots_txt_fails_is_not_fetched_from(site, status, open):
    site.pages["/robots.txt"] = lambda h: respond(h, "", status=status)
    site.pages["/"] = page()
    if open:
        assert fetch(f"{site.address}/").status == "ok"
    else:
        assert "cannot be had" in refusal(f"{site.address}/")


def test_one_site_is_asked_at_a_polite_rate(site, monkeypatch):
    site.pages |= {"/robots.txt": "User-agent: *\nCrawl-delay: 7\n", "/a": page(), "/b": page()}
    waited = []

    async def sleeping(seconds):
        waited.append(round(seconds))

    monkeypatch.setattr("askdoc.fetching.client.asyncio.sleep", sleeping)

    async def both():
        async with Fetcher(allow_private=True, delay_s=1) as web:
            await web.fetch(f"{site.address}/a")
            await web.fetch(f"{site.address}/b")

    asyncio.run(both())
    assert waited == [0, 7]


def test_a_busy_site_is_asked_again_after_the_time_it_names(site):
    answers = iter([503, 200])
    site.pages["/"] = lambda h: respond(h, page(), status=next(answers), Retry_After="0")
    assert fetch(f"{site.address}/").status == "ok"


def test_no_cookie_is_kept_and_no_proxy_used(site, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    site.pages["/"] = lambda h: respond(h, "", status=302, Location="/b", Set_Cookie="a=b")
    site.pages["/b"] = page()
    assert fetch(f"{site.address}/").url == f"{site.address}/b"
    assert all("Cookie" not in headers for headers in site.headers)


# ---- Lists

BASE = "https://example.org/list.xml"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"<urlset xmlns='x'><url><loc>https://example.org/a</loc></url></urlset>", "sitemap"),
        (b"<sitemapindex><sitemap><loc>/a</loc></sitemap></sitemapindex>", "index"),
        (b"<rss><channel><link>/</link><item><link>/a</link></item></channel></rss>", "feed"),
        (b"<rss><item><guid>https://example.org/a</guid></item></rss>", "feed"),
        (
            b"<rdf:RDF xmlns:rdf='r'><item rdf:about='x'><link>/a</link></item></rdf:RDF>",
            "feed",
        ),
        (
            b"<feed xmlns='a'><link href='/'/><entry><link rel='self' href='/b'/>"
            b"<link href='/a'/></entry></feed>",
            "feed",
        ),
        (
            b"\xef\xbb\xbf<?xml version='1.0'?>\n<urlset><url><loc>/a</loc></url></urlset>",
            "sitemap",
        ),
        (gzip.compress(b"<urlset><url><loc> /a </loc></url></urlset>", mtime=0), "sitemap"),
        (b"https://example.org/a\nhttps://example.org/a\n", "sitemap"),
        (b"<urlset><url><loc>/a</loc></url><url><loc>", "sitemap"),
    ],
)
def test_the_pages_of_a_list_are_read(data, kind):
    found = read_list(data, BASE)
    assert found.kind == kind
    assert [entry.url for entry in found.entries] == ["https://example.org/a"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><p>no list</p></html>",
        b"words",
        b"\x1f\x8bno",
        gzip.compress(bytes(60_000_000)),
    ],
)
def test_what_is_no_list_is_told_apart(data):
    assert read_list(data, BASE) is None


def test_entities_of_a_list_are_not_resolved(tmp_path):
    (tmp_path / "secret").write_text("https://example.org/secret")
    bomb = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{tmp_path}/secret">]>'
    found = read_list(f"{bomb}<urlset><url><loc>&a;</loc></url></urlset>".encode(), BASE)
    assert found is None or all("secret" not in entry.url for entry in found.entries)
