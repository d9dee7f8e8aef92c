"""What one annotation is worth, held against the words that reviewers stand by."""

from dataclasses import dataclass, field

from pairset.records.table import Record


@dataclass(frozen=True, slots=True)
class Evaluation(Record):
    """One annotation of one held-out example; a failed reply is a row that is wrong throughout."""

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
