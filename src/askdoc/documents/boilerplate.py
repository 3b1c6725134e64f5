"""What stands around an article on a page: menus, notices, comments; and what is only folded away.

This module owns which elements of an HTML page are not the article's words. It errs towards
keeping: what holds much of the page's prose stays, whatever it is called.
"""

import re
from collections.abc import Iterator

from bs4.element import Tag

_NEVER = "head, script, style, template, noscript, nav, footer, dialog, select, input, option"
_ROLES = re.compile(
    r"^(?:navigation|banner|contentinfo|complementary|search|dialog|alertdialog|menu|menubar)$"
)
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_WARNS = re.compile(r"\b(?:warnings?|caution|danger|alert|important|admonition|note)\b", re.I)
# Parts of a class or an id, between dashes, that are never used for the article itself.
_STRONG = re.compile(
    r"(?:cookies?|consent|gdpr|newsletter|subscribe|subscription|breadcrumbs?|disqus|pagination|"
    r"navbar|navigation|sharing|addtoany|addthis|advertisement|adsbygoogle|skiplink|skip|topbar|"
    r"signup|paywall|popup|modal|comments|commentlist|commentform|respond|sponsored|promo|"
    r"masthead|editsection|headerlink|permalink|printfooter|catlinks|noprint)"
)
# Words that name the whole class or id, or end or begin it.
_WEAK = re.compile(
    r"(?:(?:main|site|top|page|primary)[-_]?)?(?:menu|nav|sidebar|footer|tags|toolbar)"
    r"|share|social|(?:social|share)[-_]\w+|related|(?:related|recommended|read)[-_]\w+|more[-_]?from"
    r"|ad|ads|advert|banner[-_]?ad|comment[-_]?(?:list|section|area|form)|author[-_]?bio|toc"
)
_FOLDED = re.compile(
    r"panel|accordion|collaps|tab[-_]?(?:content|pane|body)|faq|answer|toggle|details|spoiler"
    r"|expand|content|body",
    re.I,
)
_UNFOLDS = re.compile(r"accordion|collaps|toggle|faq|question|expand", re.I)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary")
_BOX_RULE = re.compile(
    r"\.([\w-]+)\s*(>\s*\*)?\s*\{[^{}]*display\s*:\s*"
    r"(flex|inline-flex|grid|inline-block|table-cell|block|table-row)", re.I
)  # fmt: skip
_BOX_STYLE = re.compile(r"display\s*:\s*(?:inline-)?(flex|grid|block|table-cell)", re.I)
_HOLDER_STYLE = re.compile(r"display\s*:\s*(?:inline-)?(?:flex|grid)", re.I)
_INLINE = frozenset(("span", "a", "b", "strong", "em", "i", "label", "small"))
_MUCH = 0.5  # share of a page's words
_LINKED = 0.5  # share of an element's words
_SHORT = 400  # characters
_ARIA_TABLES = {
    "table": "table", "grid": "table", "row": "tr", "cell": "td", "gridcell": "td",
    "columnheader": "th", "rowheader": "th", "rowgroup": "tbody",
}  # fmt: skip


def drop_surroundings(page: Tag) -> None:
    """Takes out of a page what is not its article, and names folded panels by their tabs."""
    _mark_boxes(page)
    _name_panels(page)
    _unfold(page)
    for tag in page.select(_NEVER):
        tag.decompose()
    _drop_hidden(page)
    _drop_by_role(page)
    _drop_by_name(page)
    _drop_skip_links(page)
    _drop_forms(page)


def link_density(tag: Tag) -> float:
    """The share of a tag's words that are links."""
    linked = sum(length(link) for link in tag.find_all("a"))
    return linked / max(length(tag), 1)


def length(tag: Tag) -> int:
    """How many characters of text a tag holds."""
    return sum(len(words) for words in tag.stripped_strings)


def is_gone(tag: Tag) -> bool:
    """Whether a tag went with an outer one; `Tag.decomposed` itself searches the whole tree."""
    return bool(vars(tag).get("_decomposed"))


def warns(tag: Tag) -> bool:
    """Whether a tag says that it is a warning or a note of the article's."""
    return bool(_WARNS.search(f"{tag.get('class')} {tag.get('role')} {tag.get('aria-label')}"))


def _standing(page: Tag, *names: str) -> Iterator[Tag]:
    """The tags of some names that have not gone with an outer one when their turn comes."""
    return (tag for tag in page.find_all(list(names) or True) if not is_gone(tag))


def _names(tag: Tag) -> list[str]:
    classes: str | list[str] = tag.get("class") or []
    names = [classes] if isinstance(classes, str) else [str(name) for name in classes]
    names += [str(tag["id"])] if tag.get("id") else []
    return [re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower() for name in names]


def _mark_boxes(page: Tag) -> None:
    """Renames inline tags that are shown as boxes, and tags that play the parts of a table."""
    rules = _BOX_RULE.findall("".join(tag.get_text() for tag in page.find_all("style"))[:200_000])
    boxes = {name for name, inner, _ in rules if not inner}
    holders = {name for name, inner, how in rules if inner or "flex" in how or "grid" in how}
    for tag in page.find_all(True):
        role = _ARIA_TABLES.get(str(tag.get("role") or ""))
        if role:
            tag.name = role
        elif tag.name in _INLINE and (_is_box(tag, boxes, holders) or _is_glued_box(tag)):
            tag.name = "askdoc-box"


