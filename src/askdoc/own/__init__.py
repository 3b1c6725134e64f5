"""Articles that a reader brings for themselves: held in memory, for a while, for nobody else.

This room owns reading them apart from the server, and holding them, within limits.
Nothing of them is written to disk or to a log. Routes are the server's.
"""

from askdoc.own.articles import PREFIX, NoRoomError, OwnArticle, OwnArticles
from askdoc.own.reading import LONGEST, read_apart

__all__ = ["LONGEST", "PREFIX", "NoRoomError", "OwnArticle", "OwnArticles", "read_apart"]
