"""Verdicts are spent where they can prove something, and what they prove holds."""

import numpy as np
import pytest

from review.calibration.crossfit import CrossFitted, cross_fit
from review.certificates.gate import Gate, gate_of
from review.certificates.learn_then_test import fixed_sequence
from review.certificates.plain_sample import first_part, sample_plan
from review.certificates.population import Population
from tests.review.calibration.drawn_evidence import drawn_judged

ROWS = 400


def population(judged: np.ndarray, scores: np.ndarray | None = None) -> Population:
    """Rows in the order of the draw."""
    rows = len(judged)
    order = np.arange(rows) / rows
    return Population(np.ones(rows) if scores is None else scores, judged, judged, (order, order))


def first(rows: int, of: int = ROWS) -> np.ndarray:
    return np.arange(of) < rows


@pytest.fixture(scope="module")
def calibration() -> CrossFitted:
    return cross_fit(drawn_judged(300, seed=0))


def test_half_of_the_budget_comes_first_and_fits_the_calibration() -> None:
    before = sample_plan(population(first(99)), None, 200)
    after = sample_plan(population(first(100)), None, 200)

    assert (before.size, before.has_first_part) == (100, False)
    assert (after.size, after.has_first_part) == (200, True)
    assert [first_part(budget) for budget in (40, 100, 600)] == [40, 60, 300]


def test_what_does_not_pass_stands_behind_unless_the_first_part_holds_it() -> None:
    admitted = np.arange(ROWS) % 2 == 0
    plan = sample_plan(population(first(100)), admitted, 200)

    assert not plan.behind[:100].any()
    assert (plan.behind[100:] == ~admitted[100:]).all()


def test_the_budget_counts_every_verdict_of_the_sample() -> None:
    """100 of the first part, and 100 of those that pass: every second of the next 200."""
    admitted = np.arange(ROWS) % 2 == 0
    wanted = first(100) | (admitted & first(300))

    assert sample_plan(population(wanted), admitted, 200).is_judged
    wanted[298] = False
    assert not sample_plan(population(wanted), admitted, 200).is_judged


def test_the_first_part_alone_is_not_the_budget() -> None:
    assert not sample_plan(population(first(100)), first(100), 200).is_judged
    assert sample_plan(population(first(ROWS)), None, 2 * ROWS).is_judged


def test_verdicts_behind_a_gate_are_a_sample_of_what_passes() -> None:
    admitted = np.arange(ROWS) % 2 == 0
    judged = first(100) | (admitted & first(300))
    counted = population(judged, np.where(admitted, 0.9, 0.1)).counted(0.5)

    assert (np.flatnonzero(counted) == np.flatnonzero(admitted[:300])).all()


def test_pairs_that_a_wider_gate_lets_in_end_the_sample_until_they_are_judged() -> None:
    """Nothing is taken for drawn that was passed over, and nothing is lost once it is judged."""
    admitted = np.arange(ROWS) % 2 == 0
    wider = admitted | (np.arange(ROWS) == 151)
    judged = first(100) | (admitted & first(300))
    scores = np.where(wider, 0.9, 0.1)
    plan = sample_plan(population(judged, scores), wider, 201)
    unjudged = np.flatnonzero(~judged & ~plan.behind)

    assert population(judged, scores).counted(0.5).sum() == (admitted & first(151)).sum()
    assert unjudged[0] == 151
    judged[151] = True
    assert population(judged, scores).counted(0.5).sum() == (wider & first(300)).sum()


def test_a_gate_lets_few_right_ones_out(calibration: CrossFitted) -> None:
    unseen = drawn_judged(2_000, seed=5)
    scores = calibration.probabilities(unseen.evidence, unseen.scenes)
    gate = gate_of(calibration, scores)

    assert gate is not None
    admitted = gate.admits(unseen.evidence, unseen.scenes)
    right = np.array(unseen.right)
    assert (right & ~admitted).sum() <= 0.15 * right.sum()
    assert admitted.mean() < 0.85


def test_what_did_not_pass_is_never_surer_than_it_was_then(calibration: CrossFitted) -> None:
    unseen = drawn_judged(200, seed=6)
    then = calibration.probabilities(unseen.evidence, unseen.scenes)
    gate = Gate(calibration, 0.5)
    lowered = gate.lowered(np.full(200, 0.99), unseen.evidence, unseen.scenes)

    assert lowered.tolist() == np.where(then >= 0.5, 0.99, then).tolist()


def test_without_a_fitted_calibration_there_is_no_gate() -> None:
    prior = cross_fit(drawn_judged(20, seed=0))

    assert gate_of(prior, np.linspace(0, 1, 50)) is None


PRECISION, LEVEL = 0.95, 0.04
DRAWS, VERDICTS, PAIRS = 200, 600, 4_000
"""A level of .04 is what the first look may use."""


def hard_scores(generator: np.random.Generator, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a first calibration (AUROC .93) and of the last (.966), 44 % right."""
    log_prior = np.log(0.44 / 0.56)
    seen = generator.normal(np.where(right, 1.8, -1.8), 1.4)
    blurred = seen + generator.normal(0, 1.05, len(seen))
    early = 3.6 / (1.4**2 + 1.05**2) * blurred + log_prior
    late = 3.6 / 1.4**2 * seen + log_prior
    return 1 / (1 + np.exp(-early)), 1 / (1 + np.exp(-late))


def covered(generator: np.random.Generator, gated: bool) -> tuple[bool, bool, float]:
    """One draw: whether a threshold is certified, whether it misses the target, and what part of
    an oracle's coverage it reaches."""
    right = generator.random(PAIRS) < 0.44
    early, late = hard_scores(generator, right)
    judged, scores = first(VERDICTS, PAIRS), late
    if gated:
        total = np.cumsum(np.sort(early))
        floor = np.sort(early)[np.searchsorted(total, 0.1 * total[-1])]
        begun = Population(early, first(VERDICTS // 2, PAIRS), right, (np.arange(PAIRS) / PAIRS,))
        behind = sample_plan(begun, early >= floor, VERDICTS).behind
        judged = np.zeros(PAIRS, dtype=bool)
        judged[np.flatnonzero(~behind)[:VERDICTS]] = True
        scores = np.where(early >= floor, late, np.minimum(early, late))
    order = np.arange(PAIRS) / PAIRS
    passed = fixed_sequence(Population(scores, judged, right, (order,)), PRECISION, LEVEL).passed
    ordered = right[np.argsort(-late)]
    keeps = np.cumsum(ordered) / np.arange(1, PAIRS + 1) >= PRECISION
    accepted = scores >= passed.threshold if passed else np.zeros(PAIRS, dtype=bool)
    broken = bool(accepted.any()) and bool(right[accepted].mean() < PRECISION)
    return passed is not None, broken, accepted.sum() / (np.flatnonzero(keeps)[-1] + 1)


def test_the_gate_meets_the_target_and_proves_more_with_as_many_verdicts() -> None:
    draws = {
        gated: [covered(np.random.default_rng(seed), gated) for seed in range(DRAWS)]
        for gated in (False, True)
    }
    certified, broken, coverage = (np.mean(each) for each in zip(*draws[True], strict=True))
    plain_certified, _, plain_coverage = (np.mean(each) for each in zip(*draws[False], strict=True))

    assert broken * DRAWS <= 16  # of 200 at .05 each, more are in 1.4 % of cases
    assert certified >= 0.9
    assert certified > plain_certified
    assert coverage > plain_coverage + 0.08
