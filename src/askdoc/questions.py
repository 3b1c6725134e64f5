"""A person's words made fit to search with, or refused with a reason.

This room owns what may come in: length, characters, emptiness. It knows nothing of answers.
"""

import re
import unicodedata

from askdoc.errors import QuestionError

MAX_CHARACTERS = 2000
_SPACE = re.compile(r"\s+")
_KEPT_CONTROLS = "\t\n\r"


def clean_question(question: str) -> str:
    """Makes a question fit to search with: NFC, one line, no control or invisible characters.

    Raises:
        QuestionError: It is empty, too long, or holds broken characters. The message never
            repeats the question.
    """
    if any("\ud800" <= character <= "\udfff" for character in question):
        raise QuestionError(
            "The question holds broken characters (lone surrogates). Type it again as plain text."
        )
    text = _visible(unicodedata.normalize("NFC", question))
    if len(text) > MAX_CHARACTERS:
        raise QuestionError(
            f"The question has {len(text):,} characters; at most {MAX_CHARACTERS:,} fit. "
            "Ask it in a sentence or two."
        )
    if not any(character.isalnum() for character in text):
        raise QuestionError("The question is empty. Ask something in words.")
    return text


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
