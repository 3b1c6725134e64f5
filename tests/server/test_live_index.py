"""A server that takes up what changes on disk, and keeps answering while it does."""

import logging
import threading
import time

import httpx
import pytest

from answers import built, running
from askdoc.refresh import IndexWatch, open_index, refresh
from askdoc.server import Service, Settings
from askdoc.server.app import assemble
from fakes import WordEmbedder
from waiting import becomes

FERRY = "# Ferry\n\nA ticket costs {} euros for an adult.\n\nDogs travel free on every boat.\n"
NOTED = """
[[claims]]
id = "F1"
classification = "overstated"
quote = "A ticket costs three euros for an adult."
note = "{}"
"""
COST = "how much does a ticket cost?"
SETTINGS = Settings(rate="100000/minute")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Looks often, and reads words in place of a model."""
    monkeypatch.setattr("askdoc.server.service._LOOK_S", 0.05)
    monkeypatch.setattr("askdoc.refresh.prepare_embedder", lambda _: (WordEmbedder(), ""))
    monkeypatch.setattr("askdoc.index.search.load_embedder", lambda _: WordEmbedder())
    monkeypatch.delenv("ASKDOC_MODEL", raising=False)


class Ferry:
    """An article, its index, and a service over them."""

    def __init__(self, folder):
        self.article = folder / "corpus" / "ferry" / "article.md"
        self.catalogue = self.article.with_name("caveats.toml")
        self.index = folder / "index"
        self.article.parent.mkdir(parents=True)
        self.article.write_text(FERRY.format("three"))
        self.service = Service(self.load, look=IndexWatch(self.index).snapshot)

    def load(self):
        return open_index(self.index, on_error=lambda _: None)

    def build(self):
        open_index(self.index, paths=[self.article.parents[1]], on_error=lambda _: None)

    def quotes(self):
        return [quote.quote for quote in self.service.ask(COST).citations]

    def notes(self):
        return [note.text for note in self.service.ask(COST).caveats]


@pytest.fixture
def ferry(tmp_path):
    made = Ferry(tmp_path)
    yield made
    made.service.stop()


@pytest.fixture
def served(ferry):
    ferry.build()
    ferry.service.start()
    assert ferry.service.wait(60)
    assert ferry.service.ready
    return ferry


def test_an_edited_article_is_quoted_in_its_new_words(served):
    assert served.quotes() == ["A ticket costs three euros for an adult."]
    served.article.write_text(FERRY.format("nine"))
    assert becomes(lambda: served.quotes() == ["A ticket costs nine euros for an adult."])


@pytest.mark.parametrize("before", ["", NOTED.format("A misprint.")])
def test_a_note_that_is_corrected_reaches_readers(ferry, before):
    if before:
        ferry.catalogue.write_text(before)
    ferry.build()
    ferry.service.start()
    assert ferry.service.wait(60)
    ferry.catalogue.write_text(NOTED.format("Fares rise in May."))
    assert becomes(lambda: "Fares rise in May." in ferry.notes())


def test_an_index_built_anew_is_taken_up(served):
    more = served.article.parents[1] / "boats.md"
    more.write_text("# Boats\n\nThe oldest boat was built in Bergen.\n")
    refresh([served.article.parents[1]], served.index)
    assert becomes(lambda: "boats" in served.service.index.documents)


def test_an_index_that_comes_after_the_server_is_taken_up(ferry, caplog):
    with caplog.at_level(logging.CRITICAL):
        ferry.service.start()
        assert ferry.service.wait(60)
    assert not ferry.service.ready
    ferry.build()
    assert becomes(lambda: ferry.service.ready)


def test_a_broken_catalogue_leaves_the_last_good_version_and_is_told(served):
    served.catalogue.write_text("[[claims]\n")
    assert becomes(lambda: served.service.outdated)
    assert served.quotes() == ["A ticket costs three euros for an adult."]
    served.catalogue.write_text(NOTED.format("Mended."))
    assert becomes(lambda: not served.service.outdated)


def test_a_broken_index_leaves_the_last_good_one_and_is_told(served, caplog):
    (served.index / "manifest.json").write_text('{"askdoc_index": 6}')
    with caplog.at_level(logging.ERROR):
        assert becomes(lambda: served.service.outdated)
    assert served.service.ready
    assert served.quotes() == ["A ticket costs three euros for an adult."]


def test_an_article_that_is_taken_away_is_quoted_no_longer(served, caplog):
    served.article.unlink()
    with caplog.at_level(logging.CRITICAL):
        assert becomes(lambda: not served.service.ready)
    served.article.write_text(FERRY.format("five"))
    assert becomes(lambda: served.service.ready)
    assert served.quotes() == ["A ticket costs five euros for an adult."]


def test_each_index_that_is_loaded_is_told_though_one_listener_fails(ferry):
    told = []
    ferry.service.on_load(lambda: 1 / 0)
    ferry.service.on_load(lambda: told.append(ferry.quotes()))
    ferry.build()
    ferry.service.start()
    assert becomes(lambda: len(told) == 1)
    ferry.article.write_text(FERRY.format("nine"))
    assert becomes(lambda: len(told) == 2)
    assert told[-1] == ["A ticket costs nine euros for an adult."]


def test_what_is_only_touched_is_not_loaded_again(served):
    held = served.service.index
    served.article.touch()
    time.sleep(0.5)
    assert served.service.index is held


def test_no_request_fails_while_the_article_changes(ferry):
    ferry.build()
    statuses, over = [], threading.Event()

    def ask(address):
        with httpx.Client(base_url=address, timeout=60) as client:
            while not over.is_set():
                sent = client.post("/api/v1/ask", json={"question": COST})
                statuses.append(sent.status_code)

    with running(built(assemble, ferry.service, SETTINGS), SETTINGS) as address:
        assert ferry.service.wait(60)
        asking = threading.Thread(target=ask, args=(address,))
        asking.start()
        for price in ("four", "five", "six"):
            ferry.article.write_text(FERRY.format(price))
            assert becomes(lambda wanted=price: wanted in ferry.quotes()[0])
        assert becomes(lambda: len(statuses) > 10)
        over.set()
        asking.join(60)
    assert set(statuses) == {200}


def test_readiness_tells_that_a_change_was_not_taken_up(ferry):
    ferry.build()
    with running(built(assemble, ferry.service, SETTINGS), SETTINGS) as address:
        assert ferry.service.wait(60)
        assert httpx.get(f"{address}/readyz").text == "ready\n"
        ferry.catalogue.write_text("[[claims]\n")
        assert becomes(lambda: ferry.service.outdated)
        told = httpx.get(f"{address}/readyz")
    assert told.status_code == 200
    assert "outdated" in told.text


def test_a_look_that_takes_long_is_repeated_seldom(ferry):
    looks = []

    def slow():
        looks.append(1)
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass
        return looks[:1]

    ferry.build()
    ferry.service = Service(ferry.load, look=slow)
    ferry.service.start()
    assert ferry.service.wait(60)
    time.sleep(0.5)
    ferry.service.stop()
    assert len(looks) <= 2
