"""What training and evaluation read: a reviewed pair with the words that people stand by."""

from dataclasses import dataclass, field
from enum import StrEnum

from pairset.records.ids import content_id
from pairset.records.table import Record

MINING = "mining"
"""The reviewer of pairs that nobody needs to look at: mining found them unchanged."""


class Split(StrEnum):
    """Which side of the split a scene is on."""

    TRAIN = "train"
    HELD_OUT = "held_out"


class ExclusionReason(StrEnum):
    """Why a reviewed pair teaches nothing."""

    REJECTED = "rejected"
    """No words would help."""
    NOT_DECIDED = "not_decided"
    """Skipped, or submitted without a verdict."""
    DISPUTED = "disputed"
    """Reviewers disagree, or ``pairset review agreement`` has not weighed their verdicts yet."""
    PAIR_WITHDRAWN = "pair_withdrawn"
    """A later mining run does not keep the pair."""
    NO_ANNOTATION = "no_annotation"
    """The annotation that was judged is not in the set any more."""
    INVALID_REPLY = "invalid_reply"
    """The words as the reviewer left them would be no valid reply."""
    UNREADABLE_IMAGE = "unreadable_image"
    TOO_LONG = "too_long"
    """Prompt and reply together exceed the context."""


@dataclass(frozen=True, slots=True)
class Example(Record):
    """One reviewed pair: the reply a model should have given, or why there is none."""

    example_id: str
    """Hash of the pair, the verdict and the reply."""
    pair_id: str
    annotation_id: str
    """The annotation that was judged; empty where nobody reviewed."""
    verdict_id: str
    """The verdict whose words count; empty where nobody reviewed."""
    reviewer: str
    """A person, ``auto`` (triage), or ``mining`` for a pair that it rejected as unchanged."""
    decision: str
    """accept: the reply stands as it was written; fix: its words were corrected. Of ``mining``: the
    status by which it rejected the pair."""
    scene: str
    """Pairs that share an image or a cluster are one scene, and always on one side."""
    split: str
    """One of ``Split``."""
    source_uri: str | None = None
    target_uri: str | None = None
    reply: str | None = None
    """The reply as JSON, with the reviewer's words; None where the pair is excluded."""
    original_reply: str | None = None
    """The reply as the model wrote it."""
    edit_type: str | None = None
    original_edit_type: str | None = None
    instruction_en: str | None = None
    instruction_zh: str | None = None
    error_types: list[str] = field(default_factory=list)
    """What the reviewer found wrong."""
    exclusion: str | None = None
    """One of ``ExclusionReason``; None where the example teaches."""
    exclusion_detail: str | None = None
    """The same in words."""

    @property
    def teaches(self) -> bool:
        return self.exclusion is None

    @property
    def is_reviewed(self) -> bool:
        return self.reviewer != MINING

    @property
    def is_corrected(self) -> bool:
        """Whether what the reviewer left differs from what the model wrote."""
        return self.teaches and self.reply != self.original_reply


def example_id_of(pair_id: str, verdict_id: str, reply: str) -> str:
    """Id of an example: other words make another one."""
    return content_id("example", pair_id, verdict_id, reply)
