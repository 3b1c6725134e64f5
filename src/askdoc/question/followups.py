"""A question that leans on earlier ones, made to stand alone.

This room owns deciding whether a question needs its history and what it takes from there: the
subject of the latest question that named one, and nothing else. Only the person's own questions
count as history, and none of them is ever evidence for an answer.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from askdoc.question.forms import asks_for_more
from askdoc.text import SUBJECTLESS_WORDS

_PRONOUN = re.compile(
    r"\b(?:it's|its|it|they|they're|them|their|he|she|his|her|him|theirs|"
    r"(?:this|that|these|those)(?=\s*(?:[?.!,;]|$|is\b|are\b|was\b|were\b|do\b|does\b|did\b|"
    r"can\b|could\b|will\b|would\b|should\b|has\b|have\b|all\b|work|mean|help|affect|cause|"
    r"happen|cost|last|take|need|include|contain|run\b|go\b)))"
    r"(?!\w)",
    re.I,
)
_JOINS = re.compile(r"\s*(?:and|or|but|also|what if)\b", re.I)
"""How a question begins that goes on with the one before it."""
_POSSESSIVE = frozenset({"its", "their", "his", "her", "theirs"})
_POINTER = re.compile(
    r"\b(?:this|that|these|those|one|ones|both|either|such|same|else|others?|former|latter|there|"
    r"latest|first|last|next)\b",
    re.I,
)
_EXISTS = re.compile(r"\b(?:is|are|was|were) there\b", re.I)
_OPENER = re.compile(
    r"\s*(?:(?:and|but|or|so|also|then)\b\s*)*"
    r"(?:what about|how about|what else|anything else|how so|how come|for how long|who says|"
    r"says who|in what way|like what|such as|which ones?)\b",
    re.I,
)
_ABOUT = (
    r"(?:(?:what|how) about(?: for)?|(?:tell|teach) me (?:more |something )?about|describe|explain)"
)
_BE = r"(?:is|are|was|were|'s|’s|'re)"
# "What is X?", "tell me about X": the question names its subject and asks for nothing else.
_NAMING = re.compile(rf"^\s*(?:{_ABOUT}|(?:what|who) ?{_BE})\s+(?P<named>.+?)[\s?.!]*$", re.I)
_FRAME = re.compile(
    r"^\s*(?:(?:so|and|but|ok|okay|well|please|hi|hello|also)\b[ ,]*)*"
    rf"(?:{_ABOUT}|(?:what|who|when|where|why|how|which)(?:'s|’s|'re)?)?\b"
    r"(?:\s*\b(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|had|may|might|"
    r"there|i|you|we|one|people|much|many|long|often)\b)*\s*",
    re.I,
)
# "How much deposit do I pay?", "how hot is the raku firing?", "is there parking?"
_THING = re.compile(
    r"^\s*(?:(?:and|so|but)\s+)?(?:"
    r"(?:what|which|how much|how many)\s+(?P<noun>[^\W\d_]+(?: [^\W\d_]+)?)\s+"
    r"(?:do|does|did|can|could|should|must|will|would)\s+(?:i|we|you|they|one)\b.*?"
    r"|how (?:much|many) \w+ (?:fits?|go(?:es)?|comes?|are|is) (?:there )?(?:in|into|on|per|with) "
    r"(?P<holder>[\w ]+?)"
    r"|how (?:\w+) (?:is|are|was|were) (?P<subject>[\w ]+?)(?: (?:for|on|in|at|with|per) .*)?"
    r"|(?:is|are) there (?P<found>[\w ]+?)(?: (?:for|on|in|at|with) .*)?"
    r")[\s?.!]*$",
    re.I,
)
_MEASURED = frozenset(
    """
    time times year years month months week weeks day days hour hours minutes age date number size
    way kind sort type part percent percentage kg km miles metres meters litres liters people
    """.split()
)
"""What is asked for of a thing, and is no thing itself."""
_PREPOSITION = r"(?:about|after|at|before|by|during|for|from|in|of|on|per|to|under|with|without)"
# "And for kids?", "what about level 3?", "and E5?": a part that takes the place of another.
_PART = re.compile(
    r"^\s*(?:(?:and|or|but|also|so|then|what about|how about)\b[ ,]*)+"
    rf"(?:(?P<preposition>{_PREPOSITION})\b ?)?"
    r"(?P<rest>[\w'’£$€%.,:-]+(?: [\w'’£$€%.,:-]+){0,3})?"
    r"[\s?.!]*$",
    re.I,
)
_NUMBERED = re.compile(r"(?P<name>[^\W\d]+ )?(?P<code>[^\W\d]*\d[\w.]*)", re.I)
_CALENDAR = tuple(
    re.compile(rf"\b(?:{names})\b", re.I)
    for names in (
        "january|february|march|april|may|june|july|august|september|october|november|december",
        "mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|weekends?|weekdays?",
        "spring|summer|autumn|fall|winter",
    )
)
_ASPECT = re.compile(
    r"^(?:(?:the|a|an|some|any|my|your)\s+)?(?:[\w-]+\s+){0,2}?(?:types?|kinds?|sorts?|causes?|"
    r"symptoms?|effects?|history|origins?|parts?|names?|benefits?|uses?|examples?|purpose|"
    r"differences?|importance|role)\s+(?:of|between|for|in)\s+",
    re.I,
)
_ARTICLE = re.compile(r"^(?:the|a|an|some|any|my|your)\s+", re.I)
_ITSELF = re.compile(
    r"\b(?:this|that|the|your) (?:article|page|text|site|website|post|piece|document|author)\b"
    r"|(?<=\bwrote )(?:this|it)\b|\b(?:this|it)(?= (?:written|published|updated)\b)",
    re.I,
)
"""What points to the article itself, and so to nothing that was said before."""
_DEFINITE = re.compile(r"\bthe\b(?! (?:article|text|author|page))", re.I)
_Leans: TypeAlias = Callable[[str], bool]
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SHORT_WORDS = 2
_JOINED_WORDS = 4
_NAME_WORDS = 5
_THING_WORDS = 4
_SHORT_CHARACTERS = 200
AFTER = " > "
"""What parts a question from the one before it; the reader learned it so."""
_ANTECEDENT_WORDS = 3
"""After so many content words a pronoun is taken to point into its own question."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about: a thing it names, or else a whole clause."""

    words: str
    is_a_thing: bool


