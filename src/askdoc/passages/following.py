"""What is quoted for a sentence of a passage: never a question or a bare term by itself.

This module owns which sentences a question, a term or the line above a list leads to. Choosing
among sentences is left to who answers.
"""

import re

from askdoc.passages.blocks import ITEM
from askdoc.passages.sentences import is_label, is_question
from askdoc.records import Passage, Span

_MOST_SENTENCES = 3
_MOST_ITEMS = 8
_MOST_CHARACTERS = 500
_FEW_WORDS = 8


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
    if is_question(passage.sentence(passage.sentences[at])) or end - start > _MOST_CHARACTERS:
        return False
    gap = _gap(passage, at)
    if _is_list(gap):
        listed = _is_term(passage, first) or _begins_with_item(passage, first)
        return listed and at - first <= _MOST_ITEMS
    if _is_term(passage, at - 1):
        return True
    return not _is_break(gap) and at - first < _MOST_SENTENCES


def _lead_in(passage: Passage, at: int) -> int:
    """Where the quote of a few words begins: with the term above them, if there is one."""
    start = passage.sentences[at][0]
    if len(passage.sentence(passage.sentences[at]).split()) > _FEW_WORDS or not at:
        return start
    above = at - 1
    while above and _is_list(_gap(passage, above + 1)) and not _is_term(passage, above):
        above -= 1
    begin = passage.sentences[above][0]
    near = passage.sentences[at][1] - begin <= _MOST_CHARACTERS
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
