"""Step functions of each number, added up: whatever shape evidence has, without interactions.

Gradient boosting of stumps (Friedman 2001), which is a generalised additive model (Lou et al.
2012): each number has a curve of its own that can be drawn and read.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pairset.errors import MissingExtraError
from review.calibration.evidence import Floats
from review.calibration.model import Step, Term

_BOOSTING: dict[str, Any] = {
    "n_estimators": 300,
    "learning_rate": 0.1,
    "max_depth": 1,
    "min_samples_leaf": 8,
    "subsample": 0.7,
    "max_features": 0.3,
    "random_state": 0,
}


@dataclass(frozen=True, slots=True)
class Steps:
    """Log-odds: an intercept, and all steps that a row takes."""

    intercept: float
    steps: tuple[Step, ...]


def fit_steps(columns: Floats, outcome: Floats, terms: Sequence[Term]) -> Steps:
    """Fit on rows of ``columns``, which has one column for each term.

    Raises MissingExtraError without scikit-learn.
    """
    try:
        from sklearn.ensemble import GradientBoostingClassifier
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "review") from error
    boosted: Any = GradientBoostingClassifier(**_BOOSTING)
    boosted.fit(columns, outcome.astype(int))
    heights: defaultdict[tuple[Term, float], list[float]] = defaultdict(lambda: [0.0, 0.0])
    share = float(outcome.mean())
    intercept = float(np.log(share / (1 - share)))
    for stump in boosted.estimators_[:, 0]:
        tree, rate = stump.tree_, _BOOSTING["learning_rate"]
        if tree.node_count == 1:
            intercept += rate * float(tree.value[0, 0, 0])
            continue
        sides = heights[terms[tree.feature[0]], float(tree.threshold[0])]
        for side, node in enumerate((tree.children_left[0], tree.children_right[0])):
            sides[side] += rate * float(tree.value[node, 0, 0])
    return Steps(intercept, tuple(Step(*place, *sides) for place, sides in heights.items()))
