"""Which verdicts are a fair sample of the pairs that would be accepted.

Reviewers see the doubtful ones first, so most verdicts say nothing of what would be accepted. Every
annotation has a place in two random orders, that of the sample and that of the audit, drawn from
its id alone. A verdict counts for the pairs above a threshold where everything before it in one of
the orders has been judged as well: then it was the draw that chose it, and neither we nor the
reviewer. What counts is a simple random sample of the pairs above the threshold, whatever else
was reviewed.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Population:
    """Pairs that may be accepted. Every array has one entry for each."""

    scores: Floats
    """Probability of being right, by a model that saw no verdict of its scene."""
    judged: Flags
    right: Flags
    """Accepted unchanged; False where nobody has judged."""
    orders: tuple[Floats, ...] = ()
    """Places in the random orders, 0 to 1; without any, all that was judged counts."""
    scenes: NDArray[np.str_] | None = None
    """None where every pair is a scene of its own."""

    def counted(self, threshold: float) -> Flags:
        """Rows whose verdicts are a random sample of those with at least this score."""
        above = self.scores >= threshold
        if not self.orders:
            return np.asarray(above & self.judged)
        drawn = np.zeros(len(self.scores), dtype=bool)
        unjudged = above & ~self.judged
        for order in self.orders:
            end = order[unjudged].min() if unjudged.any() else np.inf
            drawn |= order < end
        return np.asarray(above & self.judged & drawn)


def design_effect(population: Population) -> float:
    """How many times more verdicts it takes because pairs of a scene fail together; at least 1.

    The variance of the residuals' sum by scenes over that by pairs (Kish 1965). What it is above 1
    is shrunk by its own noise (positive part, James & Stein 1961): pairs that do not fail together
    would else cost verdicts half of the time, by chance.
    """
    if population.scenes is None or not population.judged.any():
        return 1.0
    residuals = (population.right - population.scores)[population.judged]
    _, scene = np.unique(population.scenes[population.judged], return_inverse=True)
    squares = float((residuals**2).sum())
    if not squares:
        return 1.0
    by_scene = np.bincount(scene, weights=residuals) ** 2
    own = np.bincount(scene, weights=residuals**2)
    excess = float((by_scene - own).sum()) / squares
    noise = 2 * float((own**2 - np.bincount(scene, weights=residuals**4)).sum()) / squares**2
    return 1 + excess - noise / excess if excess > 0 and excess**2 > noise else 1.0
