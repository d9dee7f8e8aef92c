"""Whether the pairs at hand are still such as the certificate was certified on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pairset.errors import MissingExtraError
from review.calibration.evidence import LOG_PROBABILITIES, PIXELS, PROBES, Evidence, measured

_EDIT_TYPE = "edit_type"
_LEAST_ROWS = 20
"""On either side; with fewer, a number is not compared."""
_LEAST_OF_A_TYPE = 10
"""Rarer edit types are counted together, as the chi-squared approximation wants it."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One number of the evidence that is distributed otherwise than it was."""

    number: str
    p_value: float
    """After Holm's correction over all numbers that were compared."""


def shifts(
    calibrated: Sequence[Evidence], current: Sequence[Evidence], level: float
) -> tuple[Shift, ...]:
    """What differs between two samples, the clearest first; empty where nothing does.

    Two-sample Kolmogorov–Smirnov tests of every number and a chi-squared test of the edit types,
    corrected by Holm (1979): simple tests one number at a time found shifts as well as anything
    that looks at all together (Rabanser et al. 2019). Raises MissingExtraError without scipy.
    """
    try:
        from scipy.stats import ks_2samp
    except ImportError as error:
        raise MissingExtraError("scipy", "review") from error
    raw: dict[str, float] = {}
    for name in (*LOG_PROBABILITIES, *PIXELS, *PROBES):
        one, other = (_known(part, name) for part in (calibrated, current))
        if min(len(one), len(other)) >= _LEAST_ROWS:
            raw[name] = float(ks_2samp(one, other, method="asymp").pvalue)
    of_types = _edit_types_differ(calibrated, current)
    if of_types is not None:
        raw[_EDIT_TYPE] = of_types
    found = [Shift(name, p_value) for name, p_value in holm(raw).items() if p_value <= level]
    return tuple(sorted(found, key=lambda shift: (shift.p_value, shift.number)))


def holm(p_values: dict[str, float]) -> dict[str, float]:
    """Adjusted p-values (Holm 1979)."""
    adjusted: dict[str, float] = {}
    largest = 0.0
    for place, (name, p_value) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        largest = max(largest, min(1.0, p_value * (len(p_values) - place)))
        adjusted[name] = largest
    return adjusted


def _known(evidence: Sequence[Evidence], name: str) -> np.ndarray:
    values = measured(evidence, name)
    return np.asarray(values[~np.isnan(values)])


def _edit_types_differ(one: Sequence[Evidence], other: Sequence[Evidence]) -> float | None:
    from scipy.stats import chi2_contingency

    counts = [Counter(each.edit_type or "" for each in part) for part in (one, other)]
    both = counts[0] + counts[1]
    frequent = [name for name, rows in both.items() if rows >= _LEAST_OF_A_TYPE]
    table = [[count[name] for name in frequent] for count in counts]
    rare = [count.total() - sum(row) for count, row in zip(counts, table, strict=True)]
    if sum(rare):
        table = [[*row, rest] for row, rest in zip(table, rare, strict=True)]
    if len(table[0]) < 2 or min(map(sum, table)) < _LEAST_ROWS:
        return None
    return float(chi2_contingency(table).pvalue)
