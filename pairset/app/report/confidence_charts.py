"""The charts of confidence held against verdicts: figures in, what the page draws out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pairset.measures.calibration import ReliabilityPoint, RiskPoint
from pairset.measures.savings import SavingsPoint
from pairset.pages.lines import (
    Axis,
    Line,
    Mark,
    Tick,
    highest_risk,
    level_mark,
    line_through,
    reliability_line,
    risk_line,
    tenth_below,
    ticks_across,
    ticks_up,
    upright_mark,
)
from pairset.rows.confidence_figures import ConfidenceFigures, Curves

BEFORE, AFTER, AT_RANDOM = "raw confidence", "calibrated", "in random order"
_COLOURS = {BEFORE: 0, AFTER: 1, AT_RANDOM: 2}
_SHARES_TOLD = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
"""Shares of the pairs whose figures stand in the tables."""
_A_QUARTER = 0.25


@dataclass(frozen=True, slots=True)
class Chart:
    """One plot, and the table that says the same."""

    names: tuple[str, ...]
    lines: tuple[Line, ...]
    up: tuple[Tick, ...]
    across: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def series(self) -> list[int]:
        """The colour of each line."""
        return [_COLOURS[name] for name in self.names]


@dataclass(frozen=True, slots=True)
class QuarterReviewed:
    """Accuracy of the final set with nothing reviewed, and with a quarter, chosen so or so."""

    nothing: str
    raw: str
    calibrated: str | None
    at_random: str


def reliability_chart(figures: ConfidenceFigures) -> Chart:
    """Accuracy over probability: on the diagonal it means what it says."""
    curves = [curve.reliability for curve in _curves(figures)]
    every = [value for curve in curves for point in curve for value in _both(point)]
    axis = Axis(low=tenth_below(every))
    return Chart(
        names=_names(figures),
        lines=tuple(reliability_line(curve, "verdicts", "accepted", axis) for curve in curves),
        up=ticks_up(axis),
        across=ticks_across(axis),
        marks=(),
        columns=(
            "Bin",
            "Verdicts",
            *(f"{n}: {w}" for n in _names(figures) for w in ("said", "accepted")),
        ),
        rows=tuple(_bin_row(number, bins) for number, bins in enumerate(zip(*curves, strict=True))),
    )


def risk_chart(figures: ConfidenceFigures) -> Chart:
    """Share of wrong ones among those taken unseen, over how many are."""
    curves = [curve.risk_coverage for curve in _curves(figures)]
    certificate = figures.certificate
    risk = 1 - certificate.precision if certificate else 0.0
    highest = max(highest_risk(curves), highest_risk([[RiskPoint(1.0, risk)]]))
    words = f"certified risk: at most {risk:.1%}"
    marks = [level_mark(risk / highest, words)] if certificate else []
    if certificate and certificate.coverage is not None:
        words = f"accepted {certificate.coverage:.0%}"
        marks.append(upright_mark(certificate.coverage, words, at_top=True))
    return Chart(
        names=_names(figures),
        lines=tuple(risk_line(curve, highest) for curve in curves),
        up=ticks_up(Axis(high=highest)),
        across=ticks_across(),
        marks=tuple(marks),
        columns=("Taken unseen", *_names(figures)),
        rows=_told([[(p.coverage, p.risk) for p in curve] for curve in curves]),
    )


def savings_chart(figures: ConfidenceFigures) -> Chart:
    """Accuracy of the final set over how much of it people look at."""
    curves = [*(curve.savings for curve in _curves(figures)), figures.at_random]
    axis = Axis(low=tenth_below([point.accuracy for curve in curves for point in curve]))
    coverage = figures.certificate.coverage if figures.certificate else None
    marks = [] if coverage is None else [_reviewed_mark(1 - coverage)]
    return Chart(
        names=(*_names(figures), AT_RANDOM),
        lines=tuple(
            line_through([(p.reviewed, axis.share(p.accuracy)) for p in curve]) for curve in curves
        ),
        up=ticks_up(axis),
        across=ticks_across(),
        marks=tuple(marks),
        columns=("Reviewed", *_names(figures), AT_RANDOM),
        rows=_told([[(p.reviewed, p.accuracy) for p in curve] for curve in curves]),
    )


def keeps_order(figures: ConfidenceFigures) -> bool:
    """Whether calibration put no pair before another: then two lines lie on each other."""
    after = figures.after
    return after is not None and after.risk_coverage == figures.before.risk_coverage


def quarter_reviewed(figures: ConfidenceFigures) -> QuarterReviewed:
    """What the savings come to in one sentence."""
    after = figures.after
    return QuarterReviewed(
        nothing=f"{figures.at_random[0].accuracy:.1%}",
        raw=_accuracy_at(figures.before.savings),
        calibrated=_accuracy_at(after.savings) if after else None,
        at_random=_accuracy_at(figures.at_random),
    )


def _accuracy_at(points: Sequence[SavingsPoint]) -> str:
    pairs = [(point.reviewed, point.accuracy) for point in points]
    return f"{_between(pairs, _A_QUARTER):.1%}"


def _curves(figures: ConfidenceFigures) -> list[Curves]:
    return [figures.before, figures.after] if figures.after else [figures.before]


def _names(figures: ConfidenceFigures) -> tuple[str, ...]:
    return (BEFORE, AFTER) if figures.after else (BEFORE,)


def _both(point: ReliabilityPoint) -> tuple[float, float]:
    return point.confidence, point.accuracy


def _reviewed_mark(share: float) -> Mark:
    return upright_mark(share, f"reviewed {share:.0%}", at_top=False)


def _bin_row(number: int, bins: Sequence[ReliabilityPoint]) -> tuple[str, ...]:
    said = (f"{value:.3f}" for point in bins for value in _both(point))
    return (str(number + 1), str(bins[0].rows), *said)


def _told(curves: Sequence[Sequence[tuple[float, float]]]) -> tuple[tuple[str, ...], ...]:
    """A row for each share, with every curve's figure there."""
    return tuple(
        (f"{share:.0%}", *(f"{_between(curve, share):.1%}" for curve in curves))
        for share in _SHARES_TOLD
    )


def _between(curve: Sequence[tuple[float, float]], share: float) -> float:
    """The curve's value at a share, straight between its points."""
    return float(np.interp(share, *np.array(curve).T))
