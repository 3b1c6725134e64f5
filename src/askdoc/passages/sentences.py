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
_FIRST_STEP = re.compile(r"\n[ \t]*1[.)][ \t]+$")
_ANSWER_SENTENCES = 3
_ANSWER_CHARACTERS = 500
_LIST_CHARACTERS = 1500  # a list is quoted whole up to a long passage
_ASKED_LINE_WORDS = 20
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
        what follows; a few words below a term together with it, and with their list. The sentence
        itself, for anything else. None where nothing follows: then there is nothing to quote.

    Example: of "Is it far? Yes, very." the span of "Is it far?" -> the span of "Yes, very."
    """
    at = passage.sentences.index(span)
    if (asked := _asked_in(passage, at)) is not None:
        return _answer(passage, asked + 1)
    if _is_term(passage, at):
        answer = _answer(passage, at + 1)
        if answer is None:
            return None
        asks = is_question(passage.sentence(passage.sentences[at + 1]))
        return answer if asks else (span[0], answer[1])
    return _with_its_term(passage, at)


def list_around(passage: Passage, span: Span) -> Span | None:
    r"""The list that a sentence is in or introduces, with what introduces it; None without one.

    Example: of "Bring:\n- a coat\n- a hat" the span of "a hat" -> the span of all
    """
    at = passage.sentences.index(span)
    first = at + 1 if _introduces_list(passage, at) else _first_item(passage, at)
    if first is None:
        return None
    last = _last_of_list(passage, first)
    if not any(_is_list(_gap(passage, n)) for n in range(first + 1, last + 1)):
        return None
    begin = first - 1 if first and _introduces_list(passage, first - 1) else first
    return passage.sentences[begin][0], passage.sentences[last][1]


def introduces(passage: Passage, span: Span) -> bool:
    r"""Whether a sentence introduces a list: by a colon, as a label, or right above steps.

    Example: of "Switch it off.\n\n1. Pull the plug.\n2. Wait." the first sentence -> True
    """
    return _introduces_list(passage, passage.sentences.index(span))


def run_of(passage: Passage, span: Span, belongs: Callable[[Span], bool]) -> Span:
    """A sentence with its neighbours in the paragraph that a test says belong to it.

    Example: of "It is noisy. Put it level." the first sentence, where the second belongs -> both
    """
    first = last = passage.sentences.index(span)
    spans = passage.sentences

    def joins(at: int, neighbour: int) -> bool:
        """Whether no break stands before sentence `at`, and `neighbour` is a statement of it."""
        words = passage.sentence(spans[neighbour])
        if _is_break(_gap(passage, at)) or is_question(words) or is_label(words):
            return False
        length = spans[max(last, neighbour)][1] - spans[min(first, neighbour)][0]
        return length <= _ANSWER_CHARACTERS and belongs(spans[neighbour])

    if last + 1 < len(spans) and joins(last + 1, last + 1):
        last += 1
    if first and joins(first, first - 1):
        first -= 1
    return spans[first][0], spans[last][1]


def answer_to(passage: Passage, asks: Callable[[str], bool]) -> Span | None:
    """What follows the question that a test picks, be it a heading or a sentence; else None."""
    if asks(passage.last_heading):
        return _answer(passage, 0)
    spans = (span for span in passage.sentences if asks(passage.sentence(span)))
    return next((quotable(passage, span) for span in spans), None)


def _asked_in(passage: Passage, at: int) -> int | None:
    """The question that a sentence is, or that ends its short paragraph; None without one.

    Example: of "My sauce is thin. What now?" the first -> the second
    """
    if is_question(passage.sentence(passage.sentences[at])):
        return at
    last = at
    while last + 1 < len(passage.sentences) and not _is_break(_gap(passage, last + 1)):
        last += 1
    words = passage.text[passage.sentences[at][0] - passage.start :]
    words = words[: passage.sentences[last][1] - passage.sentences[at][0]]
    followed = at < last < len(passage.sentences) - 1
    short = len(words.split()) <= _ASKED_LINE_WORDS
    return last if followed and short and is_question(words) else None


def _answer(passage: Passage, at: int) -> Span | None:
    """The statements from a sentence on: to the end of its paragraph, or of its list."""
    sentences = passage.sentences
    while at < len(sentences) and is_question(passage.sentence(sentences[at])):
        at += 1
    if at == len(sentences):
        return None
    if _is_item(passage, at):
        return sentences[at][0], sentences[_last_of_list(passage, at)][1]
    last = at
    while last + 1 < len(sentences) and _goes_on(passage, at, last + 1):
        last += 1
    if _introduces_list(passage, last):
        last = _last_of_list(passage, last + 1)
    return sentences[at][0], sentences[last][1]


def _goes_on(passage: Passage, first: int, at: int) -> bool:
    start, (_, end) = passage.sentences[first][0], passage.sentences[at]
    if is_question(passage.sentence(passage.sentences[at])) or end - start > _ANSWER_CHARACTERS:
        return False
    gap = _gap(passage, at)
    if _is_list(gap):
        return False
    return _is_term(passage, at - 1) or (not _is_break(gap) and at - first < _ANSWER_SENTENCES)


def _last_of_list(passage: Passage, first: int) -> int:
    """The last sentence of the list whose first sentence is given, or of as much as is quoted."""
    begin, last = passage.sentences[first][0], first
    while last + 1 < len(passage.sentences):
        gap, span = _gap(passage, last + 1), passage.sentences[last + 1]
        ends = _is_break(gap) and not _is_list(gap)
        if ends or is_question(passage.sentence(span)) or span[1] - begin > _LIST_CHARACTERS:
            break
        last += 1
    return last


def _first_item(passage: Passage, at: int) -> int | None:
    """The first sentence of the list that a sentence is in; None where it is in none."""
    while at and not _is_break(_gap(passage, at)):
        at -= 1
    if not _is_item(passage, at):
        return None
    while at:
        above = at - 1
        while above and not _is_break(_gap(passage, above)):
            above -= 1
        if not _is_item(passage, above):
            break
        at = above
    return at


def _introduces_list(passage: Passage, at: int) -> bool:
    """Whether a sentence ends with a colon, is a label, or is a statement above numbered steps."""
    if at + 1 >= len(passage.sentences) or not _is_list(gap := _gap(passage, at + 1)):
        return False
    return _is_term(passage, at) or (bool(_FIRST_STEP.search(gap)) and not _is_item(passage, at))


def _with_its_term(passage: Passage, at: int) -> Span:
    """A sentence; a few words with the term above them, and with the list that they are in."""
    span = passage.sentences[at]
    if len(passage.sentence(span).split()) > _SHORT_LINE_WORDS or not at:
        return span
    listed = _first_item(passage, at)
    above = (at if listed is None else listed) - 1
    if above < 0 or not _is_term(passage, above) or not _is_break(_gap(passage, above + 1)):
        return span
    end = span[1] if listed is None else passage.sentences[_last_of_list(passage, listed)][1]
    begin = passage.sentences[above][0]
    return (begin, end) if end - begin <= _ANSWER_CHARACTERS else span


def _is_term(passage: Passage, at: int) -> bool:
    """Whether a sentence is a label that fills a paragraph, or ends with a colon."""
    words = passage.sentence(passage.sentences[at])
    after = at + 1 == len(passage.sentences) or _is_break(_gap(passage, at + 1))
    colon = words.endswith((":", "："))
    if not (is_label(words) or (colon and after)) or _is_item(passage, at):
        return False
    before = not at or _is_break(_gap(passage, at))
    return colon or (before and after)


def _gap(passage: Passage, at: int) -> str:
    """What stands between a sentence and the one before it."""
    end, start = passage.sentences[at - 1][1], passage.sentences[at][0]
    return passage.text[end - passage.start : start - passage.start]


def _is_break(gap: str) -> bool:
    return bool(re.search(r"\n[ \t]*\n", gap)) or _is_list(gap)


def _is_list(gap: str) -> bool:
    return "\n" in gap and bool(ITEM.fullmatch(gap.rsplit("\n", 1)[1]))


def _is_item(passage: Passage, at: int) -> bool:
    """Whether a sentence begins a list item; a passage may begin behind the mark of its first."""
    if at:
        return _is_list(_gap(passage, at))
    breaks = (n for n in range(1, len(passage.sentences)) if _is_break(_gap(passage, n)))
    below = next(breaks, None)
    if below is None or not _is_list(_gap(passage, below)):
        return False
    words = passage.sentence(passage.sentences[below - 1])
    return _gap(passage, below).count("\n") == 1 and not words.endswith((":", "："))
