"""What a model said of a pair, and how sure it was."""

from dataclasses import dataclass, field
from typing import ClassVar

import pyarrow as pa

TOKEN_EVIDENCE = (
    *("tokens_en", "logprobs_en", "tokens_zh", "logprobs_zh"),
    *("logprobs_inverse_en", "logprobs_inverse_zh", "logprobs_edit_type"),
)
"""Columns that only a calibration reads; most of a row's size."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One reply of one model to one prompt about one pair."""

    SCHEMA: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("annotation_id", pa.string(), nullable=False),
            pa.field("pair_id", pa.string(), nullable=False),
            pa.field("model", pa.string(), nullable=False),
            pa.field("adapter", pa.string()),
            pa.field("prompt_id", pa.string(), nullable=False),
            pa.field("engine", pa.string(), nullable=False),
            pa.field("attempt", pa.int32(), nullable=False),
            pa.field("exemplars", pa.list_(pa.string())),
            pa.field("instruction_en", pa.string()),
            pa.field("instruction_zh", pa.string()),
            pa.field("inverse_en", pa.string()),
            pa.field("inverse_zh", pa.string()),
            pa.field("edit_type", pa.string()),
            pa.field("is_changed", pa.bool_()),
            pa.field("source_caption", pa.string()),
            pa.field("target_caption", pa.string()),
            pa.field("preserved", pa.string()),
            pa.field("confidence", pa.float64()),
            pa.field("tokens_en", pa.list_(pa.string())),
            pa.field("logprobs_en", pa.list_(pa.float32())),
            pa.field("tokens_zh", pa.list_(pa.string())),
            pa.field("logprobs_zh", pa.list_(pa.float32())),
            pa.field("logprobs_inverse_en", pa.list_(pa.float32())),
            pa.field("logprobs_inverse_zh", pa.list_(pa.float32())),
            pa.field("logprobs_edit_type", pa.list_(pa.float32())),
            pa.field("raw_reply", pa.string()),
            pa.field("finish_reason", pa.string()),
            pa.field("prompt_tokens", pa.int32()),
            pa.field("completion_tokens", pa.int32()),
            pa.field("error_code", pa.string()),
            pa.field("error", pa.string()),
        ]
    )

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
    attempt: int
    """1, and one more for each --retry-failed; the latest attempt is the annotation."""
    exemplars: list[str] = field(default_factory=list)
    """Ids of the examples that were shown before the pair, in this order."""
    instruction_en: str | None = None
    """What leads from the source to the target, in English."""
    instruction_zh: str | None = None
    """The same in Chinese."""
    inverse_en: str | None = None
    """What leads back."""
    inverse_zh: str | None = None
    edit_type: str | None = None
    """One of ``annotator.prompting.taxonomy.EditType``."""
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
    logprobs_en: list[float] | None = None
    """Natural-log probability of each of those tokens."""
    tokens_zh: list[str] | None = None
    logprobs_zh: list[float] | None = None
    logprobs_inverse_en: list[float] | None = None
    """The same of what leads back, like the next."""
    logprobs_inverse_zh: list[float] | None = None
    logprobs_edit_type: list[float] | None = None
    """Of the edit type's tokens."""
    raw_reply: str | None = None
    """The reply as it came."""
    finish_reason: str | None = None
    """stop, length, content_filter, tool_calls, abort, error, or other where it is none of them."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    error_code: str | None = None
    """Why there is no instruction; None where there is one."""
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        return self.error_code is None
