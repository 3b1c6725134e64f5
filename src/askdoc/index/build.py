"""Documents to an index: cut, encode what is new, gather."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding import Embedder, load_embedder
from askdoc.index.encoding import encode_texts, known_of
from askdoc.index.kinds import gather
from askdoc.index.library import shelve
from askdoc.index.local import LocalStore
from askdoc.index.manifest import Manifest, sources_of
from askdoc.index.pieces import PieceReader, SentencePieces, piece_vectors
from askdoc.index.search import PassageIndex
from askdoc.index.spool import VectorSpool
from askdoc.index.vectors import Phrases, Vectors
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
    on_progress: Callable[[int, int], None] | None = None,
) -> PassageIndex:
    """Builds an index. Documents are taken one by one; what grows lies in temporary files.

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
    sources: set[str] = set()
    library = shelve(_noted(documents, sources), embedder.count, size)
    kept = tuple(dict.fromkeys(phrases))
    reader = PieceReader.of(embedder, library.sentences(), int(library.first_sentences[-1]))
    older = previous.store if previous and isinstance(previous.store, LocalStore) else None
    sizes = {"passages": len(library.passages), "sentences": int(library.first_sentences[-1])}
    first_phrase = sum(sizes.values())
    with VectorSpool() as spool:
        encode_texts(
            lambda: chain(library.texts(), library.sentences(), kept),
            reader.encode if reader else embedder.encode,
            known_of(older, embedder, sizes, exact=exact),
            spool,
            on_progress,
        )
        by_passage, passage_kind = gather(spool, 0, sizes["passages"], exact=exact)
        by_sentence, sentence_kind = gather(spool, sizes["passages"], first_phrase, exact=exact)
        by_phrase = spool.read(first_phrase, len(spool))
    store = LocalStore(
        Manifest(
            embedder.name,
            embedder.fingerprint,
            size,
            sources_of(sources),
            exact=exact,
            kinds={"passages": passage_kind, "sentences": sentence_kind},
        ),
        library,
        Vectors(by_passage, by_sentence, library.first_sentences),
        LexicalIndex.build(library.texts()),
        Phrases(kept, by_phrase),
        _pieces(library.sentences(), reader, _known_pieces(older, embedder)),
    )
    return PassageIndex(store, embedder)


def _noted(documents: Iterable[Document], sources: set[str]) -> Iterator[Document]:
    """The documents as they come; the files they were read from are added to `sources`."""
    for document in documents:
        if document.path:
            sources.add(document.path)
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
