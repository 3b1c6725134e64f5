"""What stands around an article on a page: menus, notices, comments.

This module owns which elements of an HTML page are not the article's words. It errs towards
keeping: what holds much of the page's prose stays, whatever it is called. Panels that a reader can
open are left to `folded`.
"""

import re
from collections import Counter

from bs4.element import NavigableString, Tag

from askdoc.documents.folded import HEADINGS, drop_hidden, is_gone, names_of_tag, standing, unfold

_NEVER = "title, script, style, template, noscript, nav, footer, dialog, select, input, option"
_ROLES = re.compile(
    r"^(?:navigation|banner|contentinfo|complementary|search|dialog|alertdialog|menu|menubar)$"
)
_WARNS = re.compile(r"\b(?:warnings?|caution|danger|alert|important|admonition|note)\b", re.I)
# Parts of a class or an id, between dashes, that are never used for the article itself.
_STRONG = re.compile(
    r"(?:consent|gdpr|onetrust|cookiebot|cookieconsent|didomi|usercentrics|newsletter|subscribe|subscription|breadcrumbs?|disqus|pagination|"
    r"navbar|navigation|sharing|addtoany|addthis|advertisement|adsbygoogle|skiplink|skip|topbar|"
    r"signup|paywall|popup|modal|comments|commentlist|commentform|respond|sponsored|promo|"
    r"masthead|editsection|headerlink|permalink|printfooter|catlinks|noprint)"
)
_COOKIE_NOTICE = re.compile(
    r"(?:eu-?)?cookies?|.*cookies?[-_]?(?:law|banner|notice|bar|consent|popup|policy|message|msg|"
    r"modal|overlay|control|settings|wall|info|alert|disclaimer|container|wrapper|box|hint|layer).*"
    r"|cc[-_](?:window|banner)"
)
_CONSENTS = re.compile(
    r"\W*(?:yes,? )?(?:i |we )?(?:accept|agree|allow|got it|ok(?:ay)?|consent|dismiss|reject|"
    r"decline|akzeptieren|zustimmen|verstanden|ablehnen|einverstanden|aceptar|acepto|rechazar|"
    r"de acuerdo|accepter|j.accepte|refuser|accetta|accetto|rifiuta)(?: \w+){0,4}\W*"
    r"|.{0,20} akzeptieren\W*",
    re.I,
)
_LONGEST_NOTICE = 900  # characters
_COMMENT = re.compile(
    r"(?:\w+[-_])?comments?(?:[-_](?:\d+|body|content|text|item|thread|list|section|area|wrapper))?"
)
_COMMENTS_HEADING = re.compile(
    r"(?:(?:\d+|recent|latest|reader|user|visitor|guest)s?['’]? )*(?:comments?|responses|replies)"
    r"(?: \(?\d+\)?)?|\d+ (?:thoughts?|comments?|repl(?:y|ies)|responses?) (?:on|to) .*"
    r"|leave a (?:reply|comment)|post a comment|join the (?:conversation|discussion)",
    re.I,
)
_MOST_COMMENTS = 0.9  # share of a page's words
# Words that name the whole class or id, or end or begin it.
_WEAK = re.compile(
    r"(?:(?:main|site|top|page|primary)[-_]?)?(?:menu|nav|\w*sidebar|footer|tags|toolbar)"
    r"|feedback(?:[-_]?widget)?|(?:was[-_])?helpful|lang(?:uage)?[-_](?:switcher|selector|menu)"
    r"|share|social|(?:social|share)[-_]\w+|related|(?:related|recommended|read)[-_]\w+|more[-_]?from"
    r"|ad|ads|advert|banner[-_]?ad|comment[-_]?(?:list|section|area|form)|author[-_]?bio|toc"
)
_BOX_RULE = re.compile(
    r"\.([\w-]+)\s*(>\s*\*)?\s*\{[^{}]*display\s*:\s*"
    r"(flex|inline-flex|grid|inline-block|table-cell|block|table-row)", re.I
)  # fmt: skip
_CLASS_RULE = re.compile(r"(?:^|(?<=[};,/]))\s*(?:\w+)?\.([\w-]+)\s*\{([^{}]*)\}")
_RAISED_STYLE = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.I)
_MEDIA_RULE = re.compile(r"@[\w-]+[^{};@]*\{(?:[^{}@]*\{[^{}@]*\})*[^{}@]*\}")
_FOR_THE_EAR = re.compile(r"sr-only|visually-?hidden|screen-reader(?:-text)?|.*off-?screen")
_BOX_STYLE = re.compile(r"display\s*:\s*(?:inline-)?(flex|grid|block|table-cell)", re.I)
_HOLDER_STYLE = re.compile(r"display\s*:\s*(?:inline-)?(?:flex|grid)", re.I)
_INLINE = frozenset(("span", "a", "b", "strong", "em", "i", "label", "small"))
_CENTRES = ["h1", "main", "article"]
_MUCH = 0.5  # share of a page's words
_LINKED = 0.5  # share of an element's words
_SHORT = 400  # characters
_ENDING = 2  # characters, such as "st" behind 1
_SMALL_FORM = 120  # characters
_ARIA_TABLES = {
    "table": "table", "grid": "table", "row": "tr", "cell": "td", "gridcell": "td",
    "columnheader": "th", "rowheader": "th", "rowgroup": "tbody",
}  # fmt: skip


