"""Brings articles into the corpus and keeps them fresh.

This room owns the folder of an article that was added (`article.*` and a `source.json` that tells
where it came from), what is kept when a new version is broken, and the template of a new article.
Requests are left to `fetching`, reading to `documents`, the index to `refresh`.
"""

from askdoc.importing.adding import add, add_bytes, new_article
from askdoc.importing.changes import Change
from askdoc.importing.lists import add_list
from askdoc.importing.pages import article_bytes
from askdoc.importing.renewing import renew
from askdoc.importing.sources import has_sources

__all__ = [
    "Change",
    "add",
    "add_bytes",
    "add_list",
    "article_bytes",
    "has_sources",
    "new_article",
    "renew",
]
