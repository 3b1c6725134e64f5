"""A Word document's XML made plain, before it is read: formulas, fields, hidden text, numbers.

This module owns what mammoth leaves out without a word, or shows though a reader does not see it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lxml import etree

from askdoc.documents.formulas import after, fraction, lowered, raised

NUMBER_MARK = "askdoc-number-"
"""How the name of the bookmark begins that carries a list item's number."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_OFF = ("0", "false", "off", "none")
_DEEPEST = 200
_DELIMITED = {"sSup": raised, "sSub": lowered}
_PLAIN_TABLES = re.compile(r"table ?(?:grid|normal)|normal ?table|", re.I)


@dataclass(slots=True)
class _Numbering:
    """The lists of a document: where each begins, and how far each has been counted."""

    abstract: dict[str, str] = field(default_factory=dict)
    starts: dict[tuple[str, int], int] = field(default_factory=dict)
    restarts: dict[tuple[str, int], int] = field(default_factory=dict)
    counts: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def next(self, number: str, level: int) -> int | None:
        """The number of the next item of a list, at a level."""
        if number not in self.abstract:
            return None
        counts = self.counts[self.abstract[number]]
        restart = self.restarts.pop((number, level), None)
        start = self.starts.get((self.abstract[number], level), 1)
        counts[level] = counts.get(level, start - 1) + 1 if restart is None else restart
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        return counts[level]


def parsed(part: bytes) -> etree._Element:
    """The tree of a part; nothing outside of it is read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.fromstring(part, parser)


def plain_xml(part: bytes, styles: bytes | None, numbering: bytes | None) -> bytes:
    """A part of text in which formulas and fields are words and hidden text is gone."""
    root = parsed(part)
    style_tree = parsed(styles) if styles else None
    for name in ("fldSimple", "smartTag", "customXml", "moveTo"):
        _each(root, _W + name, _unwrap)
    _each(root, _W + "moveFrom", _remove)
    for struck in root.iter(_W + "dstrike"):
        struck.tag = _W + "strike"
    _write_formulas(root)
    _drop_hidden(root, _hidden_styles(style_tree))
    _mark_table_heads(root, _style_names(style_tree))
    if numbering:
        _number(root, _numbering(parsed(numbering)), _list_styles(style_tree))
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written


def _each(root: etree._Element, tag: str, act: Callable[[etree._Element], None]) -> None:
    for element in list(root.iter(tag)):
        act(element)


def _unwrap(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    at = parent.index(element)
    for child in reversed([c for c in element if not str(c.tag).endswith("Pr")]):
        parent.insert(at, child)
    parent.remove(element)


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _write_formulas(root: etree._Element) -> None:
    for formula in list(root.iter(_M + "oMath")):
        paragraph = next(formula.iterancestors(_W + "p"), None)
        parent = formula.getparent()
        if paragraph is None or parent is None:
            continue
        run = etree.Element(_W + "r")
        text = etree.SubElement(run, _W + "t")
        before = "".join(t.text or "" for t in formula.itersiblings(_W + "r", preceding=True)
                         for t in t.iter(_W + "t"))  # fmt: skip
        text.text = after(before, " ".join(_omml(formula, 0).split()))
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        holder = parent if parent.tag == _M + "oMathPara" else formula
        outer = holder.getparent()
        if outer is not None:
            outer.insert(outer.index(holder), run)
            if holder is formula or len(list(holder.iter(_M + "oMath"))) == 1:
                outer.remove(holder)
            else:
                holder.remove(formula)


def _omml(node: etree._Element, depth: int) -> str:
    """A formula of Word's in a line."""
    if depth > _DEEPEST:
        return ""
    name = etree.QName(node).localname

    def part(tag: str) -> str:
        found = node.find(_M + tag)
        return "" if found is None else _omml(found, depth + 1)

    def parts(tag: str, between: str) -> str:
        return between.join(_omml(found, depth + 1) for found in node.findall(_M + tag))

    if name == "t":
        return node.text or ""
    if name == "f":
        return fraction(part("num"), part("den"))
    if name in _DELIMITED:
        return part("e") + _DELIMITED[name](part(name[1:].lower()))
    if name == "sSubSup":
        return part("e") + lowered(part("sub")) + raised(part("sup"))
    if name == "rad":
        return f"{raised(part('deg'))}√({part('e')})"
    if name == "nary":
        sign = node.find(f"{_M}naryPr/{_M}chr")
        shown = "∫" if sign is None else sign.get(_M + "val", "")
        return f"{shown}{lowered(part('sub'))}{raised(part('sup'))} {part('e')}"
    if name == "sPre":
        return f" {raised(part('sup'))}{lowered(part('sub'))}{part('e')}"
    if name == "func":
        return f"{part('fName')} {part('e')}"
    if name in ("d", "m"):
        return f"({parts('e', ', ') if name == 'd' else parts('mr', '; ')})"
    if name in ("mr", "eqArr"):
        return parts("e", " " if name == "mr" else "; ")
    if name.endswith("Pr"):
        return ""
    text = ""
    for child in node:
        written = _omml(child, depth + 1)
        text += after(text, written) if etree.QName(child).localname == "f" else written
    return text


