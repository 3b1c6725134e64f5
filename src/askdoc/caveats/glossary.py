"""A question in another language, word by word in English: what the crisis classifier can read.

Owns `glossary.txt` and how its entries are found. Grammar is not translated, and a word that has no
entry stays as it is: enough to tell who took something or wants to die from who is hungry.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from askdoc.caveats.words import bare
from askdoc.resources import loaded

LANGUAGES = ("es", "pt", "fr", "de", "it", "nl", "pl", "tr")
_TOKEN = re.compile(r"[a-z0-9]+|[^\W\d_a-z]+|[.!?,;:]")
_LETTERS = str.maketrans({"ı": "i", "İ": "i", "ł": "l", "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe"})
_SHORTEST_STEM = 2


@dataclass(frozen=True, slots=True)
class _Words:
    """The entries of one language: runs of words by the first of them, longest first, and stems."""

    runs: Mapping[str, Sequence[tuple[tuple[str, ...], str]]]
    stems: Mapping[str, str]

    def run_at(self, tokens: Sequence[str], place: int) -> tuple[int, str] | None:
        """How many tokens the entry at a place covers, and its English."""
        for run, english in self.runs.get(tokens[place], ()):
            if all(map(_fits, tokens[place : place + len(run)], run)) and (
                len(tokens) - place >= len(run)
            ):
                return len(run), english
        word = tokens[place]
        for end in range(len(word), _SHORTEST_STEM - 1, -1):
            if (meaning := self.stems.get(word[:end])) is not None:
                return 1, meaning
        return None


def gloss(text: str, language: str) -> str:
    """A text in one of `LANGUAGES` as English words, in its own order.

    Example: gloss("mi hermano no respira", "es") -> "my brother not breathing"
    """
    tokens = _TOKEN.findall(bare(text.lower().translate(_LETTERS)))
    return " ".join(_read(tokens, loaded(_glossary)[language]))


def _read(tokens: Sequence[str], words: _Words) -> Iterator[str]:
    place = 0
    while place < len(tokens):
        length, english = words.run_at(tokens, place) or (1, tokens[place])
        yield english
        place += length


def _fits(token: str, entry: str) -> bool:
    return token.startswith(entry[:-1]) if entry.endswith("*") else token == entry


def _glossary() -> Mapping[str, _Words]:
    lines = files("askdoc").joinpath("glossary.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|") for line in lines if not line.startswith("#")]
    return {
        language: _words([(row[0], entry) for row in rows for entry in row[at].split()])
        for at, language in enumerate(LANGUAGES, start=1)
    }


def _words(entries: Sequence[tuple[str, str]]) -> _Words:
    runs: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    stems: dict[str, str] = {}
    for english, entry in entries:
        run = tuple(entry.split("_"))
        if len(run) == 1 and entry.endswith("*"):
            stems.setdefault(entry[:-1], english)
        elif entry != "-":
            runs.setdefault(run[0], []).append((run, english))
    return _Words({w: sorted(r, key=lambda e: -len(e[0])) for w, r in runs.items()}, stems)
