"""Reads files and folders as documents: Markdown, plain text, HTML, PDF and Word.

This room owns everything between a path and a `Document`: finding files, decoding, one canonical
text for every format, ids and titles, and an error with a way out for every file that cannot be
read. Cutting the text into passages is left to `passages`, the meaning of a catalogue to
`caveats`.

The canonical text of Markdown, HTML and Word is one block a paragraph with a blank line between:
`## Heading`, `- item`, `1. item`, `Term: definition`, a row of a table as
`Head: cell | Head: cell`, code indented by four spaces; links, emphasis and other marks are gone,
their words kept, but for what the author struck out. A `.txt` file is its own text. A PDF's lines
are joined to paragraphs again.
"""

from askdoc.documents.files import (
    FORMATS,
    article_files,
    document_from_bytes,
    read_documents,
    stream_documents,
)
from askdoc.documents.making import document_from_text, slug
from askdoc.documents.provenance import Provenance, provenance_of

__all__ = [
    "FORMATS",
    "Provenance",
    "article_files",
    "document_from_bytes",
    "document_from_text",
    "provenance_of",
    "read_documents",
    "slug",
    "stream_documents",
]
