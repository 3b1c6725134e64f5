"""The abstention figures, against scikit-learn and by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from askdoc.evaluation.abstention import (
    abstention_f1,
    auroc,
    calibration_error,
    reliability,
    risk_coverage,
)

judged = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]), st.booleans()), min_size=2
)


@given(judged)
def test_auroc_agrees_with_scikit_learn(rows):
    scores, truth = zip(*rows, strict=True)
    if len(set(truth)) == 1:
        assert auroc(scores, truth) == 0.5
    else:
        assert auroc(scores, truth) == pytest.approx(roc_auc_score(truth, scores))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_abstention_f1_agrees_with_scikit_learn(rows):
    abstained, should = zip(*rows, strict=True)
    assert abstention_f1(abstained, should) == pytest.approx(
        f1_score(should, abstained, zero_division=0)
    )


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
