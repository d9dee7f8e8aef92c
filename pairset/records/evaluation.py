"""What one annotation is worth, held against the words that reviewers stand by."""

from dataclasses import dataclass, field
from typing import ClassVar

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One annotation of one held-out example; a failed reply is a row that is wrong throughout."""

    SCHEMA: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("annotation_id", pa.string(), nullable=False),
            pa.field("example_id", pa.string(), nullable=False),
            pa.field("pair_id", pa.string(), nullable=False),
            pa.field("model", pa.string(), nullable=False),
            pa.field("adapter", pa.string()),
            pa.field("prompt_id", pa.string(), nullable=False),
            pa.field("scene", pa.string(), nullable=False),
            pa.field("edit_type", pa.string(), nullable=False),
            pa.field("is_changed", pa.bool_(), nullable=False),
            pa.field("instruction_en", pa.string(), nullable=False),
            pa.field("instruction_zh", pa.string(), nullable=False),
            pa.field("said_edit_type", pa.string()),
            pa.field("said_is_changed", pa.bool_()),
            pa.field("said_instruction_en", pa.string()),
            pa.field("said_instruction_zh", pa.string()),
            pa.field("failed", pa.bool_(), nullable=False),
            pa.field("exact_en", pa.bool_(), nullable=False),
            pa.field("exact_zh", pa.bool_(), nullable=False),
            pa.field("edit_type_right", pa.bool_(), nullable=False),
            pa.field("is_changed_right", pa.bool_(), nullable=False),
            pa.field("chrf_en", pa.float64(), nullable=False),
            pa.field("chrf_zh", pa.float64(), nullable=False),
            pa.field("rouge_l_en", pa.float64(), nullable=False),
            pa.field("rouge_l_zh", pa.float64(), nullable=False),
            pa.field("confidence", pa.float64()),
            pa.field("error_types", pa.list_(pa.string()), nullable=False),
            pa.field("judged_same", pa.bool_()),
            pa.field("reviewer", pa.string()),
        ]
    )

    annotation_id: str
    example_id: str
    pair_id: str
    model: str
    adapter: str | None
    prompt_id: str
    scene: str
    """The scene of the pair: intervals resample scenes, as pairs of one scene are not independent.
    """
    edit_type: str
    """As reviewers left it, like the next three."""
    is_changed: bool
    instruction_en: str
    instruction_zh: str
    said_edit_type: str | None
    """As the annotator wrote it, like the next three; None where its reply failed."""
    said_is_changed: bool | None
    said_instruction_en: str | None
    said_instruction_zh: str | None
    failed: bool
    exact_en: bool
    """Word for word what reviewers stand by, but for white space at the ends and between words."""
    exact_zh: bool
    edit_type_right: bool
    is_changed_right: bool
    chrf_en: float
    """0 to 100."""
    chrf_zh: float
    rouge_l_en: float
    """F-measure, 0 to 1."""
    rouge_l_zh: float
    confidence: float | None
    """What the annotator's own probability of its English instruction was, 0 to 1."""
    error_types: list[str] = field(default_factory=list)
    """What the reviewer of the pair found wrong with the annotation that was judged."""
    judged_same: bool | None = None
    """Whether the judge held an English instruction in other words to mean the same; None where
    it was not asked or did not say."""
    reviewer: str | None = None
    """Who stands by the words it is held against: a person, ``simulated``, or ``auto`` (triage)."""
