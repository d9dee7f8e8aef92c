"""Intervals by the cluster bootstrap: whole scenes are drawn again, with all their rows.

Pairs of a scene show the same things and succeed or fail together; drawn one by one they would
pass for more evidence than they are (Field & Welsh 2007; Efron & Tibshirani 1993 for percentiles).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float | None
    """None where there are fewer than two scenes to draw from."""
    high: float | None


class SceneBootstrap:
    """The same draws of scenes for every figure, so that figures can be compared."""

    def __init__(self, scenes: Sequence[str], draws: int, seed: int) -> None:
        names, self._scene_of_row = np.unique(np.array(scenes, dtype=str), return_inverse=True)
        self.scenes = len(names)
        drawn = np.random.default_rng(seed).multinomial(
            self.scenes, np.full(self.scenes, 1 / max(self.scenes, 1)), draws
        )
        self._draws = drawn.astype(np.float64)

    def mean(self, values: Sequence[float]) -> Estimate | None:
        """The mean of one value for each row."""
        return self.mean_of(values, np.ones(len(values), dtype=bool))

    def mean_of(self, values: Sequence[float], rows: NDArray[np.bool_]) -> Estimate | None:
        """The mean over some of the rows; None where there are none.

        ``values`` and ``rows`` have one entry for each row.
        """
        if not rows.any():
            return None
        chosen = np.asarray(values, dtype=np.float64)[rows]
        scenes = self._scene_of_row[rows]
        sums = np.bincount(scenes, weights=chosen, minlength=self.scenes)
        counts = np.bincount(scenes, minlength=self.scenes).astype(np.float64)
        drawn_counts = self._draws @ counts
        drawn = drawn_counts > 0
        means = (self._draws @ sums)[drawn] / drawn_counts[drawn]
        return self._estimate(float(chosen.mean()), means, int((counts > 0).sum()))

    def share(self, right: Sequence[bool]) -> Estimate | None:
        """How often rows are right."""
        return self.share_of(right, np.ones(len(right), dtype=bool))

    def share_of(self, right: Sequence[bool], rows: NDArray[np.bool_]) -> Estimate | None:
        """How often some of the rows are right; None where there are none.

        Where all of them are, or none, every draw says the same, as if it were certain. The
        exact binomial bound over scenes (Clopper & Pearson 1934) takes the interval's place.
        """
        found = self.mean_of(np.asarray(right, dtype=np.float64).tolist(), rows)
        if found is None or found.low is None or 0 < found.value < 1:
            return found
        scenes = len(np.unique(self._scene_of_row[rows]))
        outside = ((1 - _LEVEL) / 2) ** (1 / scenes)
        if found.value == 1:
            return Estimate(1.0, outside, 1.0)
        return Estimate(0.0, 0.0, 1 - outside)

    def of(
        self, statistic: Callable[[Floats], float | None], rows: NDArray[np.bool_]
    ) -> Estimate | None:
        """Any figure of some of the rows, from how often each of them counts; it may be None."""
        value = statistic(rows[rows].astype(np.float64))
        if value is None:
            return None
        scenes = self._scene_of_row[rows]
        drawn = (statistic(draw[scenes]) for draw in self._draws)
        found = np.array([each for each in drawn if each is not None])
        return self._estimate(value, found, len(np.unique(scenes)))

    def _estimate(self, value: float, drawn: Floats, scenes: int) -> Estimate:
        if scenes < 2 or len(drawn) == 0:
            return Estimate(value, None, None)
        outside = (1 - _LEVEL) / 2
        low, high = np.quantile(drawn, [outside, 1 - outside])
        return Estimate(value, float(low), float(high))
