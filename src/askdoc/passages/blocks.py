"""The blocks of a text: which lines are headings, list items and paragraphs.

This module owns the reading of askdoc's canonical text and of plain text line by line, and the
leaving out of tables of contents. Sentences are left to `sentences`.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

_MARKED_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*$")
ITEM = re.compile(r"[ \t]*(?:[-*+•◦‣]|\d{1,3}[.)])[ \t]+")
_SPEAKER = re.compile(
    r"[ \t]*(?:Q|A|Question|Answer|Frage|Antwort)[ \t]*\d{0,3}[ \t]*[:.)][ \t]*\S"
)
_SENTENCE_END = re.compile(r"[.!?…:;,。！？][\"'”’)\]]*$")
_TAIL = 200  # characters; what a line of contents ends with stands in them
_LEADERS = re.compile(r"(?:\.{4,}|(?:[ \t]\.){3,}|…{2,}|_{4,}|·{4,})[ \t]*\d{1,4}$")
_NUMBERING = re.compile(
    r"^(?:(?:chapter|section|part|appendix)[ \t]+)?[\dIVXivx]+(?:\.\d+)*[.):]?[ \t]+", re.I
)
_PAGE = re.compile(r"\d{1,4}$")
_LINE_IS_A_PARAGRAPH = 120  # characters; lines longer than this are not hard-wrapped prose
_PLAIN_HEADING_WORDS = 12
_TRAIL = " › "


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or a list item without its mark, and the headings that it stands under."""

    kind: Literal["paragraph", "item"]
    heading: str
    start: int
    end: int


def blocks_of(text: str) -> list[Block]:
    """The paragraphs and list items of a text, in order, without tables of contents.

    A text of headings alone has its lines as paragraphs.
    """
    lines = list(_lines(text))
    marked = any(_MARKED_HEADING.match(line) for line, _ in lines)
    path: dict[int, str] = {}
    blocks: list[Block] = []
    open_paragraph = False
    for number, (line, start) in enumerate(lines):
        heading = _heading(lines, number, plain=not marked)
        if heading:
            level, words = heading
            path = {k: v for k, v in path.items() if k < level} | {level: words}
        elif line.strip():
            if open_paragraph and not _stands_alone(line):
                last = blocks.pop()
                blocks.append(Block(last.kind, last.heading, last.start, start + len(line)))
            elif block := _begun(line, start, _trail(path)):
                blocks.append(block)
        open_paragraph = bool(line.strip()) and not heading and not _is_closed(line)
    return _without_contents(blocks, text) or _headings_alone(lines)


def _begun(line: str, start: int, heading: str) -> Block | None:
    """The block that a line begins; an item without words begins none."""
    item = ITEM.match(line)
    begin = item.end() if item else len(line) - len(line.lstrip())
    if begin >= len(line):
        return None
    return Block("item" if item else "paragraph", heading, start + begin, start + len(line))


def _stands_alone(line: str) -> bool:
    return bool(ITEM.match(line) or _SPEAKER.match(line)) or _is_closed(line)


def _is_closed(line: str) -> bool:
    """Whether no other line goes on with it: a whole paragraph, or a line of contents."""
    return _complete(line) or _has_leaders(line)


def _has_leaders(line: str) -> bool:
    """Whether a line ends with dots and a page number."""
    return bool(_LEADERS.search(line[-_TAIL:]))


def _without_contents(blocks: Sequence[Block], text: str) -> list[Block]:
    """Drops what only repeats headings: a table of contents answers nothing.

    Lines with dots to a page number go too, where half of them are headings.
    """
    headings = {_title(part) for block in blocks for part in block.heading.split(_TRAIL)}
    repeats = [_repeats(text[block.start : block.end], headings) for block in blocks]
    dotted = [_has_leaders(text[block.start : block.end]) for block in blocks]
    known = sum(repeat and dots for repeat, dots in zip(repeats, dotted, strict=True))
    contents = known * 2 >= sum(dotted) > 1
    return [
        block
        for block, repeat, dots in zip(blocks, repeats, dotted, strict=True)
        if not repeat and not (dots and contents)
    ]


def _repeats(words: str, headings: Collection[str]) -> bool:
    """Whether each line is a heading, with a page number behind it or without."""
    return all(
        (title := _title(line)) and (title in headings or _without_page(title) in headings)
        for line in words.split("\n")
    )


def _title(line: str) -> str:
    """A heading without its number, to be compared."""
    words = " ".join(line.split())
    return (_NUMBERING.sub("", words, count=1) or words).casefold()


def _without_page(title: str) -> str:
    return _PAGE.sub("", title).rstrip(" .…_·")


def _headings_alone(lines: Sequence[tuple[str, int]]) -> list[Block]:
    return [Block("paragraph", "", at, at + len(line)) for line, at in lines if line.strip()]


def _lines(text: str) -> Iterator[tuple[str, int]]:
    at = 0
    for line in text.split("\n"):
        yield line, at
        at += len(line) + 1


def _complete(line: str) -> bool:
    return len(line) > _LINE_IS_A_PARAGRAPH


def _trail(path: dict[int, str]) -> str:
    return _TRAIL.join(path[level] for level in sorted(path))


def _heading(
    lines: Sequence[tuple[str, int]], number: int, *, plain: bool
) -> tuple[int, str] | None:
    line = lines[number][0]
    if marked := _MARKED_HEADING.match(line):
        return (len(marked[1]), marked[2]) if marked[2] else None
    if plain and _looks_like_a_heading(lines, number):
        return 2, line.strip()
    return None


def _looks_like_a_heading(lines: Sequence[tuple[str, int]], number: int) -> bool:
    """A short line alone, without the end of a sentence, above prose (plain text, PDF)."""
    line = lines[number][0].strip()
    before = lines[number - 1][0] if number else ""
    after = [text for text, _ in lines[number + 1 : number + 3]]
    return (
        0 < len(line.split()) <= _PLAIN_HEADING_WORDS
        and not ITEM.match(line)
        and not _SENTENCE_END.search(line)
        and line[0].isupper()
        and (not before.strip() or _complete(before) or bool(ITEM.match(before)))
        and len(after) == 2
        and not after[0].strip()
        and bool(after[1].strip())
    )
