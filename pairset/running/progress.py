"""The progress bar of long work: what, how many, how fast, how long still."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from pairset.running.stopping import heed
from pairset.terminal.console import shows_progress
from pairset.terminal.streams import Steady
from pairset.text import printable

T = TypeVar("T")

_SECONDS_BETWEEN_LINES_IN_A_LOG = 10.0


def progress(items: Iterable[T], label: str, total: int, unit: str) -> Iterator[T]:
    """Pass items through, drawing a bar with rate and ETA on standard error."""
    for item in open_bar(label, total, unit, items):
        yield item
        heed()


def open_bar(label: str, total: int, unit: str, items: Iterable[object] | None = None) -> Any:
    """A tqdm bar; without items whoever opens it moves it (``update``) and closes it."""
    from tqdm import tqdm

    on_terminal = sys.stderr.isatty()
    return tqdm(
        items,
        file=Steady(sys.stderr),
        desc=printable(label),
        disable=not shows_progress(),
        total=total,
        unit=unit,
        leave=on_terminal,
        dynamic_ncols=on_terminal,
        mininterval=0.1 if on_terminal else _SECONDS_BETWEEN_LINES_IN_A_LOG,
    )
