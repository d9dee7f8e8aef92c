"""Pairs of another kind are noticed, and those of the same are left alone."""

from dataclasses import replace

import pytest

from review.certificates.shift import holm, shifts
from tests.review.calibration.drawn_evidence import drawn_judged

LEVEL = 0.01
CERTIFIED = drawn_judged(200, seed=0).evidence


def test_the_same_mix_is_no_shift() -> None:
    alarms = [
        bool(shifts(CERTIFIED, drawn_judged(400, seed).evidence, LEVEL)) for seed in range(1, 41)
    ]

    assert sum(alarms) <= 3


def test_a_number_that_moved_is_named() -> None:
    darker = [
        replace(each, tone_shift=(each.tone_shift or 0) + 8)
        for each in drawn_judged(400, seed=1).evidence
    ]
    found = shifts(CERTIFIED, darker, LEVEL)

    assert [each.number for each in found] == ["tone_shift"]
    assert found[0].p_value < LEVEL


def test_an_edit_type_nobody_had_before_is_a_shift() -> None:
    new = [
        replace(each, edit_type="weather" if number % 4 == 0 else each.edit_type)
        for number, each in enumerate(drawn_judged(400, seed=1).evidence)
    ]

    assert "edit_type" in [each.number for each in shifts(CERTIFIED, new, LEVEL)]


def test_too_few_pairs_say_nothing() -> None:
    elsewhere = [replace(each, similarity=0.0) for each in CERTIFIED[:10]]

    assert shifts(CERTIFIED, elsewhere, LEVEL) == ()


def test_holm_by_hand() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx(
        {"a": 0.03, "c": 0.06, "b": 0.06}
    )
