"""HTML pages: which part is the article, and what the page calls itself.

This module owns the choice of the article, and the marks that are no words of it: "[edit]", "[1]",
links to notes. What is around an article is left to `boilerplate`, how the rest is written to
`markup`.
"""

import re

from bs4 import BeautifulSoup
from bs4.element import CData, NavigableString, PageElement, Tag

from askdoc.documents.boilerplate import drop_surroundings, length, link_density, warns
from askdoc.documents.decoding import decode
from askdoc.documents.extract import Extract, UnreadableError, checked_length
from askdoc.documents.folded import is_gone
from askdoc.documents.formulas import after, mathml_text, tex_text, write_tex
from askdoc.documents.making import is_web_address
from askdoc.documents.markup import canonical_text

_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
_MOST_TAGS = 150_000  # a tag takes some 1.5 KB of memory
_DEEPEST = 100  # tags within tags; each look into a tag costs as much as it is deep
_MARKS = (
    ".mw-editsection, .editsection, .headerlink, .footnote-backref, [role=doc-backlink], "
    "a.anchor, a.permalink, a.hash-link, a.anchor-link, .sr-only-focusable"
)
_NOTE_MARKS = "sup.reference, sup.footnote-ref, a.footnote-ref, [role=doc-noteref], .noprint.Inline"
_NOTE_WORDS = r"\w{1,3}(?:\s?[,;–-]\s?\w{1,3})*|(?:note|nb|n) \d+|edit|[\w ]{3,25} needed|\w{2,8}\?"
_NOTE = re.compile(rf"\s*(?:\[(?:{_NOTE_WORDS})\]\s*)+", re.I)
_BETWEEN_NOTES = re.compile(r"\s*[,;–-]\s*")
_SENTENCE_ENDS = tuple('.,;!?)”’"')
_MATHML_PREFIX = re.compile(r"^(?:m|mml|math):")
_MARK_CHARACTERS = 40
_MARK_NODES = 20
_BACK = re.compile(r"\s*[↑↩^⤴]\ufe0e?\s*")
_FORMULAS = (
    ".katex, .katex-display, .katex-html, .MathJax, .MathJax_Display, mjx-container, "
    ".mwe-math-element"
)


def extract_html(data: bytes) -> Extract:
    """Reads an HTML page: its article, its title, its canonical address.

    Raises:
        UnreadableError: The file is not text, or too large to be read.
    """
    text = decode(data, html=True)
    if text.count("<") > 2 * _MOST_TAGS:
        raise UnreadableError(f"holds more than {_MOST_TAGS:,} tags. Split it.")
    soup = parse(text)
    url = _address(soup)
    page_title = soup.find("title")
    stated = page_title.get_text() if page_title else ""
    write_formulas(soup)
    drop_marks(soup)
    drop_surroundings(soup)
    article = _article(soup)
    heads = article.find_all("h1", limit=2) or soup.find_all("h1", limit=2)
    on_top = _words(heads[0]) if heads else ""
    title = (on_top if len(heads) == 1 else stated) or stated or on_top or first_heading(article)
    return Extract(checked_length(canonical_text(article)), title, url=url)


def parse(markup: str) -> BeautifulSoup:
    """The tree of some HTML, however broken or deep."""
    tree = BeautifulSoup(markup, "lxml")
    _flatten(tree)
    return tree


def _flatten(tree: Tag) -> None:
    """Puts what lies too deep beside what it lies in, in the same order, as browsers do."""
    pending = [(tree, 0)]
    while pending:
        tag, depth = pending.pop()
        if depth == _DEEPEST:
            _put_side_by_side(tag)
        else:
            pending.extend((child, depth + 1) for child in tag.contents if isinstance(child, Tag))


def _put_side_by_side(tag: Tag) -> None:
    """Leaves no tags within the children of a tag."""
    flat: list[PageElement] = []
    pending = tag.contents[::-1]
    while pending:
        node = pending.pop()
        flat.append(node)
        if isinstance(node, Tag):
            first = next((at for at, c in enumerate(node.contents) if isinstance(c, Tag)), None)
            if first is not None:
                pending += node.contents[first:][::-1]
                _set_contents(node, node.contents[:first])
    _set_contents(tag, flat)


def _set_contents(tag: Tag, nodes: list[PageElement]) -> None:
    """Gives a tag its children; which element comes next in the text must stay as it is."""
    tag.contents = nodes
    for before, node, behind in zip([None, *nodes], nodes, [*nodes[1:], None], strict=False):
        node.parent, node.previous_sibling, node.next_sibling = tag, before, behind


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


