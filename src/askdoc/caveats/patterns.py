"""The small language in which reviewers write when a caveat fires.

A pattern is a line of words. Between single spaces the words follow each other; `..` allows up
to five others between; ` + ` joins parts that stand at most 25 words apart (15 in a question of
more than 40), in any order. `stem*` is any word that begins so, `a/b` either, `{name}` any entry of
a named group, `#` a number, `#1-17` one in that range, `^` and `$` the beginning and the end of a
statement; nothing but ` + ` reaches from one statement into another. Typos, plurals, capitals,
apostrophes and hyphens are taken care of. Owns parsing and matching; the words themselves are data,
`matcher` finds them in a question.
"""

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from askdoc.records import Span

GAP = 5
"""Words that `..` stands for at most."""
_PIECE = re.compile(r"[^\s]+")

Phrase = tuple[str, ...]
Groups = Mapping[str, Sequence[str]]


class PatternError(ValueError):
    """A pattern that does not parse; the message says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed line.

    Attributes:
        line: As it was written.
        parts: Each a sequence of (most words before it, element).
        needs: Every element in it.
    """

    line: str
    parts: tuple[tuple[tuple[int, str], ...], ...]
    needs: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """Patterns that fire, and patterns whose words are not to be counted.

    A phrase in `never` hides its own words from `fires` and nothing else, so that no wording
    elsewhere in a question can switch a rule off. Rules equal themselves alone.
    """

    fires: tuple[Pattern, ...]
    never: tuple[Pattern, ...] = ()


_Lines = tuple[Sequence[Pattern], Sequence[Pattern]]
_Owned = tuple[Pattern, list[tuple[Rules, bool]]]
_NO_LINES: _Lines = ((), ())


def parse_pattern(line: str) -> Pattern:
    """Parse one line of the language.

    Raises:
        PatternError: An empty line or part, or a `..` with nothing on one side.

    Example: parse_pattern("lips .. blue").parts -> (((0, "lips"), (5, "blue")),)
    """
    parts = tuple(_parse_part(part) for part in line.split(" + "))
    return Pattern(line, parts, frozenset(name for part in parts for _, name in part))


def _parse_part(text: str) -> tuple[tuple[int, str], ...]:
    steps: list[tuple[int, str]] = []
    gap = 0
    for piece in _PIECE.findall(text):
        if piece == "..":
            gap = GAP
            continue
        steps.append((gap, piece))
        gap = 0
    if not steps or gap or text.strip().startswith(".."):
        raise PatternError(f'"{text}" has no words, or ".." at an end')
    return tuple(steps)


def parse_rules(fires: Iterable[str], never: Iterable[str] = ()) -> Rules:
    """Parse lists of lines; raises PatternError on the first bad one."""
    return Rules(tuple(map(parse_pattern, fires)), tuple(map(parse_pattern, never)))


def patterns_of(rules: Rules) -> tuple[Pattern, ...]:
    """All patterns of some rules: those that fire, and those that hide."""
    return (*rules.fires, *rules.never)


class PatternIndex:
    """Which patterns of many rules may match, by the elements that are found in a question.

    Attributes:
        rules: Those whose patterns are in it.
    """

    def __init__(self, rules: frozenset[Rules], phrases: Mapping[str, int]) -> None:
        """Indexes each pattern by that of its elements which has the fewest phrases."""
        self.rules = rules
        owners: defaultdict[Pattern, list[tuple[Rules, bool]]] = defaultdict(list)
        for rule in self.rules:
            for patterns, hides in ((rule.fires, False), (rule.never, True)):
                for pattern in patterns:
                    owners[pattern].append((rule, hides))
        self._by_element: defaultdict[str, list[_Owned]] = defaultdict(list)
        for pattern, owned in owners.items():
            rarest = min(pattern.needs, key=lambda name: (phrases.get(name, math.inf), name))
            self._by_element[rarest].append((pattern, owned))

    def possible(self, found: frozenset[str]) -> Mapping[Rules, _Lines]:
        """Patterns of which every element is found, by rules: those that fire, those that hide."""
        possible: defaultdict[Rules, tuple[list[Pattern], list[Pattern]]]
        possible = defaultdict(lambda: ([], []))
        for name in found & self._by_element.keys():
            for pattern, owners in self._by_element[name]:
                if pattern.needs <= found:
                    for rules, hides in owners:
                        possible[rules][hides].append(pattern)
        return possible


