"""Figures of confidence written by hand, for a set whose annotations are these."""

from pairset.measures.calibration import ReliabilityPoint, RiskPoint
from pairset.measures.savings import SavingsPoint
from pairset.records import Annotation
from pairset.rows.confidence_figures import (
    CertificateMark,
    ConfidenceFigures,
    Curves,
    EditTypeFigures,
    Mistake,
    Objection,
    Score,
    confidence_path,
    to_json,
)
from pairset.store import PairSet, write_atomically

RAW = Curves(
    score=Score(0.3, 0.25, 0.625),
    reliability=(ReliabilityPoint(0.7, 0.5, 2), ReliabilityPoint(0.9, 0.5, 2)),
    risk_coverage=(RiskPoint(0.25, 0.0), RiskPoint(0.5, 0.5), RiskPoint(1.0, 0.5)),
    savings=(SavingsPoint(0.0, 0.5), SavingsPoint(0.5, 0.75), SavingsPoint(1.0, 1.0)),
)
CALIBRATED = Curves(
    score=Score(0.05, 0.125, 1.0),
    reliability=(ReliabilityPoint(0.45, 0.4, 2), ReliabilityPoint(0.6, 0.6, 2)),
    risk_coverage=(RiskPoint(0.25, 0.0), RiskPoint(0.5, 0.0), RiskPoint(1.0, 0.5)),
    savings=(SavingsPoint(0.0, 0.5), SavingsPoint(0.5, 1.0), SavingsPoint(1.0, 1.0)),
)
AT_RANDOM = (SavingsPoint(0.0, 0.5), SavingsPoint(1.0, 1.0))
TARGET = CertificateMark(0.8, 0.95, "certified", threshold=0.55, coverage=0.25)


def figures_of(annotator: str = "", after: Curves | None = CALIBRATED) -> ConfidenceFigures:
    """Four verdicts of one reviewer, all of them drawn."""
    return ConfidenceFigures(
        made_of="by hand",
        annotator=annotator,
        reviewers=("ann@example.org",),
        verdicts=4,
        accepted=2,
        skipped=1,
        drawn=4,
        rests_on=4,
        forms={"prior": "4 verdicts are too few"} if after else {},
        before=RAW,
        after=after,
        at_random=AT_RANDOM,
        edit_types=(EditTypeFigures("recolor", 4, 2, RAW.score, after.score if after else None),),
        mistakes=(),
        certificate=None,
    )


def mistake_of(annotation: Annotation, words: str | None, reason: str) -> Mistake:
    """Fixed with these words, or rejected where there are none."""
    decision = "fix" if words else "reject"
    objection = Objection(
        reviewer="ann@example.org",
        decision=decision,
        instruction_en=words,
        instruction_zh=None,
        edit_type="recolor",
        changed_fields=("instruction_en", "inverse_zh") if words else (),
        error_types=(reason,) if words else (),
        reject_reasons=() if words else (reason,),
    )
    return Mistake(annotation.annotation_id, annotation.confidence or 0.0, 0.6, (objection,))


def write_figures(pair_set: PairSet, figures: ConfidenceFigures) -> None:
    write_atomically(pair_set, confidence_path(pair_set), to_json(figures))
