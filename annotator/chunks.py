"""Cutting a sequence into parts of one size."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Parts of ``size`` items each, the last one maybe shorter, in order."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
