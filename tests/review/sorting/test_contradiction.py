"""A reply that says "no change" is held against what mining measured."""

import pytest

from review.sorting.contradiction import Measured, contradicts_no_change

SAME_FRAME = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    "measured",
    [
        Measured(change_fraction=0.02, change_largest=0.001),
        Measured(change_fraction=0.003, change_largest=0.003),
        Measured(tone_shift=9.0),
        Measured(detail_ratio=0.4),
        Measured(detail_ratio=2.0),
        Measured(alignment=[0.8, 0.0, 0.1, 0.0, 0.8, 0.1]),
        Measured(alignment=[-1.0, 0.0, 1.0, 0.0, 1.0, 0.0]),
    ],
    ids=["area", "one region", "tone", "blur", "sharper", "crop", "mirror"],
)
def test_a_measured_change_contradicts_it(measured: Measured) -> None:
    assert contradicts_no_change(measured)


@pytest.mark.parametrize(
    "measured",
    [
        Measured(),
        Measured(0.001, 0.001, 3.3, 0.68, SAME_FRAME),
        Measured(0.005, 0.0012, 5.0, 1.2, SAME_FRAME),
        Measured(alignment=[]),
    ],
    ids=["not measured", "encoding and resizing", "specks", "no map"],
)
def test_what_encoding_and_resizing_leave_does_not(measured: Measured) -> None:
    assert not contradicts_no_change(measured)
