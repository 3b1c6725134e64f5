"""Documents to an index: cut, encode what is new, gather."""

import hashlib
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding import Embedder, load_embedder
from askdoc.errors import DocumentError
from askdoc.index.local import LocalStore
from askdoc.index.manifest import Manifest, sources_of
from askdoc.index.pieces import piece_vectors
from askdoc.index.search import PassageIndex
from askdoc.index.vectors import Phrases, Vectors
from askdoc.lexical import LexicalIndex
from askdoc.passages import PassageSize, cut, embedding_text
from askdoc.records import Document, Passage


def build_index(
    documents: Iterable[Document],
    *,
    embedder: Embedder | None = None,
    previous: PassageIndex | None = None,
    size: PassageSize | None = None,
    phrases: Iterable[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
) -> PassageIndex:
    """Builds an index in memory.

    Args:
        documents: What to index; ids must differ.
        embedder: The model; the default one if none is given.
        previous: An older index. Texts it holds already are not encoded again.
        size: How passages are packed; by default to the model's window.
        phrases: Texts besides the documents whose vectors the index shall keep.
        on_progress: Called with (texts encoded, texts to encode).

    Raises:
        DocumentError: Two documents share an id, or a document holds no sentence.
        EmbedderError: The model cannot be loaded.
    """
    held = _by_id(documents)
    embedder = embedder or load_embedder()
    size = size or PassageSize(window=min(embedder.window, PassageSize().window))
    passages = [p for document in held.values() for p in _passages(document, embedder, size)]
    texts = _passage_texts(held, passages)
    sentences = [passage.sentence(span) for passage in passages for span in passage.sentences]
    kept = tuple(dict.fromkeys(phrases))
    older = previous.store if previous and isinstance(previous.store, LocalStore) else None
    everything = [*texts, *sentences, *kept]
    vectors = _encode(everything, embedder, _known(older, embedder), on_progress)
    by_passage, by_sentence, by_phrase = np.split(
        vectors, [len(texts), len(texts) + len(sentences)]
    )
    store = LocalStore(
        Manifest(embedder.name, embedder.fingerprint, size, sources_of(held.values())),
        held,
        passages,
        Vectors.of(by_passage, by_sentence, _owners(passages)),
        LexicalIndex.build(texts),
        Phrases(kept, by_phrase),
        piece_vectors(sentences, embedder, _known_pieces(older, embedder)),
    )
    return PassageIndex(store, embedder)


def _by_id(documents: Iterable[Document]) -> dict[str, Document]:
    held: dict[str, Document] = {}
    for document in documents:
        if document.id in held:
            raise DocumentError(
                f'Two documents have the id "{document.id}". Give one of them another `id` in '
                "its front matter, or another file name."
            )
        held[document.id] = document
    return held


def _passages(document: Document, embedder: Embedder, size: PassageSize) -> tuple[Passage, ...]:
    passages = cut(document, embedder.count, size)
    if not passages:
        raise DocumentError(f'"{document.path or document.id}" holds no sentence to index.')
    return passages


def _passage_texts(held: dict[str, Document], passages: Iterable[Passage]) -> list[str]:
    return [embedding_text(held[p.document_id].title, p.heading, p.text) for p in passages]


def _owners(passages: Sequence[Passage]) -> list[int]:
    return [row for row, passage in enumerate(passages) for _ in passage.sentences]


def _known(previous: LocalStore | None, embedder: Embedder) -> dict[bytes, NDArray[np.float32]]:
    """Vectors of an older index by the hash of the text they stand for."""
    if previous is None or previous.manifest.fingerprint != embedder.fingerprint:
        return {}
    texts = _passage_texts(dict(previous.documents), previous.passages)
    sentences = [p.sentence(span) for p in previous.passages for span in p.sentences]
    rows = [
        *previous.vectors.passages.reconstruct_n(0, len(texts)),
        *previous.vectors.sentences.reconstruct_n(0, len(sentences)),
        *previous.phrases.vectors,
    ]
    everything = [*texts, *sentences, *previous.phrases.texts]
    return {_hash(text): row for text, row in zip(everything, rows, strict=True)}


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
    texts = [p.sentence(span) for p in previous.passages for span in p.sentences]
    rows = {text: row for row, text in enumerate(texts)}
    return lambda text: pieces.rows_of(rows[text]) if text in rows else None


def _encode(
    texts: list[str],
    embedder: Embedder,
    known: dict[bytes, NDArray[np.float32]],
    on_progress: Callable[[int, int], None] | None,
) -> NDArray[np.float32]:
    keys = [_hash(text) for text in texts]
    new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if on_progress:
            on_progress(done, len(new))

    fresh = embedder.encode(list(new.values()), advance)
    known = {**known, **dict(zip(new, fresh, strict=True))}
    return np.stack([known[key] for key in keys]) if keys else fresh


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
