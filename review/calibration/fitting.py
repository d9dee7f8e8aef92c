"""A calibration fitted on verdicts, in the form that predicts scenes left out best."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from pairset.errors import MissingExtraError
from pairset.measures.calibration import brier_score, calibration_error, reliability
from review.calibration.calibration_model import (
    CalibrationModel,
    Form,
    Reliability,
    design,
    from_json,
)
from review.calibration.evidence import Floats
from review.calibration.form_choice import (
    Trial,
    columns_of,
    folds_by_name,
    linear_trial,
    log_odds,
    regression_of,
    stepped_trial,
)
from review.calibration.forms import (
    LEAST_FOR_A_SHIFT,
    LEAST_OF_EACH_OUTCOME,
    LEAST_SCENES,
    LEAST_VERDICTS,
    affordable_forms,
    offered_forms,
    scales_of,
    step_terms,
    terms_of,
)
from review.calibration.judged import Judged
from review.calibration.stumps import fit_steps

_STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Inverse strengths of the L2 penalty to choose from."""


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
    folds = folds_by_name(judged.scenes)
    linear = [form for form in forms if form != Form.STEPPED]
    columns = {form: columns_of(judged, terms_of(form, judged.evidence)) for form in linear}
    trials = [
        trial for form in linear for trial in _linear_trials(columns[form], judged, folds, form)
    ]
    best = min(trials, key=lambda trial: trial.loss)
    fitted = _fit(judged, best.form, best.strength)
    if Form.STEPPED in forms:
        trials.append(stepped_trial(best, judged, folds))
        if trials[-1].loss < best.loss:
            best, fitted = trials[-1], _with_steps(fitted, judged)
    intercept, slope = _recalibration(best.probabilities, judged.right)
    corrected = 1 / (1 + np.exp(-(intercept + slope * log_odds(best.probabilities))))
    return replace(
        _stretched(fitted, slope, intercept),
        because=_because(best, trials, judged),
        before=reliability_of(_raw_confidences(judged), judged.right),
        after=reliability_of(corrected.tolist(), judged.right),
    )


def _linear_trials(
    columns: Floats, judged: Judged, folds: NDArray[np.int64], form: Form
) -> Iterator[Trial]:
    """One form at ever weaker penalties, until the loss rises."""
    least = math.inf
    for strength in _STRENGTHS:
        trial = linear_trial(columns, judged, folds, form, strength)
        yield trial
        if trial.loss > least:
            return
        least = trial.loss


def _stretched(model: CalibrationModel, slope: float, intercept: float = 0.0) -> CalibrationModel:
    """The model whose log-odds are ``intercept`` and ``slope`` times those of another."""
    return replace(
        model,
        intercept=intercept + slope * model.intercept,
        weights=tuple(slope * weight for weight in model.weights),
        steps=tuple(
            replace(step, below=slope * step.below, above=slope * step.above)
            for step in model.steps
        ),
    )


def _with_steps(linear: CalibrationModel, judged: Judged) -> CalibrationModel:
    """Half of a linear model, and half of steps fitted to the same verdicts."""
    terms = step_terms(judged.evidence)
    outcome = np.asarray(judged.right, dtype=np.float64)
    found = fit_steps(columns_of(judged, terms), outcome, terms)
    both = replace(
        linear,
        form=Form.STEPPED,
        intercept=linear.intercept + found.intercept,
        steps=found.steps,
        scales=linear.scales | scales_of(terms, judged.evidence),
    )
    return _stretched(both, 0.5)


def _shifted(prior: CalibrationModel, judged: Judged) -> CalibrationModel:
    """The prior with the intercept that makes it come true on average (Steyerberg et al. 2004).

    Half a verdict of each outcome is added, so that no error in sight is no proof of none.
    """
    try:
        from scipy.optimize import brentq
    except ImportError as error:
        raise MissingExtraError("scipy", "review") from error
    odds = log_odds(prior.probabilities(judged.evidence))
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
    terms = terms_of(Form.PRIOR, judged.evidence)
    crossed = linear_trial(
        columns_of(judged, terms), judged, folds_by_name(judged.scenes), Form.PRIOR, 1.0
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
    regression = regression_of(strength=1e3)
    regression.fit(log_odds(probabilities)[:, None], np.asarray(right, dtype=int))
    return float(regression.intercept_[0]), float(regression.coef_[0, 0])


def _because(best: Trial, trials: Sequence[Trial], judged: Judged) -> str:
    rows, offered = len(judged.right), offered_forms(judged)
    losses = {
        form: min(each.loss for each in trials if each.form == form)
        for form in dict.fromkeys(each.form for each in trials)
    }
    compared = ", ".join(f"{form} {loss:.3f}" for form, loss in losses.items())
    richer = [f"{form} ({least})" for form, least in offered.items() if form not in losses]
    too_few = f"; {rows} verdicts are too few for {', '.join(richer)}" if richer else ""
    return f"least log loss on scenes left out ({compared}){too_few}"


def _fit(judged: Judged, form: Form, strength: float) -> CalibrationModel:
    terms = terms_of(form, judged.evidence)
    scales = scales_of(terms, judged.evidence)
    regression = regression_of(strength)
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
