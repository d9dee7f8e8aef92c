"""What a form says of scenes it was not fitted on: by that, forms and penalties are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pairset.errors import MissingExtraError
from pairset.records.ids import content_id
from review.calibration.calibration_model import Form, Term, climbed, design
from review.calibration.evidence import Floats
from review.calibration.forms import LEAST_SCENES, scales_of, step_terms
from review.calibration.judged import Judged

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression
from review.calibration.stumps import fit_steps

_LEAST_PROBABILITY = 1e-6


@dataclass(frozen=True, slots=True)
class Trial:
    """One form at one strength, and what it said of scenes it was not fitted on."""

    form: Form
    strength: float
    probabilities: Floats
    loss: float
    """Mean negative log-likelihood."""


def linear_trial(
    columns: Floats, judged: Judged, folds: NDArray[np.int64], form: Form, strength: float
) -> Trial:
    """Fit without one fold after the other, and ask about the scenes in it."""
    outcome = np.asarray(judged.right, dtype=np.float64)
    found = np.zeros(len(outcome))
    for fold in np.unique(folds):
        seen, left_out = folds != fold, folds == fold
        if len(np.unique(outcome[seen])) == 1:
            found[left_out] = outcome[seen][0]
            continue
        regression = regression_of(strength).fit(columns[seen], outcome[seen])
        found[left_out] = regression.predict_proba(columns[left_out])[:, 1]
    return _trial_of(found, outcome, form, strength)


def stepped_trial(linear: Trial, judged: Judged, folds: NDArray[np.int64]) -> Trial:
    """Half the log-odds of a linear form, half those of steps."""
    terms = step_terms(judged.evidence)
    columns, outcome = columns_of(judged, terms), np.asarray(judged.right, dtype=np.float64)
    odds = log_odds(linear.probabilities)
    for fold in np.unique(folds):
        seen, left_out = folds != fold, folds == fold
        if len(np.unique(outcome[seen])) == 1:
            continue
        found = fit_steps(columns[seen], outcome[seen], terms)
        steps = found.intercept + climbed(found.steps, columns[left_out], terms)
        odds[left_out] = (odds[left_out] + steps) / 2
    return _trial_of(1 / (1 + np.exp(-odds)), outcome, Form.STEPPED, linear.strength)


def _trial_of(found: Floats, outcome: Floats, form: Form, strength: float) -> Trial:
    safe = np.clip(found, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    loss = -(outcome * np.log(safe) + (1 - outcome) * np.log(1 - safe)).mean()
    return Trial(form, strength, safe, float(loss))


def folds_by_name(scenes: Sequence[str]) -> NDArray[np.int64]:
    """The fold of each row: whole scenes, drawn by their names."""
    names = sorted(set(scenes), key=lambda name: content_id("fold", name))
    fold_of = {name: place % LEAST_SCENES for place, name in enumerate(names)}
    return np.array([fold_of[scene] for scene in scenes], dtype=np.int64)


def columns_of(judged: Judged, terms: Sequence[Term]) -> Floats:
    """What is looked at, one row for each verdict; standardised without seeing any outcome."""
    return design(judged.evidence, terms, scales_of(terms, judged.evidence))


def log_odds(probabilities: Floats) -> Floats:
    """The logarithm of the odds."""
    return np.asarray(np.log(probabilities / (1 - probabilities)))


def regression_of(strength: float) -> "LogisticRegression":
    """Logistic regression, unfitted; the smaller ``strength``, the larger the L2 penalty."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "review") from error
    return LogisticRegression(C=strength, max_iter=1_000)
