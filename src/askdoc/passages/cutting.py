"""Cuts a document into passages: blocks of the text, packed as whole sentences.

This module owns the reading of askdoc's canonical text and of plain text line by line (headings,
list items, paragraphs; tables of contents are left out), how much goes into a passage, and that
what leads to something stays with it: a question with its answer, a term with its definition, a
line with a colon with its list.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias

from askdoc.passages.sentences import ITEM, is_label, is_question, parts, sentence_spans
from askdoc.records import HEADING_SEPARATOR, Document, Passage, Span

_MARKED_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*$")
_SPEAKER = re.compile(
    r"[ \t]*(?:Q|A|Question|Answer|Frage|Antwort)[ \t]*\d{0,3}[ \t]*[:.)][ \t]*\S"
)
_SENTENCE_END = re.compile(r"[.!?…:;,。！？][\"'”’)\]]*$")
_TAIL_CHARACTERS = 200  # what a line of contents ends with stands in them
_LEADERS = re.compile(r"(?:\.{4,}|(?:[ \t]\.){3,}|…{2,}|_{4,}|·{4,})[ \t]*\d{1,4}$")
_NUMBERING = re.compile(
    r"^(?:(?:chapter|section|part|appendix)[ \t]+)?[\dIVXivx]+(?:\.\d+)*[.):]?[ \t]+", re.I
)
_PAGE = re.compile(r"\d{1,4}$")
_PARAGRAPH_LINE_CHARACTERS = 120  # lines longer than this are not hard-wrapped prose
_PLAIN_HEADING_WORDS = 12

Counter: TypeAlias = Callable[[Sequence[str]], Sequence[int]]
"""Counts tokens of each text, without the model's special ones."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A paragraph or a list item without its mark, and the headings that it stands under."""

    kind: Literal["paragraph", "item"]
    heading: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PassageSize:
    """How passages are packed, in tokens.

    `window` is what the model reads at once, heading and special tokens included. Blocks under
    one heading are merged until a passage holds `merge_below`; a list of up to twice as many
    tokens is not divided.
    """

    window: int = 256
    merge_below: int = 80


@dataclass(frozen=True, slots=True)
class _Sentence:
    """Where a sentence lies, how long it is, and whether it only leads to what follows."""

    start: int
    end: int
    tokens: int
    block: int
    listed: bool
    leads: bool