class Matches:
    """Where each element of the language occurs in one question, in words."""

    def __init__(
        self,
        spans: Mapping[str, Sequence[Span]],
        boundary: int,
        patterns: PatternIndex,
        written: Sequence[int],
        reach: int,
    ) -> None:
        """Holds what `Matcher.match` found.

        `written[place]` words are written before a place; the parts of a pattern stand at most
        `reach` words apart.
        """
        self._spans, self._written, self._reach = spans, written, reach
        self._found = frozenset(spans)
        self._boundary = boundary
        self._patterns = patterns
        self._likely = patterns.possible(self._found)
        self._hiding: dict[str, frozenset[int]] = {}

    @property
    def quiet(self) -> bool:
        """Whether it is certain that none of the matcher's own rules fires."""
        return not self._likely

    def fires(self, rules: Rules, *, joined: bool = True) -> bool:
        """Whether any pattern matches outside the phrases that do not count.

        Args:
            rules: Whose patterns.
            joined: Whether those of several parts count, which may stand apart.
        """
        possible, hiding = self._possible(rules)
        counted = [pattern for pattern in possible if joined or len(pattern.parts) == 1]
        hidden = self._hidden(hiding) if counted else set()
        return any(self._matches(pattern, hidden) for pattern in counted)

    def line_fired(self, rules: Rules) -> str | None:
        """The first line that matches, or None: what a reviewer asks when a rule surprises."""
        possible, hiding = self._possible(rules)
        if not possible:
            return None
        hidden = self._hidden(hiding)
        matching = [pattern for pattern in possible if self._matches(pattern, hidden)]
        return min(matching, key=rules.fires.index).line if matching else None

    def _possible(self, rules: Rules) -> _Lines:
        """The patterns of some rules whose elements all occur: those that fire, that hide."""
        if rules in self._likely:
            return self._likely[rules]
        if rules in self._patterns.rules:
            return _NO_LINES
        fires, never = (
            [pattern for pattern in patterns if pattern.needs <= self._found]
            for patterns in (rules.fires, rules.never)
        )
        return fires, never

    def _hidden(self, never: Iterable[Pattern]) -> set[int]:
        hidden: set[int] = set()
        for pattern in never:
            if pattern.line not in self._hiding:
                self._hiding[pattern.line] = self._words_in(pattern)
            hidden |= self._hiding[pattern.line]
        return hidden

    def _words_in(self, pattern: Pattern) -> frozenset[int]:
        found = self._joined(pattern, set())
        return frozenset(place for spans in found for span in spans for place in range(*span))

    def _matches(self, pattern: Pattern, hidden: set[int]) -> bool:
        found = self._joined(pattern, hidden)
        return any(end > self._boundary for spans in found for _, end in spans)

    def _joined(self, pattern: Pattern, hidden: set[int]) -> Iterator[Sequence[Span]]:
        """Spans that make up a pattern together, each time it occurs."""
        first, *others = (self._sequence_spans(part, hidden) for part in pattern.parts)
        if not others:
            yield from ([span] for span in first)
            return
        placed = [
            sorted((self._written[begin], (begin, end)) for begin, end in spans) for spans in others
        ]
        for span in first if all(placed) else ():
            near = [_within(spans, self._written[span[0]], self._reach) for spans in placed]
            if all(near):
                yield [span, *(other for spans in near for other in spans)]

    def _sequence_spans(self, part: Sequence[tuple[int, str]], hidden: set[int]) -> list[Span]:
        """Where a part stands; of the spans that end at one place, the longest alone."""
        (_, first), *rest = part
        begins = _first_begins(self._open(first, hidden))
        for gap, name in rest:
            begins = _first_begins(
                (min(joined), after)
                for begin, after in self._open(name, hidden)
                if (joined := _begins_near(begins, begin, gap))
            )
        return [(begin, end) for end, begin in begins.items()]

    def _open(self, name: str, hidden: set[int]) -> list[Span]:
        spans = self._spans.get(name, ())
        return [s for s in spans if not hidden or hidden.isdisjoint(range(*s))]


def _first_begins(spans: Iterable[Span]) -> dict[int, int]:
    """The end of each span, and the first beginning among those that end there."""
    begins: dict[int, int] = {}
    for begin, end in spans:
        begins[end] = min(begin, begins.get(end, begin))
    return begins


def _begins_near(begins: Mapping[int, int], place: int, gap: int) -> list[int]:
    """Beginnings of the spans that end at a place, or up to so many words before it."""
    return [begins[end] for end in range(place - gap, place + 1) if end in begins]


def _within(placed: Sequence[tuple[int, Span]], word: int, reach: int) -> list[Span]:
    """Of spans sorted by how many words stand before them, those near a word."""
    first = bisect_left(placed, (word - reach,))
    past = bisect_left(placed, (word + reach + 1,))
    return [span for _, span in placed[first:past]]
