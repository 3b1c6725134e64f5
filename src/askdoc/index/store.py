"""The seam between the search and the place where passages live: what one asks of the other."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from askdoc.index.manifest import Manifest
from askdoc.index.vectors import Phrases
from askdoc.lexical import Lexicon
from askdoc.records import Document, Passage, SentenceScore, Signals

if TYPE_CHECKING:
    from askdoc.index.search import Fusion


class Store(Protocol):
    """Where documents, passages and their vectors live. All of it stays true to one build.

    Attributes:
        manifest: What made it.
        documents: The documents by id.
        passages: All passages, those of one document in a row.
        phrases: Texts whose vectors are kept.
        lexical: Which stems occur, and how often.
        has_pieces: Whether the word pieces of sentences are kept.
    """

    manifest: Manifest

    @property
    def phrases(self) -> Phrases:
        """Texts whose vectors are kept."""

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by id."""

    @property
    def passages(self) -> Collection[Passage]:
        """All passages."""

    @property
    def lexical(self) -> Lexicon:
        """Which stems occur."""

    @property
    def has_pieces(self) -> bool:
        """Whether word pieces are kept."""

    def propose(
        self, query: str, vectors: NDArray[np.float32], n: int, document: str | None
    ) -> "Candidates":
        """Passages that may fit a query, with the evidence on each.

        Args:
            query: What to look for.
            vectors: Of shape (d, 2): its vector to search by, and what of it the adapter added.
            n: How many passages each way of looking proposes.
            document: Look in the document of this id alone.
        """

    def nearest_pieces(
        self, passages: Sequence[Passage], question: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """How near each sentence of some passages comes to each of q pieces of a question.

        Returns:
            An (s, q) array of cosines, not below 0, where `has_pieces` is true.
        """

    def passages_of(self, document_id: str) -> Sequence[Passage]:
        """The passages of a document, in its order; none of one that is not held."""

    def catalogued(self) -> Sequence[Document]:
        """For each catalogue held, and for none, one document that it came with."""

    def latest(self) -> "Store":
        """The build that is live now, which may be this one."""

    def reachable(self) -> bool:
        """Whether it would answer now."""


def first_of_each_catalogue(documents: Iterable[Document]) -> tuple[Document, ...]:
    """For each catalogue, and for none, the first document that it came with."""
    found: dict[str, Document] = {}
    for document in documents:
        found.setdefault(document.catalogue, document)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Candidates:
    """Evidence on n passages and on all their m sentences, which begin at `starts`.

    `passage` and `lexical` hold n figures; `cosines` and `pieces` hold m, `weakest` n. `adapted`
    holds m: how much of a sentence's cosine the query's adapter added.
    """

    passages: tuple[Passage, ...]
    starts: NDArray[np.int64]
    passage: NDArray[np.float32]
    lexical: NDArray[np.float32]
    cosines: NDArray[np.float32]
    pieces: NDArray[np.float32]
    weakest: NDArray[np.float32]
    adapted: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        passages: Sequence[Passage],
        passage: NDArray[np.float32],
        lexical: NDArray[np.float32],
        cosines: NDArray[np.float32],
    ) -> "Candidates":
        """Evidence before word pieces are compared.

        Args:
            passages: n of them.
            passage: n cosines.
            lexical: n scores.
            cosines: An (m, 2) array: the cosines of sentences, and what of them was added.
        """
        lengths = [len(one.sentences) for one in passages]
        return cls(
            tuple(passages),
            np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64),
            passage,
            lexical,
            cosines[:, 0],
            np.zeros(len(cosines), dtype=np.float32),
            np.zeros(len(passages), dtype=np.float32),
            cosines[:, 1],
        )

    def sentence_scores(self, fusion: "Fusion") -> NDArray[np.float32]:
        """Scores of the m sentences."""
        total: NDArray[np.float32] = self.cosines + fusion.pieces * self.pieces
        return total

    def scores(self, fusion: "Fusion") -> NDArray[np.float32]:
        """Scores of the n passages."""
        best = self._best(self.sentence_scores(fusion))
        total: NDArray[np.float32] = (
            fusion.passage * self.passage + fusion.sentence * best + fusion.lexical * self.lexical
        )
        return total

    def signals(self, rows: NDArray[np.int64]) -> list[Signals]:
        """The evidence on some of the passages."""
        cosines, pieces, adapted = map(self._best, (self.cosines, self.pieces, self.adapted))
        return [
            Signals(
                passage=float(self.passage[at]),
                sentence=float(cosines[at]),
                lexical=float(self.lexical[at]),
                pieces=float(pieces[at]),
                weakest=float(self.weakest[at]),
                adapted=float(adapted[at]),
            )
            for at in rows
        ]

    def best_sentences(self, at: int, scores: NDArray[np.float32]) -> tuple[SentenceScore, ...]:
        """The sentences of the passage at a place by falling score, given those of all m."""
        spans, start = self.passages[at].sentences, int(self.starts[at])
        scored = zip(spans, scores[start : start + len(spans)].tolist(), strict=True)
        return tuple(SentenceScore(*one) for one in sorted(scored, key=lambda one: -one[1]))

    def _best(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of m sentences' values, the greatest in each passage."""
        return np.asarray(np.maximum.reduceat(values, self.starts), dtype=np.float32)
