"""A calibration says what is right how often, and says so where it had too little to learn from."""

from dataclasses import replace

import numpy as np
import pytest

from pairset.measures.calibration import area_under_roc
from review.calibration.calibration_model import CalibrationModel, Form
from review.calibration.crossfit import FOLDS, cross_fit, folds_of
from review.calibration.evidence import Evidence
from review.calibration.fitting import calibrate, reliability_of, shipped_prior
from review.calibration.judged import Judged
from tests.review.calibration.drawn_evidence import drawn_judged

UNSEEN = drawn_judged(3_000, seed=1)


@pytest.fixture(scope="module")
def calibrated() -> CalibrationModel:
    return calibrate(drawn_judged(600, seed=0))


def test_probabilities_come_true(calibrated: CalibrationModel) -> None:
    probabilities = calibrated.probabilities(UNSEEN.evidence).tolist()
    raw = [each.confidence or 0.0 for each in UNSEEN.evidence]
    before, after = (reliability_of(said, UNSEEN.right) for said in (raw, probabilities))

    assert before.calibration_error is not None
    assert after.calibration_error is not None
    assert before.brier is not None
    assert after.brier is not None
    assert after.calibration_error < before.calibration_error / 3
    assert after.brier < before.brier / 1.5


def test_pixels_crossed_with_the_edit_type_see_what_tokens_do_not(
    calibrated: CalibrationModel,
) -> None:
    crossed = area_under_roc(calibrated.probabilities(UNSEEN.evidence).tolist(), UNSEEN.right)
    raw = area_under_roc([each.confidence or 0.0 for each in UNSEEN.evidence], UNSEEN.right)

    assert calibrated.form in (Form.CROSSED, Form.STEPPED)
    assert crossed is not None
    assert raw is not None
    assert crossed > raw + 0.05


def test_its_own_figures_are_those_of_scenes_it_did_not_see(calibrated: CalibrationModel) -> None:
    probabilities = calibrated.probabilities(UNSEEN.evidence).tolist()
    truth = reliability_of(probabilities, UNSEEN.right).brier

    assert calibrated.after is not None
    assert calibrated.after.brier == pytest.approx(truth, abs=0.02)


@pytest.mark.parametrize(
    ("verdicts", "forms"),
    [
        (0, {Form.PRIOR}),
        (15, {Form.PRIOR}),
        (40, {Form.SHIFTED}),
        (80, {Form.LOG_PROBABILITIES}),
        (150, {Form.LOG_PROBABILITIES, Form.PIXELS}),
    ],
)
def test_few_verdicts_make_a_simple_model_that_says_so(verdicts: int, forms: set[Form]) -> None:
    model = calibrate(drawn_judged(600, seed=0).rows(range(verdicts)))

    assert model.form in forms
    assert f"{verdicts} verdicts" in model.because
    assert "too few" in model.because


def test_without_both_outcomes_only_the_prior_can_be_moved() -> None:
    judged = drawn_judged(600, seed=0)
    accepted = judged.rows(row for row, ok in enumerate(judged.right) if ok)

    assert calibrate(accepted).form == Form.SHIFTED


def test_steps_see_what_is_suspicious_in_the_middle_of_a_number() -> None:
    judged = drawn_judged(1_000, seed=5)
    doubtful = [each.tone_shift is not None and 5 < each.tone_shift < 9 for each in judged.evidence]
    odd = Judged(judged.evidence, [not each for each in doubtful], judged.scenes)
    model = calibrate(odd.rows(range(500)))
    said = model.probabilities(judged.evidence[500:]).tolist()

    assert model.form == Form.STEPPED
    assert (area_under_roc(said, odd.right[500:]) or 0) > 0.99
    assert any(step.term.number == "tone_shift" for step in model.steps)


def test_with_hardly_an_error_the_prior_is_moved_until_it_comes_true() -> None:
    judged = drawn_judged(100, seed=3)
    almost_all = Judged(judged.evidence, [row % 50 > 0 for row in range(100)], judged.scenes)
    moved = calibrate(almost_all)
    said = moved.probabilities(almost_all.evidence)

    assert moved.form == Form.SHIFTED
    assert said.mean() == pytest.approx(98.5 / 101)
    assert "too few" in moved.because
    assert calibrate(almost_all.rows(range(10))).form == Form.PRIOR


def test_the_prior_rises_with_confidence() -> None:
    sure, unsure = (Evidence("a", reply_probability=value) for value in (0.99, 0.2))
    high, low = shipped_prior().probabilities([sure, unsure])

    assert 0 < low < high < 1


def test_what_was_never_measured_takes_no_side(calibrated: CalibrationModel) -> None:
    known = UNSEEN.evidence[0]
    mean = calibrated.scales["ssim"].mean
    assert calibrated.probabilities([replace(known, ssim=None)]) == pytest.approx(
        calibrated.probabilities([replace(known, ssim=mean)])
    )


def test_the_hash_is_of_what_was_decided_not_of_its_order() -> None:
    judged = drawn_judged(60, seed=0)
    turned = judged.rows(range(59, -1, -1))
    other = Judged(judged.evidence, [not judged.right[0], *judged.right[1:]], judged.scenes)

    assert judged.key == turned.key != other.key


def test_no_scene_is_judged_by_a_model_that_saw_it() -> None:
    judged = drawn_judged(120, seed=2)
    folds = folds_of(judged.scenes)
    models = cross_fit(judged).models

    assert set(folds.tolist()) == set(range(FOLDS))
    for fold, model in enumerate(models):
        others = judged.rows(np.flatnonzero(folds != fold))
        inside = judged.rows(np.flatnonzero(folds == fold))
        assert not set(others.scenes) & set(inside.scenes)
        assert model.fitted_on == others.key


def test_a_pair_is_asked_of_the_model_of_its_scenes_fold() -> None:
    judged = drawn_judged(120, seed=2)
    fitted = cross_fit(judged)
    row = 7
    said = fitted.probabilities(judged.evidence, judged.scenes)[row]
    model = fitted.models[folds_of([judged.scenes[row]])[0]]

    assert said == pytest.approx(model.probabilities([judged.evidence[row]])[0])
