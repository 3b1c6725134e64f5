"""Where a quote stands in a text, whatever was done to the text that changes no word of it.

Owns folding: capitals, accents, quotation marks, hyphens, white space and characters that are not
seen make no difference, on either side. A quote that still is not found may stand there nearly:
a mended slip, a word put in. Offsets count characters of the text as it is.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from askdoc.records import Span

_HYPHENS = frozenset("-\u2010\u2011\u2012\u2013\u2212\u00ad")
_APOSTROPHES = frozenset("'‘’`´ʼ")
_DROPPED = frozenset({"Mn", "Me", "Cf", "Cc"})
_PARAGRAPH = re.compile(r"\n\s*\n")
_BROKEN_WORD = re.compile(r"\w[-\u2010\u2011]\s*\n\s*(?=\w)")
NEAR = 82.0
"""Of 100, how alike a quote and a stretch must be: some 1 letter in 6 may differ."""
_SHORTEST_NEAR = 20
"""Folded characters of a quote that may stand nearly; shorter ones are like too much."""


@dataclass(frozen=True, slots=True)
class _Folded:
    """A text's words in their plainest form; `places[i]` is where character i came from."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> Span:
        """Where a stretch of the folded text stands in the text itself."""
        return self.places[start], self.places[end - 1] + 1


def find_all(text: str, quote: str) -> list[Span]:
    r"""Every place a quote stands in a text, from its first letter to its last.

    Example: find_all("It’s a\nca\u00adt!", "it's a cat") -> [(0, 11)]
    """
    wanted, held = fold(quote), _folded(text)
    if not wanted:
        return []
    starts = (match.start() for match in re.finditer(re.escape(wanted), held.text))
    return [held.span(start, start + len(wanted)) for start in starts]


def find_near(text: str, quote: str) -> Span | None:
    """The stretch of a text that is most like a quote which does not stand in it, if any is."""
    wanted = fold(quote)
    if len(wanted) < _SHORTEST_NEAR:
        return None
    best: tuple[float, Span] | None = None
    for start, held in _paragraphs(text):
        found = fuzz.partial_ratio_alignment(wanted, held.text, score_cutoff=NEAR)
        if found and len(held.text) * 2 > len(wanted) and (not best or found.score > best[0]):
            first, past = held.span(found.dest_start, found.dest_end)
            best = found.score, (start + first, start + past)
    return best[1] if best else None


def fold(text: str) -> str:
    """A text's letters and digits, words apart by one space.

    Example: fold("“Well-known”, the Caf\u00e9s…") -> "wellknown the cafes"
    """
    return _folded(text).text


def _paragraphs(text: str) -> Iterator[tuple[int, _Folded]]:
    start = 0
    for end in [*(match.end() for match in _PARAGRAPH.finditer(text)), len(text)]:
        yield start, _folded(text[start:end])
        start = end


@lru_cache(maxsize=512)
def _folded(text: str) -> _Folded:
    joined = {place for found in _BROKEN_WORD.finditer(text) for place in range(*found.span())}
    plain = {character: _letters(character) for character in set(text)}
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for letter in plain[character]:
            if letter != " " or (letters and letters[-1] != " " and place not in joined):
                letters.append(letter)
                places.append(place)
    if letters and letters[-1] == " ":
        letters.pop()
        places.pop()
    return _Folded("".join(letters), tuple(places))


def _letters(character: str) -> str:
    """What is left of a character: its letters, a space, or nothing."""
    if character in _HYPHENS or character in _APOSTROPHES:
        return ""
    if character.isspace():
        return " "
    if unicodedata.category(character) in _DROPPED:
        return ""
    plain = unicodedata.normalize("NFKD", character).casefold()
    return "".join(c for c in plain if c.isalnum()) or " "
