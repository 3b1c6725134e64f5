"""Intervals, tests of differences, and how well a confidence tells answerable from the rest.

This module owns resampling, significance, the risk-coverage curve and the calibration error; AUROC
and F1 are scikit-learn's. It sees figures and truths, nothing of where they come from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import f1_score, roc_auc_score

from askdoc.errors import EvaluationError

Interval: TypeAlias = tuple[float, float]
Verdict: TypeAlias = Literal["better", "worse", "slightly worse", "indistinguishable"]
_Numbers: TypeAlias = NDArray[np.float64]

ROUNDS = 4_999
"""Random swaps and resamples: p is true to about .003 at the level, an interval's ends to a tenth
of its standard error."""
SEED = 0
"""The same at each call, so that figures can be repeated."""
LEVEL = 0.05
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Comparison:
    """One system against another, over the queries both have.

    Attributes:
        difference: Mean of ours minus theirs.
        interval: Where the difference lies with 95 % confidence.
        effect: The difference in standard deviations of the queries' differences (Cohen's d for
            pairs); none where all queries differ by the same.
        p: How often chance alone gives a difference at least as large, either way.
        wins: Queries on which ours is better.
        ties: Queries on which both are alike.
        losses: Queries on which ours is worse.
        lower_is_better: Whether a positive difference is a loss.
        min_effect: A loss that is not above it is no regression.
    """

    difference: float
    interval: Interval
    effect: float | None
    p: float
    wins: int
    ties: int
    losses: int
    lower_is_better: bool = False
    min_effect: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """The comparison in a word; "slightly worse" is significant, but within `min_effect`."""
        if self.p >= LEVEL or abs(self.difference) <= _TIE:
            return "indistinguishable"
        if (self.difference > 0) is not self.lower_is_better:
            return "better"
        return "worse" if abs(self.difference) > self.min_effect + _TIE else "slightly worse"

    @property
    def is_regression(self) -> bool:
        """Whether ours is worse, by more than luck and by more than `min_effect`."""
        return self.verdict == "worse"


def mean_interval(values: _Numbers, weights: _Numbers, *, rounds: int = ROUNDS) -> Interval:
    """The 95 % interval of a weighted mean: the percentile bootstrap over queries.

    Where all values are 0, or all 1, every resample is like the sample, and the interval is
    Wilson's for that many queries.
    """
    first = float(values[0])
    if bool((values == first).all()):
        return _of_equals(first, int((weights > 0).sum()))
    if bool((weights == 1).all()):
        return resampled((values,), np.mean, rounds)
    return resampled((values, weights), _weighted_mean, rounds)


def resampled(
    data: Sequence[_Numbers],
    statistic: Callable[..., Any],
    rounds: int = ROUNDS,
    *,
    paired: bool = True,
) -> Interval:
    """The 95 % percentile bootstrap interval of a statistic that takes an axis."""
    found = stats.bootstrap(
        data,
        statistic,
        paired=paired,
        vectorized=True,
        method="percentile",
        n_resamples=rounds,
        batch=1000,
        rng=np.random.default_rng(SEED),
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def compare(
    ours: Mapping[str, float],
    theirs: Mapping[str, float],
    *,
    our_weights: Mapping[str, float] | None = None,
    their_weights: Mapping[str, float] | None = None,
    lower_is_better: bool = False,
    min_effect: float = 0.0,
    rounds: int = ROUNDS,
) -> Comparison:
    """Compares two systems query by query.

    The paired randomisation test: under the null hypothesis the two values of a query could as
    well be swapped. After Smucker, Allan and Carterette, "A Comparison of Statistical
    Significance Tests for Information Retrieval Evaluation" (2007).

    Args:
        ours: Values by query id.
        theirs: Values by query id.
        our_weights: How much a query counts, by its id; 1 where it is absent.
        their_weights: The same of theirs.
        lower_is_better: Whether less is better.
        min_effect: The loss, in the measure's own unit, that a regression has to exceed.
        rounds: Random swaps tried (all there are, where there are fewer), and resamples drawn.

    Raises:
        EvaluationError: They share no query.
    """
    shared = [query for query in ours if query in theirs]
    if not shared:
        raise EvaluationError(
            "The run and its baseline share no query. Compare runs of the same questions."
        )
    pairs = _Pairs(
        _column(shared, [ours, theirs]),
        _column(shared, [our_weights or {}, their_weights or {}]),
    )
    gains = -pairs.gaps if lower_is_better else pairs.gaps
    return Comparison(
        difference=pairs.difference,
        interval=pairs.interval(rounds),
        effect=pairs.effect,
        p=pairs.p(rounds),
        wins=int((gains > _TIE).sum()),
        ties=int((np.abs(gains) <= _TIE).sum()),
        losses=int((gains < -_TIE).sum()),
        lower_is_better=lower_is_better,
        min_effect=min_effect,
    )


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Values and weights of the queries both systems have, shape (2, queries): ours, theirs."""

    values: _Numbers
    weights: _Numbers

    @property
    def difference(self) -> float:
        means = [_weighted_mean(v, w) for v, w in zip(self.values, self.weights, strict=True)]
        return float(means[0] - means[1])

    @property
    def gaps(self) -> _Numbers:
        """Ours minus theirs, query by query."""
        gaps: _Numbers = self.values[0] - self.values[1]
        return gaps

    @property
    def effect(self) -> float | None:
        """The mean gap in standard deviations; None where all gaps are equal."""
        spread = float(self.gaps.std(ddof=1)) if len(self.gaps) > 1 else 0.0
        return float(self.gaps.mean()) / spread if spread > _TIE else None

    @property
    def is_plain(self) -> bool:
        """Whether every query counts once on both sides."""
        return bool((self.weights == 1).all())

    def interval(self, rounds: int) -> Interval:
        if self.is_plain:
            alike = bool((self.gaps == self.gaps[0]).all())
            here = self.difference, self.difference
            return here if alike else resampled((self.gaps,), np.mean, rounds)
        return resampled((*self.values, *self.weights), _difference, rounds)

    def p(self, rounds: int) -> float:
        if self.is_plain:
            return _swapped((self.gaps,), np.mean, rounds)
        values, weights, queries = self.values.ravel(), self.weights.ravel(), len(self.gaps)

        # Places in the flattened pairs are swapped, so that each value keeps its weight.
        def difference(ours: NDArray[np.int64], theirs: NDArray[np.int64], axis: int = -1) -> Any:
            return _difference(values[ours], values[theirs], weights[ours], weights[theirs], axis)

        places = np.arange(queries), np.arange(queries, 2 * queries)
        return _swapped(places, difference, rounds)


