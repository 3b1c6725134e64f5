"""Articles brought into the corpus, and kept fresh without losing any."""

import io
import json
from functools import partial
from pathlib import Path

import pytest
from filelock import FileLock
from reportlab.pdfgen import canvas

from askdoc.documents import provenance_of, read_documents
from askdoc.errors import AskdocError, ImportingError
from askdoc.fetching import Fetcher
from askdoc.importing import add, add_bytes
from askdoc.importing.lists import add_list
from askdoc.importing.renewing import renew
from webs import PARAGRAPHS, Site, page, respond, serving

NEAR = partial(Fetcher, allow_private=True, delay_s=0)
NOTE = """
[[claims]]
id = "T1"
classification = "overstated"
quote = "A cup holds about thirty milligrams of caffeine"
note = "It is twenty to forty-five."
"""


@pytest.fixture(scope="module")
def shared():
    with serving(Site()) as made:
        yield made


@pytest.fixture
def site(shared):
    shared.pages = {"/tea/green-tea.html": page(head='<meta name="author" content="A. Writer">')}
    shared.asked.clear()
    return shared


@pytest.fixture
def corpus(tmp_path):
    return tmp_path / "corpus"


@pytest.fixture
def tea(site, corpus):
    """An article that was added; gives its folder."""
    add(f"{site.address}/tea/green-tea.html", corpus, fetcher=NEAR)
    return corpus / "green-tea"


def source(folder):
    return json.loads((folder / "source.json").read_text())


def only(changes):
    (change,) = changes
    return change


def refreshed(corpus, *names, **options):
    return renew(corpus, names, fetcher=NEAR, **options)


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


# ---- Adding


def test_a_page_is_added_with_all_that_it_states(site, corpus):
    url = f"{site.address}/tea/green-tea.html"
    head = (
        '<link rel="canonical" href="https://tea.example/green">'
        '<meta name="author" content="A. W.">'
        '<meta property="article:published_time" content="2024-05-01T10:00:00Z">'
    )
    site.pages["/tea/green-tea.html"] = lambda h: respond(
        h, page(head=head), ETag='"v1"', Last_Modified="Wed, 01 May 2024 10:00:00 GMT"
    )
    change = add(url, corpus, fetcher=NEAR)
    held = source(corpus / "green-tea")
    assert (change.what, change.name) == ("new", "green-tea")
    assert held["fetched_from"] == url
    assert held["url"] == "https://tea.example/green"
    assert (held["title"], held["author"], held["date"]) == ("Green tea", "A. W.", "2024-05-01")
    assert (held["etag"], held["last_modified"][:3]) == ('"v1"', "Wed")


def test_an_added_page_is_an_article_with_its_address(tea, site):
    (document,) = read_documents(tea)
    assert (document.id, document.title) == ("green-tea", "Green tea")
    assert document.url == f"{site.address}/tea/green-tea.html"
    assert PARAGRAPHS[1] in document.text


def test_a_pdf_is_added_with_its_author_and_date(site, corpus):
    made = io.BytesIO()
    sheet = canvas.Canvas(made)
    sheet.setTitle("All about tea")
    sheet.setAuthor("A. Writer")
    for number, words in enumerate(PARAGRAPHS):
        sheet.drawString(50, 700 - 40 * number, words)
    sheet.save()
    site.pages["/leaflet"] = lambda h: respond(h, made.getvalue(), kind="application/pdf")
    add(f"{site.address}/leaflet", corpus, fetcher=NEAR)
    held = source(corpus / "leaflet")
    assert (held["file"], held["title"], held["author"]) == (
        "article.pdf",
        "All about tea",
        "A. Writer",
    )
    assert len(held["date"]) == len("2024-05-01")
    assert read_documents(corpus)[0].url == f"{site.address}/leaflet"


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ("<p>Please enable JavaScript.</p>", "text/html", "holds 3 words"),
        ("", "text/html", "empty"),
        (b"\x89PNG\r\n", "image/png", "image/png"),
        (b"%PDF-1.4 broken", "application/pdf", "damaged"),
        (b"\x00\x01\x02" * 900, "application/octet-stream", "no known|octet-stream"),
        ("<rss><channel><item><link>/a</link></item></channel></rss>", "text/xml", "--feed"),
        ("<urlset><url><loc>/a</loc></url></urlset>", "text/html", "--sitemap"),
    ],
)
def test_what_is_no_article_is_refused_and_leaves_nothing(site, corpus, body, kind, reason):
    site.pages["/x"] = lambda h: respond(h, body, kind=kind)
    with pytest.raises(AskdocError, match=reason):
        add(f"{site.address}/x", corpus, fetcher=NEAR)
    assert files(corpus) == [".askdoc.lock"]


