"""HTML pages: which part is the article, and what the page calls itself.

This module owns the leaving out of what is around an article; how the rest is written is left
to `markup`.
"""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import Tag

from askdoc.documents.decoding import decode
from askdoc.documents.extract import Extract
from askdoc.documents.making import is_web_address
from askdoc.documents.markup import canonical_text

_AROUND = "nav, footer, dialog, button, select, input, option, [hidden], [aria-hidden=true]"
_ROLES = re.compile(r"^(?:navigation|banner|contentinfo|complementary|search|dialog|menu)$")
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_WARNS = re.compile(r"\b(?:warning|caution|danger|alert|important|admonition|note)\b", re.I)
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]


def extract_html(data: bytes) -> Extract:
    """Reads an HTML page: its article, its title, its canonical address.

    Raises:
        UnreadableError: The file is not text.
    """
    soup = parse(decode(data, html=True))
    url = _address(soup)
    page_title = soup.find("title")
    stated = page_title.get_text() if page_title else ""
    _drop_surroundings(soup)
    article = _article(soup)
    title = _words(article.find("h1") or soup.find("h1")) or stated or first_heading(article)
    return Extract(canonical_text(article), title, url=url)


def parse(markup: str) -> BeautifulSoup:
    """The tree of some HTML, however broken."""
    return BeautifulSoup(markup, "lxml")


def first_heading(root: Tag) -> str:
    """The words of the first heading, or ""."""
    return _words(root.find(_HEADINGS))


def _words(tag: Tag | None) -> str:
    return canonical_text(tag).lstrip("# ") if tag else ""


def _address(soup: Tag) -> str:
    link = soup.select_one("link[rel~=canonical][href]")
    meta = soup.select_one('meta[property="og:url"][content]')
    stated = [str(link["href"])] if link else []
    stated += [str(meta["content"])] if meta else []
    return next((url.strip() for url in stated if is_web_address(url.strip())), "")


def _drop_surroundings(page: Tag) -> None:
    for tag in page.select("head, script, style, template, noscript, " + _AROUND):
        tag.decompose()
    for tag in page.find_all(style=_UNSEEN) + page.find_all(role=_ROLES):
        if tag.name != "body":  # hidden only until its script has run
            tag.decompose()
    for tag in _standing(page, "aside"):
        if not _WARNS.search(f"{tag.get('class')} {tag.get('role')} {tag.get('aria-label')}"):
            tag.decompose()
    for tag in _standing(page, "header"):
        if not tag.find_parent(["article", "main"]) and not tag.find("h1"):
            tag.decompose()
    forms = list(_standing(page, "form"))
    # Some servers wrap the whole page in one.
    if sum(_length(form) for form in forms if not form.find_parent("form")) * 2 < _length(page):
        for form in forms:
            form.decompose()


def _standing(page: Tag, name: str) -> Iterator[Tag]:
    """The tags of a name that have not gone with an outer one when their turn comes."""
    return (tag for tag in page.find_all(name) if not tag.decomposed)


def _article(page: Tag) -> Tag:
    """The page's only <article>, else its <main>, if most of the words stand there."""
    for name in ("article", "main"):
        found = [tag for tag in page.find_all(name) if not tag.find_parent(name)]
        if len(found) == 1 and _length(found[0]) * 2 >= _length(page):
            return found[0]
    return page


def _length(tag: Tag) -> int:
    return sum(len(words) for words in tag.stripped_strings)