def write_formulas(soup: Tag) -> None:
    """Replaces what a script draws as a formula by the formula in a line of text."""
    for tag in soup.find_all(_MATHML_PREFIX):
        tag.name = tag.name.partition(":")[2]
    for preview in _selected(soup, ".MathJax_Preview"):
        preview.decompose()
    for tag in _selected(soup, _FORMULAS):
        if is_gone(tag):
            continue
        words = _formula(tag)
        before = str(tag.previous_sibling or "") if tag.previous_sibling is not None else ""
        behind = str(tag.next_sibling or "") if tag.next_sibling is not None else ""
        space = " " if behind[:1].isalnum() else ""
        tag.replace_with(after(before, words) + space)
    for script in soup.find_all("script", type=re.compile("^math/tex")):
        script.replace_with(after(str(script.previous_sibling or ""), tex_text(script.get_text())))
    for node in soup.find_all(string=re.compile(r"\$[^$]*\\|\\[(\[]")):
        if type(node) is NavigableString and not node.find_parent(["code", "pre"]):
            node.replace_with(NavigableString(write_tex(re.sub(r"\s+", " ", str(node)))))


def _formula(tag: Tag) -> str:
    if (math := tag.find("math")) is not None:
        return mathml_text(math) or tex_text(math.get_text())
    if (tex := tag.find("annotation")) is not None:
        return tex_text(tex.get_text())
    stated = tag.get("alttext") or tag.get("aria-label") or tag.get("data-tex")
    return tex_text(str(stated)) if stated else "[formula]"


def drop_marks(soup: Tag) -> None:
    """Takes out links to notes and back, and the marks of pages that anybody may edit."""
    for tag in _selected(soup, _MARKS + ", " + _NOTE_MARKS):
        tag.decompose()
    for tag in soup.find_all(["sup", "a", "span"]):
        if not is_gone(tag) and _is_mark(tag):
            tag.decompose()
        elif tag.name == "a" and not is_gone(tag):
            _drop_bracketed(tag)


def _selected(soup: Tag, selector: str) -> list[Tag]:
    """What a selector of classes, roles and MathJax's own tags finds.

    Most tags have no attribute and need not be compared with it.
    """
    tags = (tag for tag in soup.descendants if isinstance(tag, Tag))
    likely = (tag for tag in tags if tag.attrs or tag.name.startswith("mjx-"))
    return soup.css.compile(selector).filter(likely)


def _is_mark(tag: Tag) -> bool:
    if tag.name == "span" and not tag.get("class"):
        return False
    words = _words_of_a_mark(tag)
    if words is None:
        return False
    if tag.name != "span" and _NOTE.fullmatch(words):
        return True
    link = tag if tag.name == "a" else tag.find("a")
    inside = link is not None and str(link.get("href") or "").startswith("#")
    if tag.name == "sup" and inside:
        return bool(re.fullmatch(r"\W*\w{1,3}\W*", words))
    if tag.name == "a" and re.fullmatch(r"\d{1,3}", words):
        before = tag.previous_sibling
        return isinstance(before, NavigableString) and before[-1:] in _SENTENCE_ENDS
    return tag.name == "a" and inside and bool(_BACK.fullmatch(words))


def _drop_bracketed(link: Tag) -> None:
    """Takes out links to notes that stand between brackets of the text, such as [1, 2]."""
    before = link.previous_sibling
    if not (isinstance(before, NavigableString) and before.endswith("[")):
        return
    inside: list[PageElement] = [link]
    while _is_note_link(inside[-1]) or _BETWEEN_NOTES.fullmatch(str(inside[-1])):
        behind = inside[-1].next_sibling
        if behind is None:
            return
        if isinstance(behind, NavigableString) and behind.startswith("]"):
            for node in inside:
                node.extract()
            before.replace_with(NavigableString(before[:-1].rstrip(" ")))
            behind.replace_with(NavigableString(behind[1:]))
            return
        inside.append(behind)


def _is_note_link(node: PageElement) -> bool:
    if not (isinstance(node, Tag) and node.name == "a"):
        return False
    words = _words_of_a_mark(node)
    inside = str(node.get("href") or "").startswith("#")
    return inside and words is not None and bool(re.fullmatch(r"\s*\w{1,3}\s*", words))


def _words_of_a_mark(tag: Tag) -> str | None:
    """The words of a tag, if it has as few words and tags in it as a mark has."""
    words = ""
    for number, node in enumerate(tag.descendants):
        words += str(node) if type(node) in (NavigableString, CData) else ""
        if number >= _MARK_NODES or len(words) > _MARK_CHARACTERS:
            return None
    return words


def _article(page: Tag) -> Tag:
    """The page, or its only <article> or <main> with what prose stands beside it."""
    for name in ("article", "main"):
        found = [tag for tag in page.find_all(name) if not tag.find_parent(name)]
        if len(found) == 1 and length(found[0]) * 2 >= length(page):
            _drop_beside(found[0])
            return page
    return page


def _drop_beside(article: Tag) -> None:
    """Drops lists of links and scraps beside an article; prose and warnings stay."""
    inner = article
    while inner.parent is not None:
        for beside in [*inner.previous_siblings, *inner.next_siblings]:
            if not _is_prose(beside):
                beside.extract()
        inner = inner.parent


def _is_prose(node: PageElement) -> bool:
    if not isinstance(node, Tag):
        return False
    if node.find("table") or node.name in _HEADINGS or warns(node):
        return True
    sentences = re.findall(r"\w[.!?](?:\s|$)", node.get_text(" "))
    return bool(sentences) and link_density(node) < 0.3