def _swapped(data: Sequence[NDArray[Any]], statistic: Callable[..., Any], rounds: int) -> float:
    """The paired permutation test; of a single sample, signs are swapped."""
    if len(data[0]) < 2:
        return 1.0
    found = stats.permutation_test(
        data,
        statistic,
        permutation_type="samples",
        n_resamples=rounds,
        vectorized=True,
        batch=1000,
        rng=np.random.default_rng(SEED),
    )
    return float(found.pvalue)


def _column(queries: list[str], rows: list[Mapping[str, float]]) -> _Numbers:
    return np.array([[row.get(query, 1.0) for query in queries] for row in rows], dtype=float)


def _weighted_mean(values: _Numbers, weights: _Numbers, axis: int = -1) -> Any:
    total = weights.sum(axis=axis)
    return (values * weights).sum(axis=axis) / np.where(total > 0, total, 1)


def _difference(
    ours: _Numbers, theirs: _Numbers, our_weights: _Numbers, their_weights: _Numbers, axis: int = -1
) -> Any:
    return _weighted_mean(ours, our_weights, axis) - _weighted_mean(theirs, their_weights, axis)


def _of_equals(value: float, count: int) -> Interval:
    if value not in (0.0, 1.0) or not count:
        return value, value
    found = stats.binomtest(int(value) * count, count).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


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


def auroc_interval(confidences: Sequence[float], answerable: Sequence[bool]) -> Interval:
    """The 95 % interval of `auroc`, by resampling answerable and other questions apart."""
    scores, truth = np.asarray(confidences, dtype=float), np.asarray(answerable, dtype=bool)
    groups = scores[truth], scores[~truth]
    if min(map(len, groups)) < 2:
        return 0.0, 1.0

    def area(yes: NDArray[np.float64], no: NDArray[np.float64], axis: int) -> Any:
        above = stats.mannwhitneyu(yes, no, axis=axis, method="asymptotic").statistic
        return above / (yes.shape[axis] * no.shape[axis])

    return resampled(groups, area, AUROC_ROUNDS, paired=False)


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
