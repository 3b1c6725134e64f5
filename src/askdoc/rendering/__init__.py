"""An `Answer` to plain text, Markdown, HTML and JSON.

This room owns how an answer looks and that nothing in it can act: question, article and notes
are escaped for the form they go into. It decides nothing; what is said comes from the record,
the severe first, each claim note in the same box as its quote.
"""

from askdoc.rendering.arrangement import answer_address, arrange, article_address, place_of
from askdoc.rendering.article import Marking, article_html
from askdoc.rendering.html import (
    actionable,
    as_written,
    caveat_html,
    highlight,
    source_html,
    to_html,
)
from askdoc.rendering.json import article_to_json, hits_to_json, search_to_json, to_json
from askdoc.rendering.markdown import (
    PlacedQuote,
    article_to_markdown,
    markdown_and_quotes,
    to_markdown,
    turn_to_markdown,
)
from askdoc.rendering.text import hits_to_text, search_to_text, to_text

__all__ = [
    "Marking",
    "PlacedQuote",
    "actionable",
    "answer_address",
    "arrange",
    "article_address",
    "article_html",
    "article_to_json",
    "article_to_markdown",
    "as_written",
    "caveat_html",
    "highlight",
    "hits_to_json",
    "hits_to_text",
    "markdown_and_quotes",
    "place_of",
    "search_to_json",
    "search_to_text",
    "source_html",
    "to_html",
    "to_json",
    "to_markdown",
    "to_text",
    "turn_to_markdown",
]
