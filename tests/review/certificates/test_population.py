"""Only verdicts that a draw chose count, and pairs that fail together count for less."""

import numpy as np
import pytest

from review.certificates.learn_then_test import fixed_sequence
from review.certificates.population import Population, design_effect

LEVEL = 0.05


def test_a_verdict_counts_if_everything_drawn_before_it_was_judged() -> None:
    order = np.array([0.1, 0.2, 0.3, 0.4])
    population = Population(
        scores=np.array([0.9, 0.9, 0.9, 0.9]),
        judged=np.array([True, True, False, True]),
        right=np.array([True, False, False, True]),
        orders=(order,),
    )

    assert population.counted(0.5).tolist() == [True, True, False, False]


def test_what_lies_below_the_threshold_need_not_be_judged() -> None:
    population = Population(
        scores=np.array([0.9, 0.1, 0.9]),
        judged=np.array([True, False, True]),
        right=np.array([True, False, True]),
        orders=(np.array([0.1, 0.2, 0.3]),),
    )

    assert population.counted(0.5).tolist() == [True, False, True]
    assert population.counted(0.0).tolist() == [True, False, False]


def test_either_order_makes_a_verdict_count() -> None:
    population = Population(
        scores=np.full(3, 0.9),
        judged=np.array([True, True, False]),
        right=np.array([True, True, False]),
        orders=(np.array([0.1, 0.9, 0.5]), np.array([0.9, 0.1, 0.5])),
    )

    assert population.counted(0.0).tolist() == [True, True, False]


def test_verdicts_that_a_reviewer_chose_certify_nothing() -> None:
    """Half of the pairs are wrong, and somebody judged the right ones only."""
    generator = np.random.default_rng(0)
    right = np.arange(2_000) % 2 == 0
    chosen = Population(np.full(2_000, 0.97), right, right, (generator.random(2_000),))

    assert fixed_sequence(chosen, 0.95, LEVEL).passed is None


@pytest.mark.parametrize("size", [1, 2, 5])
def test_pairs_that_always_fail_together_count_once(size: int) -> None:
    scene = np.repeat(np.arange(300), size)
    right = np.repeat(np.random.default_rng(1).random(300) < 0.8, size)
    rows = len(scene)
    population = Population(
        np.full(rows, 0.8), np.ones(rows, dtype=bool), right, scenes=scene.astype(str)
    )

    assert design_effect(population) == pytest.approx(size, rel=0.03)


def test_pairs_that_do_not_fail_together_cost_little() -> None:
    """An estimate that is noise in both directions would cost a tenth when it is too high."""
    generator = np.random.default_rng(3)
    scenes = np.repeat(np.arange(150), 4).astype(str)
    effects = [
        design_effect(
            Population(
                np.full(600, 0.9), np.ones(600, dtype=bool), generator.random(600) < 0.9, (), scenes
            )
        )
        for _ in range(100)
    ]

    assert np.mean(effects) < 1.04


def test_scenes_that_fail_together_miss_no_target() -> None:
    """Without the design effect four verdicts of each scene would pass for four times as many."""
    generator = np.random.default_rng(2)
    broken = 0
    for _ in range(200):
        right = np.repeat(generator.random(100) < 0.94, 4)
        scores = np.full(400, 0.95)
        together = Population(
            scores, np.ones(400, dtype=bool), right, scenes=np.repeat(np.arange(100), 4).astype(str)
        )
        broken += fixed_sequence(together, 0.95, LEVEL).passed is not None

    assert broken <= 16
