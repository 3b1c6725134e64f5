"""Words to scores: BM25 over English stems.

This room owns BM25, document frequencies and misspellings. It knows texts by their position alone.
"""

import json
import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from askdoc.text import Token, ordinary_words, tokenize, tokens

K1 = 0.9
B = 0.4
"""Lucene's BM25 with the constants that Anserini found to hold across collections."""

_ARRAYS = ("data", "indices", "indptr")
_VOCABULARY = "vocabulary.json"
_MAX_EDITS = ((4, 1), (9, 2))
"""Letters of a stem, and how many edits away a misspelling may be; shorter ones have too many
neighbours."""
_ANY_EDIT_LETTERS = 5
"""Letters of a stem from which any edit counts, not only a letter doubled or swapped."""
_LEFT_ENDINGS = ("at", "iz", "al", "er", "ent", "ant", "ment", "abl", "ibl", "ion", "iv", "ous")
"""What the stemmer takes off words that are spelled right."""
_CACHED_WORDS = 64
"""Spelling, search and abstention each look up the unknown words of a question."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """BM25 of every stem in every text, stem by stem, as a sparse matrix in compressed columns.

    The stem of column c scores `data[i]` in text `indices[i]`, for i from `indptr[c]` up to
    `indptr[c + 1]`.
    """

    data: NDArray[np.float32]
    indices: NDArray[np.int32]
    indptr: NDArray[np.int64]

    def count(self, column: int) -> int:
        """How many texts hold a stem."""
        return int(self.indptr[column + 1] - self.indptr[column])

    def of(self, column: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The texts that hold a stem, each once, and what it scores in them."""
        part = slice(int(self.indptr[column]), int(self.indptr[column + 1]))
        return self.indices[part], self.data[part]


class Lexicon:
    """Which stems occur in n texts, and in how many."""

    def __init__(self, counts: Mapping[str, int], size: int) -> None:
        """Holds in how many of `size` texts each stem occurs."""
        self._vocabulary = counts
        self._size = size
        # In the order of the alphabet, so that ties do not depend on the texts' order.
        self._words = sorted(word for word in counts if word.isalpha() and len(word) > 3)
        self._neighbours = lru_cache(maxsize=_CACHED_WORDS)(self._looked_up)

    @property
    def counts(self) -> Mapping[str, int]:
        """In how many texts each stem occurs."""
        counts = {stem: self.count(stem) for stem in self._vocabulary}
        return {stem: count for stem, count in counts.items() if count}

    def count(self, stem: str) -> int:
        """In how many texts a stem occurs."""
        return self._vocabulary.get(stem, 0)

    def knows(self, stem: str) -> bool:
        """Whether a stem, as `tokens` makes them, occurs in any text."""
        return stem in self._vocabulary

    def knows_nearly(self, stem: str) -> bool:
        """Whether a stem occurs in any text, a slip of the keyboard aside."""
        return bool(self.meant(stem))

    def knows_kin(self, stem: str) -> bool:
        """Whether a stem that begins alike occurs: but for the last letter, three at least.

        Example: with "dosage" in a text, knows_kin("dose")
        """
        begins = stem[: max(3, len(stem) - 1)]
        at = bisect_left(self._words, begins)
        return at < len(self._words) and self._words[at].startswith(begins)

    def idf(self, stem: str) -> float:
        """The inverse document frequency of a stem, from near 0 (in every text) up (in none)."""
        found = self.count(stem)
        return math.log(1 + (self._size - found + 0.5) / (found + 0.5))

    def searched(self, stems: Iterable[str]) -> list[str]:
        """The stems that BM25 looks for: those of a query, a misspelt one's neighbours for it."""
        return [near for stem in stems for near in self.meant(stem)]

    def meant(self, stem: str) -> tuple[str, ...]:
        """The stem itself if any text holds it, else those it may be a misspelling of."""
        return (stem,) if self.knows(stem) else self._neighbours(stem)

    def respelled(self, query: str, found: Sequence[Token] | None = None) -> str:
        """A query with the texts' own stem in the place of a word that is none.

        Words of the English language stay, whether the texts hold them or not; so do words that
        resemble nothing in them.

        Args:
            query: What is searched for.
            found: Its tokens, if they are known.

        Example: respelled("is it adictive?") -> "is it addict?"
        """
        parts: list[str] = []
        end_of_last = 0
        for token in tokenize(query) if found is None else found:
            word = query[token.start : token.end]
            parts += [query[end_of_last : token.start], self._word_meant(word, token.stem)]
            end_of_last = token.end
        return "".join([*parts, query[end_of_last:]])

    def _word_meant(self, word: str, stem: str) -> str:
        if word.lower() in ordinary_words() or self.knows(stem):
            return word
        return next(iter(self.meant(stem)), word)

    def _looked_up(self, stem: str) -> tuple[str, ...]:
        slips = max((slips for length, slips in _MAX_EDITS if len(stem) >= length), default=0)
        if not slips or not stem.isalpha():
            return ()
        near = self._near(stem, slips)
        if len(stem) < _ANY_EDIT_LETTERS:
            return tuple(word for word in near if _is_doubled_or_swapped(word, stem))
        return near or next(filter(None, map(self._near, _without_suffix(stem))), ())

    def _near(self, stem: str, slips: int = 1) -> tuple[str, ...]:
        """The nearest stems with the same first letter; the first letter is seldom wrong."""
        first = bisect_left(self._words, stem[0])
        alike = self._words[first : bisect_left(self._words, chr(ord(stem[0]) + 1))]
        found = process.extract(stem, alike, scorer=OSA.distance, score_cutoff=slips, limit=3)
        nearest = min((distance for _, distance, _ in found), default=0)
        return tuple(word for word, distance, _ in found if distance == nearest)


