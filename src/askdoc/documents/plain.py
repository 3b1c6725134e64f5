"""Plain text: the file's own characters.

This module owns the promise that offsets in the document are offsets in the file's text, but for a
byte order mark, the carriage returns of line ends and marks of notes such as [1]; and which first
line is a title.
"""

import re

from askdoc.documents.decoding import decode
from askdoc.documents.extract import Extract, checked_length

_TITLE = re.compile(r"\s*([^\W\d_](?:[^\n]{0,98}[^\s.,;:!])?)[ \t]*\n[ \t]*(?:[=-]{3,}[ \t]*)?\n")
"""A first line that stands alone, begins with a letter and does not end as a sentence does."""


def extract_plain(data: bytes) -> Extract:
    """Reads a text file as it is; a stray control character becomes a space.

    Raises:
        UnreadableError: The file is not text, or too long.
    """
    text = checked_length(decode(data))
    found = _TITLE.match(text)
    return Extract(text, found[1] if found else "")
