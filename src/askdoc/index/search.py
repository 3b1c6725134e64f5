"""The index, wherever its passages live, and how it finds them."""

import os
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askdoc.embedding import (
    Embedder,
    TokenEmbeddings,
    adapter_for,
    encode_with_tokens,
    load_embedder,
)
from askdoc.errors import IndexFolderError, IndexMismatchError, QuestionError
from askdoc.index import folder as _folder
from askdoc.index.fusion import FUSION, Candidates, Fusion
from askdoc.index.late_interaction import question_tokens
from askdoc.index.manifest import Manifest
from askdoc.index.store import LocalStore, Store
from askdoc.lexical import Lexicon
from askdoc.records import Document, Hit, Passage, Span
from askdoc.text import Token, tokenize

_LISTED_IDS = 10
"""How many ids the error for an unknown article lists."""


class PassageIndex:
    """Passages of some documents, ready to be searched. Build it with `build_index`."""

    def __init__(self, store: Store, embedder: Embedder | None = None) -> None:
        """Searches a store; without an embedder, it loads the manifest's model when needed."""
        self.store = store
        self._embedder = embedder
        self._model = store.manifest.model

    @classmethod
    def load(
        cls, folder: str | Path, model: str | None = None, *, stale: bool = False
    ) -> "PassageIndex":
        """Loads an index from the folder it was saved in.

        Args:
            folder: Where `save` put it.
            model: Where the index's embedding model is, when not where it was at build time.
            stale: Take the index even if its files have changed since it was built.

        Raises:
            IndexMissingError: The folder holds no index.
            IndexDamagedError: Files are missing, altered or not askdoc's.
            IndexMismatchError: The index is of another format, or its files have changed since
                (`IndexStaleError`).
        """
        return cls.over(_folder.read(Path(folder), stale=stale), model)

    @classmethod
    def over(cls, store: Store, model: str | None = None) -> "PassageIndex":
        """An index over an existing store; `model` as for `load`."""
        index = cls(store)
        index._model = model or os.environ.get("ASKDOC_MODEL") or index._model
        return index

    def save(self, folder: str | Path) -> None:
        """Writes the index to a folder; an older index there stays in use until the last step.

        Raises:
            IndexDamagedError: The folder holds a manifest that is not askdoc's.
            IndexFolderError: The folder holds other files and no index, or the index lives in a
                store that is no folder.
        """
        if not isinstance(self.store, LocalStore):
            raise IndexFolderError(
                "This index lives in a store of its own and is not written to a folder. Build one "
                f"there: askdoc index corpus --index {folder}"
            )
        _folder.write(Path(folder), self.store)

    @property
    def manifest(self) -> Manifest:
        """What made the index."""
        return self.store.manifest

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by id."""
        return self.store.documents

    @property
    def passages(self) -> Collection[Passage]:
        """The passages, those of one document in a row."""
        return self.store.passages

    @property
    def lexical(self) -> Lexicon:
        """Which stems the passages hold."""
        return self.store.lexical

    def passage(self, passage_id: str) -> Passage | None:
        """The passage with an id, or None."""
        held = self.store.passages_of(passage_id.rpartition("#")[0])
        return next((passage for passage in held if passage.id == passage_id), None)

    def document(self, document_id: str) -> Document:
        """The document with an id.

        Raises:
            QuestionError: There is none.
        """
        if document_id not in self.documents:
            held = list(islice(self.documents, _LISTED_IDS + 1))
            named = ", ".join(held[:_LISTED_IDS]) + (
                " and others" if len(held) > _LISTED_IDS else ""
            )
            raise QuestionError(
                f"There is no article of that id here. The ids are {named}. "
                "Leave the id out to ask all of them."
            )
        return self.documents[document_id]

    def latest(self) -> "PassageIndex":
        """The index over the live build, with the same model; usually this one."""
        store = self.store.latest()
        if store is self.store:
            return self
        index = PassageIndex(store, self._embedder or self.__dict__.get("embedder"))
        index._model = self._model
        return index

    @cached_property
    def embedder(self) -> Embedder:
        """The model that made this index.

        Raises:
            EmbedderError: It cannot be loaded.
            IndexMismatchError: The model found is not the one that made the vectors.
        """
        embedder = self._embedder or load_embedder(self._model)
        if embedder.fingerprint != self.manifest.fingerprint:
            raise IndexMismatchError(
                f'The index was built with "{self.manifest.model}", you asked for '
                f'"{embedder.name}". Rebuild it: askdoc index --model {embedder.name}'
            )
        return embedder

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of texts, of shape (n, d); stored phrases need no model."""
        phrases = self.store.phrases
        if all(text in phrases for text in texts):
            return phrases.vectors_of(texts)
        return self.embedder.encode(texts)

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        fusion: Fusion = FUSION,
        encoded: TokenEmbeddings | None = None,
        tokens: Sequence[Token] | None = None,
        document: str | None = None,
    ) -> tuple[Hit, ...]:
        """Finds the passages that fit a query best.

        Args:
            query: What to look for.
            k: How many hits at most.
            fusion: How much each signal counts.
            encoded: The query as the embedder encodes it, if it is encoded already.
            tokens: The words of the query, if it is cut into words already.
            document: Search the document of this id alone.

        Returns:
            Hits by falling score; none when the index is empty.

        Raises:
            QuestionError: There is no document of that id.
        """
        if document is not None:
            self.document(document)
        if not self.passages or k < 1:
            return ()
        encoded = encoded or encode_with_tokens(self.embedder, [query])[0]
        words = tokenize(query) if tokens is None else tokens
        vectors = self._adapted(query, encoded.whole, fusion.adapter)
        stems = [word.stem for word in words]
        found = self.store.propose(stems, vectors, max(fusion.candidates, k), document)
        if not found.passages:
            return ()
        if self.store.has_tokens:
            self._compare_tokens(encoded, words, found, fusion)
        scores, sentences = found.scores(fusion), found.sentence_scores(fusion)
        best = np.argsort(-scores, kind="stable")[:k]
        shown = zip(best.tolist(), scores[best].tolist(), found.signals(best), strict=True)
        return tuple(
            Hit(rank, score, found.passages[at], found.best_sentences(at, sentences), signals)
            for rank, (at, score, signals) in enumerate(shown, start=1)
        )

    def whole_sentences(self, document_id: str, span: Span) -> tuple[Passage, Span]:
        """The passage that holds a stretch of a document, and the whole sentences it touches.

        Raises:
            KeyError: No passage of that document holds any of it.
        """
        for passage in self.store.passages_of(document_id):
            if passage.start < span[1] and span[0] < passage.end:
                touched = [s for s in passage.sentences if s[0] < span[1] and span[0] < s[1]]
                if touched:
                    return passage, (touched[0][0], touched[-1][1])
        raise KeyError(document_id, span)

    def _adapted(
        self, query: str, vector: NDArray[np.float32], strength: float
    ) -> NDArray[np.float32]:
        """The vectors that `Store.propose` takes."""
        adapter = adapter_for(self.manifest.fingerprint, query) if strength else None
        adapted = vector if adapter is None else adapter.adapt(vector, strength)
        return np.stack([adapted, adapted - vector], axis=1)

    def _compare_tokens(
        self, encoded: TokenEmbeddings, words: Sequence[Token], found: Candidates, fusion: Fusion
    ) -> None:
        """Adds MaxSim for the sentences of the best candidates so far."""
        question = question_tokens(words, encoded, self.lexical.idf)
        if question is None:
            return
        best = np.sort(np.argsort(-found.scores(fusion), kind="stable")[: fusion.compared])
        compared = [found.passages[int(at)] for at in best]
        nearest = self.store.token_similarities(compared, question.vectors)
        lengths = np.array([len(passage.sentences) for passage in compared])
        starts = np.cumsum(lengths) - lengths
        rows = np.repeat(found.starts[best] - starts, lengths) + np.arange(len(nearest))
        # Not `@`: for five tokens OpenBLAS 0.3.31 reads beyond the row, and NumPy may warn.
        found.maxsim[rows] = np.einsum("st,t->s", nearest, question.weights)