def _is_box(tag: Tag, boxes: set[str], holders: set[str]) -> bool:
    """Whether a tag, or what holds it, is styled as boxes side by side."""
    parent = tag.parent or tag
    return bool(
        boxes & set(_names(tag))
        or holders & set(_names(parent))
        or _BOX_STYLE.search(str(tag.get("style") or ""))
        or _HOLDER_STYLE.search(str(parent.get("style") or ""))
    )


def _is_glued_box(tag: Tag) -> bool:
    """Whether a classed tag touches another one so that words or figures would join."""
    before = tag.previous_sibling
    if not (isinstance(before, Tag) and before.get("class") and tag.get("class")):
        return False
    if tag.find_parent(["code", "pre"]) or tag.get("class") == before.get("class"):
        return False
    left, right = before.get_text()[-1:], tag.get_text()[:1]
    if not (left.isalnum() and right.isalnum()):
        return False
    return left.isdigit() or right.isdigit() or (left.islower() and right.isupper())


def _name_panels(page: Tag) -> None:
    """Puts the words of each tab above its panel."""
    tabs = page.select("[role=tab]")
    panels = page.select("[role=tabpanel]")
    by_id = {str(tab.get("aria-controls")): tab for tab in tabs if tab.get("aria-controls")}
    for number, panel in enumerate(panels):
        tab = by_id.get(str(panel.get("id"))) or (
            tabs[number] if len(tabs) == len(panels) else None
        )
        first = panel.find(True)
        if tab is None or (first is not None and first.name in _HEADINGS):
            continue
        panel.insert(0, _paragraph(" ".join(tab.get_text(" ").split())))
    for tab in tabs:
        if not is_gone(tab) and tab.find_parent(_HEADINGS) is None:
            tab.decompose()


def _paragraph(words: str) -> Tag:
    tag = Tag(name="p")
    tag.string = words
    return tag


def _unfold(page: Tag) -> None:
    """Keeps the words of buttons that unfold something, and drops the other buttons."""
    for button in page.find_all("button"):
        names = " ".join([*_names(button), *map(str, button.attrs)])
        if button.find_parent(_HEADINGS):
            button.unwrap()
        elif (
            button.get("aria-expanded") is not None
            or _UNFOLDS.search(names)
            or button.get_text().strip().endswith("?")
        ) and not button.find_parent(["nav", "header", "footer"]):
            button.name = "p"
        else:
            button.decompose()


def _drop_hidden(page: Tag) -> None:
    controlled = _controlled(page)
    for tag in _standing(page):
        hidden = tag.has_attr("hidden") or tag.get("aria-hidden") == "true"
        if not hidden and not _UNSEEN.search(str(tag.get("style") or "")):
            continue
        if tag.name != "body" and not _is_folded(tag, controlled):
            tag.decompose()


def _controlled(page: Tag) -> set[str]:
    """The ids of what some button or link shows and hides."""
    return {
        str(tag.get(name)).lstrip("#")
        for name in ("aria-controls", "data-target", "data-bs-target", "for")
        for tag in page.select(f"[{name}]")
        if not tag.find_parent(["nav", "header"])
    }


def _is_folded(tag: Tag, controlled: set[str]) -> bool:
    """Whether hidden words are a panel that a reader can open."""
    if tag.name not in ("div", "section", "dd", "p", "ul", "ol", "article", "li", "tbody", "table"):
        return False
    names = " ".join(_names(tag))
    if tag.get("role") in ("dialog", "alertdialog", "menu") or _STRONG.search(names):
        return False
    if tag.get("role") == "tabpanel" or str(tag.get("id")) in controlled or _FOLDED.search(names):
        return True
    before = tag.find_previous_sibling()
    if before is None:
        return False
    opens = before.name in (*_HEADINGS, "button") or before.has_attr("aria-expanded")
    return (
        opens
        or bool(_UNFOLDS.search(" ".join(_names(before))))
        or (before.get_text().strip().endswith("?"))
    )


def _drop_by_role(page: Tag) -> None:
    for tag in page.find_all(role=_ROLES):
        if not is_gone(tag) and tag.name != "body" and not warns(tag):
            tag.decompose()
    for tag in _standing(page, "aside"):
        if not warns(tag):
            tag.decompose()
    for tag in _standing(page, "header"):
        if not tag.find_parent(["article", "main"]) and not tag.find("h1"):
            tag.decompose()


def _drop_by_name(page: Tag) -> None:
    """Drops what its class or id calls a menu, a notice, a comment or the like."""
    whole = length(page)
    for tag in _standing(page):
        if tag.name in ("html", "body", "main", "article", "h1") or not tag.attrs:
            continue
        names = _names(tag)
        strong = any(_STRONG.fullmatch(part) for name in names for part in re.split(r"[-_]+", name))
        weak = any(_WEAK.fullmatch(name) for name in names)
        if not (strong or weak) or warns(tag) or tag.find(["h1", "main", "article"]):
            continue
        size = length(tag)
        linked = size <= _SHORT or link_density(tag) >= _LINKED
        if size < _MUCH * whole and (strong or linked or _is_aside(names)):
            tag.decompose()


def _is_aside(names: list[str]) -> bool:
    return any(re.search(r"sidebar|footer|related|comment", name) for name in names)


def _drop_skip_links(page: Tag) -> None:
    for link in _standing(page, "a"):
        if re.match(r"\s*(?:skip|jump) to\b", link.get_text(), re.I):
            link.decompose()


def _drop_forms(page: Tag) -> None:
    forms = list(_standing(page, "form"))
    # Some servers wrap the whole page in one.
    if sum(length(form) for form in forms if not form.find_parent("form")) * 2 < length(page):
        for form in forms:
            form.decompose()
