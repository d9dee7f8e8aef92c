"""Whether a confidence is a probability, and whether it tells right from wrong.

Rows of equal confidence are exchangeable: every measure gives each of them the mean outcome of all,
so that no figure depends on the order in which rows come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
_Point = TypeVar("_Point")

EQUAL_MASS_BINS = 15


@dataclass(frozen=True, slots=True)
class ReliabilityPoint:
    """One bin of the reliability diagram."""

    confidence: float
    """Mean confidence of its rows."""
    accuracy: float
    """Share of its rows that are right."""
    rows: int


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """What answering only the most confident rows would cost."""

    coverage: float
    """Share of the rows that are answered."""
    risk: float
    """Share of those that are wrong."""


def reliability(
    confidences: Sequence[float], right: Sequence[bool], bins: int = EQUAL_MASS_BINS
) -> list[ReliabilityPoint]:
    """Bins that hold the same number of rows, up to one, from the least confident to the most.

    Fewer rows than bins make one bin of each.
    """
    confidence, outcome = expected_in_order(confidences, right)
    parts = np.array_split(np.arange(len(confidence)), min(bins, len(confidence)) or 1)
    return [
        ReliabilityPoint(float(confidence[part].mean()), float(outcome[part].mean()), len(part))
        for part in parts
        if len(part)
    ]


def calibration_error(points: Sequence[ReliabilityPoint]) -> float | None:
    """Expected calibration error (Naeini et al. 2015) over bins of equal mass (Nixon et al. 2019).

    That is the mean distance of accuracy from confidence, each bin weighed by its rows.
    """
    rows = sum(point.rows for point in points)
    gaps = sum(point.rows * abs(point.accuracy - point.confidence) for point in points)
    return gaps / rows if rows else None


def brier_score(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Mean squared distance of confidence from outcome (Brier 1950): 0 is best."""
    if not len(confidences):
        return None
    distance = np.asarray(confidences, dtype=np.float64) - np.asarray(right, dtype=np.float64)
    return float((distance**2).mean())


def area_under_roc(
    confidences: Sequence[float], right: Sequence[bool], weights: Floats | None = None
) -> float | None:
    """Chance that a right row is more confident than a wrong one; None without both.

    ``weights`` say how often each row counts. Counted here and not by scikit-learn, whose checks
    of every argument take a hundred times as long as the figure and are paid for every draw.
    """
    outcome = np.asarray(right, dtype=np.float64)
    counted = np.ones(len(outcome)) if weights is None else weights
    levels, level_of_row = np.unique(np.asarray(confidences), return_inverse=True)
    rights = np.bincount(level_of_row, weights=counted * outcome, minlength=len(levels))
    wrongs = np.bincount(level_of_row, weights=counted * (1 - outcome), minlength=len(levels))
    comparisons = rights.sum() * wrongs.sum()
    if comparisons == 0:
        return None
    below = np.cumsum(wrongs) - wrongs
    return float((rights * (below + wrongs / 2)).sum() / comparisons)


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> list[RiskPoint]:
    """Risk at every coverage, from the most confident row alone to all of them.

    That is the curve of El-Yaniv & Wiener (2010).
    """
    _, outcome = expected_in_order(confidences, right)
    wrong = np.cumsum(1 - outcome[::-1])
    answered = np.arange(1, len(wrong) + 1)
    return [
        RiskPoint(float(rows / len(wrong)), float(errors / rows))
        for rows, errors in zip(answered, wrong, strict=True)
    ]


def area_under_risk(points: Sequence[RiskPoint]) -> float | None:
    """Mean risk over all coverages (Geifman et al. 2019): 0 is best."""
    return float(np.mean([point.risk for point in points])) if points else None


def thinned(points: Sequence[_Point], most: int) -> list[_Point]:
    """At most so many points of a curve, evenly spaced; the first and the last stay."""
    if len(points) <= most:
        return list(points)
    return [points[row] for row in np.linspace(0, len(points) - 1, most).round().astype(int)]


def expected_in_order(confidences: Sequence[float], right: Sequence[bool]) -> tuple[Floats, Floats]:
    """Rising confidences, and the outcome expected of each row: the mean of its equals."""
    confidence = np.asarray(confidences, dtype=np.float64)
    outcome = np.asarray(right, dtype=np.float64)
    levels, level_of_row = np.unique(confidence, return_inverse=True)
    sums = np.bincount(level_of_row, weights=outcome, minlength=len(levels))
    counts = np.bincount(level_of_row, minlength=len(levels))
    order = np.argsort(confidence, kind="stable")
    return confidence[order], (sums / np.maximum(counts, 1))[level_of_row[order]]
