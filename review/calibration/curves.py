"""How sure the annotator was and how right, as curves: before calibration and after it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pairset.measures.calibration import (
    EQUAL_MASS_BINS,
    area_under_roc,
    brier_score,
    calibration_error,
    reliability,
    risk_coverage,
    thinned,
)
from pairset.measures.savings import savings
from pairset.rows.confidence_figures import Curves, EditTypeFigures, Score
from review.calibration.evidence import Floats
from review.calibration.judged import Judged
from review.calibration.reading import KnownSet

LEAST_DRAWN = 100
"""Randomly drawn verdicts from which on risk and savings rest on them alone."""
MOST_POINTS = 200
"""Of a curve that is kept."""
_LEAST_IN_A_BIN = 10
"""Of the diagram and of edit types: bins of a few rows would call every calibration wrong."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Annotations that people decided on. Everything has one entry for each."""

    judged: Judged
    drawn: Sequence[bool]
    """Of a random sample of all that may be accepted."""
    unfit: Sequence[bool]
    """Rejected by most of those who decided: such a pair leaves the set."""
    probabilities: Floats | None = None
    """Calibrated, by the model that did not see its scene; None without a calibration."""

    @property
    def names(self) -> list[str]:
        """Annotation ids."""
        return [each.annotation_id for each in self.judged.evidence]

    @property
    def confidences(self) -> Floats:
        """As the annotator's own tokens say, 0 to 1."""
        return np.array([each.confidence or 0.0 for each in self.judged.evidence])

    @property
    def basis(self) -> list[int]:
        """Rows that risk and savings rest on: those drawn, or all where these are too few."""
        rows = np.flatnonzero(self.drawn)
        return (rows if len(rows) >= LEAST_DRAWN else np.arange(len(self.drawn))).tolist()


def decided_rows(known: KnownSet) -> list[int]:
    """Places in the known set that people decided on; skips say nothing of right and wrong."""
    return [
        row
        for row, each in enumerate(known.evidence)
        if known.outcomes.get(each.annotation_id) is not None
    ]


def judged_in(known: KnownSet, rows: Iterable[int]) -> Judged:
    """Those rows with their outcomes."""
    right = [known.outcomes.get(each.annotation_id) is True for each in known.evidence]
    return Judged(known.evidence, right, known.scenes).rows(rows)


def curves_of(decided: Decided, probabilities: Floats) -> Curves:
    """Reliability on all verdicts; risk and savings on the basis."""
    right, basis = decided.judged.right, decided.basis
    said, outcome, gone = (
        [values[row] for row in basis] for values in (probabilities.tolist(), right, decided.unfit)
    )
    return Curves(
        score=_score(probabilities, right, EQUAL_MASS_BINS),
        reliability=tuple(reliability(probabilities.tolist(), right, _bins(len(right)))),
        risk_coverage=tuple(thinned(risk_coverage(said, outcome), MOST_POINTS)),
        savings=tuple(thinned(savings(said, outcome, gone), MOST_POINTS)),
    )


def edit_types_of(decided: Decided) -> tuple[EditTypeFigures, ...]:
    """The verdicts by edit type, the most frequent first."""
    types = np.array([each.edit_type or "none" for each in decided.judged.evidence], dtype=str)
    found = [_edit_type(decided, name, np.flatnonzero(types == name)) for name in np.unique(types)]
    return tuple(sorted(found, key=lambda each: (-each.verdicts, each.edit_type)))


def _edit_type(decided: Decided, name: str, rows: np.ndarray) -> EditTypeFigures:
    right = [decided.judged.right[row] for row in rows]
    after = decided.probabilities
    return EditTypeFigures(
        edit_type=str(name),
        verdicts=len(rows),
        accepted=sum(right),
        before=_score_of_type(decided.confidences[rows], right),
        after=None if after is None else _score_of_type(after[rows], right),
    )


def _score_of_type(probabilities: Floats, right: Sequence[bool]) -> Score:
    """Without an error where there are too few rows for a single bin."""
    score = _score(probabilities, right, _bins(len(right)))
    return score if len(right) >= _LEAST_IN_A_BIN else replace(score, calibration_error=None)


def _bins(rows: int) -> int:
    return min(EQUAL_MASS_BINS, max(1, rows // _LEAST_IN_A_BIN))


def _score(probabilities: Floats, right: Sequence[bool], bins: int) -> Score:
    said = probabilities.tolist()
    return Score(
        calibration_error=calibration_error(reliability(said, right, bins)),
        brier=brier_score(said, right),
        auroc=area_under_roc(said, right),
    )