def _is_on(parent: etree._Element | None, name: str) -> bool:
    found = None if parent is None else parent.find(_W + name)
    return found is not None and found.get(_W + "val", "1").lower() not in _OFF


def _hidden_styles(styles: etree._Element | None) -> set[str]:
    if styles is None:
        return set()
    return {
        str(style.get(_W + "styleId"))
        for style in styles.iter(_W + "style")
        if _is_on(style.find(_W + "rPr"), "vanish")
    }


def _drop_hidden(root: etree._Element, styles: set[str]) -> None:
    hidden = {p for p in root.iter(_W + "p") if _style(p.find(_W + "pPr"), "pStyle") in styles}
    for run in list(root.iter(_W + "r")):
        look = run.find(_W + "rPr")
        if (
            _is_on(look, "vanish")
            or _style(look, "rStyle") in styles
            or (hidden and next(run.iterancestors(_W + "p"), None) in hidden)
        ):
            _remove(run)


def _style(look: etree._Element | None, tag: str) -> str | None:
    named = None if look is None else look.find(_W + tag)
    return None if named is None else str(named.get(_W + "val"))


def _style_names(styles: etree._Element | None) -> dict[str, str]:
    if styles is None:
        return {}
    return {
        str(style.get(_W + "styleId")): str(name.get(_W + "val"))
        for style in styles.iter(_W + "style")
        if (name := style.find(_W + "name")) is not None
    }


def _mark_table_heads(root: etree._Element, names: dict[str, str]) -> None:
    """Marks the first row of a table as heads where its style shows it as such."""
    for table in root.iter(_W + "tbl"):
        look, style = table.find(f"{_W}tblPr/{_W}tblLook"), table.find(f"{_W}tblPr/{_W}tblStyle")
        rows = table.findall(_W + "tr")
        if look is None or style is None or len(rows) < 2:
            continue
        stated = str(style.get(_W + "val"))
        mask = look.get(_W + "val") or "0"
        shown = look.get(_W + "firstRow") == "1" or bool(
            re.fullmatch(r"[0-9A-Fa-f]{1,8}", mask) and int(mask, 16) & 0x20
        )
        if shown and not _PLAIN_TABLES.fullmatch(names.get(stated, stated)):
            look_of_row = rows[0].find(_W + "trPr")
            if look_of_row is None:
                look_of_row = etree.Element(_W + "trPr")
                rows[0].insert(0, look_of_row)
            etree.SubElement(look_of_row, _W + "tblHeader")


def _numbering(tree: etree._Element) -> _Numbering:
    numbering = _Numbering()
    for abstract in tree.iter(_W + "abstractNum"):
        name = str(abstract.get(_W + "abstractNumId"))
        for level, start in _starts(abstract.iter(_W + "lvl"), "start"):
            numbering.starts[name, level] = start
    for number in tree.iter(_W + "num"):
        name, link = str(number.get(_W + "numId")), number.find(_W + "abstractNumId")
        if link is not None:
            numbering.abstract[name] = str(link.get(_W + "val"))
        for level, start in _starts(number.iter(_W + "lvlOverride"), "startOverride"):
            numbering.restarts[name, level] = start
    return numbering


def _starts(levels: Iterable[etree._Element], tag: str) -> Iterable[tuple[int, int]]:
    for level in levels:
        start, at = level.find(_W + tag), str(level.get(_W + "ilvl"))
        if start is not None and at.isdecimal():
            value = str(start.get(_W + "val"))
            yield int(at), int(value) if re.fullmatch(r"\d{1,6}", value) else 1


def _list_styles(styles: etree._Element | None) -> dict[str, etree._Element]:
    if styles is None:
        return {}
    return {
        str(style.get(_W + "styleId")): found
        for style in styles.iter(_W + "style")
        if (found := style.find(f"{_W}pPr/{_W}numPr")) is not None
    }


def _number(root: etree._Element, numbering: _Numbering, styles: dict[str, etree._Element]) -> None:
    """Puts a bookmark with its number into each item of a list."""
    for at, paragraph in enumerate(list(root.iter(_W + "p"))):
        look = paragraph.find(_W + "pPr")
        if look is None:
            continue
        listed, style = look.find(_W + "numPr"), look.find(_W + "pStyle")
        if listed is None and style is not None:
            listed = styles.get(str(style.get(_W + "val")))
        if listed is None:
            continue
        number, level = listed.find(_W + "numId"), listed.find(_W + "ilvl")
        deep = "0" if level is None else str(level.get(_W + "val"))
        if number is None or not deep.isdecimal():
            continue
        value = numbering.next(str(number.get(_W + "val")), int(deep))
        if value is not None:
            mark = etree.Element(_W + "bookmarkStart")
            mark.set(_W + "id", str(900_000 + at))
            mark.set(_W + "name", f"{NUMBER_MARK}{value}")
            paragraph.insert(1, mark)
