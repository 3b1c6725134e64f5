"""Cuts a document into passages: whole sentences under one heading, with exact offsets.

This room owns blocks (headings, paragraphs, list items), sentence boundaries and the packing of
sentences into a model's window. It never alters a character: it only says where things start
and end.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias

import sentencex

from askdoc.records import Document, Passage, Span

Counter: TypeAlias = Callable[[Sequence[str]], Sequence[int]]
"""Counts word pieces of each text, without the model's special tokens."""

_MARKED_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*$")
_ITEM = re.compile(r"[ \t]*(?:[-*+•◦‣]|\d{1,3}[.)])[ \t]+")
_SENTENCE_END = re.compile(r"[.!?…:;,。！？][\"'”’)\]]*$")
# A full stop after these, before a figure or a small letter, ends no sentence ("approx. 5 mg").
_GOES_ON = re.compile(
    r"(?:\b(?:approx|ca|cf|ch|eq|est|fig|figs|max|min|nr|no|nos|p|pp|sec|vol|vols|vs)\."
    r"|(?:https?://|www\.)\S*)\s*$",
    re.I,
)
_LINE_IS_A_PARAGRAPH = 120  # characters; lines longer than this are not hard-wrapped prose
_PLAIN_HEADING_WORDS = 12
_TRAIL = " › "


@dataclass(frozen=True, slots=True)
class PassageSize:
    """How passages are packed, in word pieces.

    `window` is what the model reads at once, heading and special tokens included. Blocks under
    one heading are merged until a passage holds `merge_below`.
    """

    window: int = 256
    merge_below: int = 80


@dataclass(frozen=True, slots=True)
class _Block:
    kind: Literal["paragraph", "item"]
    heading: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Sentence:
    start: int
    end: int
    pieces: int
    block: int


def cut(document: Document, count: Counter, size: PassageSize | None = None) -> tuple[Passage, ...]:
    """Cuts a document into passages.

    Args:
        document: The document; `document.text[p.start:p.end] == p.text` for every passage p.
        count: Counts word pieces of texts, as the embedding model would.
        size: How much goes into one passage.

    Returns:
        Passages in reading order. Every sentence under a heading lies whole in exactly one of
        them, but for tables of contents, which are left out; a single sentence longer than the
        window is a passage by itself.
    """
    size = size or PassageSize()
    blocks = _blocks(document.text)
    packed: list[tuple[str, list[_Sentence]]] = []
    sentences = _counted(document.text, blocks, count)
    for heading, group in groupby(sentences, key=lambda s: blocks[s.block].heading):
        room = size.window - 2 - sum(count([embedding_text(document.title, heading, "")]))
        for run in _pack(list(group), max(room, size.window // 2), size.merge_below):
            packed.append((heading, run))
    return tuple(
        _passage(document, number, heading, run) for number, (heading, run) in enumerate(packed)
    )


def embedding_text(title: str, heading: str, text: str) -> str:
    """What the model reads for a passage: where it stands, then its words."""
    return "\n".join(part for part in (heading or title, text) if part)


def sentence_spans(text: str, start: int, end: int) -> tuple[Span, ...]:
    """Where the sentences of `text[start:end]` lie, trimmed of white space, in document offsets."""
    part = text[start:end]
    spans: list[Span] = []
    # A line break inside a paragraph is a space; both are one character, so offsets hold.
    for boundary in sentencex.get_sentence_boundaries("en", re.sub(r"\s", " ", part)):
        left, right = _trimmed(part, boundary["start_index"], boundary["end_index"])
        if left < right:
            if spans and _continues(part[: spans[-1][1]], part[left:right]):
                left = spans.pop()[0]
            spans.append((left, right))
    return tuple((start + left, start + right) for left, right in spans)


def _continues(before: str, after: str) -> bool:
    return not after[0].isupper() and bool(_GOES_ON.search(before[-200:]))


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def _passage(document: Document, number: int, heading: str, run: Sequence[_Sentence]) -> Passage:
    start, end = run[0].start, run[-1].end
    return Passage(
        id=f"{document.id}#{number}",
        document_id=document.id,
        heading=heading,
        text=document.text[start:end],
        start=start,
        end=end,
        sentences=tuple((s.start, s.end) for s in run),
    )


def _counted(text: str, blocks: Sequence[_Block], count: Counter) -> list[_Sentence]:
    spans = [
        (number, span)
        for number, block in enumerate(blocks)
        for span in sentence_spans(text, block.start, block.end)
    ]
    pieces = count([text[start:end] for _, (start, end) in spans])
    return [
        _Sentence(start, end, n, number)
        for (number, (start, end)), n in zip(spans, pieces, strict=True)
    ]


def _pack(run: list[_Sentence], room: int, merge_below: int) -> Iterator[list[_Sentence]]:
    current: list[_Sentence] = []
    held = 0
    for _, group in groupby(run, key=lambda s: s.block):
        for part in _split(list(group), room):
            pieces = sum(s.pieces for s in part)
            if current and (held >= merge_below or held + pieces > room):
                yield current
                current, held = [], 0
            current, held = current + part, held + pieces
    if current:
        yield current


def _split(block: list[_Sentence], room: int) -> Iterator[list[_Sentence]]:
    """Splits a block that is too long into parts of like size, at sentence ends."""
    total = sum(s.pieces for s in block)
    if total <= room:
        yield block
        return
    target = total / -(-total // room)
    part: list[_Sentence] = []
    held = 0
    for sentence in block:
        over = held + sentence.pieces > room
        if part and (over or held + sentence.pieces / 2 > target):
            yield part
            part, held = [], 0
        part.append(sentence)
        held += sentence.pieces
    yield part


def _blocks(text: str) -> list[_Block]:
    lines = list(_lines(text))
    marked = any(_MARKED_HEADING.match(line) for line, _ in lines)
    path: dict[int, str] = {}
    blocks: list[_Block] = []
    open_paragraph = False
    for number, (line, start) in enumerate(lines):
        heading = _heading(lines, number, plain=not marked)
        item = _ITEM.match(line)
        if heading:
            level, words = heading
            path = {k: v for k, v in path.items() if k < level} | {level: words}
        elif line.strip():
            begin = start + (item.end() if item else len(line) - len(line.lstrip()))
            if open_paragraph and not item and not _complete(line):
                last = blocks.pop()
                blocks.append(_Block(last.kind, last.heading, last.start, start + len(line)))
            elif begin < start + len(line):
                kind: Literal["paragraph", "item"] = "item" if item else "paragraph"
                blocks.append(_Block(kind, _trail(path), begin, start + len(line)))
        open_paragraph = bool(line.strip()) and not heading and not _complete(line)
    return _without_contents(blocks, text) or _headings_alone(lines)


def _without_contents(blocks: Sequence[_Block], text: str) -> list[_Block]:
    """Drops list items that only repeat a heading: a table of contents answers nothing."""
    headings = {part for block in blocks for part in block.heading.split(_TRAIL)}
    return [
        block
        for block in blocks
        if block.kind != "item" or text[block.start : block.end].strip() not in headings
    ]


def _headings_alone(lines: Sequence[tuple[str, int]]) -> list[_Block]:
    return [_Block("paragraph", "", at, at + len(line)) for line, at in lines if line.strip()]


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
        and not _ITEM.match(line)
        and not _SENTENCE_END.search(line)
        and line[0].isupper()
        and (not before.strip() or _complete(before) or bool(_ITEM.match(before)))
        and len(after) == 2
        and not after[0].strip()
        and bool(after[1].strip())
    )
