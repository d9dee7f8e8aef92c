"""The model that reads evidence: a sum of weighted terms, applied by numpy and kept as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

import numpy as np

from pairset.errors import PairsetError
from pairset.rows.set_documents import parse_finite
from review.calibration.evidence import NUMBERS, Evidence, Floats, measured

_FARTHEST = 4.0
"""Standard deviations from the mean beyond which a number says no more."""
_HIGHEST_POWER = 8
"""More than any model has."""
_SUREST = 500.0
"""Log-odds beyond which exp() overflows: verdicts that a number parts cleanly make such weights."""


class Form(StrEnum):
    """What a model reads, from the simplest to the richest."""

    PRIOR = "prior"
    """The reply's probability, as it was read on the demo's set."""
    SHIFTED = "shifted_prior"
    """The same, moved until it comes true on average."""
    LOG_PROBABILITIES = "log_probabilities"
    """What the tokens of both languages say."""
    PIXELS = "pixels"
    """Also what mining measured, with the edit type beside it."""
    CROSSED = "crossed"
    """Also what mining measured for each edit type by itself: the sign of every term is learned."""
    FULL = "full"
    """Also what a model said when it was asked again, for all and for each edit type."""

    STEPPED = "stepped"
    """Also a step function of each number: interactions with the edit type in one half, any shape
    in the other."""


class CalibrationFileError(PairsetError, ValueError):
    """A kept calibration cannot be read."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that the model looks at."""

    number: str | None = None
    """A number of the evidence, standardised; None for 1."""
    power: int = 1
    edit_type: str | None = None
    """Counts only for this edit type; None for all."""


@dataclass(frozen=True, slots=True)
class Step:
    """A term counts for one weight up to a threshold, and for another beyond."""

    term: Term
    threshold: float
    below: float
    above: float


@dataclass(frozen=True, slots=True)
class Scale:
    """How a number is standardised; the mean also stands where it was never measured."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Whether a probability is one; lower is better throughout."""

    calibration_error: float | None
    """15 bins of equal mass."""
    brier: float | None


@dataclass(frozen=True, slots=True)
class CalibrationModel:
    """P(a reviewer accepts unchanged) = 1 / (1 + exp(-(intercept + Σ weight · term + Σ step)))."""

    form: str
    """One of ``Form``."""
    because: str
    """Why this form and no other."""
    intercept: float
    terms: tuple[Term, ...]
    weights: tuple[float, ...]
    scales: dict[str, Scale]
    """By number of the evidence."""
    verdicts: int
    """It was fitted on."""
    accepted: int
    """Of those, accepted as they were."""
    scenes: int
    fitted_on: str
    """Hash of the annotations and outcomes it was fitted on."""
    before: Reliability | None = None
    """Of the raw confidence, on the verdicts it was fitted on."""
    after: Reliability | None = None
    """Of models of this form on scenes they were not fitted on: cross-validated."""
    steps: tuple[Step, ...] = ()

    def probabilities(self, evidence: Sequence[Evidence]) -> Floats:
        """Probability for each annotation, 0 to 1."""
        columns = design(evidence, self.terms, self.scales)
        odds = self.intercept + columns @ np.array(self.weights, dtype=np.float64)
        terms = tuple(dict.fromkeys(step.term for step in self.steps))
        odds += climbed(self.steps, design(evidence, terms, self.scales), terms)
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -_SUREST, _SUREST))))


def design(evidence: Sequence[Evidence], terms: Sequence[Term], scales: dict[str, Scale]) -> Floats:
    """The value of each term: one row for each annotation, one column for each term."""
    standardised = {
        name: _standardised(measured(evidence, name), scale) for name, scale in scales.items()
    }
    edit_types = np.array([each.edit_type or "" for each in evidence], dtype=str)
    is_type = {name: edit_types == name for name in {term.edit_type for term in terms} - {None}}
    columns = np.ones((len(evidence), len(terms)))
    for place, term in enumerate(terms):
        if term.number is not None:
            columns[:, place] = standardised[term.number] ** term.power
        if term.edit_type is not None:
            columns[:, place] *= is_type[term.edit_type]
    return columns


def climbed(steps: Sequence[Step], columns: Floats, terms: Sequence[Term]) -> Floats:
    """The sum of all steps for each row of ``columns``, which has one column for each term."""
    place_of = {term: place for place, term in enumerate(terms)}
    found = np.zeros(len(columns))
    for step in steps:
        values = columns[:, place_of[step.term]]
        found += np.where(values <= step.threshold, step.below, step.above)
    return found


def scale_of(values: Floats) -> Scale:
    """Mean and standard deviation of what was measured; 0 and 1 where nothing varies."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Scale(0.0, 1.0)
    return Scale(float(known.mean()), float(known.std()) or 1.0)


def document_of(model: CalibrationModel) -> dict[str, object]:
    """What a file keeps of the model: plain numbers and names."""
    return asdict(model)


def models_of(text: str | bytes) -> tuple[CalibrationModel, ...]:
    """Read back a JSON list of what ``document_of`` gave.

    Raises CalibrationFileError where it is something else.
    """
    try:
        models = parse_finite(tuple[CalibrationModel, ...], text)
    except ValueError as error:
        raise CalibrationFileError(f"This is no calibration of this version: {error}") from error
    for model in models:
        _check(model)
    return models


def _check(model: CalibrationModel) -> None:
    """Raises CalibrationFileError for a model that cannot be applied."""
    if len(model.terms) != len(model.weights):
        raise CalibrationFileError(
            f"This calibration has {len(model.terms)} terms and {len(model.weights)} weights."
        )
    terms = (*model.terms, *(step.term for step in model.steps))
    strange = {term.number for term in terms} - {None, *model.scales} | {*model.scales} - NUMBERS
    if strange:
        raise CalibrationFileError(
            f"This calibration reads what nobody measures: {sorted(map(str, strange))[0][:100]!r}."
        )
    if any(not 0 < term.power <= _HIGHEST_POWER for term in terms):
        raise CalibrationFileError("This calibration has a term to a power that none has.")
    if any(scale.deviation <= 0 for scale in model.scales.values()):
        raise CalibrationFileError("This calibration has a deviation that is not above 0.")


def to_json(model: CalibrationModel) -> str:
    """The model as text."""
    return json.dumps(document_of(model), indent=1, ensure_ascii=False)


def from_json(text: str) -> CalibrationModel:
    """Read the text back. Raises CalibrationFileError where it is something else."""
    (model,) = models_of(f"[{text}]")
    return model


def _standardised(values: Floats, scale: Scale) -> Floats:
    standardised = (values - scale.mean) / scale.deviation
    return np.asarray(np.clip(np.nan_to_num(standardised, nan=0.0), -_FARTHEST, _FARTHEST))
