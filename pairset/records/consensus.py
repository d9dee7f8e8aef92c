"""What the reviewers of an annotation came to, together."""

from dataclasses import dataclass
from enum import StrEnum

from pairset.records.table import Int32, Record


class Settlement(StrEnum):
    """How an annotation was settled, or that it was not."""

    SINGLE = "single"
    """Only one reviewer decided."""
    AGREED = "agreed"
    MAJORITY = "majority"
    """More than half said the same."""
    ADJUDICATED = "adjudicated"
    """The adjudicator's word."""
    OPEN = "open"
    """They disagree: somebody must adjudicate."""


@dataclass(frozen=True, slots=True)
class Consensus(Record):
    """One annotation that people reviewed, with the words to use where they are settled."""

    annotation_id: str
    pair_id: str
    settlement: str
    """One of ``Settlement``."""
    decision: str | None
    """accept, fix or reject; None while open."""
    verdict_id: str | None
    """The verdict whose words stand for all: of those that agree, the one closest to the others."""
    disagreements: list[str]
    """What they disagree about: decision, instruction_en, instruction_zh, edit_type."""
    reviewers: Int32
    """How many people decided; skips do not count."""
    task_id: int | None = None
    """Its task in Label Studio."""
