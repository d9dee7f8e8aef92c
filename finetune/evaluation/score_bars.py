"""Geometry of the page's bars and tables: numbers in, coordinates out."""

import math
from dataclasses import dataclass

from finetune.measures.confusion import Confusion
from finetune.measures.intervals import Estimate

_HEAT_STEPS = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """A share with its interval on a track of 100 units."""

    value: float
    low: float | None
    high: float | None
    percent: str
    interval: str


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One count of a confusion table."""

    count: int
    heat: int
    """Its share of the row, in tenths."""
    is_right: bool


def share_bar(estimate: Estimate | None) -> Bar | None:
    """Lay out a share between 0 and 1."""
    if estimate is None:
        return None
    value, low, high = (
        None if each is None else round(100 * each, 2)
        for each in (estimate.value, estimate.low, estimate.high)
    )
    interval = "" if low is None or high is None else f"{low:.0f}–{high:.0f}"
    return Bar(value or 0.0, low, high, f"{value:.0f}", interval)


def heat_cells(table: Confusion) -> list[list[HeatCell]]:
    """The table's cells, each with its share of the row."""
    return [
        [
            HeatCell(count, math.ceil(_HEAT_STEPS * count / (sum(row) or 1)), said == expected)
            for said, count in zip(table.said, row, strict=True)
        ]
        for expected, row in zip(table.expected, table.counts, strict=True)
    ]
