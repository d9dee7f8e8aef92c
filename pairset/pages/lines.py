"""Geometry of lines in a plot: numbers in, coordinates out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pairset.measures.calibration import ReliabilityPoint, RiskPoint, thinned

PLOT_WIDTH, PLOT_HEIGHT = 400.0, 300.0
"""Units of the area inside the axes."""
_MOST_POINTS = 240


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
    """One line of a plot."""

    path: str
    """Points of an SVG polyline."""
    dots: tuple[Dot, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A straight line across a plot, with words at its end."""

    path: str
    words: str
    x: float
    y: float
    anchor: str
    """Which end of the words stands there: start or end."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What the two ends of an axis stand for."""

    low: float = 0.0
    high: float = 1.0

    def share(self, value: float) -> float:
        """Where a value lies between the ends, 0 to 1; beyond them for values beyond them."""
        return (value - self.low) / (self.high - self.low)


SHARES = Axis()
"""From 0 to 1."""


def reliability_line(
    points: Sequence[ReliabilityPoint], rows: str, right: str, axis: Axis = SHARES
) -> Line:
    """Accuracy over confidence, on the same axis; dots are told in words for rows and right."""
    dots = tuple(
        Dot(
            _x(axis.share(point.confidence)),
            _y(axis.share(point.accuracy)),
            f"{point.rows} {rows}, confidence {point.confidence:.2f}, {right} {point.accuracy:.2f}",
        )
        for point in points
    )
    return Line(_path([(dot.x, dot.y) for dot in dots]), dots)


def tenth_below(values: Sequence[float]) -> float:
    """Bottom of an axis up to 1: the tenth below every value, and never above 0.9."""
    least = min(values, default=0.0)
    return max(0.0, min(math.floor(round(least * 10, 6)) / 10, 0.9))


def highest_risk(curves: Sequence[Sequence[RiskPoint]]) -> float:
    """Top of the risk axis: the next tenth above every risk, so that small risks fill the plot."""
    most = max((point.risk for curve in curves for point in curve), default=0.0)
    return max(math.ceil(round(most * 10, 6)) / 10, 0.1)


def risk_line(points: Sequence[RiskPoint], highest: float) -> Line:
    """Risk over coverage; long curves are thinned out, their last point stays."""
    shown = thinned(points, _MOST_POINTS)
    return line_through([(point.coverage, point.risk / highest) for point in shown])


def line_through(shares: Sequence[tuple[float, float]]) -> Line:
    """A line through points given as shares of both axes, 0 to 1."""
    return Line(_path([(_x(across), _y(up)) for across, up in shares]))


def level_mark(up: float, words: str) -> Mark:
    """A level line at a share of the axis upwards, its words above its right end."""
    return Mark(
        _path([(0, _y(up)), (PLOT_WIDTH, _y(up))]), words, PLOT_WIDTH - 4, _y(up) - 6, "end"
    )


def upright_mark(across: float, words: str, at_top: bool) -> Mark:
    """An upright line at a share of the axis across, its words on the side that has room."""
    is_left = across < 0.5
    x = _x(across) + (6 if is_left else -6)
    path = _path([(_x(across), 0), (_x(across), PLOT_HEIGHT)])
    y = 12 if at_top else PLOT_HEIGHT - 10
    return Mark(path, words, x, y, "start" if is_left else "end")


def ticks_across(axis: Axis = SHARES) -> tuple[Tick, ...]:
    """Ticks of an axis from left to right."""
    return tuple(Tick(_x(step / 4), _words(axis, step)) for step in range(5))


def ticks_up(axis: Axis = SHARES) -> tuple[Tick, ...]:
    """Ticks of an axis from bottom to top."""
    return tuple(Tick(_y(step / 4), _words(axis, step)) for step in range(5))


def _words(axis: Axis, step: int) -> str:
    return f"{axis.low + (axis.high - axis.low) * step / 4:.3g}"


def _x(share: float) -> float:
    return round(share * PLOT_WIDTH, 1)


def _y(share: float) -> float:
    return round((1 - share) * PLOT_HEIGHT, 1)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)
