"""Words to scores: BM25 by bm25s, with English stems.

This room owns tokenising and BM25. It knows texts by their position alone.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray

_PATTERN = r"(?u)\b\w[\w'’]*\b"


class LexicalIndex:
    """BM25 over n texts, in the variant of Lucene (k1 1.5, b .75: the library's defaults)."""

    def __init__(self, bm25: Any, size: int) -> None:
        """Wraps a scorer over `size` texts; use `build` or `load`."""
        self._bm25 = bm25
        self.size = size

    @classmethod
    def build(cls, texts: Sequence[str]) -> "LexicalIndex":
        """Indexes texts."""
        stems = [tokens(text) for text in texts]
        bm25 = bm25s.BM25(method="lucene", backend="numpy")
        if any(stems):
            bm25.index(stems, show_progress=False)
            return cls(bm25, len(texts))
        return cls(None, len(texts))

    def scores(self, query: str) -> NDArray[np.float32]:
        """BM25 of every text for a query, in the order given to `build`; 0 where no word fits."""
        known = self._bm25.vocab_dict if self._bm25 is not None else {}
        words = [word for word in tokens(query) if word in known]
        if not words:
            return np.zeros(self.size, dtype=np.float32)
        return np.asarray(self._bm25.get_scores(words), dtype=np.float32)

    def knows(self, stem: str) -> bool:
        """Whether a stem, as `tokens` makes them, occurs in any text."""
        return self._bm25 is not None and stem in self._bm25.vocab_dict

    def save(self, folder: Path) -> None:
        """Writes the scorer to a folder, in arrays and JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        if self._bm25 is not None:
            self._bm25.save(str(folder), show_progress=False)

    @classmethod
    def load(cls, folder: Path, size: int) -> "LexicalIndex":
        """Reads what `save` wrote; the arrays stay on disk until they are needed."""
        if not (folder / "params.index.json").exists():
            return cls(None, size)
        return cls(bm25s.BM25.load(str(folder), mmap=True, load_vocab=True), size)


def tokens(text: str) -> list[str]:
    """The stems of a text's words, in order, without stop words.

    Example: tokens("Is it addictive?") -> ["addict"]
    """
    [row] = bm25s.tokenize(
        text.replace("’", "'"),
        token_pattern=_PATTERN,
        stopwords="en",
        stemmer=_stemmer(),
        return_ids=False,
        show_progress=False,
    )
    return list(row)


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    return Stemmer.Stemmer("english")
