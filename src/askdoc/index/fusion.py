"""The evidence that passages fit a query, and the weights by which it becomes one score."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from askdoc.records import Passage, SentenceScore, Signals


@dataclass(frozen=True, slots=True)
class Fusion:
    """Weights of the evidence that a passage fits a query, all of it added up.

    A passage scores `passage` times its cosine, plus `sentence` times its best sentence, plus
    `lexical` times its BM25. A sentence scores its cosine plus `pieces` times its MaxSim over word
    pieces: best is the one that is near in meaning *and* has something for each word. Nothing is
    scaled by the other candidates, so that a score does not depend on how many there are. Compare
    Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2022), on
    convex combinations against rank fusion. `docs/experiments.md` says how they were chosen.

    Both cosines of a query are with its vector as the adapter turns it, `adapter` strong; 0
    leaves the vector as the model gives it.

    `candidates` is how many passages each side proposes; `compared` is how many of the best are
    compared by word pieces, which can bring none before these from behind them.
    """

    passage: float = 0.5
    sentence: float = 0.5
    lexical: float = 0.03
    pieces: float = 1.0
    adapter: float = 0.65
    candidates: int = 100
    compared: int = 12

    def adapted(self, strength: float) -> "Fusion":
        """The same with the adapter that strong."""
        return replace(self, adapter=strength)


FUSION = Fusion()


@dataclass(frozen=True, slots=True)
class Candidates:
    """Evidence on n passages and on all their m sentences, which begin at `starts`.

    `passage` and `lexical` hold n figures; `cosines`, `pieces` and `adapted` hold m:
    `adapted` is how much of a sentence's cosine the query's adapter added.
    """

    passages: tuple[Passage, ...]
    starts: NDArray[np.int64]
    passage: NDArray[np.float32]
    lexical: NDArray[np.float32]
    cosines: NDArray[np.float32]
    pieces: NDArray[np.float32]
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
            cosines[:, 1],
        )

    def sentence_scores(self, fusion: Fusion) -> NDArray[np.float32]:
        """Scores of the m sentences."""
        total: NDArray[np.float32] = self.cosines + fusion.pieces * self.pieces
        return total

    def scores(self, fusion: Fusion) -> NDArray[np.float32]:
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
