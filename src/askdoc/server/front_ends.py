"""The parts of a message that a front end put there: passages, files, results of a search.

This module owns how such a part is marked: by a pair of tags, by lines that say where it begins
and ends, by a fence behind a line that announces it, or by labels. One line in the first person is
left alone where its marks may be the person's own.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, pairwise

from askdoc.records import Span

_NOUN = (
    "(?:articles?|attachments?|attached|background|chunks?|citations?|contents?|contexts?|data|"
    "docs|docstring|documents?|events|evidence|examples?|excerpts?|extracts?|files?|guidelines|"
    "info|information|instructions?|knowledge|materials?|memory|memories|notes|passages?|"
    "references?|results?|retrieved|rules|search|snippets?|sources?|system|text|webpages?)"
)
_ASKED = "(?:input|message|prompt|query|question|request)"
_FIRST_PERSON = re.compile(
    r"\b(?:i|i'?m|i'?ve|i'?ll|me|my|myself|ich|mich|mir|meine?r?|je|j'ai|moi|mon|yo|mi|io|eu)\b",
    re.IGNORECASE,
)
_TAG = re.compile(r"(?<!`)<(?P<close>/?)(?P<name>[A-Za-z][\w.:-]*)(?P<more>(?:\s[^<>]*)?)>")
_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SAID = re.compile(r"chat|conversation|history", re.IGNORECASE)
_REMARK = re.compile(r"\([^()]*\)")
_LABEL_END = (
    r"(?:[ \t]+(?:is|are|to answer|for you to answer|below|above))*[ \t]*[*_]{0,2}:[*_]{0,2}"
)
_MARKS = r"^[ \t]*[#*_>-]{0,4}[ \t]*"
_FENCE = re.compile(
    _MARKS + r"(?P<label>[^\n]{1,300}?)(?:[ \t]*\n){0,2}[ \t]*"
    r"(?P<fence>\"\"\"|'''|`{3,}|~{3,}|(?:-{3,99}|={3,99}|\*{3,99})(?=[ \t]*\n))",
    re.MULTILINE,
)
_FENCED = re.compile(r"\s*(?:\"{3}|'{3}|`{3}|~{3}|-{3}|={3}|\*{3}|<|\[)")
_FILE = re.compile(r"^(?P<fence>`{3,}|~{3,})[^\n`]*\w\.\w{1,5}\b[^\n`]*\n", re.MULTILINE)
_JSON_LINES = re.compile(
    rf"{_MARKS}(?P<label>[^\n]{{1,300}}):[ \t]*\n"
    r"(?P<lines>(?:[ \t]*(?:\"[^\n]*\"|{[^\n]*}),?(?:\n|\Z))+)",
    re.MULTILINE,
)
GIVEN_LABEL = re.compile(
    rf"{_MARKS}(?:[\w'-]+[ \t]+){{0,4}}{_NOUN}(?:[ \t]+[\w'-]+){{0,2}}{_LABEL_END}",
    re.MULTILINE | re.IGNORECASE,
)
QUESTION_LABEL = re.compile(
    rf"{_MARKS}(?:[\w'-]+[ \t]+){{0,3}}(?:{_ASKED}|user|human){_LABEL_END}[ \t]*",
    re.MULTILINE | re.IGNORECASE,
)
ANSWER_LABEL = re.compile(
    rf"{_MARKS}(?:[\w'-]+[ \t]+){{0,2}}(?:answer|assistant|output|response)"
    r"[*_]{0,2}:[*_]{0,2}\s*$",
    re.MULTILINE | re.IGNORECASE,
)
_ROLE = re.compile(
    rf"{_MARKS}(?:(?P<asks>user|human)|assistant|ai|bot|model)[*_]{{0,2}}:",
    re.MULTILINE | re.IGNORECASE,
)
_AFTER_REPLY = re.compile(r"^[ \t]*(?:</|#{2,}|`{3,})", re.MULTILINE)
_ABOVE = re.compile(r"^\W*(?:the )?above (?:is|are) ", re.MULTILINE | re.IGNORECASE)
_ANNOUNCES = re.compile(
    r"\b(?:following|below|provided|given|retrieved|above|based on|knowledge base)\b", re.IGNORECASE
)
_NO_PASSAGES = re.compile(rf"rules|guidelines|instructions?|examples?|{_ASKED}", re.IGNORECASE)
_HAS_NOUN = re.compile(rf"\b{_NOUN}\b", re.IGNORECASE)


def given_in(text: str) -> list[Span]:
    r"""Where a front end's parts stand in a message, in order.

    Example: given_in("<context>\nIt is deep.\n</context>\nHow deep?") -> [(0, 33)]
    """
    found = sorted(
        chain(_tagged(text), _between_edges(text), _fenced(text), _labelled(text), _replies(text))
    )
    return [(start, end) for start, end in found if text[start:end].strip()]


def is_question_tag(name: str) -> bool:
    """Whether the tag of this name holds what a person asked.

    Example: is_question_tag("user_query") -> True
    """
    *_, last = [part.lower() for part in _NAME_PART.findall(name)] or [""]
    return re.fullmatch(_ASKED, last) is not None


def is_given_tag(name: str) -> bool:
    """Whether the tag of this name holds what a front end gave.

    Example: is_given_tag("knowledge_base") -> True
    """
    if is_question_tag(name) or name.lower() == "text":
        return False
    return any(_HAS_NOUN.fullmatch(part) for part in _NAME_PART.findall(name))


def without_tags(text: str) -> str:
    """A text without tags that hold what was asked, given or said before."""

    def kept(tag: re.Match[str]) -> str:
        name = tag["name"]
        said = is_question_tag(name) or _SAID.search(name)
        return "" if said or is_given_tag(name) else tag[0]

    return _TAG.sub(kept, text)


def _may_be_persons(inside: str) -> bool:
    """Whether a part whose marks name nothing is one line in the first person."""
    return "\n" not in inside and _FIRST_PERSON.search(inside) is not None


def _tagged(text: str) -> Iterator[Span]:
    """The contents of pairs of tags, but for what the person asked."""
    tags = list(_TAG.finditer(text))
    closing = defaultdict[str, list[int]](list)
    for number, tag in enumerate(tags):
        if tag["close"]:
            closing[tag["name"].lower()].append(number)
    number = 0
    while number < len(tags):
        tag, ends = tags[number], closing[tags[number]["name"].lower()]
        at = bisect_left(ends, number)
        number += 1
        if tag["close"] or at == len(ends) or not is_given_tag(tag["name"]):
            continue
        within = tags[number : ends[at]]
        plain = not within and not tag["more"].strip()
        if not (plain and _may_be_persons(text[tag.end() : tags[ends[at]].start()])):
            yield from _but_for_questions(tag.start(), within, tags[ends[at]].end())
            number = ends[at] + 1


def _but_for_questions(start: int, within: list[re.Match[str]], end: int) -> Iterator[Span]:
    """A span without the pairs of tags in it that hold what was asked."""
    for opening, closing in pairwise(within):
        same = opening["name"] == closing["name"] and closing["close"] and not opening["close"]
        if same and is_question_tag(opening["name"]) and opening.start() >= start:
            yield start, opening.start()
            start = closing.end()
    yield start, end


def _between_edges(text: str) -> Iterator[Span]:
    """The lines from one such as [CONTEXT 1] to one such as [END CONTEXT 1]."""
    opened = dict[tuple[str, ...], int]()
    at = 0
    for line in text.splitlines(keepends=True):
        ends, name = _edge(line)
        if name and not ends:
            opened.setdefault(name, at)
        at += len(line)
        if name and ends and name in opened:
            yield opened.pop(name), at


def _edge(line: str) -> tuple[bool, tuple[str, ...]]:
    """Whether a line in capitals and marks ends a part, and the part's name; () for any other."""
    plain = _REMARK.sub("", line).strip()
    words = re.findall(r"[A-Z]+|\d+", plain)
    marked = plain[:1] and not plain[0].isalnum()
    if not marked or len(plain) > 100 or plain != plain.upper() or not _HAS_NOUN.search(plain):
        return False, ()
    ends = "END" in words or plain.lstrip("[<-=#* ").startswith("/")
    return ends, tuple(word for word in words if word not in {"BEGIN", "START", "END", "OF", "THE"})


