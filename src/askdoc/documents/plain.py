"""Plain text: the file's own characters.

This module owns nothing but the promise that offsets in the document are offsets in the file's
text, but for a byte order mark and the carriage returns of line ends.
"""

from askdoc.documents.decoding import decode
from askdoc.documents.extract import Extract


def extract_plain(data: bytes) -> Extract:
    """Reads a text file as it is; a stray control character becomes a space."""
    return Extract(decode(data))
