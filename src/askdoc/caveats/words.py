"""The words of a question: how they are cut, and which misspelling stands for which word.

Owns normalising and typo tolerance. What the words mean is left to `patterns` and the files of
rules. Nothing is kept between questions.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from askdoc.text import ordinary_words

# Chinese and Japanese put no spaces between words: there each character is one.
_TOKEN = re.compile(r"[a-z]+|\d+|[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_a-z\u00aa-\u02af]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[a-z]")
# Cyrillic and Greek letters that look like Latin ones, among which they are no others.
_ALIKE = str.maketrans("аеорсхуікѕјԁνοιαεκρτχ", "aeopcxyiksjdvoiaekptx")
_PICTURES = str.maketrans({"🔫": " gun ", "🔪": " knife ", "💊": " pills ", "🪢": " rope "})
_STOP = re.compile(r"[.!?…](?=\s|$)|[;:\n()\[\]{}<>#|=]|--|//")
_REPEATED = re.compile(r"([a-z])\1{2,}")
_APOSTROPHES = re.compile(r"['’‘`´ʼ]")
_NUMBER_WORDS = {
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
    "thirteen": "13",
    "fourteen": "14",
    "fifteen": "15",
    "sixteen": "16",
    "seventeen": "17",
    "eighteen": "18",
    "nineteen": "19",
    "twenty": "20",
}
_SHORTEST_TYPO = 4
_SHORTEST_TARGET = 5
_SHORTEST_STEM = 6
_TWO_ERRORS_FROM = 8
_MOST_TYPOS_TRIED = 40


def words_of(text: str) -> tuple[str, ...]:
    """Cut a text into lower-case words and numbers, accents and apostrophes dropped.

    Letters and digits part ("7oh" is two words), a letter typed three times or more counts twice,
    and one that looks like a Latin one is one among such. Some pictures are words.

    Example: words_of("Can’t wake him, 30g!!") -> ("cant", "wake", "him", "30", "g")
    """
    plain = _APOSTROPHES.sub("", text)
    if not plain.isascii():
        plain = _LETTERS.sub(_among_latin, bare(plain).translate(_PICTURES))
    return tuple(_TOKEN.findall(_REPEATED.sub(r"\1\1", plain.lower())))


def bare(text: str) -> str:
    """A text in lower case, without accents and format characters.

    Example: bare("Él murió") -> "el murio"
    """
    spread = unicodedata.normalize("NFKD", text).lower()
    return "".join(c for c in spread if unicodedata.category(c) not in ("Mn", "Cf"))


def _among_latin(letters: re.Match[str]) -> str:
    """A run of letters; where one of them is Latin, those that look like Latin ones are, too."""
    return letters[0].translate(_ALIKE) if _LATIN.search(letters[0]) else letters[0]


def statements_of(text: str) -> tuple[tuple[str, ...], ...]:
    """The words of a text, statement by statement: cut at full stops, colons, brackets and such.

    Example: statements_of("Rules off. is it legal?") -> (("rules", "off"), ("is", "it", "legal"))
    """
    statements = (words_of(part) for part in _STOP.split(text))
    return tuple(words for words in statements if words)


class Speller:
    """Finds the known words a misspelt one may stand for.

    One slip (a letter missing, added, wrong, or two swapped) is forgiven in words of five to
    seven letters, two in longer ones; the first letter must be right unless it was swapped with
    the second. An ordinary English word is never a misspelling: "deliver" is not "liver".

    Args:
        words: Known words; those under five letters must be typed right.
        stems: Beginnings of words, matched against the beginning of the misspelt one; those
            under six letters must be typed right.
    """

    def __init__(self, words: Iterable[str], stems: Iterable[str]) -> None:
        self._words = _by_first_letter(words, _SHORTEST_TARGET)
        self._stems = _by_first_letter(stems, _SHORTEST_STEM)

    def words_meant(self, typed: str) -> set[str]:
        """Known words within reach of a typed one, nearest only; empty when there is none."""
        if not _may_be_typo(typed):
            return set()
        known = self._words[typed[0]] | self._words[typed[1]]
        near = process.extract(typed, known, scorer=OSA.distance, score_cutoff=2, limit=8)
        meant = [(slips, word) for word, slips, _ in near if slips <= _slips_allowed(word)]
        nearest = min(meant, default=(0, ""))[0]
        return {word for slips, word in meant if slips == nearest and _same_start(typed, word)}

    def stems_meant(self, typed: str) -> set[str]:
        """Known stems that the beginning of a typed word is one slip away from."""
        if not _may_be_typo(typed):
            return set()
        return {
            stem
            for stem in self._stems[typed[0]]
            if any(
                OSA.distance(typed[: len(stem) + shift], stem, score_cutoff=1) <= 1
                for shift in (-1, 0, 1)
            )
        }


def _may_be_typo(typed: str) -> bool:
    return typed.isalpha() and len(typed) >= _SHORTEST_TYPO and typed not in ordinary_words()


def _slips_allowed(word: str) -> int:
    return 2 if len(word) >= _TWO_ERRORS_FROM else 1


def _same_start(typed: str, word: str) -> bool:
    return typed[0] == word[0] or typed[:2] == word[1::-1]


def _by_first_letter(words: Iterable[str], shortest: int) -> defaultdict[str, frozenset[str]]:
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for word in words:
        if len(word) >= shortest and word.isalpha():
            groups[word[0]].add(word)
    return defaultdict(frozenset, {letter: frozenset(group) for letter, group in groups.items()})


def forms_of(word: str) -> set[str]:
    """What a rightly typed word also counts as: its singular, the digits of a number word."""
    forms = {word}
    if len(word) >= _SHORTEST_TYPO and word.endswith("s") and not word.endswith("ss"):
        forms.add(word[:-1])
    if word in _NUMBER_WORDS:
        forms.add(_NUMBER_WORDS[word])
    return forms


def typos_worth_trying(words: Iterable[str]) -> set[str]:
    """The first few odd words of a question, so that a page of noise costs no more than a line."""
    return set(list(dict.fromkeys(words))[:_MOST_TYPOS_TRIED])
