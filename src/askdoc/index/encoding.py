"""Texts to vectors in blocks: each text once, and none that an older index holds already."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding import Embedder
from askdoc.index.kinds import kind_for
from askdoc.index.spool import VectorSpool

if TYPE_CHECKING:
    from askdoc.index.local import LocalStore

OnProgress: TypeAlias = Callable[[int, int], None]
Encode: TypeAlias = Callable[[list[str], Callable[[int], None]], NDArray[np.float32]]
Take: TypeAlias = Callable[[NDArray[np.int64]], NDArray[np.float32]]
_Keys: TypeAlias = NDArray[np.void]

_BLOCK = 4096
# Half of a text's SHA-256: 128 bits tell any two texts apart.
_KEY = np.dtype([("high", "<u8"), ("low", "<u8")])


class Known:
    """Vectors at hand, by the text they stand for."""

    def __init__(self, sources: Sequence[tuple[Iterable[str], Take]] = ()) -> None:
        """Knows the texts of each source; its function gives the vectors of some of their rows."""
        keys = [np.empty(0, _KEY), *(_keys_of(texts) for texts, _ in sources)]
        self._takes = [take for _, take in sources]
        self._starts = np.cumsum([len(part) for part in keys])
        joined = np.concatenate(keys)
        self._order = np.argsort(joined, kind="stable")
        self._keys = joined[self._order]

    def rows_of(self, keys: _Keys) -> NDArray[np.int64]:
        """The row of each text; -1 for one that is not known."""
        if not len(self._keys):
            return np.full(len(keys), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[at] == keys, self._order[at], -1)

    def fill(self, into: NDArray[np.float32], rows: NDArray[np.int64]) -> None:
        """Puts the vector of each known row in its place; rows of -1 are left as they are."""
        source = np.searchsorted(self._starts, rows, side="right") - 1
        for number, take in enumerate(self._takes):
            own = (source == number) & (rows >= 0)
            if own.any():
                into[own] = take(rows[own] - self._starts[number])


def known_of(
    previous: "LocalStore | None", embedder: Embedder, sizes: Mapping[str, int], *, exact: bool
) -> Known:
    """What an older index holds that a new one can use.

    Vectors kept in 8 bits serve again where they will be kept so, and nowhere else.

    Args:
        previous: The older index, if there is one.
        embedder: The model.
        sizes: How many "passages" and "sentences" the new index has.
        exact: Whether it holds them exactly, however many.
    """
    if previous is None or previous.manifest.fingerprint != embedder.fingerprint:
        return Known()
    held, phrases = previous.vectors, previous.phrases
    parts = {
        "passages": (previous.library.texts(), held.passages.reconstruct_batch),
        "sentences": (previous.library.sentences(), held.sentences.reconstruct_batch),
    }
    sharp = [
        source
        for name, source in parts.items()
        if previous.manifest.kinds[name].name != "ivf-sq8"
        or kind_for(sizes[name], exact=exact) == "ivf-sq8"
    ]
    return Known([*sharp, (phrases.texts, lambda rows: phrases.vectors[rows])])


def encode_texts(
    texts: Callable[[], Iterable[str]],
    encode: Encode,
    known: Known,
    spool: VectorSpool,
    on_progress: OnProgress | None = None,
) -> None:
    """Encodes texts, block by block.

    Args:
        texts: Gives all n texts, the same ones each time.
        encode: As `Embedder.encode`.
        known: Texts that need not be encoded.
        spool: An empty one, which gets the n unit vectors in the order of the texts.
        on_progress: Called with (texts encoded, texts to encode).
    """
    keys = _keys_of(texts())
    _, first, same = np.unique(keys, return_index=True, return_inverse=True)
    origin, old = first[same.ravel()], known.rows_of(keys)
    new = (old < 0) & (origin == np.arange(len(keys)))
    total, done = int(new.sum()), 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if on_progress:
            on_progress(done, total)

    for start, block in _blocks(texts()):
        here = slice(start, start + len(block))
        fresh = encode([block[at] for at in np.flatnonzero(new[here])], advance)
        rows = np.empty((len(block), fresh.shape[1]), dtype=np.float32)
        rows[new[here]] = fresh
        known.fill(rows, old[here])
        again = np.flatnonzero((old[here] < 0) & ~new[here])
        _repeat(rows, again, origin[here][again], spool)
        spool.append(rows)


def _repeat(
    rows: NDArray[np.float32],
    again: NDArray[np.int64],
    origin: NDArray[np.int64],
    spool: VectorSpool,
) -> None:
    """Copies vectors of texts met before: earlier in this block, or in one spooled already."""
    inside = origin >= len(spool)
    rows[again[inside]] = rows[origin[inside] - len(spool)]
    if not inside.all():
        rows[again[~inside]] = spool.take(origin[~inside])


def _blocks(texts: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Texts some thousand at a time, with the place of the first; one empty block if none."""
    source, start = iter(texts), 0
    while (block := list(islice(source, _BLOCK))) or not start:
        yield start, block
        start += len(block) or 1


def _keys_of(texts: Iterable[str]) -> _Keys:
    digests = bytearray()
    for text in texts:
        digests += hashlib.sha256(text.encode()).digest()[: _KEY.itemsize]
    return np.frombuffer(digests, dtype=_KEY)
