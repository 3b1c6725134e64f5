"""Whether a difference between two systems is more than luck.

This module owns the paired randomisation test and the count of wins, ties and losses.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from askdoc.errors import EvaluationError

ROUNDS = 10_000
LEVEL = 0.05
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Comparison:
    """One system against another, over the queries both have.

    Attributes:
        difference: Mean of ours minus theirs.
        p: How often chance alone gives a difference at least as large, either way.
        wins: Queries on which ours is better.
        ties: Queries on which both are alike.
        losses: Queries on which ours is worse.
        lower_is_better: Whether a positive difference is a loss.
    """

    difference: float
    p: float
    wins: int
    ties: int
    losses: int
    lower_is_better: bool = False

    @property
    def is_regression(self) -> bool:
        """Whether ours is worse by more than luck."""
        return self.is_worse and self.p < LEVEL

    @property
    def is_worse(self) -> bool:
        """Whether ours is worse on average."""
        return self.difference > 0 if self.lower_is_better else self.difference < 0


def compare(
    ours: Mapping[str, float],
    theirs: Mapping[str, float],
    *,
    lower_is_better: bool = False,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Comparison:
    """Compares two systems query by query.

    The paired randomisation test: under the null hypothesis the two values of a query could as
    well be swapped. After Smucker, Allan and Carterette, "A Comparison of Statistical
    Significance Tests for Information Retrieval Evaluation" (2007).

    Args:
        ours: Values by query id.
        theirs: Values by query id.
        lower_is_better: Whether less is better.
        rounds: Random swaps tried; the smallest p possible is 1 / (rounds + 1).
        seed: Makes the test repeatable.

    Raises:
        EvaluationError: They share no query.
    """
    shared = [query for query in ours if query in theirs]
    if not shared:
        raise EvaluationError(
            "The run and its baseline share no query. Compare runs of the same questions."
        )
    gaps = np.array([ours[query] - theirs[query] for query in shared])
    gains = -gaps if lower_is_better else gaps
    return Comparison(
        difference=float(gaps.mean()),
        p=_p(gaps, rounds, seed),
        wins=int((gains > _TIE).sum()),
        ties=int((np.abs(gains) <= _TIE).sum()),
        losses=int((gains < -_TIE).sum()),
        lower_is_better=lower_is_better,
    )


def _p(gaps: np.ndarray[tuple[int], np.dtype[np.float64]], rounds: int, seed: int) -> float:
    random, observed, as_far = np.random.default_rng(seed), abs(float(gaps.sum())), 0
    for done in range(0, rounds, 1000):
        signs = random.choice([-1.0, 1.0], size=(min(1000, rounds - done), len(gaps)))
        as_far += int((np.abs(signs @ gaps) >= observed - _TIE).sum())
    return (as_far + 1) / (rounds + 1)