def test_the_encoding_a_server_tells_is_believed(site, corpus):
    words = page("Zażółć gęślą jaźń, mówi lis do kruka na dębie.", *PARAGRAPHS)
    site.pages["/pl"] = lambda h: respond(
        h, words.encode("iso8859-2"), kind="text/html; charset=iso-8859-2"
    )
    add(f"{site.address}/pl", corpus, fetcher=NEAR)
    assert "Zażółć gęślą jaźń" in read_documents(corpus)[0].text


def test_an_address_is_added_once(tea, site, corpus):
    with pytest.raises(ImportingError, match="askdoc refresh green-tea"):
        add(f"{site.address}/tea/green-tea.html", corpus, fetcher=NEAR)


def test_another_article_of_the_same_name_is_refused_with_a_way_out(tea, site, corpus):
    site.pages["/green-tea"] = page()
    with pytest.raises(ImportingError, match="--name"):
        add(f"{site.address}/green-tea", corpus, fetcher=NEAR)
    add(f"{site.address}/green-tea", corpus, name="other-tea", fetcher=NEAR)
    assert {d.id for d in read_documents(corpus)} == {"green-tea", "other-tea"}


@pytest.mark.parametrize("name", ["../out", "a/b", "Upper", ".hidden", "a b", "…"])
def test_a_name_that_is_none_is_refused(site, corpus, name):
    with pytest.raises(ImportingError, match="name for an article"):
        add(f"{site.address}/tea/green-tea.html", corpus, name=name, fetcher=NEAR)


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/%2e%2e%2fup", "/.hidden", "/", "/a%00b"])
def test_no_address_leads_out_of_the_corpus(site, corpus, path):
    shown = page()
    site.pages |= {path: shown, path.replace("/../..", ""): shown, "/%2e%2e%2fup": shown}
    add(f"{site.address}{path}", corpus, fetcher=NEAR)
    (document,) = read_documents(corpus)
    assert corpus in Path(document.path).parents


def test_a_file_is_copied_into_a_folder_of_its_own(tmp_path, corpus):
    (tmp_path / "Black Tea.md").write_text("# Black tea\n\nIt is fully oxidised.\n")
    assert add(str(tmp_path / "Black Tea.md"), corpus).name == "black-tea"
    assert files(corpus / "black-tea") == ["article.md"]


@pytest.mark.parametrize(
    ("data", "file"),
    [
        (b"# Black tea\n\nIt is fully oxidised.\n", "article.md"),
        (b"Black tea is fully oxidised. It keeps for years.\n", "article.txt"),
        (page().encode(), "article.html"),
    ],
)
def test_an_article_comes_through_a_pipe(corpus, data, file):
    add_bytes(data, corpus, name="tea")
    assert files(corpus / "tea") == [file]


@pytest.mark.parametrize(
    ("what", "reason"),
    [("nowhere.md", "no such file"), ("a.png", "reads"), ("", "is a folder.*askdoc index")],
)
def test_a_file_that_cannot_be_added_is_named(tmp_path, corpus, what, reason):
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(AskdocError, match=f"{what}.*{reason}"):
        add(str(tmp_path / what), corpus)


def test_two_programs_do_not_bring_articles_in_at_once(site, corpus):
    corpus.mkdir()
    with FileLock(corpus / ".askdoc.lock"), pytest.raises(ImportingError, match="another askdoc"):
        add(f"{site.address}/tea/green-tea.html", corpus, fetcher=NEAR)


