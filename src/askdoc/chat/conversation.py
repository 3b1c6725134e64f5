"""One visitor's conversation as values: turns in, HTML out, no Gradio."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from askdoc.answering import crisis_first
from askdoc.errors import AskdocError, QuestionError
from askdoc.records import Answer, Caveat, Document, Passage

AnswerQuestion: TypeAlias = Callable[..., Answer]
"""From a question and the earlier ones to an answer; `document` is the id of one article."""

MOST_TURNS = 50
_SHOWN = 2000
UNAVAILABLE = "The article cannot be searched right now. Please try again in a moment."
FAILED = "Something went wrong here, and this question was not answered. Please ask it again."
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what came of it: nothing yet, an answer, or a plain reason why not."""

    question: str
    answer: Answer | None = None
    failure: str = ""

    @property
    def pending(self) -> bool:
        """Whether the answer is still awaited."""
        return self.answer is None and not self.failure


@dataclass(frozen=True, slots=True)
class About:
    """What is asked here: the articles, what stands over every answer, questions to offer.

    `passage` finds a passage by its id, for quotes from beyond an answer's own hits.
    """

    documents: Mapping[str, Document]
    banners: tuple[Caveat, ...]
    examples: tuple[str, ...] = ()
    passage: Callable[[str], Passage | None] = lambda _: None


def take(question: str, turns: Sequence[Turn], answer: AnswerQuestion) -> Turn:
    """Answers one question. Never raises: whatever happens becomes a turn a person can read.

    Where answering fails, help for a person in danger is given all the same.
    """
    history = [turn.question for turn in turns]
    shown = question[:_SHOWN].encode(errors="replace").decode()
    try:
        return Turn(shown, crisis_first(question, history, lambda: answer(question, history)))
    except QuestionError as error:
        reason = str(error)
    except AskdocError as error:
        _LOG.warning("A question could not be answered: %s", type(error).__name__)
        reason = UNAVAILABLE
    except Exception as error:  # the page must survive any fault of the rooms behind it
        _LOG.error("A question could not be answered: %s", type(error).__name__)
        reason = FAILED
    return Turn(shown, failure=reason)


def suggestions(
    turns: Sequence[Turn], about: About, answers: Callable[[str], bool], most: int = 3
) -> tuple[str, ...]:
    """Questions to offer next: the examples at first, then sections near the latest answer.

    Where these are few, examples follow. None are offered beside an emergency.

    Args:
        turns: The conversation.
        about: What can be asked here.
        answers: Whether a question about a section is answered; others are not offered.
        most: How many.
    """
    if not turns:
        return about.examples[:most]
    answer = turns[-1].answer
    if answer is None or answer.status == "emergency":
        return ()
    asked = {turn.question.casefold() for turn in turns}
    quoted = {citation.heading for citation in answer.citations}
    headings = dict.fromkeys(
        hit.passage.heading for hit in answer.passages if hit.passage.heading not in quoted
    )
    sections = filter(answers, (question_about(heading) for heading in headings if heading))
    offered = dict.fromkeys((*sections, *about.examples))
    return tuple(islice((q for q in offered if q.casefold() not in asked), most))


def question_about(heading: str) -> str:
    """A question that a section of an article answers, and that leans on no earlier one.

    Example: question_about("Food › Dry food") -> "What does the article say about “Dry food”?"
    """
    return f"What does the article say about “{heading.rsplit(' › ', 1)[-1].strip(' :.')}”?"


def as_question(words: str, spelling: str = "") -> str:
    """Words typed in haste as a question to offer; names in capitals as `spelling` has them.

    Example: as_question("is it fda approved", "The FDA has not.") -> "Is it FDA approved?"
    """
    capitals = {name.lower(): name for name in re.findall(r"\b[A-Z]{3,}\b", spelling)} | {"i": "I"}
    text = re.sub(r"\b[a-z]+\b", lambda word: capitals.get(word[0], word[0]), words.strip())
    return f"{text[:1].upper()}{text[1:]}".rstrip("?.") + "?"
