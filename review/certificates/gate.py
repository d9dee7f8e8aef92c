"""Which annotations are worth a verdict on the way to a certificate: those that may be accepted.

Half of a random sample of hard pairs is spent on what no threshold would accept. So a first part of
it is drawn from all pairs and fits a calibration; what this finds too doubtful is let out, from the
rest of the sample and from what may be accepted alike. The gate stays as it was made while verdicts
come in: did it move, pairs would turn up above a threshold that the sample had passed over.

The probability that let a pair out was given by a model that saw no verdict of its scene, so it is
a score like any other. But the floor is that of all folds together, and the gate chooses verdicts
that fit the models of other folds: that these scores saw no outcome they test is an approximation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from review.calibration.calibration_model import Form
from review.calibration.crossfit import CrossFitted
from review.calibration.evidence import Evidence
from review.certificates.population import Flags, Floats

_RIGHT_LET_OUT = 0.1
"""Share of the right ones that the gate may let out, by the calibration it is made from. Most of
these no later threshold would have accepted either."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A calibration as it was when the gate was made, and what it takes to pass."""

    calibration: CrossFitted
    floor: float
    """Probability, 0 to 1."""

    def admits(self, evidence: Sequence[Evidence], scenes: Sequence[str]) -> Flags:
        """Whether each annotation passes."""
        return np.asarray(self.calibration.probabilities(evidence, scenes) >= self.floor)

    def lowered(
        self, scores: Floats, evidence: Sequence[Evidence], scenes: Sequence[str]
    ) -> Floats:
        """Probabilities of a later calibration; what did not pass gets no more than it had here."""
        then = self.calibration.probabilities(evidence, scenes)
        return np.asarray(np.where(then >= self.floor, scores, np.minimum(scores, then)))


def gate_of(calibration: CrossFitted, scores: Floats) -> Gate | None:
    """The gate by the probabilities of all that may be accepted.

    None where verdicts have not taught the calibration anything yet.
    """
    untaught = (Form.PRIOR, Form.SHIFTED)
    if not len(scores) or any(model.form in untaught for model in calibration.models):
        return None
    ordered = np.sort(scores)
    right = np.cumsum(ordered)
    first = int(np.searchsorted(right, _RIGHT_LET_OUT * right[-1]))
    return Gate(calibration, float(ordered[min(first, len(ordered) - 1)]))
