"""What it saves to review the least sure first, and how good a set comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pairset.measures.calibration import expected_in_order


@dataclass(frozen=True, slots=True)
class SavingsPoint:
    """The set that comes of reviewing so many rows and taking the others as they are."""

    reviewed: float
    """Share of the rows that a person looked at."""
    accuracy: float
    """Share of the final set that is right."""


def savings(
    confidences: Sequence[float], right: Sequence[bool], unfit: Sequence[bool]
) -> list[SavingsPoint]:
    """Accuracy of the final set at every share reviewed, the least confident first.

    What was reviewed is right afterwards, or, where it is ``unfit``, no longer in the set. From
    nothing reviewed to everything: one point more than rows.
    """
    outcome, gone = (expected_in_order(confidences, each)[1] for each in (right, unfit))
    reviewed = np.arange(len(outcome) + 1)
    wrong_left = (1 - outcome).sum() - _summed(1 - outcome)
    left = len(outcome) - _summed(gone)
    return _points(reviewed / max(len(outcome), 1), wrong_left, left)


def savings_at_random(right: Sequence[bool], unfit: Sequence[bool]) -> list[SavingsPoint]:
    """What reviewing in random order gives on average: whoever is sure of nothing has this."""
    share = np.linspace(0, 1, len(right) + 1)
    wrong = len(right) - sum(right)
    return _points(share, (1 - share) * wrong, len(right) - share * sum(unfit))


def _points(reviewed: np.ndarray, wrong: np.ndarray, left: np.ndarray) -> list[SavingsPoint]:
    """Nothing left is nothing wrong."""
    accuracy = 1 - np.maximum(wrong, 0.0) / np.maximum(left, 1e-9)
    shares = np.where(left < 1e-9, 1.0, accuracy)
    return [
        SavingsPoint(float(part), float(share))
        for part, share in zip(reviewed, shares, strict=True)
    ]


def _summed(values: np.ndarray) -> np.ndarray:
    """Sums of the first none, one, two … values."""
    return np.concatenate([[0.0], np.cumsum(values)])
