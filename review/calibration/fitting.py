"""A calibration fitted on verdicts, in the form that predicts scenes left out best."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pairset.errors import MissingExtraError
from pairset.ids import content_id
from pairset.measures.calibration import brier_score, calibration_error, reliability
from review.calibration.evidence import Floats
from review.calibration.forms import (
    LEAST_FOR_A_SHIFT,
    LEAST_OF_EACH_OUTCOME,
    LEAST_SCENES,
    LEAST_VERDICTS,
    affordable_forms,
    scales_of,
    terms_of,
)
from review.calibration.judged import Judged
from review.calibration.model import CalibrationModel, Form, Reliability, design, from_json

_STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Inverse strengths of the L2 penalty to choose from."""
_LEAST_PROBABILITY = 1e-6


@dataclass(frozen=True, slots=True)
class _Trial:
    """One form at one strength, and what it said of scenes it was not fitted on."""

    form: Form
    strength: float
    probabilities: Floats
    loss: float
    """Mean negative log-likelihood."""


def shipped_prior() -> CalibrationModel:
    """The reply's probability, as ``benchmarks/confidence_prior.py`` read it on the demo's sets."""
    return from_json(files("review.calibration").joinpath("prior.json").read_text("utf-8"))


def calibrate(judged: Judged) -> CalibrationModel:
    """Fit P(accepted unchanged): logistic regression with an L2 penalty.

    Forms and penalties are compared by their log loss, cross-validated with whole scenes left out,
    and the best is stretched until what it said of those scenes comes true.
    With too few verdicts for any form the prior is returned, moved until it comes true on average
    where there are enough for that, and ``because`` says so. Raises MissingExtraError without
    scikit-learn.
    """
    rows = len(judged.right)
    forms = affordable_forms(judged)
    if not forms:
        few = min(LEAST_VERDICTS.values())
        prior = replace(
            shipped_prior(),
            because=f"{rows} verdicts, {sum(judged.right)} of them accepted, are too few: it takes "
            f"{few}, {LEAST_OF_EACH_OUTCOME} of each outcome, and {LEAST_SCENES} scenes",
        )
        return prior if rows < LEAST_FOR_A_SHIFT else _shifted(prior, judged)
    folds = _folds(judged.scenes)
    columns = {form: _columns(judged, form) for form in forms}
    trials = [
        _trial(columns[form], judged, folds, form, strength)
        for form in forms
        for strength in _STRENGTHS
    ]
    best = min(trials, key=lambda trial: trial.loss)
    intercept, slope = _recalibration(best.probabilities, judged.right)
    fitted = _fit(judged, best.form, best.strength)
    corrected = 1 / (1 + np.exp(-(intercept + slope * _log_odds(best.probabilities))))
    return replace(
        fitted,
        because=_because(best, trials, rows),
        intercept=intercept + slope * fitted.intercept,
        weights=tuple(slope * weight for weight in fitted.weights),
        before=reliability_of(_raw_confidences(judged), judged.right),
        after=reliability_of(corrected.tolist(), judged.right),
    )


def _shifted(prior: CalibrationModel, judged: Judged) -> CalibrationModel:
    """The prior with the intercept that makes it come true on average (Steyerberg et al. 2004).

    Half a verdict of each outcome is added, so that no error in sight is no proof of none.
    """
    from scipy.optimize import brentq

    odds = _log_odds(prior.probabilities(judged.evidence))
    share = (sum(judged.right) + 0.5) / (len(odds) + 1)
    shift = brentq(lambda by: float((1 / (1 + np.exp(-(odds + by)))).mean()) - share, -50, 50)
    moved = 1 / (1 + np.exp(-(odds + shift)))
    return replace(
        prior,
        form=Form.SHIFTED,
        intercept=prior.intercept + float(shift),
        verdicts=len(odds),
        accepted=sum(judged.right),
        scenes=len(set(judged.scenes)),
        fitted_on=judged.key,
        before=reliability_of(_raw_confidences(judged), judged.right),
        after=reliability_of(moved.tolist(), judged.right),
    )