def cut(document: Document, count: Counter, size: PassageSize | None = None) -> tuple[Passage, ...]:
    """Cuts a document into passages.

    Args:
        document: The document; `document.text[p.start:p.end] == p.text` for every passage p.
        count: Counts tokens of texts, as the embedding model would.
        size: How much goes into one passage.

    Returns:
        Passages in reading order. Every sentence under a heading lies whole in exactly one of
        them, but for tables of contents, which are left out. What is longer than the window is
        cut at pauses, so that the model reads all of it.
    """
    size = size or PassageSize()
    blocks = blocks_of(document.text)
    packed: list[tuple[str, list[_Sentence]]] = []
    sentences = _counted(document.text, blocks, count, size.window // 2)
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


def _counted(
    text: str, blocks: Sequence[TextBlock], count: Counter, longest: int
) -> Iterator[_Sentence]:
    """The sentences of some blocks, none of more than `longest` tokens."""
    spans = [
        (number, span)
        for number, block in enumerate(blocks)
        for span in sentence_spans(text, block.start, block.end)
    ]
    tokens = count([text[start:end] for _, (start, end) in spans])
    for (number, span), n in zip(spans, tokens, strict=True):
        for start, end in [span] if n <= longest else _shortened(text, span, n, longest):
            words = text[start:end]
            n = n if (start, end) == span else sum(count([words]))
            block = blocks[number]
            yield _Sentence(start, end, n, number, block.kind == "item", _leads(words, block))


def _leads(words: str, block: TextBlock) -> bool:
    """Whether a sentence asks, ends with a colon, or is a label alone in its paragraph."""
    if is_question(words) or words.endswith((":", "：")):
        return True
    return block.kind == "paragraph" and len(words) == block.end - block.start and is_label(words)


def _shortened(text: str, span: Span, tokens: int, longest: int) -> Iterator[Span]:
    """Parts of a sentence of many tokens that have `longest` at most, one character at least."""
    characters = max(1, (span[1] - span[0]) * longest // (tokens * 2))
    return parts(text, span, characters)


def _pack(run: list[_Sentence], room: int, merge_below: int) -> Iterator[list[_Sentence]]:
    current: list[_Sentence] = []
    held = 0
    for unit in _units(run, 2 * merge_below):
        for part in _split(unit, room):
            tokens = sum(s.tokens for s in part)
            if current and (held >= merge_below or held + tokens > room):
                yield current
                current, held = [], 0
            current, held = current + part, held + tokens
    if current:
        yield current


def _units(run: Sequence[_Sentence], longest_list: int) -> Iterator[list[_Sentence]]:
    """Blocks and short lists; one that ends with what leads on is joined with the next."""
    unit: list[_Sentence] = []
    for block in _blocks(run, longest_list):
        unit += block
        if not unit[-1].leads:
            yield unit
            unit = []
    if unit:
        yield unit


def _blocks(run: Sequence[_Sentence], longest_list: int) -> Iterator[list[_Sentence]]:
    for listed, group in groupby(run, key=lambda s: s.listed):
        sentences = list(group)
        if listed and sum(s.tokens for s in sentences) <= longest_list:
            yield sentences
        else:
            yield from (list(block) for _, block in groupby(sentences, key=lambda s: s.block))


def _split(unit: list[_Sentence], room: int) -> Iterator[list[_Sentence]]:
    """Splits a unit that is too long into parts of like size, at sentence ends."""
    total = sum(s.tokens for s in unit)
    if total <= room:
        yield unit
        return
    target = total / -(-total // room)
    part: list[_Sentence] = []
    held = 0
    for sentence in unit:
        over = held + sentence.tokens > room
        if part and (over or held + sentence.tokens / 2 > target):
            kept, part = _ends_well(part)
            yield kept
            held = sum(s.tokens for s in part)
        part.append(sentence)
        held += sentence.tokens
    yield part


def _ends_well(part: list[_Sentence]) -> tuple[list[_Sentence], list[_Sentence]]:
    """A part without what leads on at its end, and that; a part of nothing else as it is."""
    end = len(part)
    while end and part[end - 1].leads:
        end -= 1
    return (part[:end], part[end:]) if end else (part, [])


def blocks_of(text: str) -> list[TextBlock]:
    """The paragraphs and list items of a text, in order, without tables of contents.

    A text of headings alone has its lines as paragraphs.
    """
    lines = list(_lines(text))
    marked = any(_MARKED_HEADING.match(line) for line, _ in lines)
    path: dict[int, str] = {}
    blocks: list[TextBlock] = []
    open_paragraph = False
    for number, (line, start) in enumerate(lines):
        heading = _heading(lines, number, plain=not marked)
        if heading:
            level, words = heading
            path = {k: v for k, v in path.items() if k < level} | {level: words}
        elif line.strip():
            if open_paragraph and not _stands_alone(line):
                last = blocks.pop()
                blocks.append(TextBlock(last.kind, last.heading, last.start, start + len(line)))
            elif block := _begun(
                line, start, HEADING_SEPARATOR.join(path[level] for level in sorted(path))
            ):
                blocks.append(block)
        open_paragraph = bool(line.strip()) and not heading and not _is_closed(line)
    return _without_contents(blocks, text) or [
        TextBlock("paragraph", "", at, at + len(line)) for line, at in lines if line.strip()
    ]


def _begun(line: str, start: int, heading: str) -> TextBlock | None:
    """The block that a line begins; an item without words begins none."""
    item = ITEM.match(line)
    begin = item.end() if item else len(line) - len(line.lstrip())
    if begin >= len(line):
        return None
    return TextBlock("item" if item else "paragraph", heading, start + begin, start + len(line))


def _stands_alone(line: str) -> bool:
    return bool(ITEM.match(line) or _SPEAKER.match(line)) or _is_closed(line)


def _is_closed(line: str) -> bool:
    """Whether no other line goes on with it: a whole paragraph, or a line of contents."""
    return _complete(line) or _has_leaders(line)


def _has_leaders(line: str) -> bool:
    """Whether a line ends with dots and a page number."""
    return bool(_LEADERS.search(line[-_TAIL_CHARACTERS:]))


def _without_contents(blocks: Sequence[TextBlock], text: str) -> list[TextBlock]:
    """Drops what only repeats headings: a table of contents answers nothing.

    Lines with dots to a page number go too, where half of them are headings.
    """
    headings = {_title(part) for block in blocks for part in block.heading.split(HEADING_SEPARATOR)}
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


def _lines(text: str) -> Iterator[tuple[str, int]]:
    at = 0
    for line in text.split("\n"):
        yield line, at
        at += len(line) + 1


def _complete(line: str) -> bool:
    return len(line) > _PARAGRAPH_LINE_CHARACTERS


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
