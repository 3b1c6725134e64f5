"""Candidates for questions to an article, made by rule from the article itself.

This module owns the rules that make answerable questions and such as the article does not answer,
and which of them are proposed. Nothing here is judged: each candidate carries how sure its rule
is, and a person reviews it.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import Any

from askdoc.evaluation.turning import (
    question_of_heading,
    questions_on,
    subject_of_definition,
)
from askdoc.passages import cut
from askdoc.records import Document, Passage, Status
from askdoc.text import stems

MOST = 90
"""How many candidates are proposed: of three, two or so are worth keeping."""
_UNANSWERABLE_SHARE = 0.4
_SECTION_SENTENCES = 3
_MOST_A_SENTENCE = 3
_MOST_TITLE_WORDS = 8
_HELD_ELSEWHERE = 0.75
"""A sentence that holds this share of a question's stems may answer it."""
_FOREIGN_SHARE = 0.5
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*(?!-| of\b)")
_FIRST_WORD = re.compile(r"(?:^|(?<=[.!?]\s))[\d.)\s]*([A-Z][a-z]+)\b(?! [A-Z])", re.M)
_PLURAL = re.compile(r"[^isu]s$")
_BEFORE_A_NAME = frozenset("a an at by from in near of on the to".split())
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_FIGURE = re.compile(r"(?<![\w.,])\d{1,3}\b(?![.,]?\d)(?P<unit>\s?%|\s?[ap]\.?m|\s[A-Z][a-z]+)?")
_CALENDAR = frozenset(
    """
    january february march april may june july august september october november december monday
    tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays
    saturdays sundays christmas easter
    """.split()
)

