"""What is used of the tokenizers, processors and models that transformers loads.

A checkpoint's configuration chooses their classes at run time, so the library's own types tell
little of them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol, TypedDict, overload

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import Tensor, nn
    from transformers import BatchFeature, GenerationConfig


class Encoded(TypedDict):
    """One text as tokens."""

    input_ids: list[int]
    offset_mapping: list[tuple[int, int]]
    """Where each token begins and ends in the text, if the call asks for it."""


class Tokenizer(Protocol):
    """Text to token ids and back."""

    is_fast: bool
    padding_side: str
    pad_token_id: int | None
    eos_token_id: int

    def __call__(self, text: str, **options: object) -> Encoded: ...

    def apply_chat_template(
        self,
        conversation: Sequence[object],
        *,
        tokenize: Literal[False],
        add_generation_prompt: bool,
    ) -> str: ...

    def decode(self, token_ids: "Sequence[int] | Tensor", **options: object) -> str: ...


class Processor(Protocol):
    """Conversations with pictures to the inputs of a model."""

    tokenizer: Tokenizer

    @overload
    def apply_chat_template(
        self, conversation: Sequence[object], *, tokenize: Literal[False], **options: object
    ) -> str: ...

    @overload
    def apply_chat_template(
        self, conversation: Sequence[object], *, tokenize: Literal[True], **options: object
    ) -> "BatchFeature": ...

    def save_pretrained(self, save_directory: "Path") -> object: ...


class Scores(Protocol):
    """What a forward pass gives."""

    logits: "Tensor"
    """(rows, positions, vocabulary)"""


class LanguageModel(Protocol):
    """A model that writes, with an adapter or without."""

    @property
    def device(self) -> "torch.device": ...

    @property
    def generation_config(self) -> "GenerationConfig": ...

    def __call__(self, **inputs: object) -> Scores: ...

    def generate(self, **options: object) -> "Tensor": ...

    def get_input_embeddings(self) -> "nn.Embedding": ...
