"""Numbers that name things: whether a sentence speaks of another one than a question does.

"What does E5 mean?" is not answered by what E4 means, nor "how loud is it on level 5?" by how loud
it is on level 1, however like the sentences are.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from askdoc.question.forms import is_yes_or_no
from askdoc.text import COMMON_WORDS, STOP_WORDS, all_words, stems

_CELLS = " | "
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_JOINED = r"(?:\s?(?:-|–|to|and|or|,|&)\s?\d+)*"
_NAMED = re.compile(rf"\b([^\W\d]{{3,}}):?\s(\d+\b(?![.,]\d){_JOINED})", re.I)
_CODE = re.compile(r"\b([^\W\d]{1,3})-?(\d+)\b")
_RANGE = re.compile(r"\b\d+\s?(?:-|–|to)\s?\d+\b")
_WORDS = {
    word: number
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve".split(), start=1
    )
}
_YEAR = re.compile(rf"\b((?:1[0-9]|20)\d\d\b{_JOINED})", re.I)
_MOST = 200
"""Numbers of one list that are read."""
_SPAN_OF_TIME = re.compile(r"\b(?:before|after|since|between|until|till|from|by)\b", re.I)
_NO_NAMES = STOP_WORDS | COMMON_WORDS | frozenset(
    """
    january february march april june july august september october november december
    under over until than least most within per about around
    """.split()
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a question.

    Attributes:
        all: Every number in it.
        named: Which number it gives to which name: levels, stages, codes.
        years: The years it asks about.
    """

    all: frozenset[str]
    named: tuple[tuple[str, frozenset[int]], ...]
    years: frozenset[int]

    @classmethod
    def of(cls, question: str) -> "Numbers":
        """Reads a question."""
        exact = not is_yes_or_no(question) and not _SPAN_OF_TIME.search(question)
        return cls(
            frozenset(_NUMBER.findall(question)),
            tuple(_named(question).items()),
            _years(question) if exact else frozenset(),
        )

    def are_others_in(self, sentence: str, heading: str = "") -> bool:
        """Whether a sentence, or else its heading, is on another number of a name than these."""
        if not self.all:
            return False
        if _CELLS in sentence and not self._stand_in(sentence):
            return True
        own, above = _named(sentence), _named(heading)
        found = ((asked, own.get(name) or above.get(name)) for name, asked in self.named)
        if any(other and not asked & other for asked, other in found):
            return True
        years = _years(sentence) if self.years else frozenset()
        return bool(years) and not self.years & years

    def _stand_in(self, row: str) -> bool:
        """Whether a table's row holds one of the numbers: as it is, in words or within a range."""
        if self.all & set(_NUMBER.findall(row)):
            return True
        ranges = frozenset().union(*(_listed(match.group()) for match in _RANGE.finditer(row)))
        words = {str(_WORDS[word]) for word in all_words(row.replace("-", " ")) if word in _WORDS}
        return bool(self.all & words) or any(n.isdigit() and int(n) in ranges for n in self.all)


def _named(text: str) -> dict[str, frozenset[int]]:
    """The numbers that each name has in a text.

    Example: _named("Levels 1 to 3, code E4") -> {"level": {1, 2, 3}, "e": {4}}
    """
    found: dict[str, frozenset[int]] = {}
    words = ((m[1].lower(), m[2]) for m in _NAMED.finditer(text))
    named = ((next(iter(stems(word)), word), numbers) for word, numbers in words
             if word not in _NO_NAMES)  # fmt: skip
    codes = ((m[1].lower(), m[2]) for m in _CODE.finditer(text))
    for name, numbers in (*named, *codes):
        found[name] = found.get(name, frozenset()) | _listed(numbers)
    return found


def _years(text: str) -> frozenset[int]:
    return frozenset().union(*(_listed(m[1]) for m in _YEAR.finditer(text)))


def _listed(numbers: str) -> frozenset[int]:
    """Numbers that are written with "to", "and" or commas between them.

    Example: _listed("1 to 3, 7") -> {1, 2, 3, 7}
    """
    found = [int(number) for number in re.findall(r"\d{1,9}", numbers)[:_MOST]]
    through: Iterable[range] = (
        range(int(a), min(int(b), int(a) + _MOST) + 1)
        for a, b in re.findall(r"(\d{1,9})\s?(?:-|–|to)\s?(?=(\d{1,9}))", numbers)[:_MOST]
    )
    return frozenset(found).union(*through)
