"""A person's words made fit to search with, or refused with a reason.

Owns what may come in, and how much of it is read: length, characters, emptiness.
"""

import unicodedata
from collections.abc import Iterable

from askdoc.errors import QuestionError
from askdoc.i18n import _
from askdoc.text import MAX_CHARACTERS, both_ends, visible

MAX_HISTORY = 50
"""Earlier questions that are read: the last ones."""
MAX_HISTORY_CHARACTERS = 10_000
"""Characters of them all together."""
_MAX_RAW_CHARACTERS = 4 * MAX_CHARACTERS
"""Characters with those that are not seen."""


def clean_question(question: str) -> str:
    """Makes a question fit to search with: NFC, one line, no control or invisible characters.

    Raises:
        QuestionError: It is empty, too long, or holds broken characters. The message never
            repeats the question.
    """
    if len(question) > _MAX_RAW_CHARACTERS:
        raise _too_long(len(question))
    if any("\ud800" <= character <= "\udfff" for character in question):
        raise QuestionError(
            _(
                "The question holds broken characters (lone surrogates). "
                "Type it again as plain text."
            )
        )
    text = visible(unicodedata.normalize("NFC", question))
    if len(text) > MAX_CHARACTERS:
        raise _too_long(len(text))
    if not any(character.isalnum() for character in text):
        raise QuestionError(_("The question is empty. Ask something in words."))
    return text


def _too_long(characters: int) -> QuestionError:
    return QuestionError(
        _(
            "The question has {count} characters; at most {most} fit. Ask it in a sentence or two.",
            count=f"{characters:,}",
            most=f"{MAX_CHARACTERS:,}",
        )
    )


def bounded(history: Iterable[str]) -> tuple[str, ...]:
    """The last entries of a history, as much of each as all together may hold.

    The longest are cut first, each to its two ends; the last one is never cut below
    `MAX_CHARACTERS`.
    """
    texts = tuple(history)[-MAX_HISTORY:]
    shares = (MAX_CHARACTERS, 1000, 500, MAX_HISTORY_CHARACTERS // MAX_HISTORY)
    fits = (s for s in shares if sum(min(len(t), s) for t in texts) <= MAX_HISTORY_CHARACTERS)
    share = next(fits, shares[-1])
    earlier = (both_ends(text, share) for text in texts[:-1])
    return (*earlier, *(both_ends(text) for text in texts[-1:]))
