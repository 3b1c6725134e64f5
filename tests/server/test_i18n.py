"""The interface in other languages: catalogues are whole, and pages show none but their words."""

import re
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po
from starlette.testclient import TestClient

from answers import CatService, about_cats, built
from askdoc.answering import crisis_answer
from askdoc.answering.wording import abstained
from askdoc.i18n import languages, speaking, translations, wanted
from askdoc.question.small_talk import small_talk_reply
from askdoc.rendering import to_html, to_markdown, to_text
from askdoc.server.app import assemble
from languages import PSEUDO, SOURCE, TEXTS, outside_brackets, speak_pseudo

CATALOGUES = sorted((SOURCE / "locales").glob("*.po"))
pytestmark = [
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),  # Gradio's own
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),  # Gradio's own
]
OVERDOSE = "my friend overdosed and wont wake up"
SPANISH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}


@pytest.fixture
def pseudo(monkeypatch):
    speak_pseudo(monkeypatch)


@pytest.fixture(scope="module")
def client():
    with TestClient(built(assemble, CatService()), base_url="http://localhost") as client:
        yield client


def names(text):
    return set(re.findall(r"\{\w+\}", text))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_says_everything_and_nothing_else(path):
    with path.open("rb") as file:
        found = {message.id: message for message in read_po(file) if message.id}
    assert len(TEXTS) > 100
    assert sorted(set(TEXTS) - set(found)) == []
    assert sorted(set(found) - set(TEXTS)) == []
    assert [text for text, m in found.items() if not m.string or m.fuzzy] == []
    assert [text for text, m in found.items() if names(text) != names(m.string)] == []


def test_spanish_is_among_the_languages():
    assert languages() == ("en", *(path.stem for path in CATALOGUES))
    assert "es" in languages()


@pytest.mark.parametrize(
    ("accepted", "asked", "expected"),
    [
        ("es-MX,es;q=0.9,en;q=0.5", "", "es"),
        ("en-US,en;q=0.9,es;q=0.5", "", "en"),
        ("pt, es;q=0.1", "", "es"),
        ("es", "en", "en"),
        ("", "es-AR", "es"),
        ("es", "klingon", "es"),
        ("", "", "en"),
        ("es;q=0, *", "", "en"),
        ("es;q=often", "", "en"),
        (",;=,,;q=", "../es", "en"),
    ],
)
def test_the_language_is_that_of_the_address_or_the_best_the_browser_accepts(
    accepted, asked, expected
):
    assert wanted(accepted, asked) == expected


def test_fixed_replies_are_in_the_language_spoken():
    with speaking("es"):
        assert abstained(["Texas", "1990"]) == (
            "El artículo no responde a esta pregunta. No menciona “Texas” ni “1990”."
        )
        assert small_talk_reply("hello").startswith("Pregúnteme")
        shown = to_html(about_cats("how long do cats sleep?"))
        assert '<strong class="severity">Precaución</strong>' in shown
        assert '<span lang="en">Overstated: twelve to sixteen.</span>' in shown
        assert "PRECAUCIÓN: Overstated" in to_text(about_cats("how long do cats sleep?"))
        assert "**Precaución:** Overstated" in to_markdown(about_cats("how long do cats sleep?"))
    assert abstained([]) == "The article does not answer this question."


def test_a_crisis_keeps_its_reviewed_text_and_gets_the_reviewed_line_in_spanish():
    english = crisis_answer(OVERDOSE).text
    with speaking("es"):
        spanish = crisis_answer(OVERDOSE).text
    call, line, *steps = spanish.split("\n")
    assert [call, *steps] == english.split("\n")
    assert line.endswith("Emergencia: 911 (EE. UU.) o el número local.")


def test_answers_are_in_the_language_of_each_request(client):
    def failed(**headers):
        return client.get("/api/v1/nowhere", headers=headers).json()["error"]["message"]

    assert failed(**SPANISH).startswith("No encontrado.")
    assert "Emergencia: 911" in failed(**SPANISH)
    assert failed().startswith("Not found.")
    busy = client.get("/api/v1/nowhere?lang=en", headers=SPANISH).json()["error"]["message"]
    assert busy.startswith("Not found.")


@pytest.mark.parametrize("path", ["/chat/", "/embed/", "/article/cats", "/article/none"])
def test_a_page_names_its_language(client, path):
    page = client.get(path, headers=SPANISH)
    assert re.search(r'<html\s+lang="es"', page.text)
    assert re.search(r'<html\s+lang="en"', client.get(path).text)


def test_the_widget_has_its_words_in_every_language(client):
    loader = client.get("/widget.js").text
    assert '"es":["Pregunte al artículo","Cerrar"]' in loader


class Shown(HTMLParser):
    """The texts of a page, and the words read out in place of texts, that are not in English."""

    def __init__(self):
        super().__init__()
        self.stack, self.found = [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        english = given.get("lang", PSEUDO) == "en" or (
            bool(self.stack) and self.stack[-1][1] and "lang" not in given
        )
        if "aria-label" in given and not english:
            self.found.append(given["aria-label"])
        if tag not in {"link", "meta", "br", "input"}:
            unseen = tag in {"script", "style"} or "hidden" in given
            self.stack.append((tag, english or unseen))

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self.stack and not self.stack[-1][1] and "template" not in (t for t, _ in self.stack):
            self.found.append(data)


def english_left(html):
    parser = Shown()
    parser.feed(html)
    return outside_brackets(parser.found)


@pytest.mark.parametrize("path", ["/embed/", "/article/cats", "/article/none"])
def test_a_page_shows_no_untranslated_word(client, pseudo, path):
    page = client.get(path, params={"lang": PSEUDO}).text
    shown = page.replace("Keeping cats</title>", "</title>")
    assert english_left(shown) == []


@pytest.mark.parametrize("question", ["how long do cats sleep?", "do they bite?", "do they fly?"])
def test_a_reply_shows_no_untranslated_word(client, pseudo, question):
    asked = {"number": 1, "question": question, "history": []}
    told = client.post("/api/chat/turn", params={"lang": PSEUDO}, json=asked).json()
    assert "⟦" in told["html"]
    fixed = told["html"].replace("The article does not answer this question.", "")
    fixed = fixed.replace("The article says:", "").replace(">Sleep<", "><")
    assert english_left(fixed) == []
    assert english_left(told.get("banner", "")) == []


def test_the_first_screen_shows_no_untranslated_word(client, pseudo):
    first = client.get("/api/chat/start", params={"lang": PSEUDO}).json()
    assert english_left(first["welcome"]) == []
    assert english_left(first["banner"]) == []


def test_english_needs_no_catalogue(client):
    assert translations("en") == {}
    assert 'id="catalogue"' not in client.get("/embed/").text
    assert 'id="catalogue"' in client.get("/embed/?lang=es").text