@pytest.mark.parametrize(
    ("head", "author", "date"),
    [
        ('<meta name="Author" content="A">', "A", ""),
        ('<meta property="article:author" content="https://x.example/a">', "", ""),
        (
            '<script type="application/ld+json">{"@graph": [{"author": [{"name": "A"}, "B"], '
            '"datePublished": "2023-1-9"}]}</script>',
            "A, B",
            "2023-01-09",
        ),
        ('<script type="application/ld+json">{broken</script>', "", ""),
        ('<meta name="date" content="soon">', "", ""),
    ],
)
def test_author_and_date_are_taken_where_they_are_stated(head, author, date):
    found = provenance_of(page(head=head).encode(), ".html")
    assert (found.author, found.date) == (author, date)


# ---- Refreshing


def test_an_unchanged_page_is_not_fetched_or_written_again(site, corpus):
    def conditional(handler):
        known = handler.headers.get("If-None-Match") == '"v1"'
        respond(handler, "" if known else page(), status=304 if known else 200, ETag='"v1"')

    site.pages["/tea"] = conditional
    add(f"{site.address}/tea", corpus, fetcher=NEAR)
    before = (corpus / "tea" / "article.html").stat().st_mtime_ns
    assert only(refreshed(corpus)).what == "unchanged"
    assert (corpus / "tea" / "article.html").stat().st_mtime_ns == before


def test_a_page_whose_words_are_the_same_is_unchanged_whatever_its_marks(tea, site, corpus):
    site.pages["/tea/green-tea.html"] = page(head='<meta name="token" content="123">')
    assert only(refreshed(corpus)).what == "unchanged"


def test_a_changed_page_is_taken_and_its_change_told(tea, site, corpus):
    site.pages["/tea/green-tea.html"] = page(*PARAGRAPHS[:-1], "It is sold in tins of 100 g.")
    change = only(refreshed(corpus))
    assert (change.what, change.added, change.removed) == (
        "changed",
        ("It is sold in tins of 100 g.",),
        (PARAGRAPHS[-1],),
    )
    assert "tins of 100 g" in read_documents(tea)[0].text


def test_a_note_that_loses_its_sentence_is_told(tea, site, corpus):
    (tea / "caveats.toml").write_text(NOTE)
    site.pages["/tea/green-tea.html"] = page(*PARAGRAPHS[:2], *PARAGRAPHS[3:])
    change = only(refreshed(corpus))
    assert "T1" in change.lost[0]
    assert change.needs_a_person


def test_a_note_that_keeps_its_sentence_is_not_told(tea, site, corpus):
    (tea / "caveats.toml").write_text(NOTE)
    site.pages["/tea/green-tea.html"] = page(*PARAGRAPHS[:-1], "A new last sentence stands here.")
    assert not only(refreshed(corpus)).lost


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (page("We are down for maintenance, please come back in a while. " * 3), "words where"),
        (
            page(*(f"Win {n} coins at our casino, {n} today and {n} more." for n in range(20))),
            "next",
        ),
        ("<p>Please log in.</p>", "holds 3 words"),
        (lambda h: respond(h, "oops", status=500), "fault of its own"),
        (lambda h: respond(h, "no", status=403), "refuses"),
        (lambda h: respond(h, b"%PDF-1.4 broken", kind="application/pdf"), "damaged"),
        (lambda h: respond(h, b"\x89PNG", kind="image/png"), "image/png"),
    ],
    ids="maintenance sold login fault closed broken-pdf picture".split(),
)
def test_a_broken_new_version_leaves_the_older_one(tea, site, corpus, broken, reason):
    # long enough that a shorter version is one that has lost something
    long = page(*PARAGRAPHS, *(f"{words} Again." for words in PARAGRAPHS))
    site.pages["/tea/green-tea.html"] = long
    refreshed(corpus)
    before = (tea / "article.html").read_bytes()
    site.pages["/tea/green-tea.html"] = broken
    change = only(refreshed(corpus))
    assert change.what in {"kept", "failed"}
    assert reason in change.detail
    assert (tea / "article.html").read_bytes() == before


