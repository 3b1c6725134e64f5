"""The abstention figures, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdoc.evaluation.statistics import (
    abstention_f1,
    auroc,
    auroc_interval,
    calibration_error,
    reliability,
    risk_coverage,
)

judged = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]), st.booleans()), min_size=2
)


def test_auroc_is_the_chance_of_the_right_order():
    assert auroc([0.9, 0.5, 0.5, 0.1], [True, True, False, False]) == pytest.approx(3.5 / 4)
    assert auroc([0.9, 0.1], [True, True]) == 0.5


def test_the_interval_of_auroc_holds_it_and_is_not_wider_than_it_need_be():
    rng = np.random.default_rng(0)
    truth = [True] * 60 + [False] * 60
    scores = [*rng.normal(0.6, 0.2, 60), *rng.normal(0.4, 0.2, 60)]
    low, high = auroc_interval(scores, truth)
    assert low < auroc(scores, truth) < high < low + 0.25


def test_abstaining_without_need_costs_f1():
    assert abstention_f1([True, True, False], [True, False, True]) == pytest.approx(0.5)
    assert abstention_f1([False], [False]) == 0


def test_risk_grows_as_less_sure_questions_are_answered():
    assert risk_coverage([0.9, 0.1, 0.5], [True, False, True]) == (
        (1 / 3, 0.0),
        (2 / 3, 0.0),
        (1.0, 1 / 3),
    )


def test_a_confidence_that_is_always_right_has_no_calibration_error():
    assert calibration_error([1.0, 1.0, 0.0], [True, True, False]) == 0.0


def test_the_calibration_error_is_the_mean_gap_by_hand():
    error = calibration_error([0.75, 0.75, 0.15, 0.15], [True, False, False, False])
    assert error == pytest.approx((0.25 + 0.15) / 2)


@given(judged)
def test_every_question_is_in_one_bin(rows):
    scores, truth = zip(*rows, strict=True)
    assert sum(one.count for one in reliability(scores, truth)) == len(rows)
