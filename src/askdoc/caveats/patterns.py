"""The small language in which reviewers write when a caveat fires.

A pattern is a line of words. Between single spaces the words follow each other; `..` allows up
to five others between; ` + ` joins parts that stand at most 25 words apart (15 in a question of
more than 40), in any order. `stem*`
is any word that begins so, `a/b` either, `{name}` any entry of a named group, `#` a number, `#1-17`
one in that range, `^` and `$` the beginning and the end of a statement; nothing but ` + ` reaches
from one statement into another. Typos, plurals, capitals, apostrophes and hyphens are taken care
of. Owns parsing and matching; the words themselves are data.
"""

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from askdoc.caveats.words import Speller, forms_of, statements_of, typos_worth_trying, words_of
from askdoc.records import Span

_GAP = 5
_BETWEEN = [""] * (_GAP + 1)
_REACH = 25
"""Words between parts that still speak of one thing; in a page of text any two words occur."""
_LONG = 40
_REACH_IN_LONG = 15
"""The same in a question of more than so many words, where more things are spoken of."""
_RANGE = re.compile(r"#(?:(\d+)-(\d+))?")
_GROUP = re.compile(r"\{(\w+)\}")
_PIECE = re.compile(r"[^\s]+")

Run = tuple[str, ...]
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


_Named = tuple[Run, str]
_Longer = dict[str, list[_Named]]
_Lines = tuple[Sequence[Pattern], Sequence[Pattern]]
_Owned = tuple[Pattern, list[tuple[Rules, bool]]]
_NO_LINES: _Lines = ((), ())
_NO_KEYS: frozenset[str] = frozenset()
_ENDS = frozenset("^$")


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
            gap = _GAP
            continue
        steps.append((gap, piece))
        gap = 0
    if not steps or gap or text.strip().startswith(".."):
        raise PatternError(f'"{text}" has no words, or ".." at an end')
    return tuple(steps)


def parse_rules(fires: Iterable[str], never: Iterable[str] = ()) -> Rules:
    """Parse lists of lines; raises PatternError on the first bad one."""
    return Rules(tuple(map(parse_pattern, fires)), tuple(map(parse_pattern, never)))


class Reader:
    """Reads questions with one set of groups and patterns; built once, then shared freely.

    Args:
        groups: Name to entries. An entry is a phrase; `{other}` takes in another group.
        rules: Every rule that will be asked of the questions read.

    Raises:
        PatternError: A group that is named but not given, or that contains itself.
    """

    def __init__(self, groups: Groups, rules: Iterable[Rules]) -> None:
        # By their first word: what single words are called, and longer runs by the second.
        self._index: dict[str, tuple[list[str], _Longer]] = {}
        self._ranges: dict[str, tuple[int, int]] = {}
        self._groups = groups
        filed = frozenset(rules)
        elements = {
            name for rule in filed for pattern in _patterns_of(rule) for name in pattern.needs
        }
        runs = {name: self._runs(name, ()) for name in sorted(elements - _ENDS)}
        self._filed = _Filed(filed, {name: len(runs[name]) for name in runs})
        atoms: set[str] = set()
        for name in runs:
            for run in runs[name]:
                self._enter(run, name)
                atoms.update(run)
        self._known = {atom for atom in atoms if not atom.endswith("*")}
        self._stems = {atom[:-1] for atom in atoms if atom.endswith("*")}
        self._longest_stem = max(map(len, self._stems), default=0)
        self._speller = Speller(self._known, self._stems)

    def _enter(self, run: Run, name: str) -> None:
        alone, longer = self._index.setdefault(run[0], ([], {}))
        if len(run) == 1:
            alone.append(name)
        else:
            longer.setdefault(run[1], []).append((run, name))

    def _runs(self, element: str, seen: tuple[str, ...]) -> list[Run]:
        runs: list[Run] = []
        for choice in element.split("/"):
            group = _GROUP.fullmatch(choice)
            if group:
                runs += self._group_runs(group[1], seen)
            else:
                runs.append(self._atoms(choice))
        return runs

    def _group_runs(self, name: str, seen: tuple[str, ...]) -> list[Run]:
        if name in seen:
            raise PatternError(f"group {{{name}}} contains itself")
        if name not in self._groups:
            raise PatternError(f"group {{{name}}} is not defined")
        runs: list[Run] = []
        for entry in self._groups[name]:
            if _GROUP.fullmatch(entry):
                runs += self._group_runs(entry[1:-1], (*seen, name))
            else:
                runs.append(tuple(a for piece in entry.split() for a in self._atoms(piece)))
        return runs

    def _atoms(self, piece: str) -> Run:
        bounds = _RANGE.fullmatch(piece)
        if bounds:
            self._ranges[piece] = (int(bounds[1] or 0), int(bounds[2] or 10**9))
            return (piece,)
        words = words_of(piece)
        if not words:
            raise PatternError(f'"{piece}" holds no word')
        return (*words[:-1], words[-1] + "*") if piece.endswith("*") else words

    def read(self, question: str, before: str = "") -> "Reading":
        """Find every element in a question, once.

        Args:
            question: What is asked.
            before: The question before it; its words count too, but no pattern may rest on
                them alone.
        """
        words: list[str] = []
        written: list[int] = []
        hits: dict[str, list[Span]] = defaultdict(list)
        earlier, own = statements_of(before), statements_of(question)
        for statement in (*earlier, *own):
            start, end = len(words), len(words) + len(statement)
            hits["^"].append((start, start))
            hits["$"].append((end, end))
            words += [*statement, *_BETWEEN]
            first = written[-1] if written else 0
            written += [
                *range(first, first + len(statement)),
                *[first + len(statement)] * len(_BETWEEN),
            ]
        self._find(self._words(words), hits)
        boundary = sum(len(statement) + len(_BETWEEN) for statement in earlier)
        reach = _REACH_IN_LONG if sum(map(len, own)) > _LONG else _REACH
        return Reading(hits, boundary, self._filed, written, reach)

    def _find(self, words: Sequence["_Word"], hits: dict[str, list[Span]]) -> None:
        """Adds to `hits` where each element stands."""
        for place, here in enumerate(words):
            span = (place, place + 1)
            for name in here.alone:
                hits[name].append(span)
            if here.longer:
                for run, name in _begun(here.longer, words, place):
                    hits[name].append((place, place + len(run)))

    def _words(self, words: Sequence[str]) -> list["_Word"]:
        exact = {word: self._exact(word) for word in set(words)}
        odd = [word for word in words if not exact[word].keys]
        for word in typos_worth_trying(odd):
            stems = {stem + "*" for stem in self._speller.stems_meant(word)}
            exact[word] = self._word(self._speller.words_meant(word) | stems)
        return [exact[word] for word in words]

    def _exact(self, word: str) -> "_Word":
        return self._word(self._exact_keys(word))

    def _word(self, keys: AbstractSet[str]) -> "_Word":
        begun = [self._index[key] for key in keys & self._index.keys()]
        return _Word(
            frozenset(keys),
            tuple(name for alone, _ in begun for name in alone),
            tuple(longer for _, longer in begun if longer),
        )

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
    """What a typed word stands for: keys of an index, elements, and runs by their second word."""

    keys: frozenset[str]
    alone: tuple[str, ...]
    longer: tuple[_Longer, ...]


