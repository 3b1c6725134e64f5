"""A Word document's XML made plain, before it is read: formulas, fields, hidden text, numbers.

This module owns what mammoth leaves out without a word, or shows though a reader does not see it:
hidden text, the numbers of lists, places in tables. Formulas and fields are left to `wordfields`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from askdoc.documents.markup import numeral
from askdoc.documents.wordfields import (
    W,
    each,
    name_formula,
    remove,
    write_fields,
    write_formulas,
)

NUMBER_MARK = "askdoc-number-"
"""How the name of the bookmark begins that carries a list item's number."""

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_VML = "{urn:schemas-microsoft-com:vml}"
_OFF = ("0", "false", "off", "none")
_NUMERALS = {"lowerLetter": "a", "upperLetter": "A", "lowerRoman": "i", "upperRoman": "I"}
_RAISED = 4  # half points above the line, from which a few characters are raised or lowered
_RAISED_CHARACTERS = 4
_OUTLINE = tuple("012345")  # levels of headings; 9 is text
_HEADING_WORDS = 20
_LONGEST_CHAIN = 20  # styles that are based on each other
_PLAIN_TABLES = re.compile(r"table ?(?:grid|normal)|normal ?table|", re.I)


@dataclass(slots=True)
class _Numbering:
    """The lists of a document: where each begins, and how far each has been counted."""

    abstract: dict[str, str] = field(default_factory=dict)
    kinds: dict[tuple[str, int], str] = field(default_factory=dict)
    outlined: set[tuple[str, int]] = field(default_factory=set)
    starts: dict[tuple[str, int], int] = field(default_factory=dict)
    restarts: dict[tuple[str, int], int] = field(default_factory=dict)
    counts: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def next(self, number: str, level: int) -> str | None:
        """The number of the next item of a list, at a level: "3", "b", "iv", "4.1"."""
        if number not in self.abstract:
            return None
        counts = self.counts[self.abstract[number]]
        restart = self.restarts.pop((number, level), None)
        start = self.starts.get((self.abstract[number], level), 1)
        counts[level] = counts.get(level, start - 1) + 1 if restart is None else restart
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        return self._written(self.abstract[number], level, counts)

    def _written(self, name: str, level: int, counts: dict[int, int]) -> str:
        if (name, level) in self.outlined:
            starts = (counts.get(at) or self.starts.get((name, at), 1) for at in range(level + 1))
            return ".".join(map(str, starts))
        return numeral(counts[level], self.kinds.get((name, level), "1"))


def parsed(part: bytes) -> etree._Element:
    """The tree of a part; nothing outside of it is read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.fromstring(part, parser)


def plain_xml(part: bytes, styles: bytes | None, numbering: bytes | None) -> bytes:
    """A part of text in which formulas and fields are words and hidden text is gone."""
    root = parsed(part)
    style_tree = parsed(styles) if styles else None
    looks = _Styles(style_tree)
    for name in ("fldSimple", "smartTag", "customXml", "moveTo"):
        each(root, W + name, _unwrap)
    each(root, W + "moveFrom", remove)
    for struck in root.iter(W + "dstrike"):
        struck.tag = W + "strike"
    each(root, W + "ruby", _keep_base)
    each(root, _MC + "AlternateContent", _keep_text_box)
    each(root, W + "object", name_formula)
    write_fields(root)
    write_formulas(root)
    _drop_hidden(root, looks)
    _raise(root, looks)
    _fill_rows(root)
    _mark_table_heads(root, _style_names(style_tree))
    if numbering:
        _number(root, _numbering(parsed(numbering)), looks)
    _mark_headings(root, looks)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written


def _unwrap(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    at = parent.index(element)
    for child in reversed([c for c in element if not str(c.tag).endswith("Pr")]):
        parent.insert(at, child)
    parent.remove(element)


def _mark_headings(root: etree._Element, looks: "_Styles") -> None:
    """Gives what has a level in the outline, its own or its style's, the style of a heading."""
    for look in root.iter(W + "pPr"):
        own = look.find(W + "outlineLvl")
        level = looks.get(_style(look, "pStyle"), f"{W}pPr/{W}outlineLvl") if own is None else own
        depth = "" if level is None else str(level.get(W + "val"))
        paragraph = look.getparent()
        if depth not in _OUTLINE or paragraph is None:
            continue
        if len("".join(map(str, paragraph.itertext())).split()) <= _HEADING_WORDS:
            style = look.find(W + "pStyle")
            style = etree.SubElement(look, W + "pStyle") if style is None else style
            style.set(W + "val", f"Heading{int(depth) + 1}")


