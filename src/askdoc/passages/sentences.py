"""Where sentences begin and end, and what kind of sentence one is.

This module owns sentence boundaries, the cutting of text that has no punctuation, and the telling
of questions and labels from statements. It never alters a character.
"""

import re
from collections.abc import Iterator

import sentencex

from askdoc.records import Span

# A full stop after these, before a figure or a small letter, ends no sentence ("approx. 5 mg").
_GOES_ON = re.compile(
    r"(?:\b(?:approx|ca|cf|ch|eq|est|fig|figs|max|min|nr|no|nos|p|pp|sec|vol|vols|vs)\."
    r"|(?:https?://|www\.)\S*)\s*$",
    re.I,
)
_LONGEST_SENTENCE = 600  # characters; the longest sentences of written prose have some 500
_RUN_ON = 240  # characters; about as long as two spoken sentences
_STAMP = r"\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d{3})?"  # a time in a transcript
# Where people pause in speech, the best first. Each matches the space before the next part.
_PAUSES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\n(?={_STAMP})|\s+(?=\[{_STAMP}\]|\({_STAMP}\))",
        r"(?<=[.!?;:])\s+|(?<=[。！？；])",
        r"\s+(?=(?:and then|and so|and now|so then|okay so|ok so|but then)\b)",
        r"\s+(?=(?:so|but|because|however|then|now|also|okay|ok|well|anyway|although|while)\b)",
        r"(?<=,)\s+|\s+(?=and\b)",
        r"\n",
        r"(?<!\d)\s+(?!\d)",  # not between a figure and its unit
        r"\s+",
    )
)
_ASKS = re.compile(r"[?？؟][\s)\]*_]*$")
_ASKED = re.compile(r"(?:Q(?:\d{1,3}[:.)]|\s*:)|(?:Question|Frage)(?:\s*\d{1,3}[:.)]|\s*:))\s*\S")
_STATEMENT_END = re.compile(r"[.!…;,。！？؟?|][\"'”’)\]*_]*$")
_LABEL_WORDS = 8
_LEAD_IN_WORDS = 20


def sentence_spans(text: str, start: int, end: int) -> tuple[Span, ...]:
    """Where the sentences of `text[start:end]` lie, trimmed of white space, in document offsets.

    A sentence of more characters than people write, such as a transcript without punctuation, is
    cut at pauses: connectives first, then commas, then any space.
    """
    part = text[start:end]
    spans: list[Span] = []
    for left, right in _boundaries(part):
        if spans and _continues(part[max(0, spans[-1][1] - 200) : spans[-1][1]], part[left]):
            left = spans.pop()[0]
        spans.append((left, right))
    return tuple(
        (start + left, start + right)
        for span in spans
        for left, right in (parts(part, span) if _is_run_on(span) else [span])
    )


def parts(text: str, span: Span, longest: int = _RUN_ON) -> Iterator[Span]:
    """Cuts a stretch of text at pauses, in parts of at most `longest` characters.

    A connective ("and then", "but") is the best place to cut, then a comma, then any space.
    """
    start, end = span
    while start < end:
        at = _pause(text, start, longest) if end - start > longest else end
        left, right = _trimmed(text, start, at)
        if left < right:
            yield left, right
        start = at


def is_question(sentence: str) -> bool:
    """Whether a sentence asks: it ends with a question mark, or is marked as a question.

    Example: is_question("Q: Can I bring my dog") -> True
    """
    return bool(_ASKS.search(sentence) or _ASKED.match(sentence))


def is_label(sentence: str) -> bool:
    """Whether a sentence only names what follows: a term, a bare heading, or a line with a colon.

    Example: is_label("Adult fare") -> True; is_label("Adult fare: 3.50 euros") -> False
    """
    words = len(sentence.split())
    if sentence.rstrip().endswith((":", "：")):
        return words <= _LEAD_IN_WORDS
    return (
        words <= _LABEL_WORDS
        and not _STATEMENT_END.search(sentence)
        and not any(mark in sentence for mark in (": ", " | ", "://"))
        and not any(character.isdigit() for character in sentence)
    )


def _is_run_on(span: Span) -> bool:
    return span[1] - span[0] > _LONGEST_SENTENCE


def _boundaries(part: str) -> Iterator[Span]:
    # A line break inside a paragraph is a space; both are one character, so offsets hold.
    for boundary in sentencex.get_sentence_boundaries("en", re.sub(r"\s", " ", part)):
        left, right = _trimmed(part, boundary["start_index"], boundary["end_index"])
        if left < right:
            yield left, right


def _continues(before: str, first: str) -> bool:
    return not first.isupper() and bool(_GOES_ON.search(before))


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def _pause(text: str, start: int, longest: int) -> int:
    """Where the next part of a run-on begins: the last of the best pauses within its length."""
    first = start + longest // 3
    for pattern in _PAUSES:
        found = [match.end() for match in pattern.finditer(text, first, start + longest)]
        if found:
            return found[-1]
    return start + longest
