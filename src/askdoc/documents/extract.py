"""What a reader of one format hands back, and what no text may hold.

This module owns the record every format's reader returns and the rules every text obeys; it
knows no format.
"""

import re
import unicodedata
from dataclasses import dataclass

MOST_CHARACTERS = 5_000_000
"""The longest text that is read; a long book has two or three million."""
DAMAGED = (
    "is damaged, or not what its name says ({}). Open it in its own program and save it again."
)
_LONGEST_TITLE = 200
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0xFEFF))  # soft hyphen, zero-width space, BOM


_MARK = (
    r"\[(?:\d{1,3}|(?:note|nb) \d{1,2}|[a-z]|citation needed|edit(?: ?\| ?edit source| source)?)\]"
)
_MARK_BEHIND_A_SENTENCE = re.compile(rf"[.!?,;:”’\")]{_MARK}(?=\s|\[|$)")
_NOTE_MARKS = re.compile(rf"(?<=[^\s\[(/=])(?:{_MARK})+(?=[\s.,;:!?)”’\"]|$)")


class UnreadableError(Exception):
    """Why a file cannot be read, and the way out; its name is put in front by who knows it."""


@dataclass(frozen=True, slots=True)
class Extract:
    """What one file says of itself, and what of it could not be read. Fields may be ""."""

    text: str
    title: str = ""
    id: str = ""
    url: str = ""
    unread: str = ""


def checked_length(text: str) -> str:
    """The text itself.

    Raises:
        UnreadableError: It is longer than any text that is read.
    """
    if len(text) > MOST_CHARACTERS:
        raise UnreadableError(f"holds more than {MOST_CHARACTERS:,} characters. Split it.")
    return text


def clean(text: str) -> str:
    r"""Replaces what is no text, one character for one, so that offsets hold.

    Control characters but tab and line feed become spaces, lone surrogates U+FFFD.

    Example: clean("5\x00mg") -> "5 mg"
    """
    return _UNFIT.sub(lambda found: "\ufffd" if found[0] >= "\ud800" else " ", text)


def without_invisible(text: str) -> str:
    """Drops the marks that only tell a typesetter where a word may break."""
    return text.translate(_INVISIBLE)


def without_note_marks(text: str) -> str:
    """Drops marks such as [1] glued to words, where they stand behind sentences; code keeps its.

    Example: without_note_marks("Built in 1887.[1][2] Old.") -> "Built in 1887. Old."
    """
    if not _MARK_BEHIND_A_SENTENCE.search(text):
        return text
    lines = text.split("\n")
    return "\n".join(
        line if line.startswith("    ") else _NOTE_MARKS.sub("", line) for line in lines
    )


def unfit_characters(text: str) -> int:
    """How many characters `clean` would replace."""
    return sum(1 for _ in _UNFIT.finditer(text))


def one_line(text: str) -> str:
    """A title as one line of at most 200 characters."""
    line = " ".join(without_invisible(clean(text)).split())
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1].rstrip() + "…"


def says_something(text: str) -> bool:
    """Whether there is a single letter or figure in it."""
    return any(unicodedata.category(character)[0] in "LN" for character in text)