def _is_doubled_or_swapped(word: str, typed: str) -> bool:
    """Whether a word is another with a letter doubled, or with letters in another order."""
    return sorted(word) == sorted(typed) or (len(word) > len(typed) and set(word) == set(typed))


def _without_suffix(stem: str) -> Iterator[str]:
    """What a stem may be without an ending that the stemmer left because of a slip.

    Example: "choclat", where the stem of "chocolate" is "chocol" -> "chocl"
    """
    return (
        stem.removesuffix(ending)
        for ending in _LEFT_ENDINGS
        if stem.endswith(ending) and len(stem) - len(ending) >= _ANY_EDIT_LETTERS
    )


def spelled_out(query: str, typed: str, texts: Iterable[str]) -> str:
    """A respelled query with whole words of texts in the place of stems that nobody typed.

    Example: spelled_out("why chocol?", "why choclate?", ["Chocolate melts."]) -> "why chocolate?"
    """
    own = {typed[one.start : one.end] for one in tokenize(typed)}
    stems = [one for one in tokenize(query) if query[one.start : one.end] not in own]
    if not stems:
        return query
    words = {one.stem: text[one.start : one.end] for text in texts for one in tokenize(text)}
    parts, end_of_last = [], 0
    for one in stems:
        stem = query[one.start : one.end]
        parts += [query[end_of_last : one.start], words.get(stem, stem).lower()]
        end_of_last = one.end
    return "".join([*parts, query[end_of_last:]])


class LexicalIndex(Lexicon):
    """BM25 over n texts; when none of them holds a word, all score 0."""

    def __init__(self, columns: _Columns | None, vocabulary: dict[str, int], size: int) -> None:
        """Wraps scores in `size` texts; use `build` or `load`."""
        super().__init__(vocabulary, size)
        self._columns = columns

    @classmethod
    def build(cls, texts: Iterable[str]) -> "LexicalIndex":
        """Indexes texts."""
        vocabulary: dict[str, int] = {}
        rows = [
            [vocabulary.setdefault(stem, len(vocabulary)) for stem in tokens(text)]
            for text in texts
        ]
        if not vocabulary:
            return cls(None, {}, len(rows))
        return cls(_scored(rows, len(vocabulary)), vocabulary, len(rows))

    def scores(self, stems: Iterable[str]) -> NDArray[np.float32]:
        """BM25 of every text for a query's stems, in the order given to `build`; else 0.

        A misspelt word counts as its neighbours.
        """
        total = np.zeros(self._size, dtype=np.float32)
        for stem in self.searched(stems):
            texts, scores = self._column(stem)
            total[texts] += scores
        return total

    def count(self, stem: str) -> int:
        """In how many texts a stem occurs."""
        if self._columns is None or stem not in self._vocabulary:
            return 0
        return self._columns.count(self._vocabulary[stem])

    def save(self, folder: Path) -> None:
        """Writes the scores to a folder, in arrays and JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        if self._columns is None:
            return
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self._columns, name), allow_pickle=False)
        text = json.dumps(self._vocabulary, ensure_ascii=False)
        (folder / _VOCABULARY).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, size: int) -> "LexicalIndex":
        """Reads what `save` wrote; the arrays stay on disk until they are needed."""
        if not (folder / _VOCABULARY).exists():
            return cls(None, {}, size)
        vocabulary = json.loads((folder / _VOCABULARY).read_text(encoding="utf-8"))
        # A plain array over the same map: numpy's own kind of map is slow to slice.
        columns = _Columns(*(np.asarray(np.load(folder / f"{n}.npy", "r")) for n in _ARRAYS))
        return cls(columns, vocabulary, size)

    def _column(self, stem: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        if self._columns is None or stem not in self._vocabulary:
            return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)
        return self._columns.of(self._vocabulary[stem])


def _scored(rows: Sequence[Sequence[int]], stems: int) -> _Columns:
    """BM25 of texts whose stems are numbered from 0, as Lucene computes it."""
    lengths = np.array([len(row) for row in rows])
    occurrences = np.concatenate([np.array(row, dtype=np.int64) for row in rows])
    cells = occurrences * len(rows) + np.repeat(np.arange(len(rows)), lengths)
    cells, frequency = np.unique(cells, return_counts=True)
    stem, text = np.divmod(cells, len(rows))
    found = np.bincount(stem, minlength=stems)
    idf = np.log(1 + (len(rows) - found + 0.5) / (found + 0.5)).astype(np.float32)
    norm = K1 * (1 - B + B * lengths / lengths.mean())
    data = idf[stem] * frequency / (frequency + norm[text])
    bounds = np.concatenate([[0], np.cumsum(found)])
    return _Columns(data.astype(np.float32), text.astype(np.int32), bounds.astype(np.int64))
