"""The progress bar of long work: what, how many, how fast, how long still."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, Self, TypeVar

from pairset.running.stopping import heed
from pairset.terminal.console import shows_progress
from pairset.terminal.streams import Steady
from pairset.text import printable

T = TypeVar("T")

_SECONDS_BETWEEN_LINES_IN_A_LOG = 10.0


class Bar(Protocol):
    """A bar of tqdm."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *raised: object) -> None: ...

    def update(self, n: float = 1) -> object: ...

    def set_postfix(self, *, refresh: bool, **shown: object) -> None: ...

    def set_postfix_str(self, shown: str, refresh: bool) -> None: ...

    def close(self) -> None: ...


def progress(items: Iterable[T], label: str, total: int, unit: str) -> Iterator[T]:
    """Pass items through, drawing a bar with rate and ETA on standard error."""
    for item in _tqdm(label, total, unit, items):
        yield item
        heed()


def open_bar(label: str, total: int, unit: str) -> Bar:
    """A bar that whoever opens it moves (``update``) and closes."""
    bar: Bar = _tqdm(label, total, unit)
    return bar


def _tqdm(label: str, total: int, unit: str, items: Iterable[object] | None = None) -> Any:
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
