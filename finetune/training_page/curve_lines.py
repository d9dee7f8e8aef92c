"""The training curve as lines: points in, coordinates out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from finetune.curve_file import read_points
from pairset.pages.lines import Axis, Line, Tick, line_through, ticks_across, ticks_up

RATE_UNITS = 10_000


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What was logged at one step."""

    step: int
    loss: float
    """Mean over the steps since the last point."""
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure over the steps."""

    line: Line
    up: tuple[Tick, ...]
    across: tuple[Tick, ...]


def read_curve(path: Path) -> list[CurvePoint]:
    """The points that training has written, one JSON object a line."""
    return [
        CurvePoint(each["step"], each["loss"], each.get("learning_rate") or 0.0)
        for each in read_points(path)
    ]


def loss_plot(curve: Sequence[CurvePoint]) -> Plot:
    """The loss over the steps, from 0."""
    return _plot([point.step for point in curve], [point.loss for point in curve])


def rate_plot(curve: Sequence[CurvePoint]) -> Plot:
    """The learning rate over the steps, from 0, in ten-thousandths: so ticks have room."""
    rates = [point.learning_rate * RATE_UNITS for point in curve]
    return _plot([point.step for point in curve], rates)


def _plot(steps: Sequence[int], values: Sequence[float]) -> Plot:
    last, highest = max(steps, default=1), round_up(max(values, default=0.0))
    shares = [(step / last, value / highest) for step, value in zip(steps, values, strict=True)]
    return Plot(line_through(shares), ticks_up(Axis(high=highest)), ticks_across(Axis(high=last)))


def round_up(value: float) -> float:
    """Top of an axis: the next of 1, 2, 4, 6, 8 or 10 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if value <= step * power * (1 + 1e-9))
