"""Packs the sentences of a document into passages that fit a model's window.

This module owns how much goes into a passage, and that what leads to something stays with it: a
question with its answer, a term with its definition, a line with a colon with its list.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from askdoc.passages.blocks import Block, blocks_of
from askdoc.passages.sentences import is_label, is_question, parts, sentence_spans
from askdoc.records import Document, Passage, Span

Counter: TypeAlias = Callable[[Sequence[str]], Sequence[int]]
"""Counts word pieces of each text, without the model's special tokens."""


@dataclass(frozen=True, slots=True)
class PassageSize:
    """How passages are packed, in word pieces.

    `window` is what the model reads at once, heading and special tokens included. Blocks under
    one heading are merged until a passage holds `merge_below`.
    """

    window: int = 256
    merge_below: int = 80


@dataclass(frozen=True, slots=True)
class _Sentence:
    """Where a sentence lies, how long it is, and whether it only leads to what follows."""

    start: int
    end: int
    pieces: int
    block: int
    leads: bool


def cut(document: Document, count: Counter, size: PassageSize | None = None) -> tuple[Passage, ...]:
    """Cuts a document into passages.

    Args:
        document: The document; `document.text[p.start:p.end] == p.text` for every passage p.
        count: Counts word pieces of texts, as the embedding model would.
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
    text: str, blocks: Sequence[Block], count: Counter, longest: int
) -> Iterator[_Sentence]:
    """The sentences of some blocks, none of more than `longest` word pieces."""
    spans = [
        (number, span)
        for number, block in enumerate(blocks)
        for span in sentence_spans(text, block.start, block.end)
    ]
    pieces = count([text[start:end] for _, (start, end) in spans])
    for (number, span), n in zip(spans, pieces, strict=True):
        for start, end in [span] if n <= longest else _shortened(text, span, n, longest):
            words = text[start:end]
            n = n if (start, end) == span else sum(count([words]))
            yield _Sentence(start, end, n, number, _leads(words, blocks[number]))


def _leads(words: str, block: Block) -> bool:
    """Whether a sentence asks, ends with a colon, or is a label alone in its paragraph."""
    if is_question(words) or words.endswith((":", "：")):
        return True
    return block.kind == "paragraph" and len(words) == block.end - block.start and is_label(words)


def _shortened(text: str, span: Span, pieces: int, longest: int) -> Iterator[Span]:
    """Parts of a sentence of many pieces that have `longest` at most, one character at least."""
    characters = max(1, (span[1] - span[0]) * longest // (pieces * 2))
    return parts(text, span, characters)


def _pack(run: list[_Sentence], room: int, merge_below: int) -> Iterator[list[_Sentence]]:
    current: list[_Sentence] = []
    held = 0
    for unit in _units(run):
        for part in _split(unit, room):
            pieces = sum(s.pieces for s in part)
            if current and (held >= merge_below or held + pieces > room):
                yield current
                current, held = [], 0
            current, held = current + part, held + pieces
    if current:
        yield current


def _units(run: Sequence[_Sentence]) -> Iterator[list[_Sentence]]:
    """Blocks; one that ends with what leads on is joined with the next."""
    unit: list[_Sentence] = []
    for _, group in groupby(run, key=lambda s: s.block):
        unit += group
        if not unit[-1].leads:
            yield unit
            unit = []
    if unit:
        yield unit


def _split(unit: list[_Sentence], room: int) -> Iterator[list[_Sentence]]:
    """Splits a unit that is too long into parts of like size, at sentence ends."""
    total = sum(s.pieces for s in unit)
    if total <= room:
        yield unit
        return
    target = total / -(-total // room)
    part: list[_Sentence] = []
    held = 0
    for sentence in unit:
        over = held + sentence.pieces > room
        if part and (over or held + sentence.pieces / 2 > target):
            kept, part = _ends_well(part)
            yield kept
            held = sum(s.pieces for s in part)
        part.append(sentence)
        held += sentence.pieces
    yield part


def _ends_well(part: list[_Sentence]) -> tuple[list[_Sentence], list[_Sentence]]:
    """A part without what leads on at its end, and that; a part of nothing else as it is."""
    end = len(part)
    while end and part[end - 1].leads:
        end -= 1
    return (part[:end], part[end:]) if end else (part, [])
