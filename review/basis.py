"""What the confidence that triage went by rests on, in words: never more than somebody measured."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pairset.models.stand_in import STARTER, is_demo
from pairset.records import Triage
from pairset.records.triage import TriageReason
from pairset.records.verdict import SIMULATED
from pairset.rows.tables import connect_tables
from pairset.store import PairSet

_JUDGED = """
    SELECT count(*), count_if(confidence >= $threshold),
        count_if(confidence >= $threshold AND is_right), count_if(is_simulated)
    FROM annotations JOIN (
        SELECT annotation_id, bool_and(decision = 'accept') AS is_right,
            bool_and(reviewer = $simulated) AS is_simulated
        FROM verdicts WHERE reviewer <> 'auto' AND decision IN ('accept', 'fix', 'reject')
        GROUP BY annotation_id
    ) USING (annotation_id)
"""
_BY_STARTER = "SELECT count(*) FROM annotations WHERE model = $starter AND error_code IS NULL"


@dataclass(frozen=True, slots=True)
class Basis:
    """What is known of the annotations that triage sorted."""

    judged: int
    """Annotations that reviewers decided on."""
    sure: int
    """Those of them from the threshold on."""
    right: int
    """Those again that were accepted unchanged by all who decided."""
    simulated: int
    """How many of all these only a simulated reviewer judged."""
    by_starter: int
    """Annotations of the stand-in model, judged or not."""


def read_basis(pair_set: PairSet, threshold: float) -> Basis:
    """Count it."""
    with connect_tables(pair_set) as tables:
        parameters = {"threshold": threshold, "simulated": SIMULATED}
        (judged,) = tables.execute(_JUDGED, parameters).fetchall()
        (starter,) = tables.execute(_BY_STARTER, {"starter": STARTER}).fetchall()
    return Basis(*judged, *starter)


def words_of_confidence(basis: Basis, threshold: float) -> str:
    """That confidence was not calibrated, and what verdicts there are."""
    if basis.sure:
        known = (
            f"Of {basis.sure} from {threshold:g} on that were judged, {basis.right} were accepted "
            "unchanged."
        )
    else:
        known = f"Nobody has judged one from {threshold:g} on, so how many are right is not known."
    return (
        "Confidence here is the model's own probability of its words, not calibrated. "
        f"{_verdicts(basis)} {known} With --precision 0.95, triage accepts nothing before verdicts "
        "prove that 95 % of it is right."
    )


def _verdicts(basis: Basis) -> str:
    verdicts = "annotation has" if basis.judged == 1 else "annotations have"
    said = f"{basis.judged or 'No'} {verdicts} a reviewer's verdict"
    if not basis.simulated:
        return f"{said}."
    return f"{said}, {basis.simulated} of them a simulated reviewer's."


def words_of_starter(basis: Basis, pair_set: PairSet, rows: Sequence[Triage]) -> str | None:
    """What became of the stand-in's words; None where it wrote none."""
    if not basis.by_starter:
        return None
    what = (
        f"{basis.by_starter} of the annotations are by the starter, a stand-in that was trained on "
        "the demo's kind of edits"
    )
    refused = Counter(row.reason for row in rows)[TriageReason.STAND_IN_MODEL]
    if refused:
        return (
            f"{what}: {refused} that look sure are not accepted, as its confidence means nothing "
            "elsewhere. Accept them all the same with --accept-starter."
        )
    return f"{what}. {'This set is one.' if is_demo(pair_set) else 'Elsewhere it is often wrong.'}"
