"""The curves of a handful of verdicts, against values by hand."""

import numpy as np
import pytest

from review.calibration.curves import LEAST_DRAWN, Decided, curves_of, edit_types_of
from review.calibration.evidence import Evidence
from review.calibration.judged import Judged


def decided(
    confidences: list[float],
    right: list[bool],
    edit_types: list[str] | None = None,
    drawn: list[bool] | None = None,
    probabilities: list[float] | None = None,
) -> Decided:
    count = len(right)
    types = edit_types or ["add"] * count
    evidence = [
        Evidence(annotation_id=f"{number:04}", edit_type=types[number], confidence=confidence)
        for number, confidence in enumerate(confidences)
    ]
    return Decided(
        judged=Judged(evidence, right, [str(number) for number in range(count)]),
        drawn=drawn or [False] * count,
        unfit=[False] * count,
        probabilities=None if probabilities is None else np.array(probabilities),
    )


def test_the_figures_of_four_verdicts() -> None:
    four = decided([0.2, 0.4, 0.6, 1.0], [False, True, False, True])
    curves = curves_of(four, four.confidences)

    # Bins of one row each for the error, as triage prints it; the diagram has one bin of all.
    assert curves.score.calibration_error == pytest.approx((0.2 + 0.6 + 0.6 + 0.0) / 4)
    assert curves.score.brier == pytest.approx((0.04 + 0.36 + 0.36 + 0.0) / 4)
    assert curves.score.auroc == pytest.approx(3 / 4)
    (point,) = curves.reliability
    assert (point.confidence, point.accuracy, point.rows) == (pytest.approx(0.55), 0.5, 4)
    assert [each.risk for each in curves.risk_coverage] == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert [each.accuracy for each in curves.savings] == pytest.approx([2 / 4, 3 / 4, 3 / 4, 1, 1])


def test_another_probability_gives_other_curves_of_the_same_verdicts() -> None:
    four = decided([0.2, 0.4, 0.6, 1.0], [False, True, False, True])
    told = curves_of(four, np.array([0.1, 0.9, 0.2, 0.8]))

    assert told.score.auroc == 1
    assert [each.risk for each in told.risk_coverage] == pytest.approx([0, 0, 1 / 3, 1 / 2])


def test_enough_drawn_verdicts_carry_risk_and_savings_alone() -> None:
    """What somebody chose is all wrong here, and says nothing of the set."""
    drawn = [True] * LEAST_DRAWN + [False] * 50
    some = decided([0.5] * len(drawn), drawn, drawn=drawn)
    curves = curves_of(some, some.confidences)

    assert {point.risk for point in curves.risk_coverage} == {0.0}
    assert curves.savings[0].accuracy == 1
    assert sum(point.rows for point in curves.reliability) == len(drawn)


def test_a_few_drawn_verdicts_carry_nothing() -> None:
    drawn = [True] * (LEAST_DRAWN - 1) + [False] * 50
    some = decided([0.5] * len(drawn), drawn, drawn=drawn)

    assert len(some.basis) == len(drawn)
    assert curves_of(some, some.confidences).savings[0].accuracy == pytest.approx(99 / 149)


def test_edit_types_have_figures_of_their_own() -> None:
    types = ["zoom"] + ["add"] * 10
    confidences, right = [0.9] + [0.2] * 4 + [0.8] * 6, [False] * 5 + [True] * 6
    found = edit_types_of(decided(confidences, right, types, probabilities=[0.5] * 11))

    assert [(each.edit_type, each.verdicts, each.accepted) for each in found] == [
        ("add", 10, 6),
        ("zoom", 1, 0),
    ]
    add, zoom = found
    assert add.after is not None
    assert add.before.calibration_error == pytest.approx(0.6 - 5.6 / 10)  # one bin
    assert add.after.calibration_error == pytest.approx(0.6 - 0.5)
    assert (add.before.auroc, add.after.auroc) == (1, 0.5)
    assert (zoom.before.auroc, zoom.before.calibration_error) == (None, None)
    assert zoom.before.brier == pytest.approx(0.81)


def test_a_long_curve_is_kept_in_two_hundred_points() -> None:
    some = decided(np.linspace(0, 1, 1_000).tolist(), [True] * 1_000)
    curves = curves_of(some, some.confidences)

    assert len(curves.risk_coverage) == len(curves.savings) == 200
    assert curves.risk_coverage[-1].coverage == curves.savings[-1].reviewed == 1
