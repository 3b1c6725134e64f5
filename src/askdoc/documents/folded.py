"""Panels that a page folds away and a reader can open: tabs, accordions, "read more".

This module owns which hidden words of an HTML page are its article's, and which name a panel has.
"""

import re
from collections.abc import Iterator

from bs4.element import NavigableString, Tag

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary")
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|text-decoration[\w-]*\s*:[^;]*line-through", re.I
)
_FOLDED = re.compile(
    r"panel|accordion|collaps|tab[-_]?(?:content|pane|body)|faq|answer|toggle|details|spoiler"
    r"|expand|content|body",
    re.I,
)
_UNFOLDS = re.compile(r"accordion|collaps|toggle|faq|question|expand", re.I)
_READ_MORE = re.compile(r"\b(?:more|rest|full|expand\w*|collaps\w*|trunc\w*)\b", re.I)
_READ_MORE_BUTTON = re.compile(r"\W*(?:(?:read|show|see) (?:more|less|all)|more|less)\W*", re.I)
_PANEL = re.compile(r"tab|panel|pane\b", re.I)
_OVERLAY = re.compile(r"modal|dialog|popup|cookie|consent|menu|newsletter|search", re.I)
_PANELS = ("div", "section", "article", "ul", "ol", "table", "dd", "p", "li", "tbody")
_LONGEST_TAB = 80  # characters


def unfold(page: Tag) -> None:
    """Heads each panel with the words of its tab, and keeps the buttons that unfold."""
    for tab, panel in [*_tabs_by_role(page), *_tabs_by_attribute(page), *_tabs_by_order(page)]:
        if not (is_gone(tab) or is_gone(panel)):
            _name_panel(tab, panel)
    for tab in page.select("[role=tab]"):
        if not is_gone(tab) and tab.find_parent(HEADINGS) is None and not tab.get("aria-expanded"):
            tab.decompose()
    _keep_unfolding_buttons(page)


def _tabs_by_role(page: Tag) -> Iterator[tuple[Tag, Tag]]:
    tabs, panels = page.select("[role=tab]"), page.select("[role=tabpanel]")
    by_id = {str(tab.get("aria-controls")): tab for tab in tabs if tab.get("aria-controls")}
    by_own = {str(tab.get("id")): tab for tab in tabs if tab.get("id")}
    for number, panel in enumerate(panels):
        tab = by_id.get(str(panel.get("id"))) or by_own.get(str(panel.get("aria-labelledby")))
        if tab is None and len(tabs) == len(panels):
            tab = tabs[number]
        if tab is not None:
            yield tab, panel


def _tabs_by_attribute(page: Tag) -> Iterator[tuple[Tag, Tag]]:
    """Short links, buttons and labels of which an attribute names the id of a panel."""
    panels = {str(tag["id"]): tag for tag in page.find_all(_PANELS, id=True) if _is_panel(tag)}
    if not panels:
        return
    for tab in page.find_all(["a", "button", "label", "li", "span", "div"]):
        if tab.name in ("li", "span", "div") and tab.find(["a", "button", "label", "div", "p"]):
            continue
        for name in _ids_named(tab):
            panel = panels.get(name)
            if panel is not None and panel is not tab and panel not in tab.parents:
                if len(tab.get_text()) <= _LONGEST_TAB:
                    yield tab, panel
                break


def _ids_named(tab: Tag) -> list[str]:
    names: list[str] = []
    for key, value in tab.attrs.items():
        if key in ("aria-controls", "for", "onclick") or key.startswith("data-"):
            names += re.findall(r"[\w:-]+", str(value))
        elif key == "href" and str(value).startswith("#"):
            names.append(str(value)[1:])
    return names


def _is_panel(tag: Tag) -> bool:
    """Whether a tag is hidden or is called a panel, and lies over no page."""
    names = " ".join(names_of_tag(tag))
    if tag.get("role") in ("dialog", "alertdialog", "menu") or _OVERLAY.search(names):
        return False
    return tag.get("role") == "tabpanel" or is_hidden(tag) or bool(_PANEL.search(names))


