"""Finds where in a question the words and phrases of the rules stand.

Owns groups, phrases, ranges of numbers and typos. How the words found make up a pattern is left to
`patterns`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from askdoc.caveats.patterns import (
    GAP,
    Groups,
    Matches,
    PatternError,
    PatternIndex,
    Phrase,
    Rules,
    patterns_of,
)
from askdoc.caveats.words import Speller, forms_of, statements_of, typos_worth_trying, words_of
from askdoc.records import Span

_BETWEEN = [""] * (GAP + 1)
_REACH = 25
"""Words between parts that still speak of one thing; in a page of text any two words occur."""
_LONG = 40
_REACH_IN_LONG = 15
"""The same in a question of more than so many words, where more things are spoken of."""
_RANGE = re.compile(r"#(?:(\d+)-(\d+))?")
_GROUP = re.compile(r"\{(\w+)\}")

_Named = tuple[Phrase, str]
_Longer = dict[str, list[_Named]]
_NO_KEYS: frozenset[str] = frozenset()
_ENDS = frozenset("^$")

CACHED_WORDS = 4096


class Matcher:
    """Matches questions with one set of groups and patterns; built once, then shared freely.

    Args:
        groups: Name to entries. An entry is a phrase; `{other}` takes in another group.
        rules: Every rule that the matches will be asked for.

    Raises:
        PatternError: A group that is named but not given, or that contains itself.
    """

    def __init__(self, groups: Groups, rules: Iterable[Rules]) -> None:
        # By their first word: what single words are called, and phrases of several by the second.
        self._index: dict[str, tuple[list[str], _Longer]] = {}
        self._ranges: dict[str, tuple[int, int]] = {}
        self._groups = groups
        all_rules = frozenset(rules)
        elements = {
            name for rule in all_rules for pattern in patterns_of(rule) for name in pattern.needs
        }
        phrases = {name: self._phrases(name, ()) for name in sorted(elements - _ENDS)}
        self._patterns = PatternIndex(all_rules, {name: len(phrases[name]) for name in phrases})
        atoms: set[str] = set()
        for name in phrases:
            for phrase in phrases[name]:
                self._enter(phrase, name)
                atoms.update(phrase)
        self._known = {atom for atom in atoms if not atom.endswith("*")}
        self._stems = {atom[:-1] for atom in atoms if atom.endswith("*")}
        self._longest_stem = max(map(len, self._stems), default=0)
        self._speller = Speller(self._known, self._stems)
        # A conversation is read as whole, by sentences and again at each turn.
        self._cached_word = lru_cache(CACHED_WORDS)(self._word)

    def _enter(self, phrase: Phrase, name: str) -> None:
        alone, longer = self._index.setdefault(phrase[0], ([], {}))
        if len(phrase) == 1:
            alone.append(name)
        else:
            longer.setdefault(phrase[1], []).append((phrase, name))

    def _phrases(self, element: str, seen: tuple[str, ...]) -> list[Phrase]:
        phrases: list[Phrase] = []
        for choice in element.split("/"):
            group = _GROUP.fullmatch(choice)
            if group:
                phrases += self._group_phrases(group[1], seen)
            else:
                phrases.append(self._atoms(choice))
        return phrases

    def _group_phrases(self, name: str, seen: tuple[str, ...]) -> list[Phrase]:
        if name in seen:
            raise PatternError(f"group {{{name}}} contains itself")
        if name not in self._groups:
            raise PatternError(f"group {{{name}}} is not defined")
        phrases: list[Phrase] = []
        for entry in self._groups[name]:
            if _GROUP.fullmatch(entry):
                phrases += self._group_phrases(entry[1:-1], (*seen, name))
            else:
                phrases.append(tuple(a for piece in entry.split() for a in self._atoms(piece)))
        return phrases

    def _atoms(self, piece: str) -> Phrase:
        limits = _RANGE.fullmatch(piece)
        if limits:
            self._ranges[piece] = (int(limits[1] or 0), int(limits[2] or 10**9))
            return (piece,)
        words = words_of(piece)
        if not words:
            raise PatternError(f'"{piece}" holds no word')
        return (*words[:-1], words[-1] + "*") if piece.endswith("*") else words

    def match(self, question: str, before: str = "") -> "Matches":
        """Find every element in a question, once.

        Args:
            question: What is asked.
            before: The question before it; its words count too, but no pattern may rest on
                them alone.
        """
        words: list[str] = []
        written: list[int] = []
        spans: dict[str, list[Span]] = defaultdict(list)
        earlier, own = statements_of(before), statements_of(question)
        for statement in (*earlier, *own):
            start, end = len(words), len(words) + len(statement)
            spans["^"].append((start, start))
            spans["$"].append((end, end))
            words += [*statement, *_BETWEEN]
            first = written[-1] if written else 0
            written += [
                *range(first, first + len(statement)),
                *[first + len(statement)] * len(_BETWEEN),
            ]
        self._find(self._words(words), spans)
        boundary = sum(len(statement) + len(_BETWEEN) for statement in earlier)
        reach = _REACH_IN_LONG if sum(map(len, own)) > _LONG else _REACH
        return Matches(spans, boundary, self._patterns, written, reach)

    def _find(self, words: Sequence["_Word"], spans: dict[str, list[Span]]) -> None:
        """Adds to `spans` where each element stands."""
        for place, here in enumerate(words):
            span = (place, place + 1)
            for name in here.alone:
                spans[name].append(span)
            if here.longer:
                for phrase, name in _begun(here.longer, words, place):
                    spans[name].append((place, place + len(phrase)))

    def _words(self, words: Sequence[str]) -> list["_Word"]:
        found = {word: self._cached_word(word) for word in set(words)}
        odd = [word for word in words if not found[word].keys]
        for word in typos_worth_trying(odd):
            found[word] = self._cached_word(word, meant=True)
        return [found[word] for word in words]

    def _word(self, word: str, *, meant: bool = False) -> "_Word":
        """What a word stands for, as typed or as a misspelling of what is known."""
        keys = self._meant_keys(word) if meant else self._exact_keys(word)
        begun = [self._index[key] for key in keys & self._index.keys()]
        return _Word(
            frozenset(keys),
            tuple(name for alone, _ in begun for name in alone),
            tuple(longer for _, longer in begun if longer),
        )

    def _meant_keys(self, word: str) -> AbstractSet[str]:
        stems = {stem + "*" for stem in self._speller.stems_meant(word)}
        return self._speller.words_meant(word) | stems

    def _exact_keys(self, word: str) -> set[str]:
        forms = forms_of(word)
        keys = forms & self._known
        for form in forms:
            begins = {form[:n] for n in range(2, min(len(form), self._longest_stem) + 1)}
            keys |= {stem + "*" for stem in begins & self._stems}
            if form.isdigit() and len(form) < 10:
                number = int(form)
                keys |= {k for k, (low, high) in self._ranges.items() if low <= number <= high}
        return keys


@dataclass(frozen=True, slots=True)
class _Word:
    """What a typed word stands for: keys of an index, elements, phrases by their second word."""

    keys: frozenset[str]
    alone: tuple[str, ...]
    longer: tuple[_Longer, ...]


def _begun(longer: Iterable[_Longer], words: Sequence[_Word], place: int) -> Iterator[_Named]:
    """Of the phrases that the word at a place begins, those that go on with what follows it."""
    following = words[place + 1].keys if place + 1 < len(words) else _NO_KEYS
    for phrases in longer:
        for second in following & phrases.keys():
            yield from (named for named in phrases[second] if _continues(named[0], words, place))


def _continues(phrase: Phrase, words: Sequence[_Word], place: int) -> bool:
    """Whether a phrase that fits at a place with its first two words does so with the others."""
    if len(phrase) <= 2:
        return True
    end = place + len(phrase)
    return end <= len(words) and all(
        atom in here.keys for atom, here in zip(phrase[2:], words[place + 2 : end], strict=True)
    )
