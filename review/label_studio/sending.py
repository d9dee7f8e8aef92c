"""Writes that may have happened: look first, then send again what is not there."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from review.label_studio.client import StudioClient
from review.label_studio.errors import UncertainWriteError

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
    failures = 0
    while entries:
        try:
            write(entries)
            return
        except UncertainWriteError as error:
            failures += 1
            _wait_or_give_up(client, failures, error)
            entries = still_missing(entries)


def patiently(client: StudioClient, action: Callable[[], R]) -> R:
    """Repeat an action after doubtful failures: one that does no harm when done twice."""
    failures = 0
    while True:
        try:
            return action()
        except UncertainWriteError as error:
            failures += 1
            _wait_or_give_up(client, failures, error)


def _wait_or_give_up(client: StudioClient, failures: int, error: UncertainWriteError) -> None:
    if failures > client.patience.retries:
        raise client.unreachable(str(error)) from error
    time.sleep(client.patience.wait_seconds(failures))
