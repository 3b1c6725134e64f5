"""A long message in windows, so that a crisis is found wherever in it it stands.

The words around a sentence dilute its embedding. So each part is read nearly alone, too: in a
run-on of a hundred words, or in the last of thirty sentences.
"""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from askdoc.records import Span

_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|\s*\n\s*")
# What has no spaces is parted where a long word would end.
_WORD = re.compile(r"\S{1,40}")
SHORT = 25
"""Words of a message in which nothing is lost to what is written around it."""
_WINDOW = 16
"""Words of a window: about as many as the questions that classifiers are fitted to have."""
_LEAST = 5
"""Words of a sentence that says something by itself."""
_READ = 600
"""Words that the windows of one sentence hold together; a longer one is read without overlap."""


def windows(message: str, *, overlapping: bool = True) -> tuple[str, ...]:
    """What to read of a message of more than `SHORT` words; nothing of a shorter one.

    Each sentence and each line is read alone, the shortest with the next, and one of more than 16
    words in windows. Every word stands in one of them; in only one, unless they overlap.
    """
    spans = window_spans(message, overlapping=overlapping)
    return tuple(" ".join(_words(message[start:end])) for start, end in spans)


def window_spans(message: str, *, overlapping: bool = True) -> tuple[Span, ...]:
    """Where in a message its windows stand, in order."""
    if len(_words(message)) <= SHORT:
        return ()
    cut = _overlapping if overlapping else _side_by_side
    return tuple(span for sentence in _sentences(message) for span in cut(sentence))


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _sentences(message: str) -> Iterator[Sequence[Span]]:
    """Each sentence as its words' spans, those too short to say something joined to the next."""
    held: list[Span] = []
    ends = [*(found.start() for found in _SENTENCE.finditer(message)), len(message)]
    for start, end in pairwise([0, *ends]):
        held += [found.span() for found in _WORD.finditer(message, start, end)]
        if len(held) >= _LEAST:
            yield held
            held = []
    if held:
        yield held


def _side_by_side(words: Sequence[Span]) -> Sequence[Span]:
    parts = math.ceil(len(words) / _WINDOW)
    cuts = [len(words) * part // parts for part in range(parts + 1)]
    return [_around(words[start:end]) for start, end in pairwise(cuts)]


def _overlapping(words: Sequence[Span]) -> Sequence[Span]:
    if len(words) <= _WINDOW:
        return (_around(words),)
    step = min(_WINDOW, max(_WINDOW // 2, math.ceil(_WINDOW * len(words) / _READ)))
    starts = [*range(0, len(words) - _WINDOW, step), len(words) - _WINDOW]
    return [_around(words[start : start + _WINDOW]) for start in starts]


def _around(words: Sequence[Span]) -> Span:
    return words[0][0], words[-1][1]
