"""The article that ships is its owner's, word for word."""

import hashlib
import re
from pathlib import Path

import pytest

from askdoc.documents import read_documents
from askdoc.documents.frontmatter import split_front_matter

ARTICLE = Path(__file__).parents[2] / "corpus" / "kratom" / "article.md"
# sha256 of the owner's words, one a line, without the list dashes.
ORIGINAL = "05c26ac02a98318d290d5eb9b7e2be51a0d6397c843d9d58b2223a5b31d47fe4"


def body():
    return split_front_matter(ARTICLE.read_text(encoding="utf-8"))[1].strip()


def digest(text):
    lines = (re.sub(r"^(?:#+|-)\s+", "", line) for line in text.splitlines())
    words = [word for line in lines for word in line.split()]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def test_the_article_keeps_its_owners_words():
    assert digest(body()) == ORIGINAL


def test_reading_the_article_keeps_its_owners_words():
    (document,) = read_documents(ARTICLE)
    assert digest(document.text) == ORIGINAL


@pytest.mark.parametrize(("old", "new"), [("’", "'"), ("without ", ""), ("Kratom", "kratom")])
def test_the_digest_sees_a_change_of_one_character(old, new):
    assert old in body()
    assert digest(body().replace(old, new, 1)) != ORIGINAL


def test_the_articles_paragraphs_are_read_character_for_character():
    (document,) = read_documents(ARTICLE)
    paragraphs = [part for part in body().split("\n\n") if not part.startswith("-")]
    assert len(paragraphs) > 15
    assert [part for part in paragraphs if part not in document.text] == []


def test_the_article_is_known_by_its_front_matter():
    (document,) = read_documents(ARTICLE.parent)
    assert document.id == "kratom"
    assert document.title == "Kratom for opioid withdrawal symptoms"
    assert document.title in document.text


def test_the_articles_caveats_travel_with_it():
    (document,) = read_documents(ARTICLE)
    assert document.catalogue == (ARTICLE.parent / "caveats.toml").read_text(encoding="utf-8")
