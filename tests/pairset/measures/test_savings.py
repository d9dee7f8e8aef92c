"""What reviewing the least sure first saves, against values by hand."""

import numpy as np
import pytest

from pairset.measures.savings import SavingsPoint, savings, savings_at_random

SURE = [0.1, 0.4, 0.6, 0.9]
RIGHT = [False, True, False, True]
NONE_UNFIT = [False] * 4


def accuracies(points: list[SavingsPoint]) -> list[float]:
    return [point.accuracy for point in points]


def test_what_was_reviewed_is_right_afterwards() -> None:
    points = savings(SURE, RIGHT, NONE_UNFIT)

    assert [point.reviewed for point in points] == [0, 0.25, 0.5, 0.75, 1]
    assert accuracies(points) == pytest.approx([2 / 4, 3 / 4, 3 / 4, 1, 1])


def test_a_pair_that_is_rejected_leaves_the_set() -> None:
    points = savings(SURE, RIGHT, [True, False, False, False])

    assert accuracies(points) == pytest.approx([2 / 4, 2 / 3, 2 / 3, 1, 1])


def test_who_rejects_everything_is_left_with_nothing_wrong() -> None:
    assert accuracies(savings([0.5, 0.6], [False] * 2, [True] * 2)) == [0, 0, 1]
    assert accuracies(savings_at_random([False] * 2, [True] * 2)) == [0, 0, 1]


def test_rows_of_equal_confidence_come_in_no_order() -> None:
    one, other = (savings([0.5] * 4, right, NONE_UNFIT) for right in (RIGHT, RIGHT[::-1]))

    assert one == other == savings_at_random(RIGHT, NONE_UNFIT)


def test_random_order_is_the_mean_of_many_orders() -> None:
    generator = np.random.default_rng(0)
    right = (generator.random(40) < 0.7).tolist()
    drawn = [
        accuracies(savings(generator.random(40).tolist(), right, [False] * 40))
        for _ in range(2_000)
    ]
    expected = accuracies(savings_at_random(right, [False] * 40))

    assert np.mean(drawn, axis=0) == pytest.approx(expected, abs=0.01)


def test_of_nothing_there_is_one_point() -> None:
    assert savings([], [], []) == savings_at_random([], []) == [SavingsPoint(0.0, 1.0)]
