"""Models for every scene that saw no verdict of it, so that its verdicts may test them.

Scenes are dealt into folds by a hash of their name, and a pair's probability is always that of the
model which was fitted on the other folds: on verdicts and on pairs that nobody has seen alike. So
all verdicts fit and all verdicts test, and none tests what it fitted (cross-fitting, Chernozhukov
et al. 2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pairset.records.ids import content_id
from review.calibration.calibration_model import CalibrationModel
from review.calibration.evidence import Evidence, Floats
from review.calibration.fitting import calibrate
from review.calibration.judged import Judged

FOLDS = 5


@dataclass(frozen=True, slots=True)
class CrossFitted:
    """One model for each fold of scenes, fitted on the verdicts of all the others."""

    models: tuple[CalibrationModel, ...]

    def probabilities(self, evidence: Sequence[Evidence], scenes: Sequence[str]) -> Floats:
        """Probability for each annotation, 0 to 1; ``scenes`` names the scene of each."""
        folds = folds_of(scenes)
        found = np.zeros(len(evidence))
        for fold, model in enumerate(self.models):
            rows = np.flatnonzero(folds == fold)
            found[rows] = model.probabilities([evidence[row] for row in rows])
        return found


def cross_fit(judged: Judged) -> CrossFitted:
    """Fit a calibration for each fold. Raises MissingExtraError without scikit-learn."""
    folds = folds_of(judged.scenes)
    return CrossFitted(
        tuple(calibrate(judged.rows(np.flatnonzero(folds != fold))) for fold in range(FOLDS))
    )


def folds_of(scenes: Sequence[str]) -> np.ndarray:
    """The fold of each scene, which depends on its name alone."""
    fold_of = {scene: int(content_id("calibration fold", scene), 16) % FOLDS for scene in scenes}
    return np.array([fold_of[scene] for scene in scenes], dtype=np.int64)