def resolve(question: str, history: Sequence[str] = ()) -> str:
    """Makes a question stand alone.

    Args:
        question: What the person asks now.
        history: What they asked before, oldest first.

    Returns:
        The question itself when it stands alone; else the question with the thing named last in
        the place of a pronoun, and after it what was asked last, when that was no mere naming.

    Example: resolve("is it permanent?", ["what is hair loss?"]) -> "is hair loss permanent?"
    """
    if swapped := _swapped(question, history):
        return swapped
    taken = _taken(question, history)
    if taken is None:
        return question
    added = " ".join(part for part in (taken.asked, taken.thing) if part)
    return f"{taken.question.rstrip(' ?.!')} {added}?" if added else taken.question


def in_context(question: str, history: Sequence[str] = ()) -> str:
    """What a reader is given of a question: with its history where it does not stand alone.

    Returns:
        The question itself when it stands alone, or does with the thing named last in the place
        of a pronoun, or with its part in the place of another's; else the last question that named
        a subject, the one just before, and it.

    Example: in_context("and the small one?", ["what is a big ticket?"]) ->
    "what is a big ticket? > and the small one?"
    """
    if not history or not leans(question):
        return question
    if swapped := _swapped(question, history):
        return swapped
    taken = _taken(question, history)
    if taken and not taken.asked and not taken.thing:
        return taken.question
    first = taken.at if taken else len(history) - 1
    since = [history[first], *history[max(first + 1, len(history) - 1) :], question]
    return AFTER.join(text.strip() for text in since)


def _swapped(question: str, history: Sequence[str]) -> str | None:
    """The last question with a part of this one in the place of its own.

    None where this is more than a part, or nothing in the last question is of its kind.

    Example: of "and for kids?" after "what is a ticket for adults?" -> "what is a ticket for kids?"
    """
    if not history or not (part := _PART.match(question)):
        return None
    last = _swapped(history[-1], history[:-1]) or history[-1]
    if leans(last) or len(last) > _SHORT_CHARACTERS:
        return None
    preposition, rest = part["preposition"] or "", part["rest"] or ""
    place = _place_of(preposition, rest, last)
    if place is None:
        return None
    start, end = place
    put = " ".join(word for word in (preposition, rest) if word)
    return f"{last[:start]}{put}{last[end:]}"


def _place_of(preposition: str, rest: str, last: str) -> tuple[int, int] | None:
    """Where in the last question a part stands that is of the kind of another part."""
    if found := _of_kind(rest, last):
        before = re.search(rf"\b{_PREPOSITION} $", last[: found[0]], re.I)
        return (before.start(), found[1]) if preposition and before else found
    if not preposition:
        return None
    same = "with(?:out)?" if preposition.lower().startswith("with") else preposition
    follows = rf"(?: (?!{_PREPOSITION}\b)[\w'’-]+)+" if rest else ""
    places = [match.span() for match in re.finditer(rf"\b{same}\b{follows}", last, re.I)]
    return places[-1] if places else None


def _of_kind(rest: str, last: str) -> tuple[int, int] | None:
    """Where a month, a day, a season, a number or a code stands, if the part is one."""
    for names in _CALENDAR:
        if names.fullmatch(rest) and (found := list(names.finditer(last))):
            return found[-1].span()
    numbered = _NUMBERED.fullmatch(rest)
    if not numbered:
        return None
    name, letters = numbered["name"] or "", re.match(r"[^\W\d]*", numbered["code"])
    code = rf"{re.escape(letters.group() if letters else '')}\d[\w.]*(?<!\.)"
    found = list(re.finditer(rf"\b{re.escape(name)}{code}\b", last, re.I))
    return found[0].span() if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class _Taken:
    """A question, its pronoun replaced if it can be, and what is still to be taken from before.

    `at` is the place of the question in the history that named a subject last.
    """

    question: str
    thing: str
    asked: str
    at: int