def fit_prior(judged: Judged) -> CalibrationModel:
    """The reply's probability alone, read through verdicts; so the shipped prior is made."""
    fitted = _fit(judged, Form.PRIOR, 1.0)
    crossed = _trial(
        _columns(judged, Form.PRIOR), judged, _folds(judged.scenes), Form.PRIOR, 1.0
    ).probabilities
    return replace(
        fitted,
        because="fitted on the demo's sets with a simulated reviewer",
        before=reliability_of(_raw_confidences(judged), judged.right),
        after=reliability_of(crossed.tolist(), judged.right),
    )


def reliability_of(probabilities: Sequence[float], right: Sequence[bool]) -> Reliability:
    """Calibration error over 15 bins of equal mass, and Brier score."""
    points = reliability(probabilities, right)
    return Reliability(calibration_error(points), brier_score(probabilities, right))


def _recalibration(probabilities: Floats, right: Sequence[bool]) -> tuple[float, float]:
    """Intercept and slope that make log-odds on scenes left out come true (Cox 1958).

    A penalty keeps weights smaller than the truth, and probabilities too close to the middle.
    """
    regression = _regression(strength=1e3)
    regression.fit(_log_odds(probabilities)[:, None], np.asarray(right, dtype=int))
    return float(regression.intercept_[0]), float(regression.coef_[0, 0])


def _log_odds(probabilities: Floats) -> Floats:
    return np.asarray(np.log(probabilities / (1 - probabilities)))


def _because(best: _Trial, trials: Sequence[_Trial], rows: int) -> str:
    losses = {
        form: min(each.loss for each in trials if each.form == form)
        for form in dict.fromkeys(each.form for each in trials)
    }
    compared = ", ".join(f"{form} {loss:.3f}" for form, loss in losses.items())
    richer = [f"{form} ({least})" for form, least in LEAST_VERDICTS.items() if form not in losses]
    too_few = f"; {rows} verdicts are too few for {', '.join(richer)}" if richer else ""
    return f"least log loss on scenes left out ({compared}){too_few}"


def _columns(judged: Judged, form: Form) -> Floats:
    """What a form looks at, one row for each verdict; standardised without seeing any outcome."""
    terms = terms_of(form, judged.evidence)
    return design(judged.evidence, terms, scales_of(terms, judged.evidence))


def _trial(
    columns: Floats, judged: Judged, folds: NDArray[np.int64], form: Form, strength: float
) -> _Trial:
    """Fit without one fold after the other, and ask about the scenes in it."""
    outcome = np.asarray(judged.right, dtype=np.float64)
    found = np.zeros(len(outcome))
    for fold in np.unique(folds):
        seen, left_out = folds != fold, folds == fold
        if len(np.unique(outcome[seen])) == 1:
            found[left_out] = outcome[seen][0]
            continue
        regression = _regression(strength).fit(columns[seen], outcome[seen])
        found[left_out] = regression.predict_proba(columns[left_out])[:, 1]
    safe = np.clip(found, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    loss = -(outcome * np.log(safe) + (1 - outcome) * np.log(1 - safe)).mean()
    return _Trial(form, strength, safe, float(loss))


def _folds(scenes: Sequence[str]) -> NDArray[np.int64]:
    """The fold of each row: whole scenes, drawn by their names."""
    names = sorted(set(scenes), key=lambda name: content_id("fold", name))
    fold_of = {name: place % LEAST_SCENES for place, name in enumerate(names)}
    return np.array([fold_of[scene] for scene in scenes], dtype=np.int64)


def _fit(judged: Judged, form: Form, strength: float) -> CalibrationModel:
    terms = terms_of(form, judged.evidence)
    scales = scales_of(terms, judged.evidence)
    regression = _regression(strength)
    regression.fit(design(judged.evidence, terms, scales), np.asarray(judged.right, dtype=int))
    return CalibrationModel(
        form=form,
        because="",
        intercept=float(regression.intercept_[0]),
        terms=terms,
        weights=tuple(map(float, regression.coef_[0])),
        scales=scales,
        verdicts=len(judged.right),
        accepted=sum(judged.right),
        scenes=len(set(judged.scenes)),
        fitted_on=judged.key,
    )


def _raw_confidences(judged: Judged) -> list[float]:
    return [each.confidence or 0.0 for each in judged.evidence]


def _regression(strength: float) -> Any:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "review") from error
    return LogisticRegression(C=strength, solver="newton-cholesky", max_iter=200)
