"""What a Word document shows by drawing or computing it: formulas, fields, symbols.

This module owns how each is written in a line of text. The rest of the XML is left to `wordml`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from askdoc.documents.formulas import after, fraction, lowered, raised

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_DEEPEST = 200
_DEEPEST_FIELD = 20  # in others; for each run mammoth looks at all that are open
_DELIMITED = {"sSup": raised, "sSub": lowered}
_EQ: tuple[
    tuple[str, Callable[[re.Match[str]], str]], ...
] = (  # the switches of a field of Word's that draw what people calculate with
    (r"\\f\s*\(([^(),;\\]*)[,;]([^(),;\\]*)\)", lambda m: " " + fraction(m[1], m[2])),
    (r"\\s\s*\\up\s*\d*\s*\(([^()\\]*)\)", lambda m: raised(m[1])),
    (r"\\s\s*\\do\s*\d*\s*\(([^()\\]*)\)", lambda m: lowered(m[1])),
    (r"\\r\s*\((?:([^(),;\\]*)[,;])?([^(),;\\]*)\)", lambda m: f"{raised(m[1] or '')}√({m[2]})"),
)


def each(root: etree._Element, tag: str, act: Callable[[etree._Element], None]) -> None:
    """Does something with each element of a name that is there at the beginning."""
    for element in list(root.iter(tag)):
        act(element)


def remove(element: etree._Element) -> None:
    """Takes an element out of its tree."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def name_formula(drawn: etree._Element) -> None:
    """Says where a formula stands that another program has drawn."""
    run = drawn.getparent()
    programs = [str(part.get("ProgID")) for part in drawn.iter("{*}OLEObject")]
    if run is not None and any(name.startswith("Equation") for name in programs):
        run.replace(drawn, _text("[formula]"))


def _text(words: str) -> etree._Element:
    text = etree.Element(W + "t")
    text.text = words
    text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return text


@dataclass(slots=True)
class _Field:
    """A field that has begun: what it is to show, and whether what follows is shown."""

    code: str = ""
    result: str = ""
    shown: bool = False


def write_fields(root: etree._Element) -> None:
    """Leaves of fields what they show; formulas and symbols that they draw are written."""
    ends = _ended_fields(root)
    fields: list[_Field] = []
    unshown = 0  # fields that have begun and not come to what they show
    for part in list(root.iter(W + "fldChar", W + "instrText", W + "t", W + "sym")):
        kind, run = part.get(W + "fldCharType"), part.getparent()
        if kind in ("begin", "end") and part not in ends:
            remove(part)
        elif kind == "begin":
            fields.append(_Field())
            unshown += 1
        elif not fields:
            continue
        elif kind == "separate":
            unshown -= not fields[-1].shown
            fields[-1].shown = True
        elif kind == "end":
            closed = fields.pop()
            unshown -= not closed.shown
            drawn = None if closed.result.strip() else _drawn(closed.code)
            if drawn is not None and run is not None and not unshown:
                run.insert(run.index(part) + 1, drawn)
        elif part.tag == W + "instrText":
            fields[-1].code += part.text or ""
        elif unshown:
            remove(part)
        else:
            fields[-1].result += part.text or "?"
        if kind and len(fields) > _DEEPEST_FIELD:
            remove(part)


def _ended_fields(root: etree._Element) -> set[etree._Element]:
    """The beginnings and ends of fields that have both."""
    begun: list[etree._Element] = []
    pairs: set[etree._Element] = set()
    for mark in root.iter(W + "fldChar"):
        if mark.get(W + "fldCharType") == "begin":
            begun.append(mark)
        elif mark.get(W + "fldCharType") == "end" and begun:
            pairs.update((begun.pop(), mark))
    return pairs


def _drawn(code: str) -> etree._Element | None:
    """What a field without a result draws by itself: a formula or a symbol."""
    words = code.split()
    if words[:1] == ["EQ"]:
        formula = code.strip().removeprefix("EQ").strip()
        for pattern, written in _EQ * 3:
            formula = re.sub(pattern, written, formula)
        return _text("[formula]" if "\\" in formula else re.sub(r"\s+", " ", formula))
    if words[:1] == ["SYMBOL"] and len(words) > 1 and re.fullmatch(r"\d{1,5}", words[1]):
        font = re.search(r'\\f\s+"?([\w ]+?)"?\s*(?:\\|$)', code)
        if font is None or "\\u" in words:
            number = int(words[1])
            return _text(
                bytes([number]).decode("cp1252", "replace") if number < 256 else chr(number)
            )
        symbol = etree.Element(W + "sym")
        symbol.set(W + "font", font[1])
        symbol.set(W + "char", f"F0{int(words[1]) & 0xFF:02X}")
        return symbol
    return None


def write_formulas(root: etree._Element) -> None:
    """Writes formulas in a line of text."""
    for formula in list(root.iter(_M + "oMath")):
        paragraph = next(formula.iterancestors(W + "p"), None)
        parent = formula.getparent()
        if paragraph is None or parent is None:
            continue
        run = etree.Element(W + "r")
        texts = (t.text for r in formula.itersiblings(W + "r", preceding=True)
                 for t in reversed(list(r.iter(W + "t"))))  # fmt: skip
        before = next(filter(None, texts), "")
        run.append(_text(after(before, " ".join(_omml(formula, 0).split()))))
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
