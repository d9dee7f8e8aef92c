"""As many verdicts as are said to be needed do certify."""

import numpy as np

from review.certificates.learn_then_test import fixed_sequence
from review.certificates.needs import verdicts_needed
from review.certificates.population import Population

LEVEL = 0.05


def test_what_is_asked_for_is_enough_four_times_of_five() -> None:
    generator = np.random.default_rng(0)
    scores = 1 - generator.random(20_000) ** 2 * 0.9
    needed = verdicts_needed(scores, 0.95, LEVEL)

    assert needed is not None
    certified = 0
    for _ in range(200):
        drawn = generator.choice(scores, needed, replace=False)
        right = generator.random(needed) < drawn
        population = Population(drawn, np.ones(needed, dtype=bool), right)
        certified += fixed_sequence(population, 0.95, LEVEL).passed is not None
    assert certified >= 140  # 160 expected, less four standard deviations


def test_harder_targets_take_more_verdicts() -> None:
    scores = np.full(1_000, 0.99)
    easy, hard = (verdicts_needed(scores, precision, LEVEL) for precision in (0.9, 0.97))

    assert easy is not None
    assert hard is not None
    assert 45 <= easy < hard


def test_where_nothing_looks_right_often_enough_no_verdict_would_help() -> None:
    assert verdicts_needed(np.full(100, 0.9), 0.95, LEVEL) is None
    assert verdicts_needed(np.full(100, 0.99), 0.95, LEVEL, optimism=6) is None
    assert verdicts_needed(np.array([]), 0.95, LEVEL) is None
