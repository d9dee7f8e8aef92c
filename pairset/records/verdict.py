"""What a reviewer decided about an annotation, and what they changed in it."""

from dataclasses import dataclass
from enum import StrEnum

from pairset.records.ids import content_id
from pairset.records.table import Float32, Int32, Record

AUTO = "auto"
"""The reviewer whose verdicts are those of ``pairset triage``."""
SIMULATED = "simulated"
"""The reviewer who knows what was planted, and stands in for people where none is there."""


class Decision(StrEnum):
    """What became of the annotation."""

    ACCEPT = "accept"
    FIX = "fix"
    REJECT = "reject"
    SKIP = "skip"
    UNDECIDED = "undecided"
    """Submitted without a choice: the labelling page was edited, or a script wrote it."""


DECIDED = (Decision.ACCEPT, Decision.FIX, Decision.REJECT)
"""What a reviewer can choose; the others are no decision."""


class ErrorType(StrEnum):
    """What a reviewer found wrong with an instruction; ``review.form.words`` words each."""

    WRONG_OBJECT = "wrong_object"
    WRONG_POSITION = "wrong_position"
    """The wrong place or side: left and right exchanged, for one."""
    VIEWPOINT = "viewpoint"
    """The words get a change of viewpoint wrong."""
    WRONG_ATTRIBUTE = "wrong_attribute"
    """The right object with a wrong colour, size, material, …"""
    MISSING_CHANGE = "missing_change"
    INVENTED_CHANGE = "invented_change"
    """The instruction asks for something that the target does not show."""
    WRONG_LANGUAGE = "wrong_language"
    NOT_AN_EDIT = "not_an_edit"
    """The words do not say what to change."""


class RejectReason(StrEnum):
    """Why no instruction would help a pair; ``review.form.words`` words each."""

    UNRELATED_PAIR = "unrelated_pair"
    NO_VISIBLE_EDIT = "no_visible_edit"
    TOO_MANY_EDITS = "too_many_edits"
    LOW_QUALITY = "low_quality"
    WATERMARK_OR_TEXT = "watermark_or_text"
    UNSAFE = "unsafe"


class ReviewedField(StrEnum):
    """What a reviewer can change of what is shown."""

    INSTRUCTION_EN = "instruction_en"
    INSTRUCTION_ZH = "instruction_zh"
    INVERSE_EN = "inverse_en"
    INVERSE_ZH = "inverse_zh"
    EDIT_TYPE = "edit_type"
    CHANGE_BOX = "change_box"
    CHANGE_MASK = "change_mask"


@dataclass(frozen=True, slots=True)
class Verdict(Record):
    """One revision of one reviewer's verdict on one annotation; the latest revision counts."""

    verdict_id: str
    """Hash of the annotation, the reviewer and the server's id of what they submitted."""
    revision: Int32
    """1, and one more for every change that a later pull brought."""
    annotation_id: str
    """The annotation whose texts the reviewer was shown."""
    pair_id: str
    reviewer: str
    """Email address in Label Studio, or ``auto`` for triage."""
    decision: str
    """One of ``Decision``."""
    instruction_en: str | None = None
    """The English instruction as the reviewer left it."""
    instruction_zh: str | None = None
    inverse_en: str | None = None
    inverse_zh: str | None = None
    edit_type: str | None = None
    original_instruction_en: str | None = None
    """The English instruction as the model wrote it."""
    original_instruction_zh: str | None = None
    original_inverse_en: str | None = None
    original_inverse_zh: str | None = None
    original_edit_type: str | None = None
    change_box: list[Float32] | None = None
    """Box round the change as the reviewer left it: left, top, right, bottom in target pixels."""
    original_change_box: list[Float32] | None = None
    """The box that was shown, likewise in target pixels."""
    changed_fields: list[str] | None = None
    """Each one of ``ReviewedField``; ``change_mask`` stands for any repainting."""
    error_types: list[str] | None = None
    """What was wrong with the instruction: of our own page, each one of ``ErrorType``."""
    reject_reasons: list[str] | None = None
    """Why the pair is no use: of our own page, each one of ``RejectReason``."""
    quality: Int32 | None = None
    """1 to 5 stars."""
    seconds_spent: float | None = None
    """As the labelling page measured them."""
    created_at: str = ""
    """ISO 8601, UTC, by the server's clock; for triage by ours."""
    updated_at: str = ""
    """Likewise; a skip or an edit moves it."""
    withdrawn: bool = False
    """The reviewer, or someone else, deleted it: it counts no more."""
    project: str | None = None
    """Which Label Studio project it came from, as a hash; None for triage."""
    task_id: int | None = None
    """Number of the task in that project."""
    server_annotation_id: str | None = None
    """What Label Studio calls it."""
    raw_result: str | None = None
    """Everything that was submitted, as JSON, whether this version understands it or not."""


def verdict_id_of(annotation_id: str, reviewer: str, server_annotation_id: str = "") -> str:
    """Id of a verdict; a reviewer may submit several on one annotation."""
    return content_id("verdict", annotation_id, reviewer, server_annotation_id)
