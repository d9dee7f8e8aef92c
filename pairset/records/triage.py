"""What is to become of an annotation: accepted as it is, or queued for a person."""

from dataclasses import dataclass
from enum import StrEnum

from pairset.records.table import Record


class Queue(StrEnum):
    """Where triage sent an annotation."""

    ACCEPTED = "accepted"
    """Sure enough: a verdict by ``auto``."""
    REVIEW = "review"
    """A person decides."""
    AUDIT = "audit"
    """Sure enough, or said to be unchanged, and drawn at random for a person: so the share that is
    right stays known."""
    WAITING = "waiting"
    """For a person, had the budget been larger."""
    SET_ASIDE = "set_aside"
    """Nothing to review."""


class TriageReason(StrEnum):
    """Why an annotation is where it is."""

    ABOVE_THRESHOLD = "above_threshold"
    BELOW_THRESHOLD = "below_threshold"
    NO_CONFIDENCE = "no_confidence"
    """The engine gave none, or no number from 0 to 1."""
    RANDOM_DRAW = "random_draw"
    OVER_BUDGET = "over_budget"
    NOTHING_CERTIFIED = "nothing_certified"
    """No threshold is known to meet the target."""
    CERTIFICATE_BROKEN = "certificate_broken"
    """Audits said so: what had been accepted is withdrawn."""
    DOES_NOT_FOLLOW = "does_not_follow"
    """The certificate does not follow from the set's verdicts."""
    MIX_SHIFTED = "mix_shifted"
    """The certificate was certified on pairs of another kind."""
    NO_INSTRUCTION = "no_instruction"
    NO_CHANGE = "no_change"
    """The reply says that nothing changed, and the pixels do not contradict it."""
    NO_CHANGE_DRAW = "no_change_draw"
    """Likewise, and drawn at random for a person."""
    CONTRADICTS_PIXELS = "contradicts_pixels"
    """The reply says that nothing changed, and mining measured that something did."""
    STAND_IN_MODEL = "stand_in_model"
    """Sure enough, but the starter's: its confidence means nothing outside the demo."""
    PAIR_WITHDRAWN = "pair_withdrawn"


@dataclass(frozen=True, slots=True)
class Triage(Record):
    """Where one annotation went, and why."""

    annotation_id: str
    pair_id: str
    queue: str
    """One of ``Queue``."""
    reason: str
    """One of ``TriageReason``."""
    confidence: float | None = None
    """The confidence that was compared with the threshold."""
    place: int | None = None
    """Place among those for a person, 0 for the most useful; None for all others."""
