"""How well a confidence tells answerable questions from the others.

This module owns AUROC, the risk-coverage curve, F1 of abstaining and the calibration error. It
sees probabilities and truths, nothing of where they come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Point: TypeAlias = tuple[float, float]

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions of like confidence: their mean confidence, the share answerable, their number."""

    confidence: float
    answerable: float
    count: int


def auroc(confidences: Sequence[float], answerable: Sequence[bool]) -> float:
    """The chance that an answerable question gets the higher confidence; ties count half.

    The Mann-Whitney form of the area under the ROC curve. It is 0.5 when there is nothing to
    compare.

    Example: auroc([0.9, 0.2], [True, False]) -> 1.0
    """
    scores, truth = np.asarray(confidences, dtype=float), np.asarray(answerable, dtype=bool)
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return 0.5
    ranks = _mean_ranks(scores)
    above = float(ranks[truth].sum()) - positives * (positives + 1) / 2
    return above / (positives * negatives)


def abstention_f1(abstained: Sequence[bool], should: Sequence[bool]) -> float:
    """F1 of the class "the article does not answer"; 0 when nothing was rightly abstained from.

    Example: abstention_f1([True, True, False], [True, False, True]) -> 0.5
    """
    right = sum(a and s for a, s in zip(abstained, should, strict=True))
    return 2 * right / (sum(abstained) + sum(should)) if right else 0.0


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> tuple[Point, ...]:
    """The share of wrong answers (risk) when only the surest questions are answered (coverage).

    Returns:
        (coverage, risk) for 1 to n questions answered, surest first. After El-Yaniv and Wiener,
        "On the Foundations of Noise-free Selective Classification" (2010).
    """
    order = np.argsort(-np.asarray(confidences, dtype=float), kind="stable")
    wrong = np.cumsum(~np.asarray(right, dtype=bool)[order])
    n = len(order)
    return tuple((k / n, float(wrong[k - 1]) / k) for k in range(1, n + 1))


def reliability(
    confidences: Sequence[float], answerable: Sequence[bool], bins: int = BINS
) -> tuple[Bin, ...]:
    """Bins of equal width over [0, 1]; empty ones are left out."""
    scores, truth = np.asarray(confidences, dtype=float), np.asarray(answerable, dtype=bool)
    places = np.minimum((scores * bins).astype(int), bins - 1)
    return tuple(
        Bin(float(scores[at].mean()), float(truth[at].mean()), int(at.sum()))
        for at in (places == place for place in range(bins))
        if at.any()
    )


def calibration_error(
    confidences: Sequence[float], answerable: Sequence[bool], bins: int = BINS
) -> float:
    """Expected calibration error: the mean gap between confidence and truth over the bins.

    After Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian
    Binning" (2015), with bins of equal width.
    """
    held = reliability(confidences, answerable, bins)
    total = sum(one.count for one in held)
    gaps = sum(one.count * abs(one.confidence - one.answerable) for one in held)
    return gaps / total if total else 0.0


def _mean_ranks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1, ties sharing their mean rank."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts - 1) / 2)[inverse]
    return ranks
