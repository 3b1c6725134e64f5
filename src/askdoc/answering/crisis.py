"""The crisis policy: a person in danger is helped first, whatever becomes of the answer.

Every surface calls `crisis_first`. It needs no index: rules decide before one is asked for.
"""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from askdoc.answering.wording import NOT_SEARCHABLE
from askdoc.caveats import (
    CrisisMatches,
    Prediction,
    emergencies,
    match_crisis,
    triage,
    window_spans,
)
from askdoc.errors import AskdocError
from askdoc.i18n import _
from askdoc.question.language import language_of
from askdoc.question.question import CLASSIFIED_NOISE_TOKENS
from askdoc.reading import load_message_reader
from askdoc.records import Answer, Caveat, Span
from askdoc.text import both_ends, scrub

_Answered = TypeVar("_Answered", bound=Answer | None)
_LOG = logging.getLogger(__name__)


def crisis_first(
    question: str, history: Sequence[str], answer: Callable[[], _Answered]
) -> Answer | _Answered:
    """Answers a question, with help for a person in danger before and after any fault.

    A certain emergency is answered at once: `answer` is not called. Of a long message its reader is
    asked first, who may find that it is told of calmly. Where `answer` fails, the
    blocks that the rules raise are the answer.

    Args:
        question: Anything a person typed.
        history: Their earlier questions, oldest first.
        answer: Opens what is needed, and answers.

    Raises:
        Exception: Whatever `answer` raised, if the question raises no block.
    """
    return help_first(question, match_crisis(question, history), answer)


def help_first(
    question: str, typed: CrisisMatches, answer: Callable[[], _Answered]
) -> Answer | _Answered:
    """As `crisis_first`, where the crisis rules were matched to the question already."""
    if typed.is_certain and not _is_told_calmly(question, typed):
        return emergency(question, typed.blocks())
    try:
        return answer()
    except Exception as error:
        crisis = typed.blocks()
        if not crisis:
            raise
        if not isinstance(error, AskdocError):
            _LOG.exception("A question that raised a crisis block could not be answered.")
        return blocks_alone(question, crisis)


def _is_told_calmly(question: str, typed: CrisisMatches) -> bool:
    """Whether the reader of long messages finds no danger where the certain words stand."""
    text = both_ends(scrub(question))
    spans = window_spans(text)
    if not spans or language_of(text) != "en":
        return False
    try:
        prediction = predict_message(text, spans, CLASSIFIED_NOISE_TOKENS)
    except AskdocError:
        return False
    return not typed.is_certain_with(prediction)


def predict_message(text: str, spans: Sequence[Span], most_tokens: int) -> Prediction:
    """What the reader of long messages predicts, by the windows of one.

    Args:
        text: A message in English.
        spans: Its windows.
        most_tokens: How many of its tokens may be read.

    Raises:
        ReaderError: The reader cannot be loaded.
    """
    reader = load_message_reader()
    return Prediction.of(reader.thresholds, [*reader.read(text, spans, most_tokens)])


def crisis_answer(question: str, history: Sequence[str] = ()) -> Answer | None:
    """The answer to a person in danger without any index; None if no block fits.

    Never raises, whatever the question holds.
    """
    crisis = triage(question, history)
    return blocks_alone(question, crisis) if crisis else None


def blocks_alone(question: str, crisis: tuple[Caveat, ...]) -> Answer:
    """The blocks, where nothing can be searched."""
    if is_emergency(crisis):
        return emergency(question, crisis)
    words = both_ends(scrub(question))
    return Answer(words, words, "not_in_article", _(NOT_SEARCHABLE), 0.0, caveats=crisis)


def emergency(question: str, caveats: Sequence[Caveat]) -> Answer:
    """Only the blocks: no passage, no banner, nothing to read first."""
    blocks = emergencies(caveats)
    text = "\n\n".join(block.text for block in blocks)
    words = both_ends(scrub(question))
    return Answer(words, words, "emergency", text, 0.0, caveats=blocks)


def is_emergency(caveats: Sequence[Caveat]) -> bool:
    """Whether one of the caveats replaces the answer."""
    return any(caveat.severity == "emergency" for caveat in caveats)