def test_a_version_that_was_held_back_is_taken_when_a_person_says_so(tea, site, corpus):
    new = page(*(f"The {n} oolongs are left for {n} hours in the sun to wilt." for n in range(20)))
    site.pages["/tea/green-tea.html"] = new
    assert only(refreshed(corpus)).what == "kept"
    assert only(refreshed(corpus, "green-tea", accept=True)).what == "changed"


def test_an_article_that_was_edited_by_hand_is_not_overwritten(tea, site, corpus):
    file = tea / "article.html"
    file.write_text(file.read_text().replace("eighty", "seventy"))
    site.pages["/tea/green-tea.html"] = page(*PARAGRAPHS, "One more sentence at the end.")
    assert "edited by hand" in only(refreshed(corpus)).detail
    assert "seventy" in file.read_text()


def test_an_article_that_is_gone_is_moved_away_with_its_catalogue(tea, site, corpus):
    (tea / "caveats.toml").write_text(NOTE)
    del site.pages["/tea/green-tea.html"]
    change = only(refreshed(corpus))
    assert change.what == "gone"
    assert not tea.exists()
    (kept,) = (corpus / ".gone").iterdir()
    assert files(kept) == ["article.html", "caveats.toml", "source.json"]


def test_an_article_whose_file_was_lost_is_fetched_whole(tea, site, corpus):
    (tea / "article.html").unlink()
    refreshed(corpus)
    assert read_documents(tea)[0].title == "Green tea"


def test_a_source_that_cannot_be_read_is_named_and_the_others_go_on(tea, site, corpus):
    (corpus / "bad").mkdir()
    (corpus / "bad" / "source.json").write_text('{"fetched_from": 5}')
    changes = {change.name: change for change in refreshed(corpus)}
    assert "cannot be read" in changes["bad"].detail
    assert changes["green-tea"].what == "unchanged"


def test_a_source_cannot_lead_out_of_its_folder(tea, corpus):
    told = source(tea) | {"file": "../../outside.html"}
    (tea / "source.json").write_text(json.dumps(told))
    assert only(refreshed(corpus)).what == "failed"
    assert not (corpus.parent / "outside.html").exists()


@pytest.mark.parametrize("names", [(), ("black-tea",)])
def test_nothing_to_refresh_is_told_with_a_way_out(corpus, names):
    corpus.mkdir()
    with pytest.raises(ImportingError, match=r"askdoc add URL|There is: none"):
        refreshed(corpus, *names)


def test_a_write_that_fails_leaves_the_older_version(tea, site, corpus, monkeypatch):
    before = files(tea), (tea / "article.html").read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    site.pages["/tea/green-tea.html"] = page(*PARAGRAPHS, "One more sentence at the end.")
    monkeypatch.setattr("askdoc.importing.sources.os.fsync", full)
    assert "No space left" in only(refreshed(corpus)).detail
    assert (files(tea), (tea / "article.html").read_bytes()) == before


# ---- Lists


def listing(site, *paths, feed=False):
    if feed:
        items = "".join(f"<item><link>{site.address}{path}</link></item>" for path in paths)
        return f"<rss><channel>{items}</channel></rss>"
    urls = "".join(f"<url><loc>{site.address}{path}</loc></url>" for path in paths)
    return f"<urlset>{urls}</urlset>"


def about(number):
    return page(
        *(f"{words} This is page {number}." for words in PARAGRAPHS), title=f"Page {number}"
    )


@pytest.fixture
def guide(site):
    """A site with a sitemap of three pages."""
    site.pages = {f"/guide/{n}": about(n) for n in range(3)} | {"/news": about("news")}
    site.pages["/sitemap.xml"] = listing(site, "/guide/0", "/guide/1", "/guide/2", "/news")
    return site


def add_guide(guide, corpus, **options):
    options = {"kind": "sitemap", "name": "guide", "fetcher": NEAR, **options}
    return add_list(f"{guide.address}/sitemap.xml", corpus, **options)


def test_every_page_of_a_sitemap_is_added(guide, corpus):
    assert [change.what for change in add_guide(guide, corpus)] == ["new"] * 4
    assert {d.title for d in read_documents(corpus)} == {"Page 0", "Page 1", "Page 2", "Page news"}


