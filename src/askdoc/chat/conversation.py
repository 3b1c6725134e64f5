"""One question of a conversation as a value, and what may be asked next; no Gradio."""

import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from askdoc.answering import crisis_answer, crisis_first
from askdoc.errors import AskdocError, QuestionError
from askdoc.i18n import N_, _
from askdoc.question import resolve
from askdoc.records import HEADING_SEPARATOR, Answer, Caveat, Document, Passage
from askdoc.rendering import place_of
from askdoc.text import stems

AnswerQuestion: TypeAlias = Callable[..., Answer]
"""From a question and the earlier ones to an answer; `document` is the id of one article."""

_SHOWN = 2000
_MOST_TRIED = 24
"""Questions that are tried out before it is given up to find as many to offer as are wanted."""
UNAVAILABLE = N_("The article cannot be searched right now. Please try again in a moment.")
FAILED = N_("Something went wrong here, and this question was not answered. Please ask it again.")
_NO_SUBJECT = re.compile(
    r"(?:about (?:the )?(?:author|us|me|this).*|(?:the )?authors?|references?|sources|bibliography|"
    r"(?:further|related|more) .*|see also|external links|contact.*|comments?|share.*|subscribe.*|"
    r"newsletter.*|(?:table of )?contents|introduction|overview|background|conclusions?|summary|"
    r"disclaimer.*|faqs?|frequently asked questions|(?:foot)?notes?|acknowledge?ments?|"
    r"copyright.*|privacy.*|disclosures?|appendix.*|key takeaways|\W*\d*\W*)",
    re.I,
)
"""Headings that are alike in all articles."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what came of it: an answer, or a plain reason why not."""

    question: str
    answer: Answer | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What can be asked: the articles, the banners over every answer, questions to offer.

    Attributes:
        documents: The articles by id.
        banners: The notes over every answer.
        examples: Questions to offer on all articles together.
        passage: Finds a passage by its id, for quotes from beyond an answer's own hits.
        of: Questions to offer on each article, by its id.
        edition: A short mark of the articles and their catalogues; another after any change.
    """

    documents: Mapping[str, Document]
    banners: tuple[Caveat, ...]
    examples: tuple[str, ...] = ()
    passage: Callable[[str], Passage | None] = lambda _: None
    of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    edition: str = ""

    def candidates(self, document: str | None) -> tuple[str, ...]:
        """Questions on one article, or on all."""
        return self.of.get(document or "", self.examples)


def take(question: str, history: Sequence[str], answer: AnswerQuestion) -> Turn:
    """Answers one question. Never raises: whatever happens becomes a turn a person can read.

    Where answering fails, help for a person in danger is given all the same.
    """
    try:
        given = crisis_first(question, history, lambda: answer(question, history))
    except Exception as error:  # the page must survive any fault of the rooms behind it
        return failed(question, history, error)
    return Turn(shown(question), given)


def failed(question: str, history: Sequence[str], error: Exception) -> Turn:
    """The turn of a question whose answer raised an error; help in a crisis is given even so."""
    if isinstance(error, QuestionError):
        reason = str(error)
    elif isinstance(error, AskdocError):
        _LOG.warning("A question could not be answered: %s", type(error).__name__)
        reason = _(UNAVAILABLE)
    else:
        _LOG.error("A question could not be answered: %s", type(error).__name__)
        reason = _(FAILED)
    return Turn(shown(question), crisis_answer(question, history), reason)


def shown(question: str) -> str:
    """A question as it can be shown: bounded, and without halves of characters."""
    return question[:_SHOWN].encode(errors="replace").decode()


def suggestions(
    about: About,
    well_answered: Callable[[str], Answer | None],
    *,
    asked: Sequence[str] = (),
    quoted: Collection[str] = (),
    document: str | None = None,
    most: int = 4,
) -> tuple[str, ...]:
    """Questions to offer next: each is answered well, by sentences that were not quoted yet.

    What was asked without its subject ("is it addictive?") was asked about the article's.

    Args:
        about: What can be asked here.
        well_answered: The answer to a question, or None where it is not answered well.
        asked: What the person asked already, oldest first; follow-ups count as they were read.
        quoted: The sentences that were quoted already, as `place_of` names them.
        document: The id of the article that they are about, or all of them.
        most: How many.
    """
    held = about.documents.get(document or "")
    subject = stems(held.title) if held else frozenset()
    known = [
        (stems(question), stems(resolve(question, asked[:number])) | subject)
        for number, question in enumerate(asked)
    ]
    new = (
        question
        for question in about.candidates(document)
        if not any(own <= stems(question) <= standalone for own, standalone in known)
    )
    seen, offered = set(quoted), []
    for question in islice(new, _MOST_TRIED):
        answer = well_answered(question)
        places = {place_of(citation) for citation in answer.citations} if answer else set()
        if not places or not places.isdisjoint(seen):
            continue
        seen |= places
        offered.append(question)
        if len(offered) == most:
            break
    return tuple(offered)


def question_about(heading: str) -> str:
    """A question that a section of an article answers, or "" where its heading tells no subject.

    Example: question_about("Food › Dry food") -> "What does the article say about “Dry food”?"
    """
    words = heading.rpartition(HEADING_SEPARATOR)[2].strip(" :.")
    if words.endswith("?"):
        return words
    if not words or _NO_SUBJECT.fullmatch(words):
        return ""
    return f"What does the article say about “{words}”?"


def as_question(words: str, spelling: str = "") -> str:
    """Words typed in haste as a question to offer; names in capitals as `spelling` has them.

    Example: as_question("is it fda approved", "The FDA has not.") -> "Is it FDA approved?"
    """
    capitals = {name.lower(): name for name in re.findall(r"\b[A-Z]{3,}\b", spelling)} | {"i": "I"}
    text = re.sub(r"\b[a-z]+\b", lambda word: capitals.get(word[0], word[0]), words.strip())
    return f"{text[:1].upper()}{text[1:]}".rstrip("?.") + "?"