def _fenced(text: str) -> Iterator[Span]:
    """The fences that a line announces or a file's name opens, and lines of JSON."""
    for pattern in (_FENCE, _FILE):
        at, open_ended = 0, set[str]()
        while opening := pattern.search(text, at):
            at, fence = opening.end(), opening["fence"][:3]
            end = None if fence in open_ended else _fence_end(text, fence, at)
            if end is None:
                open_ended.add(fence)
                continue
            inside = text[at : text.rindex(fence, at, end)]
            if pattern is _FILE or _is_given(opening["label"], inside):
                yield opening.start("fence"), end
            at = end
    for lines in _JSON_LINES.finditer(text):
        if _is_given(lines["label"], lines["lines"].strip()):
            yield lines.span("lines")


def _is_given(label: str, inside: str) -> bool:
    """Whether a line announces what a front end gives."""
    announces = label.rstrip().endswith(":") or _ANNOUNCES.search(label)
    return bool(announces and _HAS_NOUN.search(label)) and not _may_be_persons(inside)


def _fence_end(text: str, fence: str, start: int) -> int | None:
    """Where a fence ends that opened before `start`."""
    if fence in {'"""', "'''"}:
        found = text.find(fence, start)
        return found + len(fence) if found >= 0 else None
    line = re.compile(rf"^[ \t]*{re.escape(fence[0])}{{3,}}[ \t]*$", re.MULTILINE)
    closing = line.search(text, text.find("\n", start) if "\n" in text[start:] else len(text))
    return closing.end() if closing else None


