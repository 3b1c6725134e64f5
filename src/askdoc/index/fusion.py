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
    `lexical` times its BM25. A sentence scores its cosine plus `maxsim` times its MaxSim over token
    embeddings: the best is near in meaning *and* has a match for each word. Nothing is normalised
    over the candidates, so that a score does not depend on their number. Compare
    Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2022), on
    convex combinations against rank fusion. `docs/experiments.md` says how they were chosen.

    Cosines are with the query's vector after the adapter, at strength `adapter`; 0 leaves the
    model's own vector.

    `candidates` is how many passages each signal proposes; `compared` is how many of the best
    are compared by token embeddings. Those behind them never overtake them.
    """

    passage: float = 0.5
    sentence: float = 0.5
    lexical: float = 0.03
    maxsim: float = 1.0
    adapter: float = 0.65
    candidates: int = 100
    compared: int = 12

    def adapted(self, strength: float) -> "Fusion":
        """The same weights with another strength of the adapter."""
        return replace(self, adapter=strength)


FUSION = Fusion()


@dataclass(frozen=True, slots=True)
class Candidates:
    """The evidence on n passages and on all their m sentences, which begin at `starts`.

    `passage` and `lexical` have n values; `cosines`, `maxsim` (MaxSim) and `adapted` have m.
    `adapted` is the part of a sentence's cosine that the query's adapter added.
    """

    passages: tuple[Passage, ...]
    starts: NDArray[np.int64]
    passage: NDArray[np.float32]
    lexical: NDArray[np.float32]
    cosines: NDArray[np.float32]
    maxsim: NDArray[np.float32]
    adapted: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        passages: Sequence[Passage],
        passage: NDArray[np.float32],
        lexical: NDArray[np.float32],
        cosines: NDArray[np.float32],
    ) -> "Candidates":
        """Evidence before late interaction.

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
        total: NDArray[np.float32] = self.cosines + fusion.maxsim * self.maxsim
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
        cosines, maxsim, adapted = map(self._best, (self.cosines, self.maxsim, self.adapted))
        return [
            Signals(
                passage=float(self.passage[at]),
                sentence=float(cosines[at]),
                lexical=float(self.lexical[at]),
                maxsim=float(maxsim[at]),
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
        """The greatest of the sentences' values in each passage."""
        return np.asarray(np.maximum.reduceat(values, self.starts), dtype=np.float32)
