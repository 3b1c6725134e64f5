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
    r"can\b|could\b|will\b|would\b|should\b|has\b|have\b|work|mean|help|affect|cause|happen)))"
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
    taken = _taken(question, history)
    if taken is None:
        return question
    added = " ".join(part for part in (taken.asked, taken.thing) if part)
    return f"{taken.question.rstrip(' ?.!')} {added}?" if added else taken.question


def in_context(question: str, history: Sequence[str] = ()) -> str:
    """What a reader is given of a question: with its history where it does not stand alone.

    Returns:
        The question itself when it stands alone, or does with the thing named last in the place
        of a pronoun; else the last question that named a subject, the one just before, and it.

    Example: in_context("and for kids?", ["what is a day ticket for adults?"]) ->
    "what is a day ticket for adults? > and for kids?"
    """
    if not history or not leans(question):
        return question
    taken = _taken(question, history)
    if taken and not taken.asked and not taken.thing:
        return taken.question
    first = taken.at if taken else len(history) - 1
    since = [history[first], *history[max(first + 1, len(history) - 1) :], question]
    return AFTER.join(text.strip() for text in since)


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
    pointed = _POINTER.search(question) or _DEFINITE.search(question)
    return len(content) <= _SHORT_WORDS and bool(pointed) and not _has_a_name(question)


def subject(question: str) -> Subject | None:
    """What a question is about, in its own words; nothing when it does not say.

    Example: subject("What are the different types of sharks?") -> Subject("sharks", True)
    """
    return _subject(question, leans)


def _subject(question: str, leaning: _Leans) -> Subject | None:
    rest = _FRAME.sub("", question.strip(), count=1).strip(" ?.!,;")
    rest = _ARTICLE.sub("", _ASPECT.sub("", rest))
    if _PRONOUN.search(question) or not content_words(rest):
        return None
    if leaning(question) and not _OPENER.match(question):
        return None
    named = _NAMING.match(question)
    return Subject(rest, bool(named) and len(rest.split()) <= _NAME_WORDS)


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
