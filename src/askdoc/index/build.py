"""Documents to an index: cut them, encode what is new, fill FAISS and BM25.

Texts are encoded in blocks, each text once, except those that the previous index has encoded.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding import Embedder, load_embedder
from askdoc.errors import IndexDamagedError, IndexMismatchError, IndexMissingError
from askdoc.index.late_interaction import SentenceTokens, TokenEncoder, sentence_tokens
from askdoc.index.library import Library, cut_all
from askdoc.index.manifest import Manifest, sources_of
from askdoc.index.search import PassageIndex
from askdoc.index.store import LocalStore
from askdoc.index.vectors import Phrases, Vectors, faiss_index
from askdoc.lexical import LexicalIndex
from askdoc.passages import PassageSize
from askdoc.records import Document, OnProgress

Encode: TypeAlias = Callable[[list[str], Callable[[int], None]], NDArray[np.float32]]
Take: TypeAlias = Callable[[NDArray[np.int64]], NDArray[np.float32]]
_Keys: TypeAlias = NDArray[np.void]

_BLOCK_TEXTS = 4096
_KEY = np.dtype([("high", "<u8"), ("low", "<u8")])
"""Half of a text's SHA-256: 128 bits tell any two texts apart."""


def build_index(
    documents: Iterable[Document],
    *,
    embedder: Embedder | None = None,
    previous: PassageIndex | None = None,
    size: PassageSize | None = None,
    phrases: Iterable[str] = (),
    exact: bool = False,
    on_progress: OnProgress | None = None,
) -> PassageIndex:
    """Builds an index. Documents are taken one by one.

    Args:
        documents: What to index; ids must differ.
        embedder: The model; the default one if none is given.
        previous: An older index. Texts it holds are not encoded again.
        size: How passages are packed; by default to the model's window.
        phrases: Texts besides the documents whose vectors the index keeps.
        exact: Search vectors exactly, whatever their number.
        on_progress: Called with (texts encoded, texts to encode).

    Raises:
        DocumentError: Two documents share an id, or a document holds no sentence.
        EmbedderError: The model cannot be loaded.
    """
    embedder = embedder or load_embedder()
    size = size or passage_size_for(embedder)
    files: set[str] = set()
    library = cut_all(_noted(documents, files), embedder.count, size)
    kept = tuple(dict.fromkeys(phrases))
    encoder = TokenEncoder.of(embedder, library.sentences(), int(library.first_sentences[-1]))
    older = previous.store if previous and isinstance(previous.store, LocalStore) else None
    encoded = encode_texts(
        lambda: chain(library.texts(), library.sentences(), kept),
        encoder.encode if encoder else embedder.encode,
        known_of(older, embedder),
        on_progress,
    )
    manifest = Manifest(embedder.name, embedder.fingerprint, size, sources_of(files), exact=exact)
    vectors, phrase_vectors = _held(library, encoded, exact=exact)
    lexical = LexicalIndex.build(library.texts())
    tokens = _sentence_tokens(library.sentences(), encoder, _known_tokens(older, embedder))
    store = LocalStore(manifest, library, vectors, lexical, Phrases(kept, phrase_vectors), tokens)
    return PassageIndex(store, embedder)


def passage_size_for(embedder: Embedder) -> PassageSize:
    """The usual packing of passages, or a smaller one where the model's window is smaller."""
    return PassageSize(window=min(embedder.window, PassageSize().window))


def previous_index(folder: Path) -> PassageIndex | None:
    """The index in a folder, stale or not, to take vectors from; None where none can be read.

    Saving refuses a manifest that is not askdoc's.
    """
    try:
        return PassageIndex.load(folder, stale=True)
    except (IndexMissingError, IndexMismatchError, IndexDamagedError):
        return None


def _held(
    library: Library, encoded: NDArray[np.float32], *, exact: bool
) -> tuple[Vectors, NDArray[np.float32]]:
    """The vectors of passages and sentences in FAISS, and those of the phrases behind them."""
    passages = len(library.passages)
    past = passages + int(library.first_sentences[-1])
    by_passage = faiss_index(encoded[:passages], exact=exact)
    by_sentence = faiss_index(encoded[passages:past], exact=exact)
    return Vectors(by_passage, by_sentence, library.first_sentences), encoded[past:].copy()


def _noted(documents: Iterable[Document], files: set[str]) -> Iterator[Document]:
    """Yields the documents, and adds the files they were read from to `files`."""
    for document in documents:
        if document.path:
            files.add(document.path)
        yield document