def _begun(longer: Iterable[_Longer], words: Sequence[_Word], place: int) -> Iterator[_Named]:
    """Of the runs that the word at a place begins, those that go on with what follows it."""
    following = words[place + 1].keys if place + 1 < len(words) else _NO_KEYS
    for runs in longer:
        for second in following & runs.keys():
            yield from (named for named in runs[second] if _continues(named[0], words, place))


def _continues(run: Run, words: Sequence[_Word], place: int) -> bool:
    """Whether a run that fits at a place with its first two words does so with the others."""
    if len(run) <= 2:
        return True
    end = place + len(run)
    return end <= len(words) and all(
        atom in here.keys for atom, here in zip(run[2:], words[place + 2 : end], strict=True)
    )


def _patterns_of(rules: Rules) -> tuple[Pattern, ...]:
    return (*rules.fires, *rules.never)


class _Filed:
    """Which patterns of many rules may match, by the elements that are found in a question.

    Attributes:
        rules: Those whose patterns are filed here.
    """

    def __init__(self, rules: frozenset[Rules], runs: Mapping[str, int]) -> None:
        """Files each pattern under that of its elements which the fewest runs of words are."""
        self.rules = rules
        owners: defaultdict[Pattern, list[tuple[Rules, bool]]] = defaultdict(list)
        for rule in self.rules:
            for patterns, hides in ((rule.fires, False), (rule.never, True)):
                for pattern in patterns:
                    owners[pattern].append((rule, hides))
        self._under: defaultdict[str, list[_Owned]] = defaultdict(list)
        for pattern, owned in owners.items():
            rarest = min(pattern.needs, key=lambda name: (runs.get(name, math.inf), name))
            self._under[rarest].append((pattern, owned))

    def possible(self, found: frozenset[str]) -> Mapping[Rules, _Lines]:
        """Patterns of which every element is found, by rules: those that fire, those that hide."""
        possible: defaultdict[Rules, tuple[list[Pattern], list[Pattern]]]
        possible = defaultdict(lambda: ([], []))
        for name in found & self._under.keys():
            for pattern, owners in self._under[name]:
                if pattern.needs <= found:
                    for rules, hides in owners:
                        possible[rules][hides].append(pattern)
        return possible


class Reading:
    """Where each element of the language occurs in one question, in words."""

    def __init__(
        self,
        hits: Mapping[str, Sequence[Span]],
        boundary: int,
        filed: _Filed,
        written: Sequence[int],
        reach: int,
    ) -> None:
        """Holds what `Reader.read` found.

        `written[place]` words are written before a place; the parts of a pattern stand at most
        `reach` words apart.
        """
        self._hits = hits
        self._written, self._reach = written, reach
        self._found = frozenset(hits)
        self._boundary = boundary
        self._filed = filed
        self._likely = filed.possible(self._found)
        self._hiding: dict[str, frozenset[int]] = {}

    @property
    def quiet(self) -> bool:
        """Whether it is plain at once that none of the reader's own rules fires."""
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
        if rules in self._filed.rules:
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
        spans = self._hits.get(name, ())
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
