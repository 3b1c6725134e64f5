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
    AUXILIARIES,
    LEANS,
    NOT_FIRST_IN_A_SUBJECT,
    NUMBERED,
    WORDS,
    Turned,
    questions_on,
)
from askdoc.passages import cut
from askdoc.records import Document, Passage, Status
from askdoc.text import ordinary_words, stems

MOST = 90
"""How many candidates are proposed: of three, two or so are worth keeping."""
_UNANSWERABLE_SHARE = 0.45
_SECTION_SENTENCES = 3
_MOST_A_SENTENCE = 3
_HELD_ELSEWHERE = 0.75
"""A sentence that holds this share of a question's stems may answer it."""
_FOREIGN_SHARE = 0.5
_TOLD_SHARE = 0.5
"""A sentence that holds an opposite and this share of the stems may answer its question."""
_LEAST_MENTIONS = 2
_MOST_DEFINED, _MOST_DEFINED_WORDS = 3, 3
_PLACE = re.compile(
    r"(?:(?<=\bat )|(?<=\bin )|(?<=\bfrom ))"
    r"[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})?\b(?!['’-]| [A-Z]| (?:and|of)\b)"
)
_PERSON = re.compile(r"(?<=\bby )[A-Z][a-z]{2,} [A-Z][a-z]{2,}\b(?!['’-]| [A-Z]| of\b)")
_FIRST_WORD = re.compile(r"(?:^|(?<=[.!?]\s))[\d.)\s]*([A-Z][a-z]+)\b(?! [A-Z])", re.M)
_PLURAL = re.compile(r"[^isu]s$")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_FIGURE = re.compile(r"(?<![\w.,])\d{1,3}\b(?![.,]?\d)(?P<unit>\s?%|\s?[ap]\.?m|\s[A-Z][a-z]+)?")
_CALENDAR = frozenset(
    """
    january february march april may june july august september october november december monday
    tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays
    saturdays sundays christmas easter
    """.split()
)

_SWAPS_NOTHING = frozenset({"entry", "heading", "yes or no"})
"""Rules of questions that the article still answers, by "no" or by the section, when swapped."""
_OPPOSITES = {
    one: other
    for pair in WORDS["opposites"].split()
    for one, other in (pair.split("/"), reversed(pair.split("/")))
}


_GENERIC = re.compile(rf"(?:{'|'.join(WORDS['generic_headings'].strip().splitlines())})\W*", re.I)


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
        others: Articles whose questions are foreign to it.
        most: How many at most; fewer where the rules find less.

    Returns:
        Candidates, of all rules in turn, the least sure first.
    """
    others = tuple(others)
    answerable = tuple(_answerable(article))
    unanswerable = [
        tuple(_dropped(article, answerable)),
        tuple(_swapped(article, answerable)),
        tuple(_turned_round(article, answerable)),
        tuple(_kind_absent(article)),
        tuple(_foreign(article, others)),
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
        if len(one.quotes) != 1 or one.rule in _SWAPS_NOTHING:
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


def _swapped(article: Document, answerable: Sequence[Candidate]) -> Iterator[Candidate]:
    """Questions in which a name, a year or a number is one that the article never mentions."""
    for number, one in enumerate(one for one in answerable if one.rule not in _SWAPS_NOTHING):
        for found, other in _swaps(one.question, number):
            if other not in article.text:
                yield _with(one, found, other, "name or number swapped", 0.35)


def _turned_round(article: Document, answerable: Sequence[Candidate]) -> Iterator[Candidate]:
    """Questions with a word turned to its opposite, of which no sentence tells."""
    sentences = [stems(text) for text in _sentences(article)]
    for one in (one for one in answerable if one.rule not in _SWAPS_NOTHING):
        found = next((w for w in re.finditer(r"[a-z]+", one.question) if w[0] in _OPPOSITES), None)
        if found is None:
            continue
        other = _OPPOSITES[found[0]]
        made = _with(one, found, other, "word turned to its opposite", 0.4)
        asked, turned = stems(made.question), stems(other)
        if not any(
            turned <= held and len(asked & held) >= _TOLD_SHARE * len(asked) for held in sentences
        ):
            yield made


def _with(
    one: Candidate, found: re.Match[str], other: str, rule: str, sureness: float
) -> Candidate:
    """A candidate with other words in one place, which the article does not answer."""
    asked = one.question[: found.start()] + other + one.question[found.end() :]
    return Candidate(asked, "not_in_article", (), rule, sureness)


def _swaps(question: str, number: int) -> Iterator[tuple[re.Match[str], str]]:
    years = len(_YEAR.findall(question))
    if years == 1 and (found := _YEAR.search(question)):
        yield found, str(int(found[0]) + 7 + number % 5)
    elif not years and (found := _FIGURE.search(question)):
        yield found, _other_figure(found, number)
    elif (found := _PLACE.search(question)) and found[0].lower() not in _CALENDAR:
        places = WORDS["places"].split()
        yield found, places[number % len(places)]
    elif found := _PERSON.search(question):
        names = WORDS["names"].split()
        yield found, names[number % len(names)].replace("_", " ")


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
    """Questions to other articles, of whose words this one has few; the likest first."""
    held = stems(article.text)
    found: dict[tuple[str, ...], tuple[float, Candidate]] = {}
    for one in (one for other in others for one in _answerable(other)):
        asked = stems(one.question)
        share = len(asked & held) / len(asked) if asked else 1
        if one.rule != "heading" and share <= _FOREIGN_SHARE:
            found.setdefault(one.quotes, (share, one))
    for share, one in sorted(found.values(), key=lambda pair: -pair[0]):
        sureness = round(0.95 - 0.5 * share, 2)
        yield Candidate(one.question, "not_in_article", (), "another article's question", sureness)


def _kind_absent(article: Document) -> Iterator[Candidate]:
    """Questions for a kind of thing, on what the article is about, where it holds none of it."""
    kinds = WORDS["kinds"].items()
    absent = [asks for asks, held in kinds if not re.search(held, article.text, re.I)]
    topics = _topics(article)
    for turn in range(len(topics)):
        for number, asks in enumerate(absent):
            topic = topics[(number + turn) % len(topics)]
            yield Candidate(asks.format(topic), "not_in_article", (), "kind of thing absent", 0.65)


def _topics(article: Document) -> list[str]:
    """The article's title, what it defines, and headings that stand for themselves."""
    small = _small_words(article)
    headings = [passage.heading.split(" › ")[-1] for passage in _passages(article)]
    told = [_topic_of_heading(heading, small) for heading in dict.fromkeys(headings)]
    text = article.text.lower()
    headed = [one for one in told if " " in one or text.count(f" {one}") > _LEAST_MENTIONS]
    defined = [_subject_of_definition(sentence, small) for sentence in _sentences(article)]
    short = [one for one in defined if len(one.split()) <= _MOST_DEFINED_WORDS]
    named = re.findall(r"\bthe ([^\W\d_]{4,})\b", text)
    common = [word for word, _ in Counter(word for word in named if stems(word)).most_common(1)]
    topics = [_topic_of_heading(article.title, small), *headed, *short[:_MOST_DEFINED]]
    known = [topic for topic in topics if topic] or common
    return [_with_article(topic, article.text) for topic in dict.fromkeys(known)]


