"""Step functions of each number, added up: whatever shape evidence has, without interactions.

Gradient boosting of stumps (Friedman 2001) over histograms (Ke et al. 2017), which is a generalised
additive model (Lou et al. 2012): each number has a curve of its own that can be drawn and read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pairset.errors import MissingExtraError
from review.calibration.calibration_model import Step, Term
from review.calibration.evidence import Floats

_BINS = 32
"""Of as many rows each, for every number; steps lie between them."""
_BOOSTING: dict[str, object] = {
    "max_iter": 300,
    "learning_rate": 0.1,
    "max_leaf_nodes": 2,
    "min_samples_leaf": 8,
    "max_features": 0.3,
    "max_bins": _BINS,
    "early_stopping": False,
    "random_state": 0,
}
_LEAST_STEP = 1e-9
"""In log-odds; less is rounding."""


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
        from sklearn.ensemble import HistGradientBoostingClassifier
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "review") from error
    edges = [_edges(column) for column in columns.T]
    bins = [np.searchsorted(known, column) for known, column in zip(edges, columns.T, strict=True)]
    boosted = HistGradientBoostingClassifier(**_BOOSTING)
    boosted.fit(np.column_stack(bins), outcome.astype(int))
    curves = boosted.decision_function(_one_by_one(edges))
    intercept, start = float(curves[0]), 0
    steps: list[Step] = []
    for term, known in zip(terms, edges, strict=True):
        curve = curves[start : start + len(known) + 1]
        start += len(curve)
        steps += _climbs(term, known, curve)
    return Steps(intercept, tuple(steps))


def _edges(column: Floats) -> Floats:
    """Between bins of as many rows each; between all values where they are few."""
    known = np.unique(column)
    if len(known) <= _BINS:
        return np.asarray((known[1:] + known[:-1]) / 2)
    inner = np.linspace(0, 1, _BINS + 1)[1:-1]
    return np.unique(np.quantile(column, inner, method="midpoint"))


def _one_by_one(edges: Sequence[Floats]) -> Floats:
    """A row for every bin of every number, the lowest of all others: the model is a sum of them."""
    counts = [len(known) + 1 for known in edges]
    rows = np.zeros((sum(counts), len(counts)))
    rows[np.arange(len(rows)), np.repeat(np.arange(len(counts)), counts)] = np.concatenate(
        [np.arange(count) for count in counts]
    )
    return rows


def _climbs(term: Term, edges: Floats, curve: Floats) -> Iterator[Step]:
    """What is added at each edge where the curve of one number changes."""
    for edge, climb in zip(edges.tolist(), np.diff(curve).tolist(), strict=True):
        if abs(climb) > _LEAST_STEP:
            yield Step(term, edge, 0.0, climb)
