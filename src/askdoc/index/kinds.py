"""Which kind of FAISS index holds n vectors: exact while that is cheap, then smaller and quicker.

| vectors | kind | a vector of d dimensions takes |
|---|---|---|
| up to 20,000, or any number when asked for | `flat`: exact search | 4 d bytes |
| up to 100,000 | `sq-fp16`: exhaustive search in half precision | 2 d bytes |
| more | `ivf-sq8`: the nearest of many lists are searched, in 8 bits | d bytes |
| more, where 8 bits blur too much | `ivf-fp16`: the same in half precision | 2 d bytes |

How many lists are searched, and what 8 bits blur, is found by measuring when an index is built.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import faiss
import numpy as np
from numpy.typing import NDArray

from askdoc.index.spool import VectorSpool

KindName: TypeAlias = Literal["flat", "sq-fp16", "ivf-sq8", "ivf-fp16"]

EXACT_UP_TO = 20_000
HALF_UP_TO = 100_000
ENOUGH_RECALL = 0.985
"""Share of the ten nearest that lists must find at build, so that questions, which find within .005
of it (`docs/performance.md`), find .98."""

_BLOCK = 16_384
_NEAREST = 10
_TRIED = 200
_TRAINING_ROWS_PER_LIST = 40
_FIRST_PROBES = 8
_HARDLY_MORE = 0.001
_EIGHT_BITS, _HALF = faiss.ScalarQuantizer.QT_8bit, faiss.ScalarQuantizer.QT_fp16
# Cosines nearer than this are one: duplicates of a text share a place.
_SAME = 1e-6


@dataclass(frozen=True, slots=True)
class Kind:
    """How a set of vectors is held.

    Attributes:
        name: See the table above.
        lists: Lists the vectors are spread over; 0 when all of them are searched.
        probes: How many of the lists a search looks into.
        recall: Share of a vector's ten nearest that are found, measured at build against exact
            search, over a sample of the vectors themselves.
    """

    name: KindName = "flat"
    lists: int = 0
    probes: int = 0
    recall: float = 1.0


def kind_for(size: int, *, exact: bool = False) -> KindName:
    """The kind that fits so many vectors.

    Example: kind_for(50_000) -> "sq-fp16"
    """
    if exact or size <= EXACT_UP_TO:
        return "flat"
    return "sq-fp16" if size <= HALF_UP_TO else "ivf-sq8"


def gather(
    spool: VectorSpool, start: int, stop: int, *, exact: bool = False
) -> tuple["faiss.Index", Kind]:
    """Indexes a range of a spool's rows, block by block.

    Args:
        spool: Unit vectors.
        start: The first row.
        stop: The row after the last.
        exact: Search exactly, however many there are.
    """
    part = _Part(spool, start, stop)
    name = kind_for(part.size, exact=exact)
    if name == "flat":
        return _filled(faiss.IndexFlatIP(spool.width), part), Kind(name)
    trial = _Trial(part)
    if name == "sq-fp16":
        half = faiss.IndexScalarQuantizer(spool.width, _HALF, faiss.METRIC_INNER_PRODUCT)
        return _filled(half, part), Kind(name, recall=trial.recall(half))
    index, kind = _lists(part, trial, name, _EIGHT_BITS)
    if kind.recall < ENOUGH_RECALL:
        del index  # room for the next one
        index, kind = _lists(part, trial, "ivf-fp16", _HALF)
    return index, kind


def _filled(index: "faiss.Index", part: "_Part") -> "faiss.Index":
    for first in range(0, part.size, _BLOCK):
        index.add(part.block(first))
    return index


def _lists(
    part: "_Part", trial: "_Trial", name: KindName, precision: int
) -> tuple["faiss.Index", Kind]:
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(part.spool.width),
        part.spool.width,
        round(2 * part.size**0.5),
        precision,
        faiss.METRIC_INNER_PRODUCT,
        # Without residuals a vector that is taken over into a later build is rounded to itself.
        False,
    )
    index.cp.max_points_per_centroid = _TRAINING_ROWS_PER_LIST
    index.train(part.take(part.sample(_TRAINING_ROWS_PER_LIST * index.nlist)))
    _filled(index, part)
    index.make_direct_map()
    recall = _widen(index, trial)
    return index, Kind(name, index.nlist, index.nprobe, recall)


def _widen(index: "faiss.IndexIVF", trial: "_Trial") -> float:
    """Doubles the lists searched until enough is found or more would not help; returns recall."""
    index.nprobe = min(_FIRST_PROBES, index.nlist)
    recall = trial.recall(index)
    while recall < ENOUGH_RECALL and index.nprobe < index.nlist:
        index.nprobe = min(2 * index.nprobe, index.nlist)
        before, recall = recall, trial.recall(index)
        if recall - before < _HARDLY_MORE:
            break
    return recall


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows `start` to `stop` of a spool, counted from 0."""

    spool: VectorSpool
    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start

    def block(self, first: int) -> NDArray[np.float32]:
        return self.spool.read(self.start + first, min(self.start + first + _BLOCK, self.stop))

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return self.spool.take(self.start + rows)

    def sample(self, size: int) -> NDArray[np.int64]:
        """Rows chosen at random, always the same ones."""
        random = np.random.default_rng(self.size)
        return np.sort(random.choice(self.size, min(size, self.size), replace=False))


class _Trial:
    """Some of the vectors as questions, and how near the tenth of their true neighbours is."""

    def __init__(self, part: _Part) -> None:
        """Searches every row, exactly and once."""
        self._part = part
        self._asked = part.sample(_TRIED)
        self._queries = part.take(self._asked)
        best = np.empty((len(self._asked), 0), dtype=np.float32)
        for first in range(0, part.size, _BLOCK):
            block = part.block(first)
            found, rows = faiss.knn(
                self._queries,
                block,
                min(_NEAREST + 1, len(block)),
                metric=faiss.METRIC_INNER_PRODUCT,
            )
            found[rows + first == self._asked[:, None]] = -np.inf
            best = -np.sort(-np.hstack([best, found]), axis=1)[:, :_NEAREST]
        self._least = best[:, -1]

    def recall(self, index: "faiss.Index") -> float:
        """The share of the true neighbours that an index finds; equals count alike."""
        _, rows = index.search(self._queries, _NEAREST + 1)
        shares = [
            self._share(query, least, row[(row >= 0) & (row != own)][:_NEAREST])
            for query, least, row, own in zip(
                self._queries, self._least, rows, self._asked, strict=True
            )
        ]
        return round(float(np.mean(shares)), 4)

    def _share(self, query: NDArray[np.float32], least: float, rows: NDArray[np.int64]) -> float:
        cosines = self._part.take(rows) @ query
        return float(np.sum(cosines >= least - _SAME)) / _NEAREST