def _keep_base(ruby: etree._Element) -> None:
    """Leaves of characters with a reading above them the characters."""
    run, base = ruby.getparent(), ruby.find(W + "rubyBase")
    if run is not None and base is not None:
        for part in [child for inner in base.iter(W + "r") for child in inner.iter(W + "t")]:
            run.insert(run.index(ruby), part)
    remove(ruby)


def _keep_text_box(content: etree._Element) -> None:
    """Gives the older form of a text box, which is the one that is read, where only the new is."""
    boxes = list(content.iter(W + "txbxContent"))
    if boxes and content.find(_MC + "Fallback") is None:
        drawn = etree.SubElement(etree.SubElement(content, _MC + "Fallback"), W + "pict")
        for box in boxes:
            etree.SubElement(drawn, _VML + "textbox").append(box)


def _is_set(found: etree._Element | None) -> bool:
    return found is not None and found.get(W + "val", "1").lower() not in _OFF


class _Styles:
    """The styles of a document, with what each takes from those it is based on."""

    def __init__(self, tree: etree._Element | None) -> None:
        found = () if tree is None else tree.iter(W + "style")
        self._by_id = {str(style.get(W + "styleId")): style for style in found}

    def get(self, name: str | None, path: str) -> etree._Element | None:
        """What a style says at a path, or the nearest one it is based on."""
        for _ in range(_LONGEST_CHAIN):
            style = self._by_id.get(name or "")
            if style is None:
                return None
            if (stated := style.find(path)) is not None:
                return stated
            name = _style(style, "basedOn")
        return None

    def of_run(self, run: etree._Element, tag: str) -> etree._Element | None:
        """What holds for a run: its own word, its style's, its paragraph's style's."""
        look = run.find(W + "rPr")
        own = None if look is None else look.find(W + tag)
        if own is not None:
            return own
        paragraph = next(run.iterancestors(W + "p"), None)
        first = None if paragraph is None else next(iter(paragraph), None)
        around = first if first is not None and first.tag == W + "pPr" else None
        path = f"{W}rPr/{W}{tag}"
        by_run = self.get(_style(look, "rStyle"), path)
        return self.get(_style(around, "pStyle"), path) if by_run is None else by_run


def _drop_hidden(root: etree._Element, styles: _Styles) -> None:
    for row in list(root.iter(W + "tr")):
        if _is_set(row.find(f"{W}trPr/{W}hidden")):
            remove(row)
    for run in list(root.iter(W + "r")):
        if _is_set(styles.of_run(run, "vanish")):
            remove(run)


def _raise(root: etree._Element, styles: _Styles) -> None:
    """Marks runs as raised or lowered that their style or their place makes so."""
    for run in root.iter(W + "r"):
        stated, place = styles.of_run(run, "vertAlign"), styles.of_run(run, "position")
        how = "" if stated is None else str(stated.get(W + "val"))
        height = "" if place is None else str(place.get(W + "val"))
        words = "".join(text.text or "" for text in run.iter(W + "t"))
        if not how and re.fullmatch(r"-?\d{1,3}", height) and len(words) <= _RAISED_CHARACTERS:
            high = int(height)
            how = "superscript" if high >= _RAISED else "subscript" if high <= -_RAISED else ""
        if how:
            look = run.find(W + "rPr")
            if look is None:
                look = etree.Element(W + "rPr")
                run.insert(0, look)
            for old in look.findall(W + "vertAlign"):
                look.remove(old)
            etree.SubElement(look, W + "vertAlign").set(W + "val", how)


def _fill_rows(root: etree._Element) -> None:
    """Puts an empty cell where a row begins further to the right."""
    for before in root.iter(W + "gridBefore"):
        look = before.getparent()
        row = None if look is None else look.getparent()
        if look is None or row is None or row.tag != W + "tr":
            continue
        cell = etree.Element(W + "tc")
        span = etree.SubElement(etree.SubElement(cell, W + "tcPr"), W + "gridSpan")
        width = str(before.get(W + "val"))
        span.set(W + "val", width if re.fullmatch(r"\d{1,2}", width) else "1")
        etree.SubElement(cell, W + "p")
        row.insert(row.index(look) + 1, cell)