def question_of_heading(heading: str, small: frozenset[str]) -> Turned | None:
    """A question that the section under a heading answers, or none."""
    own = NUMBERED.sub("", heading.split(" › ")[-1].strip("#*_ \t"))
    own = re.split(r": |\s[–—]\s", own)[0].strip()
    if not re.search(r"[^\W\d_]{3}", own) or _GENERIC.fullmatch(own) or LEANS.search(own):
        return None
    if own.endswith("?"):
        return Turned(own, "heading", 0.85)
    words = own.split()
    if len(words) > 12:
        return None
    # Titles write every word large: those that the article also writes small are no names.
    for at, word in enumerate(words):
        goes_on = at > 0 and words[at - 1][:1].isupper() and words[at - 1].isalpha()
        if (word.lower() in small or word.endswith("ing")) and not goes_on:
            words[at] = word.lower()
    lowered = " ".join(words)
    if [word.lower() for word in words[:2]] == ["how", "to"]:
        return Turned(f"How do you {' '.join(words[2:])}?", "heading", 0.75)
    asks = words[0].lower() in {"how", "why", "what", "when", "where", "who", "which"}
    inverts = {"do", "does", "did"} | AUXILIARIES
    if words[0].lower() in {"who", "which"} or (asks and inverts & {*words[1:2]}):
        return Turned(f"{own}?", "heading", 0.45)
    topic = lowered.removeprefix("about ")
    if asks:
        topic = topic[0].lower() + topic[1:]
    elif topic.split()[0].lower() in NOT_FIRST_IN_A_SUBJECT or len(topic) < 4:
        return None
    return Turned(f"What should you know about {topic}?", "heading", 0.5)


def _topic_of_heading(heading: str, small: frozenset[str]) -> str:
    """What a heading says its section is about, as in "choosing the wool"; "" where it does not."""
    turned = question_of_heading(heading, small)
    about = r"What should you know about (?!(?:how|what|when|where|why) )(.+)\?"
    found = re.fullmatch(about, turned.question) if turned else None
    return found[1] if found else ""


def _subject_of_definition(sentence: str, small: frozenset[str]) -> str:
    """What a sentence defines, as in "milk"; "" where it defines nothing."""
    for turned in questions_on(sentence, small):
        defined = re.fullmatch(r"What (?:is|are|was|were) (?!the )(?:an? )?(.+)\?", turned.question)
        if turned.rule == "definition" and defined:
            return defined[1]
    return ""


def _with_article(topic: str, text: str) -> str:
    """A topic with "the" before it, where the text mostly has it so.

    Example: _with_article("tank", "Empty the tank.") -> "the tank"
    """
    named = len(re.findall(rf"\b{re.escape(topic)}\b", text, re.I))
    pointed = len(re.findall(rf"\bthe {re.escape(topic)}\b", text, re.I))
    return f"the {topic}" if 2 * pointed > named else topic


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

    The first word of a heading or, as an ordinary word or a plural, of a sentence is such a one,
    unless the article writes it large within a sentence, or a name goes on after it.
    """
    text = article.text
    small = {*re.findall(r"\b[a-z][\w-]*", text), "a", "an", "the"}
    headings = [passage.heading.split(" › ")[-1] for passage in _passages(article)]
    first = [found[1] for one in headings if (found := _FIRST_WORD.match(one))]
    begin = (found[1] for found in _FIRST_WORD.finditer(text))
    first += (w for w in begin if _PLURAL.search(w) or w.lower() in ordinary_words())
    names = {*re.findall(r"(?<=[a-z,] )[A-Z][\w-]*", text)}
    return frozenset(small | {word.lower() for word in first if word not in names})
