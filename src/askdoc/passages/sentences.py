"""Sentences: where they begin and end, of what kind they are, and what is quoted for one.

This module owns sentence boundaries, the cutting of text that has no punctuation, the telling of
questions and labels from statements, and which sentences a question, a term or the line above a
list leads to. It never alters a character.
"""

import re
from collections.abc import Callable, Iterator

import sentencex

from askdoc.records import Passage, Span

# A full stop after these, before a figure or a small letter, ends no sentence ("approx. 5 mg").
_GOES_ON = re.compile(
    r"(?:\b(?:approx|ca|cf|ch|eq|est|fig|figs|max|min|nr|no|nos|p|pp|sec|vol|vols|vs)\."
    r"|(?:https?://|www\.)\S*)\s*$",
    re.I,
)
_SENTENCE_CHARACTERS = 600  # the longest sentences of written prose have some 500
_RUN_ON_CHARACTERS = 240  # about as long as two spoken sentences
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
ITEM = re.compile(
    r"[ \t]*(?:[-*+•◦‣]|\d{1,3}(?:\.\d{1,3})*[.)]|(?:[a-zA-Z]|[ivxIVX]{1,5})\))[ \t]+"
)
_ANSWER_SENTENCES = 3
_ANSWER_ITEMS = 8
_ANSWER_CHARACTERS = 500
_SHORT_LINE_WORDS = 8


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


def parts(text: str, span: Span, longest: int = _RUN_ON_CHARACTERS) -> Iterator[Span]:
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
    return span[1] - span[0] > _SENTENCE_CHARACTERS


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


def quotable(passage: Passage, span: Span) -> Span | None:
    """The stretch to quote where one sentence of a passage was found.

    Args:
        passage: The passage.
        span: One of its sentences.

    Returns:
        What follows, for a question. A term, a bare heading or a line with a colon together with
        what follows; a few words below a term together with it. The sentence itself, for anything
        else. None where nothing follows: then there is nothing to quote.

    Example: of "Is it far? Yes, very." the span of "Is it far?" -> the span of "Yes, very."
    """
    at = passage.sentences.index(span)
    words = passage.sentence(span)
    if is_question(words):
        return _answer(passage, at + 1)
    if _is_term(passage, at):
        answer = _answer(passage, at + 1)
        if answer is None:
            return None
        asked = is_question(passage.sentence(passage.sentences[at + 1]))
        return answer if asked else (span[0], answer[1])
    return _lead_in(passage, at), span[1]


def answer_to(passage: Passage, asks: Callable[[str], bool]) -> Span | None:
    """What follows the question that a test picks, be it a heading or a sentence; else None."""
    if asks(passage.heading.rpartition(" › ")[2]):
        return _answer(passage, 0)
    spans = (span for span in passage.sentences if asks(passage.sentence(span)))
    return next((quotable(passage, span) for span in spans), None)


def _answer(passage: Passage, at: int) -> Span | None:
    """The statements from a sentence on: to the end of its paragraph, or of its list."""
    sentences = passage.sentences
    while at < len(sentences) and is_question(passage.sentence(sentences[at])):
        at += 1
    if at == len(sentences):
        return None
    last = at
    while last + 1 < len(sentences) and _goes_on(passage, at, last + 1):
        last += 1
    return sentences[at][0], sentences[last][1]


def _goes_on(passage: Passage, first: int, at: int) -> bool:
    start, (_, end) = passage.sentences[first][0], passage.sentences[at]
    if is_question(passage.sentence(passage.sentences[at])) or end - start > _ANSWER_CHARACTERS:
        return False
    gap = _gap(passage, at)
    if _is_list(gap):
        listed = _is_term(passage, first) or _begins_with_item(passage, first)
        return listed and at - first <= _ANSWER_ITEMS
    if _is_term(passage, at - 1):
        return True
    return not _is_break(gap) and at - first < _ANSWER_SENTENCES


def _lead_in(passage: Passage, at: int) -> int:
    """Where the quote of a few words begins: with the term above them, if there is one."""
    start = passage.sentences[at][0]
    if len(passage.sentence(passage.sentences[at]).split()) > _SHORT_LINE_WORDS or not at:
        return start
    above = at - 1
    while above and _is_list(_gap(passage, above + 1)) and not _is_term(passage, above):
        above -= 1
    begin = passage.sentences[above][0]
    near = passage.sentences[at][1] - begin <= _ANSWER_CHARACTERS
    return begin if near and _is_term(passage, above) and _is_break(_gap(passage, at)) else start


def _is_term(passage: Passage, at: int) -> bool:
    """Whether a sentence is a label that fills a paragraph of its own, or ends with a colon."""
    words = passage.sentence(passage.sentences[at])
    if not is_label(words) or _begins_with_item(passage, at):
        return False
    before = not at or _is_break(_gap(passage, at))
    after = at + 1 == len(passage.sentences) or _is_break(_gap(passage, at + 1))
    return words.endswith((":", "：")) or (before and after)


def _gap(passage: Passage, at: int) -> str:
    """What stands between a sentence and the one before it."""
    end, start = passage.sentences[at - 1][1], passage.sentences[at][0]
    return passage.text[end - passage.start : start - passage.start]


def _is_break(gap: str) -> bool:
    return bool(re.search(r"\n[ \t]*\n", gap)) or _is_list(gap)


def _is_list(gap: str) -> bool:
    return "\n" in gap and bool(ITEM.fullmatch(gap.rsplit("\n", 1)[1]))


def _begins_with_item(passage: Passage, at: int) -> bool:
    return at > 0 and _is_list(_gap(passage, at))
