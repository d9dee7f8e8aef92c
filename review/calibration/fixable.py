"""Whether people would put a wrong annotation right, or throw its pair away. Pure.

A look at a pair that no words would help ends in a rejection, which mends nothing. Such pairs look
alike: what no edit explains, what shares no structure.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from pairset.errors import MissingExtraError
from review.calibration.calibration_model import Form, design
from review.calibration.evidence import Evidence, Floats
from review.calibration.form_choice import regression_of
from review.calibration.forms import scales_of, terms_of

NO_IDEA = 0.5
"""P(fixed | wrong) where nobody has decided yet."""
_GUESS_WEIGHT = 10
"""Decisions that a guess is worth."""
_LEAST_OF_EACH = 10
"""Fixes and rejections from which on the evidence is asked and not the edit type alone."""
_STRENGTH = 0.1
"""Inverse of the L2 penalty: a few dozen decisions meet as many numbers."""


def fixable(evidence: Sequence[Evidence], fixed: Mapping[str, bool]) -> Floats:
    """P(fixed | wrong) of each annotation, 0 to 1.

    ``fixed`` holds the annotations that people found wrong, by id: True where they were put right,
    False where the pair was rejected. Few decisions, or no scikit-learn: the share in the edit
    type, drawn to that of all.
    """
    decided = [each for each in evidence if each.annotation_id in fixed]
    outcomes = np.array([fixed[each.annotation_id] for each in decided], dtype=bool)
    if min(outcomes.sum(), (~outcomes).sum()) >= _LEAST_OF_EACH:
        try:
            return _by_evidence(evidence, decided, outcomes)
        except MissingExtraError:
            pass
    return _by_edit_type(evidence, decided, outcomes)


def _by_evidence(
    evidence: Sequence[Evidence], decided: Sequence[Evidence], outcomes: np.ndarray
) -> Floats:
    terms = terms_of(Form.PIXELS, decided)
    scales = scales_of(terms, evidence)
    regression = regression_of(_STRENGTH).fit(design(decided, terms, scales), outcomes.astype(int))
    return np.asarray(regression.predict_proba(design(evidence, terms, scales))[:, 1])


def _by_edit_type(
    evidence: Sequence[Evidence], decided: Sequence[Evidence], outcomes: np.ndarray
) -> Floats:
    counts = Counter(each.edit_type for each in decided)
    fixes = Counter(
        each.edit_type for each, is_fixed in zip(decided, outcomes, strict=True) if is_fixed
    )
    overall = _share(fixes.total(), counts.total(), NO_IDEA)
    shares = {kind: _share(fixes[kind], counts[kind], overall) for kind in counts}
    return np.array([shares.get(each.edit_type, overall) for each in evidence])


def _share(fixed: int, wrong: int, guess: float) -> float:
    return (fixed + guess * _GUESS_WEIGHT) / (wrong + _GUESS_WEIGHT)
