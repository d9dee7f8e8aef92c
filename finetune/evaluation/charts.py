"""Geometry of the page's charts: numbers in, coordinates out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from finetune.measures.confusion import Confusion
from finetune.measures.intervals import Estimate
from pairset.measures.calibration import ReliabilityPoint, RiskPoint

PLOT_WIDTH, PLOT_HEIGHT = 400.0, 300.0
"""Units of the area inside the axes."""
_MOST_POINTS = 240
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
class Tick:
    """One mark of an axis."""

    place: float
    words: str


@dataclass(frozen=True, slots=True)
class Dot:
    """One point of a line, with what it says when pointed at."""

    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """One annotator in a plot."""

    path: str
    """Points of an SVG polyline."""
    dots: tuple[Dot, ...] = ()


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


def reliability_line(points: Sequence[ReliabilityPoint]) -> Line:
    """Accuracy over confidence, both axes from 0 to 1."""
    dots = tuple(
        Dot(
            _x(point.confidence),
            _y(point.accuracy),
            f"{point.rows} replies, confidence {point.confidence:.2f}, exact {point.accuracy:.2f}",
        )
        for point in points
    )
    return Line(_path([(dot.x, dot.y) for dot in dots]), dots)


def highest_risk(curves: Sequence[Sequence[RiskPoint]]) -> float:
    """Top of the risk axis: the next tenth above every risk, so that small risks fill the plot."""
    most = max((point.risk for curve in curves for point in curve), default=0.0)
    return max(math.ceil(round(most * 10, 6)) / 10, 0.1)


def risk_line(points: Sequence[RiskPoint], highest: float) -> Line:
    """Risk over coverage; long curves are thinned out, their last point stays."""
    step = math.ceil(len(points) / _MOST_POINTS) or 1
    shown = [*points[:-1:step], *points[-1:]]
    return line_through([(point.coverage, point.risk / highest) for point in shown])


def line_through(shares: Sequence[tuple[float, float]]) -> Line:
    """A line through points given as shares of both axes, 0 to 1."""
    return Line(_path([(_x(across), _y(up)) for across, up in shares]))


def ticks_across(highest: float = 1.0) -> tuple[Tick, ...]:
    """Ticks of an axis from 0 to its highest value, left to right."""
    return tuple(Tick(_x(step / 4), f"{highest * step / 4:.3g}") for step in range(5))


def ticks_up(highest: float = 1.0) -> tuple[Tick, ...]:
    """Ticks of an axis from 0 to its highest value, bottom to top."""
    return tuple(Tick(_y(step / 4), f"{highest * step / 4:.3g}") for step in range(5))


def heat_cells(table: Confusion) -> list[list[HeatCell]]:
    """The table's cells, each with its share of the row."""
    return [
        [
            HeatCell(count, math.ceil(_HEAT_STEPS * count / (sum(row) or 1)), said == expected)
            for said, count in zip(table.said, row, strict=True)
        ]
        for expected, row in zip(table.expected, table.counts, strict=True)
    ]


def _x(share: float) -> float:
    return round(share * PLOT_WIDTH, 1)


def _y(share: float) -> float:
    return round((1 - share) * PLOT_HEIGHT, 1)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)
