"""Plain text: the file's own characters.

This module owns the promise that offsets in the document are offsets in the file's text, but for a
byte order mark, the carriage returns of line ends and marks of notes such as [1]; what is said in
subtitles, without their numbers and times; and which first line is a title.
"""

import re

from askdoc.documents.decoding import decode
from askdoc.documents.extract import Extract, checked_length

_TITLE = re.compile(r"\s*([^\W\d_](?:[^\n]{0,98}[^\s.,;:!])?)[ \t]*\n[ \t]*(?:[=-]{3,}[ \t]*)?\n")
"""A first line that stands alone, begins with a letter and does not end as a sentence does."""

_FEWEST_CUES = 2
_TIME = r"(?:\d{1,2}:)?\d{1,2}:\d{1,2}[.,]\d{1,3}"
_CUE = re.compile(rf"(?m)(?:^\d{{1,6}}[ \t]*\n)?^[ \t]*{_TIME}[ \t]+-->[ \t]+{_TIME}[^\n]*\n?")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^<>\n]{1,80})>")
_SUBTITLE_MARK = re.compile(r"</?(?:[bicuv]|ruby|rt|lang|font)\b[^<>\n]{0,80}>|\{\\an\d\}")


def extract_plain(data: bytes) -> Extract:
    """Reads a text file as it is; a stray control character becomes a space.

    Raises:
        UnreadableError: The file is not text, or too long.
    """
    text = _spoken(checked_length(decode(data)))
    found = _TITLE.match(text)
    return Extract(text, found[1] if found else "")


def _spoken(text: str) -> str:
    """What is said in subtitles, a paragraph for each speaker; any other text as it is."""
    before, *cues = _CUE.split(text)
    if len(cues) < _FEWEST_CUES:
        return text
    lines = [] if before.startswith("WEBVTT") else [before.strip()]
    speaker = ""
    for cue in cues:
        voice = _VOICE.search(cue)
        words = _SUBTITLE_MARK.sub("", _VOICE.sub("", cue)).strip()
        if voice and voice[1] != speaker:
            speaker = voice[1]
            words = f"\n{speaker}: {words}"
        lines.append(words)
    return "\n".join(lines).strip()
