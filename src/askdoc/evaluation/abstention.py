"""How well a confidence tells answerable questions from the others.

This module owns the risk-coverage curve and the calibration error; AUROC and F1 are
scikit-learn's. It sees probabilities and truths, nothing of where they come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import f1_score, roc_auc_score

from askdoc.evaluation.significance import Interval, resampled

Point: TypeAlias = tuple[float, float]

BINS = 10
AUROC_ROUNDS = 1_999


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions of like confidence: their mean confidence, the share answerable, their number."""

    confidence: float
    answerable: float
    count: int


def auroc(confidences: Sequence[float], answerable: Sequence[bool]) -> float:
    """The chance that an answerable question gets the higher confidence; ties count half.

    It is 0.5 when there is nothing to compare.

    Example: auroc([0.9, 0.2], [True, False]) -> 1.0
    """
    return float(roc_auc_score(answerable, confidences)) if len(set(answerable)) == 2 else 0.5


def auroc_interval(
    confidences: Sequence[float], answerable: Sequence[bool], *, seed: int = 0
) -> Interval:
    """The 95 % interval of `auroc`, by resampling answerable and other questions apart."""
    scores, truth = np.asarray(confidences, dtype=float), np.asarray(answerable, dtype=bool)
    groups = scores[truth], scores[~truth]
    if min(map(len, groups)) < 2:
        return 0.0, 1.0

    def area(yes: NDArray[np.float64], no: NDArray[np.float64], axis: int) -> Any:
        above = stats.mannwhitneyu(yes, no, axis=axis, method="asymptotic").statistic
        return above / (yes.shape[axis] * no.shape[axis])

    return resampled(groups, area, AUROC_ROUNDS, seed, paired=False)


def abstention_f1(abstained: Sequence[bool], should: Sequence[bool]) -> float:
    """F1 of the class "the article does not answer"; 0 when nothing was rightly abstained from.

    Example: abstention_f1([True, True, False], [True, False, True]) -> 0.5
    """
    return float(f1_score(should, abstained, zero_division=0.0))


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
    if not len(confidences):
        return ()
    rows = np.asarray([confidences, answerable], dtype=float)
    means, _, places = stats.binned_statistic(rows[0], rows, "mean", bins=bins, range=(0, 1))
    counts = np.bincount(places, minlength=bins + 1)[1:]
    return tuple(
        Bin(float(means[0, at]), float(means[1, at]), int(counts[at]))
        for at in np.flatnonzero(counts)
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
