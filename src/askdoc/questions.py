"""A person's words made fit to search with, or refused with a reason.

This room owns what may come in, and how much of it is read: length, characters, emptiness. It
knows nothing of answers.
"""

import re
import unicodedata
from collections.abc import Iterable

from askdoc.errors import QuestionError
from askdoc.i18n import _

MAX_CHARACTERS = 2000
"""Of one question."""
MAX_RULED = 8000
"""Characters of one text that the crisis rules read: half at its beginning, half at its end."""
MAX_HISTORY = 50
"""Earlier questions that are read: the last ones."""
MAX_HISTORY_CHARACTERS = 10_000
"""Characters of them all together."""
_MAX_RAW = 4 * MAX_CHARACTERS
"""Characters with those that are not seen."""
_SPACE = re.compile(r"\s+")
_KEPT_CONTROLS = "\t\n\r"


def clean_question(question: str) -> str:
    """Makes a question fit to search with: NFC, one line, no control or invisible characters.

    Raises:
        QuestionError: It is empty, too long, or holds broken characters. The message never
            repeats the question.
    """
    if len(question) > _MAX_RAW:
        raise _too_long(len(question))
    if any("\ud800" <= character <= "\udfff" for character in question):
        raise QuestionError(
            _(
                "The question holds broken characters (lone surrogates). "
                "Type it again as plain text."
            )
        )
    text = _visible(unicodedata.normalize("NFC", question))
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


def both_ends(text: str, most: int = MAX_CHARACTERS) -> str:
    r"""A text, or of one with more characters its beginning and its end, on two lines.

    Example: both_ends("0123456789", 5) -> "01\n89"
    """
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}\n{text[-half:]}"


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


def scrub(text: str) -> str:
    """Any string as safe, single-line text, without complaint: what crisis rules read."""
    whole = "".join(" " if "\ud800" <= c <= "\udfff" else c for c in text)
    return _visible(unicodedata.normalize("NFKC", whole))


def _visible(text: str) -> str:
    """Drops controls and format characters (bidi, zero width), folds white space."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (
        character
        for character in text
        if character in _KEPT_CONTROLS or unicodedata.category(character) not in {"Cc", "Cf"}
    )
    return _SPACE.sub(" ", "".join(kept)).strip()
