"""Steps are boosted stumps, written out: a sum of curves, one for each number."""

import numpy as np
import pytest

from pairset.measures.calibration import area_under_roc
from review.calibration.calibration_model import Term, climbed
from review.calibration.stumps import fit_steps

TERMS = (Term("tone_shift"), Term("ssim"), Term(edit_type="add"))


@pytest.fixture(scope="module")
def columns() -> np.ndarray:
    generator = np.random.default_rng(4)
    flags = generator.random(800) < 0.3
    return np.column_stack([generator.normal(size=(800, 2)), flags])


def test_what_is_right_in_the_middle_of_one_number_and_beyond_a_point_of_another_is_found(
    columns: np.ndarray,
) -> None:
    generator = np.random.default_rng(5)
    odds = np.where(np.abs(columns[:, 0]) < 0.7, 3.0, -3.0) + np.where(columns[:, 1] > 0, 2.0, -2.0)
    outcome = generator.random(800) < 1 / (1 + np.exp(-odds))
    found = fit_steps(columns[:500], outcome[:500].astype(float), TERMS)
    said = found.intercept + climbed(found.steps, columns[500:], TERMS)

    assert np.corrcoef(said, odds[500:])[0, 1] > 0.9
    assert (area_under_roc(said.tolist(), outcome[500:].tolist()) or 0) > 0.9
    crossed = [step.threshold for step in found.steps if step.term.number == "ssim"]
    assert min(abs(threshold) for threshold in crossed) < 0.15


def test_the_level_is_that_of_the_outcomes(columns: np.ndarray) -> None:
    outcome = (np.arange(800) % 4 > 0).astype(float)
    found = fit_steps(columns, outcome, TERMS)
    said = 1 / (1 + np.exp(-(found.intercept + climbed(found.steps, columns, TERMS))))

    assert said.mean() == pytest.approx(0.75, abs=0.02)


def test_the_same_verdicts_give_the_same_steps(columns: np.ndarray) -> None:
    outcome = (columns[:, 0] > 0).astype(float)

    assert fit_steps(columns, outcome, TERMS) == fit_steps(columns, outcome, TERMS)


def test_a_number_that_never_varies_makes_no_step(columns: np.ndarray) -> None:
    flat = columns.copy()
    flat[:, 1] = 0.0
    found = fit_steps(flat, (flat[:, 0] > 0).astype(float), TERMS)

    assert {step.term.number for step in found.steps} <= {"tone_shift", None}
