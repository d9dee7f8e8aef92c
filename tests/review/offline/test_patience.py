"""What is tried again on Label Studio, by a clock that notes and does not wait."""

import pytest

pytest.importorskip("label_studio_sdk")

from review.label_studio.client import Patience
from review.label_studio.errors import (
    RequestRejectedError,
    StudioUnreachableError,
    UncertainWriteError,
)


def fail_by(error: BaseException, waits: list[float]) -> None:
    """An action that always fails so, tried until its end."""

    def action() -> None:
        raise error

    Patience(retries=3, sleep=waits.append).retrying(StudioUnreachableError)(action)


def test_waits_double_and_the_end_is_a_studio_that_cannot_be_reached() -> None:
    waits: list[float] = []

    with pytest.raises(StudioUnreachableError, match="no answer") as ended:
        fail_by(UncertainWriteError("no answer"), waits)

    assert waits == [0.5, 1.0, 2.0]
    assert isinstance(ended.value.__cause__, UncertainWriteError)


@pytest.mark.parametrize("error", [RequestRejectedError(400, "no"), KeyboardInterrupt()])
def test_nothing_else_is_tried_again(error: BaseException) -> None:
    waits: list[float] = []

    with pytest.raises(type(error)):
        fail_by(error, waits)

    assert waits == []