def _tabs_by_order(page: Tag) -> Iterator[tuple[Tag, Tag]]:
    """The labels or items of a bar of tabs, with the children of what stands beside or in it."""
    for bar in page.find_all(class_=re.compile("tab", re.I)):
        tabs = bar.find_all("label") or bar.find_all("li") or bar.find_all("button")
        if len(tabs) < 2 or any(len(tab.get_text()) > _LONGEST_TAB for tab in tabs):
            continue
        beside = bar.find_next_sibling(True)
        for holder in [*([beside] if beside else []), *bar.find_all(True, recursive=False)]:
            panels = holder.find_all(_PANELS, recursive=False)
            if len(panels) == len(tabs) and not set(map(id, panels)) & set(map(id, tabs)):
                yield from zip(tabs, panels, strict=True)
                break


def _name_panel(tab: Tag, panel: Tag) -> None:
    """Heads a panel with its tab's words, unless they stand right before it or in it."""
    if tab.get("role") is None or panel.get("role") is None:
        panel["role"] = "tabpanel"
    behind = _first_words_behind(tab)
    if behind is not None and panel in behind.parents:
        tab["aria-expanded"] = "true"
        return
    words = " ".join(tab.get_text(" ").split())
    first = panel.find(True)
    if first is None or first.name not in HEADINGS:
        above = tab.find_previous(HEADINGS[:5])
        name = Tag(name=f"h{int(above.name[1]) + 1}" if above is not None else "h2")
        name.string = words
        panel.insert(0, name)
    if tab.find_parent(HEADINGS) is None:
        tab.decompose()


def _first_words_behind(tab: Tag) -> NavigableString | None:
    inside = set(map(id, tab.descendants))
    for node in tab.next_elements:
        if id(node) not in inside and type(node) is NavigableString and node.strip():
            return node
    return None


def _keep_unfolding_buttons(page: Tag) -> None:
    """Keeps the words of buttons that unfold something, and drops the other buttons."""
    for button in page.find_all("button"):
        names = " ".join([*names_of_tag(button), *map(str, button.attrs)])
        words = button.get_text().strip()
        if button.find_parent(HEADINGS):
            button.unwrap()
        elif (
            (
                button.get("aria-expanded") is not None
                or _UNFOLDS.search(names)
                or words.endswith("?")
            )
            and not _READ_MORE_BUTTON.fullmatch(words)
            and not button.find_parent(["nav", "header", "footer"])
        ):
            button.name = "p"
        else:
            button.decompose()


def drop_hidden(page: Tag) -> None:
    """Drops what a page hides, but for panels that a reader can open."""
    controlled = _controlled(page)
    for tag in standing(page):
        if is_hidden(tag) and tag.name != "body" and not _is_folded(tag, controlled):
            tag.decompose()


def is_hidden(tag: Tag) -> bool:
    """Whether a tag's own attributes hide it."""
    return (
        tag.has_attr("hidden")
        or tag.has_attr("popover")
        or tag.get("aria-hidden") == "true"
        or bool(_UNSEEN.search(str(tag.get("style") or "")))
    )


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
    names = " ".join(names_of_tag(tag))
    if tag.name == "span":
        return bool(_READ_MORE.search(names)) and tag.get("aria-hidden") != "true"
    if tag.name not in _PANELS:
        return False
    if tag.get("role") in ("dialog", "alertdialog", "menu") or _OVERLAY.search(names):
        return False
    if tag.get("role") == "tabpanel" or str(tag.get("id")) in controlled or _FOLDED.search(names):
        return True
    before = tag.find_previous_sibling()
    if before is None:
        return False
    opens = before.name in (*HEADINGS, "button") or before.has_attr("aria-expanded")
    return (
        opens
        or bool(_READ_MORE.search(names) or _UNFOLDS.search(" ".join(names_of_tag(before))))
        or before.get_text().strip().endswith("?")
    )


def is_gone(tag: Tag) -> bool:
    """Whether a tag went with an outer one; `Tag.decomposed` itself searches the whole tree."""
    return bool(vars(tag).get("_decomposed"))


def standing(page: Tag, *names: str) -> Iterator[Tag]:
    """The tags of some names that have not gone with an outer one when their turn comes."""
    return (tag for tag in page.find_all(list(names) or True) if not is_gone(tag))


def names_of_tag(tag: Tag) -> list[str]:
    """The words of a tag's classes and id, in small letters with dashes."""
    classes: str | list[str] = tag.get("class") or []
    names = [classes] if isinstance(classes, str) else [str(name) for name in classes]
    names += [str(tag["id"])] if tag.get("id") else []
    return [re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower() for name in names]
