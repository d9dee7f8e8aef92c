"""What verdicts so far say of annotations nobody has looked at, as far as a queue asks for it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pairset.errors import MissingExtraError
from pairset.records.verdict import Decision
from pairset.rows.tables import connect_tables
from pairset.store import PairSet
from review.calibration.crossfit import CrossFitted, cross_fit
from review.calibration.evidence import Floats
from review.calibration.fitting import shipped_prior
from review.calibration.fixable import NO_IDEA, fixable
from review.calibration.reading import KnownSet, read_known
from review.certificates.look import judged_of
from review.sorting.sorting import Candidate

_DECISIONS = """
    SELECT annotation_id, coalesce(a.edit_type, ''), decision
    FROM verdicts v JOIN annotations a USING (annotation_id)
    WHERE reviewer <> 'auto' AND decision IN ('accept', 'fix', 'reject')
"""


def with_outlook(
    pair_set: PairSet, candidates: Sequence[Candidate], is_calibrated: bool
) -> tuple[list[Candidate], Counter[str]]:
    """The candidates with their chances of being right and of being fixed if they are not.

    The first is calibrated on verdicts where there are enough and scikit-learn is installed; else
    it is what the shipped prior makes of the reply. ``is_calibrated`` says that their
    confidence is such a chance already. Beside them the annotations that people put right, counted
    by edit type.
    """
    with connect_tables(pair_set) as tables:
        decisions = tables.execute(_DECISIONS).fetchall()
    judged = {name for name, _, _ in decisions}
    fixed = {
        name: decision == Decision.FIX
        for name, _, decision in decisions
        if decision != Decision.ACCEPT
    }
    chances: dict[str, float] = {}
    fixables: dict[str, float] = {}
    if fixed or not is_calibrated:  # else the evidence would be read for nothing
        known = read_known(pair_set)
        names = [each.annotation_id for each in known.evidence]
        fixables = dict(zip(names, fixable(known.evidence, fixed).tolist(), strict=True))
        if not is_calibrated:
            chances = dict(zip(names, _chances(known).tolist(), strict=True))
    seen = [
        replace(
            each,
            chance=chances.get(each.annotation_id, each.confidence),
            fixable=fixables.get(each.annotation_id, NO_IDEA),
            is_judged=each.annotation_id in judged,
        )
        for each in candidates
    ]
    return seen, Counter(kind for _, kind, decision in decisions if decision == Decision.FIX)


def _chances(known: KnownSet) -> Floats:
    try:
        calibration: CrossFitted | None = cross_fit(judged_of(known)) if known.outcomes else None
    except MissingExtraError:
        calibration = None
    if calibration:
        return calibration.probabilities(known.evidence, known.scenes)
    return shipped_prior().probabilities(known.evidence)
