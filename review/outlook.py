"""What verdicts so far say of annotations nobody has looked at, as far as a queue asks for it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pairset.errors import MissingExtraError
from pairset.store import PairSet
from pairset.tables import connect_tables
from review.calibration.crossfit import CrossFitted, cross_fit
from review.calibration.fitting import shipped_prior
from review.calibration.reading import KnownSet, read_known
from review.gain import Learnt
from review.guarantee.look import judged_of
from review.sorting import Candidate

_DECISIONS = """
    SELECT annotation_id, coalesce(a.edit_type, ''), decision
    FROM verdicts v JOIN annotations a USING (annotation_id)
    WHERE reviewer <> 'auto' AND decision IN ('accept', 'fix', 'reject')
"""


def with_outlook(
    pair_set: PairSet, candidates: Sequence[Candidate], is_calibrated: bool
) -> tuple[list[Candidate], Learnt]:
    """The candidates with their chance of being right, and what verdicts say of kinds of edit.

    The chance is calibrated on verdicts where there are enough and scikit-learn is installed; else
    it is what the shipped prior makes of the reply. ``is_calibrated`` says that their
    confidence is such a chance already.
    """
    with connect_tables(pair_set) as tables:
        decisions = tables.execute(_DECISIONS).fetchall()
    judged = {name for name, _, _ in decisions}
    counts = {
        wanted: Counter(kind for _, kind, decision in decisions if decision == wanted)
        for wanted in ("fix", "reject")
    }
    chances = {} if is_calibrated else _chances(read_known(pair_set))
    known = [
        replace(
            each,
            chance=chances.get(each.annotation_id, each.confidence),
            is_judged=each.annotation_id in judged,
        )
        for each in candidates
    ]
    return known, Learnt(counts["fix"], counts["reject"])


def _chances(known: KnownSet) -> dict[str, float]:
    try:
        calibration: CrossFitted | None = cross_fit(judged_of(known)) if known.outcomes else None
    except MissingExtraError:
        calibration = None
    if calibration:
        found = calibration.probabilities(known.evidence, known.scenes)
    else:
        found = shipped_prior().probabilities(known.evidence)
    names = [each.annotation_id for each in known.evidence]
    return dict(zip(names, found.tolist(), strict=True))
