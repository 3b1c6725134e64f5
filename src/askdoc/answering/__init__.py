"""A question to an `Answer`: triage, follow-up, retrieval, answerable or not, quotes, caveats.

This room owns the order of these steps and the fixed words around the quotes. It writes no
sentence about the article's subject: those are the article's own, or a reviewer's.
"""

from askdoc.answering.ask import ask
from askdoc.answering.crisis import crisis_answer, crisis_first
from askdoc.answering.screening import banners_of, catalogue_of, notes_complete
from askdoc.answering.searching import search_answer, search_passages

__all__ = [
    "ask",
    "banners_of",
    "catalogue_of",
    "crisis_answer",
    "crisis_first",
    "notes_complete",
    "search_answer",
    "search_passages",
]