def drop_surroundings(page: Tag) -> None:
    """Takes out of a page what is not its article, and names folded panels by their tabs."""
    _write_styles(page)
    _mark_boxes(page)
    _drop_cookie_notices(page)
    unfold(page)
    for tag in page.select(_NEVER):
        tag.decompose()
    drop_hidden(page)
    _drop_by_role(page)
    _drop_by_name(page)
    _drop_comments(page)
    _drop_skip_links(page)
    _drop_forms(page)


def link_density(tag: Tag) -> float:
    """The share of a tag's words that are links."""
    linked = sum(length(link) for link in tag.find_all("a"))
    return linked / max(length(tag), 1)


def length(tag: Tag) -> int:
    """How many characters of text a tag holds."""
    return sum(len(words) for words in tag.stripped_strings)


def warns(tag: Tag) -> bool:
    """Whether a tag says that it is a warning or a note of the article's."""
    return bool(_WARNS.search(f"{tag.get('class')} {tag.get('role')} {tag.get('aria-label')}"))


def _css(page: Tag) -> str:
    """The rules that a page writes itself; of endless ones the beginning."""
    return "".join(tag.get_text() for tag in page.find_all("style"))[:200_000]


def _write_styles(page: Tag) -> None:
    """Writes into each tag what the page's own rules for its classes say of it."""
    css = _MEDIA_RULE.sub("", _css(page))
    rules = dict(_CLASS_RULE.findall(css))
    named = Counter(re.findall(r"\.([\w-]+)", css))
    scripted = {w for s in page.find_all("script") for w in re.findall(r"[\w-]+", s.get_text())}
    for name, style in rules.items():
        if re.search(r"display|visibility", style) and (named[name] > 1 or name in scripted):
            rules[name] = ""  # what another rule or a script may show
    for tag in page.find_all(True):
        classes: list[str] = [*(tag.get("class") or ())]
        styles = [rules[name] for name in classes if name in rules]
        if styles:
            tag["style"] = ";".join([*styles, str(tag.get("style") or "")])
        raised = _RAISED_STYLE.search(str(tag.get("style") or ""))
        if raised and tag.name in _INLINE:
            tag.name = {"super": "sup", "sub": "sub"}[raised[1].lower()]
        told = classes and any(_FOR_THE_EAR.fullmatch(name) for name in names_of_tag(tag))
        if told and any(map(str.isalpha, tag.get_text())):
            tag.insert_before(" ")
            tag.insert_after(" ")


def _mark_boxes(page: Tag) -> None:
    """Renames inline tags that are shown as boxes, and tags that play the parts of a table."""
    rules = _BOX_RULE.findall(_css(page))
    boxes = {name for name, inner, _ in rules if not inner}
    holders = {name for name, inner, how in rules if inner or "flex" in how or "grid" in how}
    for tag in page.find_all(True):
        role = _ARIA_TABLES.get(str(tag.get("role") or ""))
        if role:
            tag.name = role
        elif (tag.name in _INLINE or "-" in tag.name) and (
            _is_box(tag, boxes, holders) or _is_glued_box(tag)
        ):
            tag.name = "askdoc-box"


def _is_box(tag: Tag, boxes: set[str], holders: set[str]) -> bool:
    """Whether a tag, or what holds it, is styled as boxes side by side."""
    parent = tag.parent or tag
    return bool(
        boxes & set(names_of_tag(tag))
        or holders & set(names_of_tag(parent))
        or _BOX_STYLE.search(str(tag.get("style") or ""))
        or _HOLDER_STYLE.search(str(parent.get("style") or ""))
    )


