"""Whether a wrong annotation would be put right is learned from what people did with others."""

import numpy as np
import pytest

from review.calibration.evidence import Evidence
from review.calibration.fixable import NO_IDEA, fixable


def annotation(number: int, kind: str, unexplained: float) -> Evidence:
    return Evidence(f"{number:03}", edit_type=kind, unexplained=unexplained, mean_en=-0.1)


def scattered(count: int) -> list[Evidence]:
    """Two kinds; every other pair is two scenes that have nothing to do with one another."""
    generator = np.random.default_rng(0)
    return [
        annotation(
            row, ("add", "style")[row // 2 % 2], generator.normal(0.8 if row % 2 else 0.1, 0.05)
        )
        for row in range(count)
    ]


def test_without_decisions_nothing_is_known() -> None:
    assert fixable(scattered(4), {}).tolist() == [NO_IDEA] * 4


def test_few_decisions_are_read_by_edit_type() -> None:
    everyone = scattered(12)
    fixed = {each.annotation_id: each.edit_type == "add" for each in everyone}
    found = fixable(everyone, fixed)

    assert {round(chance, 3) for chance in found[[0, 1, 4, 5]].tolist()} == {0.688}
    assert found[0] > 0.5 > found[2]


def test_a_type_nobody_has_judged_is_taken_for_the_average() -> None:
    everyone = [*scattered(8), annotation(99, "remove", 0.1)]
    fixed = {each.annotation_id: True for each in everyone[:8]}

    assert fixable(everyone, fixed)[8] == pytest.approx((8 + NO_IDEA * 10) / 18)


def test_pairs_that_look_like_rejected_ones_are_told_from_others_of_their_type() -> None:
    everyone = scattered(200)
    fixed = {each.annotation_id: row % 2 == 0 for row, each in enumerate(everyone[:80])}
    found = fixable(everyone, fixed)[80:]

    assert found[::2].min() > 0.7
    assert found[1::2].max() < 0.3