def _taken(question: str, history: Sequence[str]) -> _Taken | None:
    if not history or not leans(question):
        return None
    places = _subjects(history, leans) or _subjects(history, _points_back)
    if not places:
        return None
    thing = next((found.words for _, found in places if found.is_a_thing), "")
    at, latest = places[0]
    put = _put(question, thing) if thing else question
    return _Taken(put, "" if put != question else thing, "" if latest.is_a_thing else latest.words,
                  at)  # fmt: skip


def _subjects(history: Sequence[str], leaning: _Leans) -> list[tuple[int, Subject]]:
    """Which questions name a subject, the latest first."""
    latest = range(len(history) - 1, -1, -1)
    return [(at, found) for at in latest if (found := _subject(history[at], leaning))]


def leans(question: str) -> bool:
    """Whether a question cannot be understood without what came before."""
    question, itself = _ITSELF.subn(" ", question)
    content = content_words(question)
    pronoun = _PRONOUN.search(question)
    if pronoun and len(content_words(question[: pronoun.start()])) < _ANTECEDENT_WORDS:
        return True
    if itself:
        return False
    if not content or _OPENER.match(question):
        return True
    if _JOINS.match(question) and len(content) <= _JOINED_WORDS:
        return True
    pointed = _POINTER.search(_EXISTS.sub(" ", question)) or _DEFINITE.search(question)
    return len(content) <= _SHORT_WORDS and bool(pointed) and not _has_a_name(question)


def subject(question: str) -> Subject | None:
    """What a question is about, in its own words; nothing when it does not say.

    Example: subject("What are the different types of sharks?") -> Subject("sharks", True)
    """
    return _subject(question, leans)


def _subject(question: str, leaning: _Leans) -> Subject | None:
    thing = _thing(question)
    if thing and not leaning(question):
        return Subject(thing, True)
    rest = _FRAME.sub("", question.strip(), count=1).strip(" ?.!,;")
    rest = _ARTICLE.sub("", _ASPECT.sub("", rest))
    if _PRONOUN.search(question) or not content_words(rest):
        return None
    if leaning(question) and not _OPENER.match(question):
        return None
    named = _NAMING.match(question)
    return Subject(rest, bool(named) and len(rest.split()) <= _NAME_WORDS)


def _thing(question: str) -> str:
    """The thing that a question asks something of, where its form tells; else ""."""
    found = _THING.match(question[:_SHORT_CHARACTERS])
    if not found or _PRONOUN.search(question):
        return ""
    named = found["noun"] or found["holder"] or found["subject"] or found["found"]
    words = _ARTICLE.sub("", named).lower().split()
    whole = 0 < len(words) <= _THING_WORDS and not _MEASURED & set(words)
    return _ARTICLE.sub("", named) if whole and content_words(named) else ""


def _points_back(question: str) -> bool:
    """Whether a question leans by more than a definite article."""
    return bool(_JOINS.match(question) or _POINTER.search(question)) and leans(question)


def content_words(text: str) -> tuple[str, ...]:
    """The words of a text that carry its subject, in lower case."""
    words = (match.group().lower().replace("’", "'") for match in _WORD.finditer(text))
    return tuple(word for word in words if word not in SUBJECTLESS_WORDS)


def _has_a_name(question: str) -> bool:
    """Whether a word after the first is written like a name."""
    return any(match.group()[0].isupper() for match in list(_WORD.finditer(question))[1:])


def _put(question: str, thing: str) -> str:
    """The question with a thing's name in the place of its first pronoun."""
    pronoun = _PRONOUN.search(question)
    if not pronoun:
        return question
    word = pronoun.group().lower()
    owns = word in _POSSESSIVE and re.match(r"\s+\w", question[pronoun.end() :])
    name = f"{thing} is" if word == "it's" else f"{thing}'s" if owns else thing
    return f"{question[: pronoun.start()]}{name}{question[pronoun.end() :]}"


@dataclass(frozen=True, slots=True)
class Continued:
    """The question that more is asked on, its history, and how often in a row more is asked."""

    question: str
    history: tuple[str, ...]
    times: int


def continued(question: str, history: Sequence[str]) -> Continued | None:
    """The question that this one asks more on; None for a question of its own.

    Example: continued("tell me more", ["is it safe?"]) -> Continued("is it safe?", (), 1)
    """
    asked = (*history, question)
    own = [place for place, text in enumerate(asked) if not asks_for_more(text)]
    if not own or own[-1] == len(history):
        return None
    return Continued(asked[own[-1]], asked[: own[-1]], len(history) - own[-1])