def test_only_the_pages_that_fit_are_added_and_no_more_than_wanted(guide, corpus):
    changes = add_guide(guide, corpus, only="/guide/*", most=2)
    assert [change.name for change in changes] == ["guide/guide-0", "guide/guide-1"]


def test_pages_of_other_sites_in_a_sitemap_are_left_out(guide, corpus):
    guide.pages["/sitemap.xml"] = "<urlset><url><loc>http://other.example/a</loc></url></urlset>"
    with pytest.raises(ImportingError, match="no page"):
        add_guide(guide, corpus)
    assert files(corpus) == [".askdoc.lock"]


def test_an_index_of_sitemaps_is_followed(guide, corpus):
    guide.pages["/all.xml"] = guide.pages["/sitemap.xml"]
    guide.pages["/sitemap.xml"] = (
        f"<sitemapindex><sitemap><loc>{guide.address}/all.xml</loc></sitemap></sitemapindex>"
    )
    assert len(add_guide(guide, corpus)) == 4


def test_one_page_that_fails_does_not_keep_out_the_others(guide, corpus):
    del guide.pages["/guide/1"]
    whats = [change.what for change in add_guide(guide, corpus)]
    assert whats == ["new", "failed", "new", "new"]


def test_a_refresh_of_a_sitemap_adds_what_is_new_and_puts_away_what_is_gone(guide, corpus):
    add_guide(guide, corpus)
    guide.pages["/guide/3"] = about(3)
    guide.pages["/sitemap.xml"] = listing(guide, "/guide/0", "/guide/1", "/guide/2", "/guide/3")
    changes = {change.name: change.what for change in refreshed(corpus)}
    assert changes["guide/guide-3"] == "new"
    assert changes["guide/news"] == "gone"
    assert changes["guide/guide-0"] == "unchanged"


def test_a_page_is_fetched_again_only_when_its_sitemap_tells_of_a_change(guide, corpus):
    add_guide(guide, corpus)
    plain = guide.pages["/sitemap.xml"]
    for day, fetched in [("2026-01-01", True), ("2026-01-01", False), ("2026-02-02", True)]:
        guide.pages["/sitemap.xml"] = plain.replace("</loc>", f"</loc><lastmod>{day}</lastmod>")
        guide.asked.clear()
        assert [change.what for change in refreshed(corpus)] == ["unchanged"] * 4
        assert any("/guide/0" in str(asked) for asked in guide.asked) == fetched


def test_a_sitemap_that_has_lost_most_pages_takes_none_away(guide, corpus):
    guide.pages |= {f"/guide/{n}": about(n) for n in range(8)}
    guide.pages["/sitemap.xml"] = listing(guide, *(f"/guide/{n}" for n in range(8)))
    add_guide(guide, corpus)
    guide.pages["/sitemap.xml"] = listing(guide, "/guide/0")
    changes = refreshed(corpus)
    assert [change.what for change in changes if change.what != "unchanged"] == ["kept"]
    assert len(read_documents(corpus)) == 8


@pytest.mark.parametrize("now", ["<html>fault</html>", "<urlset></urlset>"])
def test_a_sitemap_that_is_broken_takes_no_page_away(guide, corpus, now):
    add_guide(guide, corpus)
    guide.pages["/sitemap.xml"] = now
    changes = {change.name: change.what for change in refreshed(corpus)}
    assert changes["guide"] == "failed"
    assert len(read_documents(corpus)) == 4


def test_a_feed_drops_old_entries_and_its_articles_stay(guide, corpus):
    guide.pages["/feed"] = listing(guide, "/guide/0", "/guide/1", feed=True)
    add_list(f"{guide.address}/feed", corpus, kind="feed", name="feed", fetcher=NEAR)
    guide.pages["/feed"] = listing(guide, "/guide/2", feed=True)
    assert sorted(change.what for change in refreshed(corpus)) == ["new", "unchanged", "unchanged"]


def test_a_feed_is_not_taken_for_a_sitemap(guide, corpus):
    guide.pages["/sitemap.xml"] = listing(guide, "/guide/0", feed=True)
    with pytest.raises(ImportingError, match="add --feed"):
        add_guide(guide, corpus)
