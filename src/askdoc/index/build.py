"""Documents to an index: cut, encode what is new, gather."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding import Embedder, load_embedder
from askdoc.errors import IndexDamagedError, IndexMismatchError, IndexMissingError
from askdoc.index.encoding import OnProgress, encode_texts, known_of
from askdoc.index.kinds import Kind, gather
from askdoc.index.library import Library, shelve
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
    on_progress: OnProgress | None = None,
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
    files: set[str] = set()
    library = shelve(_noted(documents, files), embedder.count, size)
    texts = _Texts(library, tuple(dict.fromkeys(phrases)), exact)
    reader = PieceReader.of(embedder, library.sentences(), texts.sizes["sentences"])
    older = previous.store if previous and isinstance(previous.store, LocalStore) else None
    held = _encoded(texts, embedder, reader, older, on_progress)
    manifest = Manifest(
        embedder.name, embedder.fingerprint, size, sources_of(files), exact=exact, kinds=held.kinds
    )
    lexical = LexicalIndex.build(library.texts())
    pieces = _pieces(library.sentences(), reader, _known_pieces(older, embedder))
    store = LocalStore(manifest, library, held.vectors, lexical, held.phrases, pieces)
    return PassageIndex(store, embedder)


def previous_index(folder: Path) -> PassageIndex | None:
    """What a build in that folder may take over: an index, stale or not, or none that can be read.

    A manifest that is not askdoc's is refused when the index is saved.
    """
    try:
        return PassageIndex.load(folder, stale=True)
    except (IndexMissingError, IndexMismatchError, IndexDamagedError):
        return None


@dataclass(frozen=True, slots=True)
class _Held:
    """Vectors, and how those of "passages" and "sentences" are held."""

    vectors: Vectors
    phrases: Phrases
    kinds: dict[str, Kind]


@dataclass(frozen=True, slots=True)
class _Texts:
    """What gets vectors in an index.

    Attributes:
        library: Its passages and their sentences.
        phrases: Texts besides them, each once.
        exact: Whether vectors are searched exactly, however many there are.
    """

    library: Library
    phrases: tuple[str, ...]
    exact: bool

    @property
    def sizes(self) -> dict[str, int]:
        """How many "passages" and "sentences" there are."""
        sentences = int(self.library.first_sentences[-1])
        return {"passages": len(self.library.passages), "sentences": sentences}

    def all(self) -> Iterator[str]:
        """Passages, sentences, phrases."""
        return chain(self.library.texts(), self.library.sentences(), self.phrases)

    def held(self, spool: VectorSpool) -> _Held:
        """Indexes the vectors of a spool, which has them in the order of `all`."""
        first_sentence, first_phrase = self.sizes["passages"], sum(self.sizes.values())
        by_passage, passage_kind = gather(spool, 0, first_sentence, exact=self.exact)
        by_sentence, sentence_kind = gather(spool, first_sentence, first_phrase, exact=self.exact)
        return _Held(
            Vectors(by_passage, by_sentence, self.library.first_sentences),
            Phrases(self.phrases, spool.read(first_phrase, len(spool))),
            {"passages": passage_kind, "sentences": sentence_kind},
        )


def _encoded(
    texts: _Texts,
    embedder: Embedder,
    reader: PieceReader | None,
    older: LocalStore | None,
    on_progress: OnProgress | None,
) -> _Held:
    """Encodes what the older index does not hold, and indexes all of it."""
    with VectorSpool() as spool:
        encode_texts(
            texts.all,
            reader.encode if reader else embedder.encode,
            known_of(older, embedder, texts.sizes, exact=texts.exact),
            spool,
            on_progress,
        )
        return texts.held(spool)


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
