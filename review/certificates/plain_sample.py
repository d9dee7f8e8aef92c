"""Which annotations people should judge next so that a certificate can be proven, and when to look.

All of it follows from the draw, the gate and what has been judged, so a queue that was interrupted
goes on where it ended.
"""

from dataclasses import dataclass

import numpy as np

from review.certificates.population import Flags, Population

_FIRST_SHARE = 1 / 2
"""Part of a budget that is drawn from all pairs, to fit the first calibration."""
_FIRST_AT_LEAST = 60
"""Fewer fit none."""
_FIRST_WITHOUT_BUDGET = 200


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """How the sample goes on."""

    behind: Flags
    """Rows that a verdict would not help: they stand behind all others."""
    size: int | None
    """How many to queue; None for all."""
    has_first_part: bool
    """Whether enough of a plain random sample is judged to fit a calibration."""
    is_judged: bool
    """Whether nothing that the budget allows is left to judge."""


def sample_plan(population: Population, admitted: Flags | None, budget: int | None) -> SamplePlan:
    """Plan for all that may be accepted.

    ``admitted`` are the rows that pass the gate; None before there is one. Verdicts of the first
    part are within the budget, whether they pass or not.
    """
    order = population.orders[0]
    first = _FIRST_WITHOUT_BUDGET if budget is None else first_part(budget)
    plain = _before_the_first_unjudged(population)
    has_first_part = int(plain.sum()) >= min(first, len(order))
    if admitted is None:
        behind = np.zeros(len(order), dtype=bool)
        size = budget if budget is None or has_first_part else first
    else:
        behind, size = ~admitted & ~plain, budget
    is_judged = size == budget and bool(population.judged[np.lexsort((order, behind))[:size]].all())
    return SamplePlan(behind, size, has_first_part, is_judged)


def first_part(budget: int) -> int:
    """Verdicts on pairs drawn from all, before those that may be accepted are known."""
    return min(budget, max(_FIRST_AT_LEAST, round(budget * _FIRST_SHARE)))


def _before_the_first_unjudged(population: Population) -> Flags:
    order, unjudged = population.orders[0], ~population.judged
    return np.asarray(order < (order[unjudged].min() if unjudged.any() else np.inf))
