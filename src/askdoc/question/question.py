"""A question as one value: cleaned and read once, then carried through every step.

This module also owns what may come in, and how much of it is read: length, characters, emptiness.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from askdoc.errors import QuestionError
from askdoc.i18n import _
from askdoc.question.encoding import Encoding
from askdoc.question.followups import Continued, continued, in_context, resolve
from askdoc.question.forms import Form, asks_what_it_is_about
from askdoc.question.language import language_of
from askdoc.text import MAX_CHARACTERS, Token, both_ends, scrub, tokenize, visible

MAX_HISTORY = 50
"""Earlier questions that are read: the last ones."""
MAX_HISTORY_CHARACTERS = 10_000
"""Characters of them all together."""
_MAX_RAW_CHARACTERS = 4 * MAX_CHARACTERS
"""Characters with those that are not seen."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is known of a question before any article is searched.

    Attributes:
        raw: The person's words.
        text: The same on one line, without characters that are not seen.
        history: What they asked before, oldest first.
        standalone: The question made to stand alone; where more is asked for, the question that
            is gone on with.
        in_context: The question as the reader is given it, with what it leans on.
        more: How many times in a row more is asked for; 0 for a question of its own.
        form: The form of `text`.
        language: The two letters of the language of `text`.
        tokens: The words of `standalone`, without stop words: offsets and stems.
        encoding: What the index's model makes of it; None where there is no index.
    """

    raw: str
    text: str
    history: tuple[str, ...]
    standalone: str
    in_context: str
    more: int
    form: Form
    language: str
    tokens: tuple[Token, ...]
    encoding: Encoding | None = None

    @classmethod
    def of(
        cls, raw: str, history: Sequence[str] = (), encoding: Encoding | None = None
    ) -> "Question":
        """Reads a question.

        Raises:
            QuestionError: It is empty, too long, or holds broken characters.
        """
        text = clean_question(raw)
        more = continued(text, history)
        standalone = _standalone(text, history, more)
        return cls(
            raw,
            text,
            tuple(history),
            standalone,
            standalone if more else in_context(text, history),
            more.times if more else 0,
            Form.of(text),
            language_of(text),
            tokenize(standalone),
            encoding,
        )


def _standalone(text: str, history: Sequence[str], more: Continued | None) -> str:
    if more is not None:
        return resolve(scrub(more.question), more.history)
    return text if asks_what_it_is_about(text) else resolve(text, history)


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