def _is_glued_box(tag: Tag) -> bool:
    """Whether a classed tag touches another one so that words or figures would join."""
    before = tag.previous_sibling
    if isinstance(before, Tag) and not before.get_text():
        before = tag if before.previous_sibling is None else before.previous_sibling
        left, right = before.get_text()[-1:], tag.get_text()[:1]
        return bool(tag.get("class")) and left.isalnum() and right.isdigit()
    if not isinstance(before, Tag) or tag.find_parent(["code", "pre"]):
        return False
    left, right = before.get_text()[-1:], tag.get_text()[:1]
    if not (left.isalnum() and right.isalnum()):
        return False
    if tag.name == before.name == "a" and tag.get("href") != before.get("href"):
        return True
    unit = left.isdigit() and not right.isdigit() and len(tag.get_text()) > _ENDING
    if unit and tag.name != before.name and not _has_own_words(tag.parent or tag):
        return True
    classes = tag.get("class"), before.get("class")
    named = "-" in tag.name and "-" in before.name
    if not named and (None in classes or classes[0] == classes[1]):
        return False
    return left.isdigit() or right.isdigit() or (left.islower() and right.isupper())


def _has_own_words(tag: Tag) -> bool:
    return any(type(child) is NavigableString and child.strip() for child in tag.children)


def _drop_by_role(page: Tag) -> None:
    for tag in page.find_all(role=_ROLES):
        if not is_gone(tag) and tag.name != "body" and not warns(tag):
            tag.decompose()
    for tag in standing(page, "aside"):
        if not warns(tag):
            tag.decompose()
    for tag in standing(page, "header"):
        if not tag.find_parent(["article", "main"]) and not tag.find("h1"):
            tag.decompose()


def _drop_by_name(page: Tag) -> None:
    """Drops what its class or id calls a menu, a notice, a comment or the like."""
    whole = length(page)
    for tag in standing(page):
        if tag.name in ("html", "body", "main", "article", "h1") or not tag.attrs:
            continue
        if tag.get("role") == "tabpanel":
            continue
        names = names_of_tag(tag)
        strong = any(_STRONG.fullmatch(part) for name in names for part in re.split(r"[-_]+", name))
        strong |= any(_COOKIE_NOTICE.fullmatch(name) for name in names)
        weak = any(_WEAK.fullmatch(name) for name in names)
        if not (strong or weak) or warns(tag) or tag.find(_CENTRES):
            continue
        size = length(tag)
        linked = size <= _SHORT or link_density(tag) >= _LINKED
        little = size < _MUCH * whole or (size <= _SHORT and page.find(_CENTRES) is not None)
        if little and (strong or linked or _is_aside(names)):
            tag.decompose()


def _drop_cookie_notices(page: Tag) -> None:
    """Drops short boxes that speak of cookies and have a button to agree with."""
    for button in standing(page, "button", "a", "input"):
        words = " ".join(button.get_text(" ").split()) or str(button.get("value") or "")
        if not _CONSENTS.fullmatch(words):
            continue
        box = button.parent
        while box is not None and "cookie" not in box.get_text().lower():
            box = box.parent
        if (
            box is not None
            and box.name not in ("html", "body", "main", "article", "[document]")
            and length(box) <= _LONGEST_NOTICE
            and not box.find(_CENTRES)
        ):
            box.decompose()


def _drop_comments(page: Tag) -> None:
    """Drops what visitors wrote below an article, as names, headings or microdata tell it."""
    whole = length(page)
    for tag in standing(page, "div", "section", "ol", "ul", "li", "article", "aside", "footer"):
        if tag.find(["h1", "main"]) or length(tag) > _MOST_COMMENTS * whole:
            continue
        heading = tag.find(True)
        while heading is not None and heading.name in ("div", "header", "section"):
            heading = heading.find(True)
        told = (
            heading is not None
            and heading.name in HEADINGS
            and _COMMENTS_HEADING.fullmatch(" ".join(heading.get_text(" ").split()))
        )
        kind = f"{tag.get('itemtype')} {tag.get('itemprop')}"
        if (
            told
            or re.search(r"/(?:User)?Comments?\b| comment$", kind)
            or any(_COMMENT.fullmatch(name) for name in names_of_tag(tag))
        ):
            tag.decompose()


def _is_aside(names: list[str]) -> bool:
    return any(re.search(r"sidebar|footer|related|comment", name) for name in names)


def _drop_skip_links(page: Tag) -> None:
    for link in standing(page, "a"):
        if re.match(r"\s*(?:skip|jump) to\b", link.get_text(), re.I):
            link.decompose()


def _drop_forms(page: Tag) -> None:
    forms = list(standing(page, "form"))
    # Some servers wrap the whole page in one.
    outer = [length(form) for form in forms if not form.find_parent("form")]
    prose = any(not paragraph.find_parent("form") for paragraph in standing(page, "p"))
    small = prose and max(outer, default=0) <= _SMALL_FORM
    if small or sum(outer) * 2 < length(page):
        for form in forms:
            if not is_gone(form):
                form.decompose()