def _sentence_tokens(
    sentences: Iterable[str],
    encoder: TokenEncoder | None,
    older: Callable[[str], NDArray[np.float16] | None],
) -> SentenceTokens | None:
    if encoder is None:
        return None

    def known(text: str) -> NDArray[np.float16] | None:
        rows = encoder.encoded.get(text)
        return older(text) if rows is None else rows

    return sentence_tokens(list(sentences), encoder.embedder, known)


def _known_tokens(
    previous: LocalStore | None, embedder: Embedder
) -> Callable[[str], NDArray[np.float16] | None]:
    """Looks up the token embeddings of an older index's sentences by their text."""
    if (
        previous is None
        or previous.tokens is None
        or previous.manifest.fingerprint != embedder.fingerprint
    ):
        return lambda _: None
    tokens = previous.tokens
    rows = {text: row for row, text in enumerate(previous.library.sentences())}
    return lambda text: tokens.rows_of(rows[text]) if text in rows else None


class KnownVectors:
    """Vectors that were encoded before, by a hash of their text."""

    def __init__(self, sources: Sequence[tuple[Iterable[str], Take]] = ()) -> None:
        """Each source is its texts, and a function from rows of these to their vectors."""
        keys = [np.empty(0, _KEY), *(_keys_of(texts) for texts, _ in sources)]
        self._takes = [take for _, take in sources]
        self._starts = np.cumsum([len(part) for part in keys])
        joined = np.concatenate(keys)
        self._order = np.argsort(joined, kind="stable")
        self._keys = joined[self._order]

    def rows_of(self, keys: _Keys) -> NDArray[np.int64]:
        """The row of each text, or -1."""
        if not len(self._keys):
            return np.full(len(keys), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[at] == keys, self._order[at], -1)

    def fill(self, into: NDArray[np.float32], rows: NDArray[np.int64]) -> None:
        """Copies the vector of each known row to its place; a row of -1 is left alone."""
        source = np.searchsorted(self._starts, rows, side="right") - 1
        for number, take in enumerate(self._takes):
            own = (source == number) & (rows >= 0)
            if own.any():
                into[own] = take(rows[own] - self._starts[number])


def known_of(previous: LocalStore | None, embedder: Embedder) -> KnownVectors:
    """The vectors of an older index that the same model made."""
    if previous is None or previous.manifest.fingerprint != embedder.fingerprint:
        return KnownVectors()
    held, phrases = previous.vectors, previous.phrases
    return KnownVectors(
        [
            (previous.library.texts(), held.passages.reconstruct_batch),
            (previous.library.sentences(), held.sentences.reconstruct_batch),
            (phrases.texts, lambda rows: phrases.vectors[rows]),
        ]
    )


def encode_texts(
    texts: Callable[[], Iterable[str]],
    encode: Encode,
    known: KnownVectors,
    on_progress: OnProgress | None = None,
) -> NDArray[np.float32]:
    """Encodes texts, block by block.

    Args:
        texts: Returns all n texts, the same ones at each call.
        encode: As `Embedder.encode`.
        known: Texts that need not be encoded.
        on_progress: Called with (texts encoded, texts to encode).

    Returns:
        The (n, d) unit vectors, in the order of the texts.
    """
    keys = _keys_of(texts())
    _, first, same = np.unique(keys, return_index=True, return_inverse=True)
    origin, old = first[same.ravel()], known.rows_of(keys)
    new = (old < 0) & (origin == np.arange(len(keys)))
    total, done = int(new.sum()), 0
    vectors = np.empty((0, 0), dtype=np.float32)

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if on_progress:
            on_progress(done, total)

    for start, block in _blocks(texts()):
        here = slice(start, start + len(block))
        fresh = encode([block[at] for at in np.flatnonzero(new[here])], advance)
        if not start:
            vectors = np.empty((len(keys), fresh.shape[1]), dtype=np.float32)
        vectors[here][new[here]] = fresh
        known.fill(vectors[here], old[here])
    again = (old < 0) & ~new
    vectors[again] = vectors[origin[again]]
    return vectors


def _blocks(texts: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Blocks of texts with the position of their first; one empty block if there are none."""
    source, start = iter(texts), 0
    while (block := list(islice(source, _BLOCK_TEXTS))) or not start:
        yield start, block
        start += len(block) or 1


def _keys_of(texts: Iterable[str]) -> _Keys:
    digests = bytearray()
    for text in texts:
        digests += hashlib.sha256(text.encode()).digest()[: _KEY.itemsize]
    return np.frombuffer(digests, dtype=_KEY)