def _style(look: etree._Element | None, tag: str) -> str | None:
    named = None if look is None else look.find(W + tag)
    return None if named is None else str(named.get(W + "val"))


def _style_names(styles: etree._Element | None) -> dict[str, str]:
    if styles is None:
        return {}
    return {
        str(style.get(W + "styleId")): str(name.get(W + "val"))
        for style in styles.iter(W + "style")
        if (name := style.find(W + "name")) is not None
    }


def _mark_table_heads(root: etree._Element, names: dict[str, str]) -> None:
    """Marks the first row of a table as heads where its style shows it as such."""
    for table in root.iter(W + "tbl"):
        look, style = table.find(f"{W}tblPr/{W}tblLook"), table.find(f"{W}tblPr/{W}tblStyle")
        rows = table.findall(W + "tr")
        if look is None or style is None or len(rows) < 2:
            continue
        stated = str(style.get(W + "val"))
        mask = look.get(W + "val") or "0"
        shown = look.get(W + "firstRow") == "1" or bool(
            re.fullmatch(r"[0-9A-Fa-f]{1,8}", mask) and int(mask, 16) & 0x20
        )
        if shown and not _PLAIN_TABLES.fullmatch(names.get(stated, stated)):
            look_of_row = rows[0].find(W + "trPr")
            if look_of_row is None:
                look_of_row = etree.Element(W + "trPr")
                rows[0].insert(0, look_of_row)
            etree.SubElement(look_of_row, W + "tblHeader")


def _numbering(tree: etree._Element) -> _Numbering:
    numbering = _Numbering()
    for abstract in tree.iter(W + "abstractNum"):
        name = str(abstract.get(W + "abstractNumId"))
        for level, start in _starts(abstract.iter(W + "lvl"), "start"):
            numbering.starts[name, level] = start
        _note_kinds(numbering, name, abstract)
    for number in tree.iter(W + "num"):
        name, link = str(number.get(W + "numId")), number.find(W + "abstractNumId")
        if link is not None:
            numbering.abstract[name] = str(link.get(W + "val"))
        for level, start in _starts(number.iter(W + "lvlOverride"), "startOverride"):
            numbering.restarts[name, level] = start
    return numbering


def _starts(levels: Iterable[etree._Element], tag: str) -> Iterable[tuple[int, int]]:
    for level in levels:
        start, at = level.find(W + tag), str(level.get(W + "ilvl"))
        if start is not None and at.isdecimal():
            value = str(start.get(W + "val"))
            yield int(at), int(value) if re.fullmatch(r"\d{1,6}", value) else 1


def _note_kinds(numbering: _Numbering, name: str, abstract: etree._Element) -> None:
    for level in abstract.iter(W + "lvl"):
        at, kind, label = str(level.get(W + "ilvl")), _val(level, "numFmt"), _val(level, "lvlText")
        if at.isdecimal():
            numbering.kinds[name, int(at)] = _NUMERALS.get(kind, "1")
            if int(at) and label.count("%") == int(at) + 1 and kind.startswith("decimal"):
                numbering.outlined.add((name, int(at)))


def _val(node: etree._Element, tag: str) -> str:
    found = node.find(W + tag)
    return "" if found is None else str(found.get(W + "val"))


def _number(root: etree._Element, numbering: _Numbering, styles: _Styles) -> None:
    """Puts a bookmark with its number into each item of a list."""
    for at, paragraph in enumerate(list(root.iter(W + "p"))):
        look = paragraph.find(W + "pPr")
        if look is None:
            continue
        listed = look.find(W + "numPr")
        if listed is None:
            stated = styles.get(_style(look, "pStyle"), f"{W}pPr/{W}numPr")
            if stated is None:
                continue
            listed = deepcopy(stated)
            look.append(listed)
        number, deep = _val(listed, "numId"), _val(listed, "ilvl") or "0"
        value = numbering.next(number, int(deep)) if deep.isdecimal() else None
        if value is not None:
            mark = etree.Element(W + "bookmarkStart")
            mark.set(W + "id", str(900_000 + at))
            mark.set(W + "name", f"{NUMBER_MARK}{value}")
            paragraph.insert(1, mark)
