"""What a model said of a pair, and how sure it was."""

from dataclasses import dataclass, field
from typing import Annotated

from pairset.records.table import MAY_BE_NULL, Float32, Int32, Record

TOKEN_EVIDENCE = (
    *("tokens_en", "logprobs_en", "tokens_zh", "logprobs_zh"),
    *("logprobs_inverse_en", "logprobs_inverse_zh", "logprobs_edit_type"),
)
"""Columns that only a calibration reads; most of a row's size."""


@dataclass(frozen=True, slots=True)
class Annotation(Record):
    """One reply of one model to one prompt about one pair."""

    annotation_id: str
    """Hash of the pair, the model, the adapter and the prompt."""
    pair_id: str
    model: str
    """Hub name, folder name or ``starter``."""
    adapter: str | None
    """LoRA adapter the model was served with."""
    prompt_id: str
    """Hash of the prompt's words, of the reply schema, and of what exemplars are chosen from."""
    engine: str
    """server, vllm or transformers."""
    attempt: Int32
    """1, and one more for each --retry-failed; the latest attempt is the annotation."""
    exemplars: Annotated[list[str], MAY_BE_NULL] = field(default_factory=list)
    """Ids of the examples that were shown before the pair, in this order."""
    instruction_en: str | None = None
    """What leads from the source to the target, in English."""
    instruction_zh: str | None = None
    """The same in Chinese."""
    inverse_en: str | None = None
    """What leads back."""
    inverse_zh: str | None = None
    edit_type: str | None = None
    """One of ``pairset.records.edit_types.EditType``."""
    is_changed: bool | None = None
    """False is a legitimate answer: the images show no edit."""
    source_caption: str | None = None
    target_caption: str | None = None
    preserved: str | None = None
    """What stays the same."""
    confidence: float | None = None
    """Probability of the English instruction's own tokens under the model, 0 to 1."""
    tokens_en: list[str] | None = None
    """Tokens of the English instruction, the raw evidence of confidence."""
    logprobs_en: list[Float32] | None = None
    """Natural-log probability of each of those tokens."""
    tokens_zh: list[str] | None = None
    logprobs_zh: list[Float32] | None = None
    logprobs_inverse_en: list[Float32] | None = None
    """The same of what leads back, like the next."""
    logprobs_inverse_zh: list[Float32] | None = None
    logprobs_edit_type: list[Float32] | None = None
    """Of the edit type's tokens."""
    raw_reply: str | None = None
    """The reply as it came."""
    finish_reason: str | None = None
    """stop, length, content_filter, tool_calls, abort, error, or other where it is none of them."""
    prompt_tokens: Int32 | None = None
    completion_tokens: Int32 | None = None
    error_code: str | None = None
    """Why there is no instruction; None where there is one."""
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        return self.error_code is None
