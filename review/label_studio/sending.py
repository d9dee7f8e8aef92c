"""Writes that may have happened: look first, then send again what is not there."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from review.label_studio.client import StudioClient

T = TypeVar("T")
R = TypeVar("R")


def send_all(
    client: StudioClient,
    entries: Sequence[T],
    write: Callable[[Sequence[T]], None],
    still_missing: Callable[[Sequence[T]], Sequence[T]],
) -> None:
    """Write entries in one request; after a doubtful failure only those ``still_missing``.

    Raises StudioUnreachableError once the client's patience is at its end.
    """
    for attempt in client.patience.retrying(client.unreachable):
        with attempt:
            if attempt.retry_state.attempt_number > 1:
                entries = still_missing(entries)
            if entries:
                write(entries)


def patiently(client: StudioClient, action: Callable[[], R]) -> R:
    """Repeat an action after doubtful failures: one that does no harm when done twice."""
    return client.patience.retrying(client.unreachable)(action)
