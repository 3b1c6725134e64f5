"""Documents to an index: cut, encode what is new, put into FAISS and BM25."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding import Embedder, load_embedder
from askdoc.errors import IndexDamagedError, IndexMismatchError, IndexMissingError
from askdoc.index.encoding import OnProgress, encode_texts, known_of
from askdoc.index.library import Library, cut_all
from askdoc.index.local import LocalStore
from askdoc.index.manifest import Manifest, sources_of
from askdoc.index.pieces import PieceReader, SentencePieces, piece_vectors
from askdoc.index.search import PassageIndex
from askdoc.index.vectors import Phrases, Vectors, faiss_index
from askdoc.lexical import LexicalIndex
from askdoc.passages import PassageSize
from askdoc.records import Document


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
        previous: An older index. Texts it holds already are not encoded again.
        size: How passages are packed; by default to the model's window.
        phrases: Texts besides the documents whose vectors the index shall keep.
        exact: Search vectors exactly, however many there are.
        on_progress: Called with (texts encoded, texts to encode).

    Raises:
        DocumentError: Two documents share an id, or a document holds no sentence.
        EmbedderError: The model cannot be loaded.
    """
    embedder = embedder or load_embedder()
    size = size or PassageSize(window=min(embedder.window, PassageSize().window))
    files: set[str] = set()
    library = cut_all(_noted(documents, files), embedder.count, size)
    kept = tuple(dict.fromkeys(phrases))
    reader = PieceReader.of(embedder, library.sentences(), int(library.first_sentences[-1]))
    older = previous.store if previous and isinstance(previous.store, LocalStore) else None
    encoded = encode_texts(
        lambda: chain(library.texts(), library.sentences(), kept),
        reader.encode if reader else embedder.encode,
        known_of(older, embedder),
        on_progress,
    )
    manifest = Manifest(embedder.name, embedder.fingerprint, size, sources_of(files), exact=exact)
    vectors, phrase_vectors = _held(library, encoded, exact=exact)
    lexical = LexicalIndex.build(library.texts())
    pieces = _pieces(library.sentences(), reader, _known_pieces(older, embedder))
    store = LocalStore(manifest, library, vectors, lexical, Phrases(kept, phrase_vectors), pieces)
    return PassageIndex(store, embedder)


def previous_index(folder: Path) -> PassageIndex | None:
    """What a build in that folder may take over: an index, stale or not, or none that can be read.

    A manifest that is not askdoc's is refused when the index is saved.
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
    """The documents as they come; the files they were read from are added to `files`."""
    for document in documents:
        if document.path:
            files.add(document.path)
        yield document


def _pieces(
    sentences: Iterable[str],
    reader: PieceReader | None,
    older: Callable[[str], NDArray[np.float16] | None],
) -> SentencePieces | None:
    if reader is None:
        return None

    def known(text: str) -> NDArray[np.float16] | None:
        rows = reader.read.get(text)
        return older(text) if rows is None else rows

    return piece_vectors(list(sentences), reader.embedder, known)


def _known_pieces(
    previous: LocalStore | None, embedder: Embedder
) -> Callable[[str], NDArray[np.float16] | None]:
    """Word pieces of an older index's sentences, by their text."""
    if (
        previous is None
        or previous.pieces is None
        or previous.manifest.fingerprint != embedder.fingerprint
    ):
        return lambda _: None
    pieces = previous.pieces
    rows = {text: row for row, text in enumerate(previous.library.sentences())}
    return lambda text: pieces.rows_of(rows[text]) if text in rows else None
