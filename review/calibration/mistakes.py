"""What an annotator was sure of and people did not accept, with what they said. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from pairset.records import Verdict
from pairset.records.verdict import Decision
from pairset.rows.confidence_figures import Mistake, Objection
from review.calibration.curves import Decided
from review.opinions.adjudication import Votes

Said: TypeAlias = Mapping[str, Votes]
"""By annotation id, the verdict of each reviewer who decided."""


def reviewers_of(names: Iterable[str], said: Said) -> tuple[str, ...]:
    """Who decided on these annotations."""
    return tuple(sorted({reviewer for name in names for reviewer in said.get(name, {})}))


def unfit_of(names: Iterable[str], said: Said) -> list[bool]:
    """Whether a pair leaves the set: more than half of those who decided rejected it."""
    decisions = ([vote.decision for vote in said.get(name, {}).values()] for name in names)
    return [2 * each.count(Decision.REJECT) > len(each) for each in decisions]


def confident_mistakes(decided: Decided, said: Said, most: int) -> tuple[Mistake, ...]:
    """So many annotations that were not accepted, those the calibration was surest of first."""
    raw, calibrated = decided.confidences, decided.probabilities
    sure = raw if calibrated is None else calibrated
    names = decided.names
    wrong = [row for row, ok in enumerate(decided.judged.right) if not ok]
    first = sorted(wrong, key=lambda row: (-sure[row], -raw[row], names[row]))[:most]
    return tuple(
        Mistake(
            annotation_id=names[row],
            confidence=float(raw[row]),
            probability=None if calibrated is None else float(calibrated[row]),
            objections=_objections(list(said.get(names[row], {}).values())),
        )
        for row in first
    )


def _objections(votes: Sequence[Verdict]) -> tuple[Objection, ...]:
    """Every verdict that is not plain acceptance, in the order they came."""
    ordered = sorted(votes, key=lambda vote: (vote.created_at, vote.verdict_id))
    return tuple(
        Objection(
            reviewer=vote.reviewer,
            decision=vote.decision,
            instruction_en=vote.instruction_en,
            instruction_zh=vote.instruction_zh,
            edit_type=vote.edit_type,
            changed_fields=tuple(vote.changed_fields or ()),
            error_types=tuple(vote.error_types or ()),
            reject_reasons=tuple(vote.reject_reasons or ()),
        )
        for vote in ordered
        if vote.decision != Decision.ACCEPT
    )
