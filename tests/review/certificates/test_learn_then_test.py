"""A certified threshold keeps its word as often as it says, or none is certified."""

import numpy as np
import pytest
from scipy.stats import binom

from review.certificates.learn_then_test import (
    binomial_tail,
    fixed_sequence,
    least_verdicts,
    most_errors,
)
from review.certificates.population import Population

PRECISION, LEVEL = 0.95, 0.05
DRAWS, VERDICTS = 200, 600
MOST_VIOLATIONS = 16
"""Of 200 draws that each miss the target with a chance of .05, more do in 1.4 % of cases."""


def world(generator: np.random.Generator, rows: int, apart: float = 4.4) -> Population:
    """Pairs of which 44 % are right, and scores that are their probability of being right.

    ``apart`` is the distance of right and wrong in what the scores are made of, in units of .71
    standard deviations; 4.4 makes an AUROC of .987.
    """
    share, deviation = 0.44, 1.4
    right = generator.random(rows) < share
    seen = generator.normal(np.where(right, apart / 2, -apart / 2), deviation)
    odds = apart / deviation**2 * seen + np.log(share / (1 - share))
    return Population(1 / (1 + np.exp(-odds)), np.ones(rows, dtype=bool), right)


def precisions_of(certified: list[float], everything: Population) -> list[float]:
    return [float(everything.right[everything.scores >= each].mean()) for each in certified]


def certified_in(draws: list[Population]) -> list[float]:
    passed = [fixed_sequence(draw, PRECISION, LEVEL).passed for draw in draws]
    return [test.threshold for test in passed if test]


def test_the_target_is_missed_no_more_often_than_was_allowed() -> None:
    generator = np.random.default_rng(0)
    everything = world(generator, 200_000)
    certified = certified_in([world(generator, VERDICTS) for _ in range(DRAWS)])
    broken = sum(share < PRECISION for share in precisions_of(certified, everything))
    coverage = [float((everything.scores >= each).mean()) for each in certified]
    ordered = everything.right[np.argsort(-everything.scores)]
    precise = np.cumsum(ordered) / np.arange(1, len(ordered) + 1) >= PRECISION
    oracle = (np.flatnonzero(precise).max() + 1) / len(ordered)

    assert broken <= MOST_VIOLATIONS
    assert len(certified) >= 0.9 * DRAWS
    assert sum(coverage) / DRAWS >= 0.8 * oracle


def test_scores_that_boast_miss_no_target_either() -> None:
    """The scores only say where to start; the verdicts say where to end."""
    generator = np.random.default_rng(1)
    everything = world(generator, 200_000, apart=3.6)
    boasting = [
        Population(draw.scores**0.02, draw.judged, draw.right)
        for draw in (world(generator, VERDICTS, apart=3.6) for _ in range(DRAWS))
    ]
    raised = Population(everything.scores**0.02, everything.judged, everything.right)
    broken = sum(share < PRECISION for share in precisions_of(certified_in(boasting), raised))

    assert broken <= MOST_VIOLATIONS


def test_cross_fitted_scores_meet_the_target_too() -> None:
    """Each fold scored by what the others taught: here how often a tenth of the signal is right."""
    generator = np.random.default_rng(2)
    everything = world(generator, 100_000)
    broken = 0
    for _ in range(DRAWS):
        verdicts = world(generator, VERDICTS)
        folds = generator.integers(0, 5, VERDICTS)
        learned = [tenths(verdicts, folds != fold) for fold in range(5)]
        own = np.choose(folds, [said(verdicts.scores) for said in learned])
        passed = fixed_sequence(
            Population(own, verdicts.judged, verdicts.right), PRECISION, LEVEL
        ).passed
        if passed:
            deployed = np.choose(
                generator.integers(0, 5, len(everything.scores)),
                [said(everything.scores) for said in learned],
            )
            broken += everything.right[deployed >= passed.threshold].mean() < PRECISION

    assert broken <= MOST_VIOLATIONS


def tenths(population: Population, rows: np.ndarray):  # type: ignore[no-untyped-def]
    """A model of ten steps: the share that is right in each tenth of the score."""
    place = np.minimum((population.scores[rows] * 10).astype(int), 9)
    rights = np.bincount(place, weights=population.right[rows], minlength=10)
    steps = (rights + 0.5) / (np.bincount(place, minlength=10) + 1)
    return lambda scores: steps[np.minimum((scores * 10).astype(int), 9)]


def test_where_no_threshold_meets_the_target_hardly_any_is_certified() -> None:
    generator = np.random.default_rng(3)
    draws = [
        Population(
            generator.random(VERDICTS), np.ones(VERDICTS, bool), generator.random(VERDICTS) < 0.9
        )
        for _ in range(DRAWS)
    ]

    assert len(certified_in(draws)) <= MOST_VIOLATIONS


def test_too_few_verdicts_certify_nothing_and_cost_no_look() -> None:
    perfect = Population(np.full(58, 0.999), np.ones(58, dtype=bool), np.ones(58, dtype=bool))

    assert fixed_sequence(perfect, PRECISION, LEVEL).tests == ()


def test_the_first_failure_ends_the_sequence() -> None:
    sequence = fixed_sequence(world(np.random.default_rng(4), VERDICTS), PRECISION, LEVEL)
    passes = [test.p_value <= LEVEL for test in sequence.tests]

    assert passes == [True] * (len(passes) - 1) + [False]
    assert sequence.passed == sequence.tests[-2]
    thresholds = [test.threshold for test in sequence.tests]
    assert thresholds == sorted(thresholds, reverse=True)


def test_the_tail_is_that_of_the_binomial_distribution() -> None:
    for errors, verdicts in ((0, 59), (2, 124), (7, 300), (40, 600)):
        assert binomial_tail(errors, verdicts, 0.05) == pytest.approx(
            binom.cdf(errors, verdicts, 0.05)
        )
    assert binomial_tail(5, 5, 0.05) == 1


def test_verdicts_and_errors_that_certify_by_hand() -> None:
    assert [least_verdicts(errors, 0.05, 0.05) for errors in (0, 2)] == [59, 124]
    assert [most_errors(verdicts, 0.05, 0.05) for verdicts in (58, 59, 123, 124)] == [-1, 0, 1, 2]
