"""Brings articles into the corpus and keeps them fresh.

This room owns the folder of an article that was added (`article.*` and a `source.json` that tells
where it came from), what is kept when a new version is broken, and the template of a new article.
Requests are left to `fetching`, reading to `documents`, the index to `refresh`. What fetches
(`pages`, `lists`, `renewing`) is imported where it is used: files and templates do without it.
"""

from askdoc.importing.adding import add, add_bytes, new_article
from askdoc.importing.changes import Change
from askdoc.importing.sources import has_sources

__all__ = ["Change", "add", "add_bytes", "has_sources", "new_article"]