_KINDS = (
    ("How much does {} cost?", r"[$€£¥]|\b(?:price|cost|dollars?|euros?|pounds?)\b"),
    ("What is the phone number for questions about {}?", r"\+?\d[\d ()/-]{6,}\d"),
    ("Which website tells more about {}?", r"https?://|\bwww\.|\bwebsites?\b"),
    ("Which book tells more about {}?", r"\b(?:books?|isbn)\b"),
    ("Which law applies to {}?", r"\b(?:laws?|acts?|regulations?|statutes?|legal|illegal)\b"),
    ("Who is the leading expert on {}?", r"\b(?:experts?|professor|scientists?|Dr)\b"),
    ("In what year was {} first described?", r"\b(?:1[5-9]|20)\d\d\b"),
)
"""A question for a kind of thing, and what stands where an article holds that kind. They are such
as can be asked of any topic, be it a thing, a place or an event."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that somebody may want to judge an article's answers by.

    Attributes:
        question: Its text.
        status: "answered", or "not_in_article".
        quotes: Sentences of the article that answer.
        without: Sentences that have to be taken out of the article for the status to be true.
        rule: The rule that made it.
        sureness: How sure that rule is, in [0, 1]: the least sure are reviewed first.
    """

    question: str
    status: Status
    quotes: tuple[str, ...]
    rule: str
    sureness: float
    without: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Made of what is asked and expected, so that it stays when candidates are made anew."""
        whole = "\n".join((self.question, self.status, *self.without))
        return f"p{hashlib.sha256(whole.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"

    def to_json(self) -> dict[str, Any]:
        """The candidate as a line of a file of questions."""
        row = {
            "id": self.id,
            "question": self.question,
            "history": [],
            "status": self.status,
            "quotes": list(self.quotes),
            "without": list(self.without),
            "split": "dev" if int(self.id[1:], 16) % 2 else "heldout",
            "rule": self.rule,
            "sureness": self.sureness,
        }
        return row if self.without else {k: v for k, v in row.items() if k != "without"}


def propose(
    article: Document, others: Iterable[Document] = (), *, most: int = MOST
) -> tuple[Candidate, ...]:
    """Proposes questions to an article, some of which it answers and some of which it does not.

    Args:
        article: The article.
        others: Articles whose questions and names are foreign to it.
        most: How many at most; fewer where the rules find less.

    Returns:
        Candidates, of all rules in turn, the least sure first.
    """
    others = tuple(others)
    answerable = tuple(_answerable(article))
    unanswerable = [
        tuple(_dropped(article, answerable)),
        tuple(_swapped(article, answerable, others)),
        tuple(_foreign(article, others)),
        tuple(_kind_absent(article)),
    ]
    no = _in_turn(unanswerable, round(most * _UNANSWERABLE_SHARE))
    yes = _in_turn(_by_rule(answerable), most - len(no))
    return tuple(sorted((*yes, *no), key=lambda one: (one.sureness, one.id)))


def _answerable(article: Document) -> Iterator[Candidate]:
    """Questions that headings promise an answer to, and that single sentences answer."""
    small = _small_words(article)
    sections: dict[str, list[str]] = {}
    found: list[Candidate] = []
    for passage in _passages(article):
        sentences = [passage.sentence(span) for span in passage.sentences]
        sections.setdefault(passage.heading, []).extend(sentences)
        for sentence in sentences:
            turned = list(questions_on(sentence, small))[:_MOST_A_SENTENCE]
            found += (
                Candidate(one.question, "answered", (sentence,), one.rule, one.sureness)
                for one in turned
            )
    # What is explained again and again is a speaker in a talk, and no term in a list.
    often = Counter(one.question for one in found if one.rule == "entry")
    yield from (one for one in found if often[one.question] < 2)
    for heading, sentences in sections.items():
        if heading == article.title:
            continue
        if asked := question_of_heading(heading, small):
            gold = tuple(sentences[:_SECTION_SENTENCES])
            yield Candidate(asked.question, "answered", gold, asked.rule, asked.sureness)


def _dropped(article: Document, answerable: Sequence[Candidate]) -> Iterator[Candidate]:
    """Questions whose one gold sentence is taken out of the article."""
    sentences = [stems(text) for text in _sentences(article)]
    for one in answerable:
        if len(one.quotes) != 1 or one.rule in {"entry", "heading", "yes or no"}:
            continue
        asked = stems(one.question)
        near = sum(len(asked & held) >= _HELD_ELSEWHERE * len(asked) for held in sentences)
        if asked and near <= 1:
            yield replace(
                one,
                status="not_in_article",
                quotes=(),
                without=one.quotes,
                rule="gold sentence dropped",
                sureness=0.6,
            )


def _swapped(
    article: Document, answerable: Sequence[Candidate], others: Sequence[Document]
) -> Iterator[Candidate]:
    """Questions in which a name, a year or a number is one that the article never mentions."""
    named = {like for other in others for like in _names(other.text).items()}
    foreign = [(name, kind) for name, kind in sorted(named) if name not in article.text]
    for number, one in enumerate(answerable):
        if one.rule in {"entry", "heading"}:
            continue
        for found, other in _swaps(one.question, foreign, number):
            if other not in article.text:
                start, end = found.span()
                yield Candidate(
                    one.question[:start] + other + one.question[end:],
                    "not_in_article",
                    (),
                    "name or number swapped",
                    0.35,
                )


def _names(text: str) -> dict[str, tuple[str, int]]:
    """Names in a text, without days and months, and what a name in their place is like.

    That is the small word before it and its number of words: "in Oslo" may become "in Rome".
    """
    found: dict[str, tuple[str, int]] = {}
    for name in _NAME.finditer(text):
        before = text[: name.start()].split()[-1].lower()
        if not _CALENDAR & {*name[0].lower().split()}:
            kind = before if before in _BEFORE_A_NAME else ""
            found.setdefault(name[0], (kind, len(name[0].split())))
    return found


def _swaps(
    question: str, foreign: Sequence[tuple[str, tuple[str, int]]], number: int
) -> Iterator[tuple[re.Match[str], str]]:
    if found := _YEAR.search(question):
        yield found, str(int(found[0]) + 7 + number % 5)
    elif found := _FIGURE.search(question):
        yield found, _other_figure(found, number)
    else:
        for name, kind in _names(question).items():
            alike = [other for other, like in foreign if like == kind]
            if alike and (found := re.search(rf"\b{re.escape(name)}\b", question)):
                yield found, alike[number % len(alike)]
                return


def _other_figure(found: re.Match[str], number: int) -> str:
    """Another number that can stand before the same unit: an hour, a day of the month, a share."""
    unit = found["unit"] or ""
    value = int(found[0].removesuffix(unit))
    if re.match(r"\s?[ap]\.?m", unit):
        other = (value + 2 + number % 5) % 12 + 1
    elif unit.strip().lower() in _CALENDAR:
        other = (value + 5 + number % 7) % 28 + 1
    elif "%" in unit:
        other = (value + 17 + number % 5) % 90 + 5
    else:
        other = value + max(3, value // 3) + number % 5
    return f"{other}{unit}"


def _foreign(article: Document, others: Sequence[Document]) -> Iterator[Candidate]:
    """Questions to other articles, of whose words this one has few."""
    held = stems(article.text)
    for other in others:
        for one in _answerable(other):
            asked = stems(one.question)
            share = len(asked & held) / len(asked) if asked else 1
            if one.rule != "heading" and share <= _FOREIGN_SHARE:
                sureness = round(0.95 - 0.5 * share, 2)
                yield Candidate(
                    one.question, "not_in_article", (), "another article's question", sureness
                )


def _kind_absent(article: Document) -> Iterator[Candidate]:
    """Questions for a kind of thing, on what the article defines, where it holds none of it."""
    absent = [asks for asks, held in _KINDS if not re.search(held, article.text, re.I)]
    for topic in _topics(article):
        for asks in absent:
            yield Candidate(asks.format(topic), "not_in_article", (), "kind of thing absent", 0.65)


def _topics(article: Document) -> list[str]:
    """What the article defines, and its title, or else its commonest long word."""
    small = _small_words(article)
    defined = [subject_of_definition(text, small) for text in _sentences(article)]
    topics = [topic for topic in defined if topic and len(topic.split()) <= 3]
    named = re.findall(r"\bthe ([^\W\d_]{4,})\b", article.text.lower())
    common = [word for word, _ in Counter(word for word in named if stems(word)).most_common(1)]
    title = article.title if len(article.title.split()) <= _MOST_TITLE_WORDS else ""
    topics = [*topics[:3], *([title] if title else common)]
    return [_with_article(topic, article.text) for topic in dict.fromkeys(topics)]


def _with_article(topic: str, text: str) -> str:
    """A topic with "the" before it, where the text has it so.

    Example: _with_article("tank", "Empty the tank.") -> "the tank"
    """
    return f"the {topic}" if re.search(rf"\bthe {re.escape(topic)}\b", text, re.I) else topic


def _by_rule(candidates: Sequence[Candidate]) -> list[tuple[Candidate, ...]]:
    rules = dict.fromkeys(one.rule for one in candidates)
    return [tuple(one for one in candidates if one.rule == rule) for rule in rules]


def _in_turn(groups: Sequence[Sequence[Candidate]], most: int) -> list[Candidate]:
    """One of each group after the other, until there are enough; no question twice."""
    turns = (one for one in chain.from_iterable(zip_longest(*groups)) if one is not None)
    kept: dict[str, Candidate] = {}
    for one in turns:
        if len(kept) < most:
            kept.setdefault(one.question.lower(), one)
    return list(kept.values())


def _passages(article: Document) -> tuple[Passage, ...]:
    return cut(article, lambda texts: [len(text.split()) for text in texts])


def _sentences(article: Document) -> list[str]:
    return [passage.sentence(span) for passage in _passages(article) for span in passage.sentences]


def _small_words(article: Document) -> frozenset[str]:
    """The words that need no capital: written small somewhere, or large where every word is.

    The first word of a heading or, in the plural, of a sentence is such a one, unless the article
    writes it large within a sentence, or a name goes on after it.
    """
    text = article.text
    small = {*re.findall(r"\b[a-z][\w-]*", text), "a", "an", "the"}
    headings = [passage.heading.split(" › ")[-1] for passage in _passages(article)]
    first = [found[1] for one in headings if (found := _FIRST_WORD.match(one))]
    plurals = [found[1] for found in _FIRST_WORD.finditer(text) if _PLURAL.search(found[1])]
    names = {*re.findall(r"(?<=[a-z,] )[A-Z][\w-]*", text)}
    return frozenset(small | {word.lower() for word in (*first, *plurals) if word not in names})
