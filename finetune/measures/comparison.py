"""Whether one annotator is better than another on the same pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finetune.measures.intervals import Estimate, SceneBootstrap


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """One annotator against another, row by row."""

    difference: Estimate | None
    """Share right of the one less that of the other, with the paired interval."""
    gained: int
    """Rows that only the one has right."""
    lost: int
    """Rows that only the other has right."""
    p_value: float | None
    """Two-sided exact McNemar test of gained against lost; None where they never differ."""


def compare(
    one: Sequence[bool], other: Sequence[bool], bootstrap: SceneBootstrap
) -> PairedComparison:
    """Compare who is right where; both have one entry for each row of the bootstrap."""
    gained = sum(a and not b for a, b in zip(one, other, strict=True))
    lost = sum(b and not a for a, b in zip(one, other, strict=True))
    differences = np.asarray(one, dtype=np.float64) - np.asarray(other, dtype=np.float64)
    return PairedComparison(
        difference=bootstrap.mean(differences.tolist()),
        gained=gained,
        lost=lost,
        p_value=mcnemar(gained, lost),
    )


def mcnemar(gained: int, lost: int) -> float | None:
    """Exact test (McNemar 1947) that a row is as likely gained as lost, two-sided."""
    if gained + lost == 0:
        return None
    from scipy.stats import binomtest

    return float(binomtest(gained, gained + lost, 0.5).pvalue)
