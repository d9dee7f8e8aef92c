"""The choice of exemplars: relevant, unlike each other, never of the same scene. Pure.

After CM3leon and RA-CM3 (Yasunaga et al. 2023): a pair lies where its edit points, from the vector
of its source to that of its target. Among the reviewed pairs that point the same way those are
chosen that add something to each other (maximal marginal relevance, Carbonell & Goldstein 1998).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]

NEAR_DUPLICATE = 0.9
"""Cosine from which on two exemplars say the same: the second is skipped (as in RA-CM3)."""
_RELEVANCE_SHARE = 0.7
"""Weight of being relevant against being unlike what is chosen already, 0 to 1."""
_SHORTLIST = 64
"""So many of the most relevant are weighed against each other."""
_DECIMALS = 5
"""Cosines are rounded to so many: the last bits of a product depend on how many are computed at
once, and the choice must not."""


@dataclass(frozen=True, slots=True)
class ExemplarPool:
    """The reviewed pairs there are to choose from; the earlier ones win where two are equal."""

    scenes: Sequence[str]
    directions: Floats
    """Unit vectors, one row each."""


def directions_of(sources: Floats, targets: Floats) -> Floats:
    """Where edits point: target minus source, of unit length; zeros where both are the same.

    ``sources`` and ``targets`` have one row for each pair.
    """
    differences = targets.astype(np.float32) - sources.astype(np.float32)
    lengths = np.linalg.norm(differences, axis=1, keepdims=True)
    directions = np.zeros_like(differences)
    np.divide(differences, lengths, out=directions, where=lengths > 0)
    return directions


def choose(direction: Floats, scene: str, pool: ExemplarPool, count: int) -> list[int]:
    """Numbers of up to so many exemplars for a pair, the most useful first.

    Fewer are chosen where other scenes have no more that differ from each other.
    """
    if not len(pool.scenes):
        return []
    relevance = _rounded(pool.directions @ direction)
    ranked = np.argsort(-relevance, kind="stable").tolist()
    left = [number for number in ranked if pool.scenes[number] != scene]
    chosen: list[int] = []
    closest = np.full(len(relevance), -1.0, dtype=np.float32)
    while left and len(chosen) < count:
        best = max(left[:_SHORTLIST], key=lambda number: _worth(relevance, closest, number))
        chosen.append(best)
        closest = np.maximum(closest, _rounded(pool.directions @ pool.directions[best]))
        left = [number for number in left if number != best and closest[number] <= NEAR_DUPLICATE]
    return chosen


def _worth(relevance: Floats, closest: Floats, number: int) -> float:
    """Marginal relevance of one candidate."""
    return float(_RELEVANCE_SHARE * relevance[number] - (1 - _RELEVANCE_SHARE) * closest[number])


def _rounded(cosines: Floats) -> Floats:
    return np.round(cosines, _DECIMALS)
