"""Audits break a target that is not met, and no other, however often somebody looks."""

import numpy as np
import pytest

from review.certificates.audit import audit_test

PRECISION, LEVEL, AUDITS = 0.95, 0.05, 300


def first_alarm(right: np.ndarray) -> int | None:
    """The audit after which the test misses the target, looking after every one."""
    errors = np.cumsum(~right)
    return next(
        (
            count
            for count in range(1, len(right) + 1)
            if audit_test(count, int(errors[count - 1]), PRECISION).p_value <= LEVEL
        ),
        None,
    )


def test_a_target_that_is_just_met_is_rarely_called_broken_in_300_looks() -> None:
    generator = np.random.default_rng(0)
    alarms = [first_alarm(generator.random(AUDITS) < PRECISION) for _ in range(200)]

    assert sum(alarm is not None for alarm in alarms) <= 16


def test_a_precision_of_72_percent_is_noticed_within_60_audits() -> None:
    """What a threshold certified in-domain was worth on a mix of hard pairs."""
    generator = np.random.default_rng(1)
    alarms = [first_alarm(generator.random(60) < 0.72) for _ in range(200)]

    assert sum(alarm is not None for alarm in alarms) >= 190


@pytest.mark.parametrize(("verdicts", "errors"), [(0, 0), (1, 1), (100, 0), (100, 5)])
def test_little_or_good_news_breaks_nothing(verdicts: int, errors: int) -> None:
    assert audit_test(verdicts, errors, PRECISION).p_value > LEVEL


def test_nothing_but_errors_breaks_it_at_once() -> None:
    assert audit_test(3, 3, PRECISION).p_value < LEVEL / 10
