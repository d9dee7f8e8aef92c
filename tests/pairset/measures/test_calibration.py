"""Calibration and ranking against values by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from pairset.measures.calibration import (
    ReliabilityPoint,
    RiskPoint,
    area_under_risk,
    area_under_roc,
    brier_score,
    calibration_error,
    reliability,
    risk_coverage,
    thinned,
)


def drawn(count: int) -> tuple[list[float], list[bool]]:
    """Confidences, and outcomes that are right as often as the confidence says."""
    generator = np.random.default_rng(0)
    confidences = generator.random(count)
    return confidences.tolist(), (generator.random(count) < confidences).tolist()


def test_bins_hold_the_same_number_of_rows() -> None:
    points = reliability(*drawn(1_000))

    assert len(points) == 15
    assert {point.rows for point in points} == {66, 67}
    assert [point.confidence for point in points] == sorted(point.confidence for point in points)


def test_calibration_error_by_hand() -> None:
    points = reliability([0.1, 0.3, 0.8, 1.0], [False, True, True, True], bins=2)

    assert points == [
        ReliabilityPoint(pytest.approx(0.2), 0.5, 2),
        ReliabilityPoint(pytest.approx(0.9), 1.0, 2),
    ]
    assert calibration_error(points) == pytest.approx((2 * 0.3 + 2 * 0.1) / 4)


def test_who_says_what_is_true_is_calibrated_and_who_boasts_is_not() -> None:
    confidences, right = drawn(20_000)
    honest = calibration_error(reliability(confidences, right))
    boasting = calibration_error(reliability([1.0] * len(right), right))

    assert honest is not None
    assert honest < 0.015
    assert boasting == pytest.approx(0.5, abs=0.01)


def test_fewer_rows_than_bins_make_one_bin_of_each() -> None:
    assert [point.rows for point in reliability([0.1, 0.9], [False, True])] == [1, 1]
    assert reliability([], []) == []


@pytest.mark.parametrize("measure", [reliability, risk_coverage])
def test_the_order_of_equally_confident_rows_does_not_matter(measure: object) -> None:
    confidences = [0.5] * 20 + [0.9] * 20
    right = [True] * 10 + [False] * 10 + [True] * 15 + [False] * 5
    turned = right[9::-1] + right[19:9:-1] + right[39:19:-1]
    shuffled = [*right[10:20], *right[:10], *right[30:], *right[20:30]]

    assert callable(measure)
    assert measure(confidences, right) == measure(confidences, shuffled)
    assert measure(confidences, right) == measure(confidences, turned)


def test_brier_and_area_under_roc_are_those_of_scikit_learn() -> None:
    confidences, right = drawn(500)

    assert brier_score(confidences, right) == pytest.approx(brier_score_loss(right, confidences))
    assert area_under_roc(confidences, right) == pytest.approx(roc_auc_score(right, confidences))


def test_area_under_roc_of_weighted_and_tied_rows_is_that_of_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    confidences = np.round(generator.random(300), 1)
    right = generator.random(300) < 0.4
    weights = generator.integers(0, 4, 300).astype(float)

    assert area_under_roc(confidences.tolist(), right.tolist(), weights) == pytest.approx(
        roc_auc_score(right, confidences, sample_weight=weights)
    )
    assert area_under_roc([0.2, 0.4, 0.6], [False, True, False], np.array([1.0, 0, 1])) is None


def test_without_both_outcomes_there_is_nothing_to_tell_apart() -> None:
    assert area_under_roc([0.5, 0.6], [True, True]) is None
    assert area_under_roc([], []) is None
    assert brier_score([], []) is None
    assert calibration_error([]) is None
    assert area_under_risk([]) is None


def test_risk_and_coverage_by_hand() -> None:
    points = risk_coverage([0.9, 0.8, 0.7, 0.6], [True, False, True, False])

    assert points == [
        RiskPoint(0.25, 0),
        RiskPoint(0.5, 1 / 2),
        RiskPoint(0.75, pytest.approx(1 / 3)),
        RiskPoint(1, 1 / 2),
    ]
    assert area_under_risk(points) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_a_thinned_curve_keeps_its_ends_and_a_short_one_everything() -> None:
    curve = list(range(1_000))

    assert thinned(curve, 200)[::199] == [0, 999]
    assert len(thinned(curve, 200)) == 200
    assert np.diff(thinned(curve, 200)).max() == 6
    assert thinned(curve, 1_000) == curve