def _labelled(text: str) -> Iterator[Span]:
    """What labels alone mark, in a message that begins by telling how to answer."""
    labels = [label for label in GIVEN_LABEL.finditer(text) if not _NO_PASSAGES.search(label[0])]
    given = [label for label in labels if not _FENCED.match(text, label.end())]
    opening = text[: given[0].start()] if given else ""
    opening = (opening.strip() or text).partition("\n\n")[0]
    announces = _ANNOUNCES.search(opening) and _HAS_NOUN.search(opening)
    if not announces or re.search(r"\bI\b", opening):
        return
    start, end = _given_span(text, given) or (0, 0)
    if start < end and not _may_be_persons(text[start:end].strip()):
        yield start, end


def _given_span(text: str, given: list[re.Match[str]]) -> Span | None:
    """From what announces the passages to the question, or to the end where it came before."""
    asked = QUESTION_LABEL.search(text)
    if not asked:
        above = _ABOVE.search(text, given[0].end()) if given else None
        return (given[0].end(), above.start()) if above else None
    before = [label.end() for label in given if label.end() <= asked.start()]
    if before:
        return before[0], asked.start()
    if not given:
        return max(0, text.find("\n\n")), asked.start()
    # Passages that nothing ends may have the person's words behind them.
    answer = ANSWER_LABEL.search(text, given[-1].end())
    return (given[-1].end(), answer.start()) if answer else None


def _before_last_words(text: str) -> int:
    """Where the last paragraph begins if it may be the person's; else where the text ends."""
    last = max(text.rfind("\n\n"), 0)
    return last if _may_be_persons(text[last:].strip()) else len(text)


def _replies(text: str) -> Iterator[Span]:
    """What an assistant said, where a conversation is written down with its roles."""
    roles = list(_ROLE.finditer(text))
    if {role["asks"] is None for role in roles} != {True, False}:
        return
    for role, then in pairwise([*roles, None]):
        if role and not role["asks"]:
            end = then.start() if then else _before_last_words(text)
            closing = _AFTER_REPLY.search(text, role.end(), end)
            yield role.start(), closing.start() if closing else end
