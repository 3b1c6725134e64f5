"""Articles that a reader brings for themselves: held in memory, for a while, for nobody else.

This room owns reading them apart from the server, and the shelf they stand on with its limits.
Nothing of them is written to disk or to a log. Routes are the server's.
"""

from askdoc.own.reading import LONGEST, read_apart
from askdoc.own.shelf import PREFIX, OwnArticle, Shelf, ShelfFullError

__all__ = ["LONGEST", "PREFIX", "OwnArticle", "Shelf", "ShelfFullError", "read_apart"]
