"""Exemplars point where the pair points, differ from each other, and are of other scenes."""

import numpy as np
import pytest

from pairset.exemplars.retrieval import ExemplarPool, choose, directions_of


def at(*degrees: float) -> np.ndarray:
    """Unit vectors in the plane, one row for each angle."""
    angles = np.radians(degrees)
    return np.stack((np.cos(angles), np.sin(angles)), axis=1).astype(np.float32)


def pool(*degrees: float) -> ExemplarPool:
    """Pairs at these angles, each of a scene of its own, named after its place."""
    return ExemplarPool([f"scene-{place}" for place in range(len(degrees))], at(*degrees))


EAST = at(0)[0]


def test_a_direction_is_target_minus_source_and_of_unit_length() -> None:
    sources = np.array([[1, 1], [0, 2]], dtype=np.float16)
    targets = np.array([[4, 5], [0, 2]], dtype=np.float16)

    assert directions_of(sources, targets).tolist() == [pytest.approx([0.6, 0.8]), [0, 0]]


def test_the_most_relevant_comes_first() -> None:
    assert choose(EAST, "asked", pool(120, 50, 10, 80), 1) == [2]


def test_one_of_the_same_scene_is_never_shown() -> None:
    assert choose(EAST, "scene-2", pool(120, 50, 10, 80), 1) == [1]


def test_a_near_duplicate_of_one_that_is_shown_is_skipped() -> None:
    # 20° apart: a cosine of .94.
    assert choose(EAST, "asked", pool(10, 30, 170), 2) == [0, 2]


def test_of_two_as_relevant_the_one_unlike_the_first_is_shown() -> None:
    # The second and the third are equally far from the question, on either side of it.
    assert choose(EAST, "asked", pool(12, 45, -45), 2) == [0, 2]


def test_being_relevant_counts_more_than_being_unlike() -> None:
    assert choose(EAST, "asked", pool(0, 40, 180), 2) == [0, 1]


def test_fewer_are_shown_where_there_are_no_more() -> None:
    assert choose(EAST, "scene-0", pool(0, 30, 35), 4) == [1]
    assert choose(EAST, "asked", pool(), 4) == []


def test_of_equal_ones_the_earlier_is_shown() -> None:
    assert choose(EAST, "asked", pool(60, 20, 20, -20), 1) == [1]
