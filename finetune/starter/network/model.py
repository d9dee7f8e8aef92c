"""The starter's architecture: Qwen3-VL, as small as it gets, with its processor."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2VLImageProcessor,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
)

from finetune.starter.network.tokenizer import END_OF_TURN, PADDING, SPECIAL, token_id

IMAGE_SIDE = 96
PATCH = 16
MERGE = 2
"""PATCH * MERGE is a third of IMAGE_SIDE: one language token per named place of the image."""

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for content in message['content'] %}"
    "{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}"
    "<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif content['type'] == 'video' or 'video' in content %}"
    "<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in content %}{{ content['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@dataclass(frozen=True, slots=True)
class Size:
    """Widths and depths; heads are 32 wide, the least that vLLM's CPU attention accepts."""

    width: int = 192
    layers: int = 5
    feed_forward: int = 512
    vision_width: int = 160
    vision_layers: int = 3
    vision_feed_forward: int = 480
    head_width: int = 32


class StarterProcessor(Protocol):
    """What is used of ``Qwen3VLProcessor``, whose own types leave out its tokenizer."""

    tokenizer: PreTrainedTokenizerFast

    def __call__(
        self,
        *,
        text: Sequence[str],
        images: Sequence[object],
        return_tensors: Literal["pt"],
    ) -> Mapping[str, torch.Tensor]: ...

    def apply_chat_template(
        self, conversation: Sequence[object], *, add_generation_prompt: bool, tokenize: bool
    ) -> str: ...

    def save_pretrained(self, save_directory: Path) -> object: ...


def build_processor(tokenizer: PreTrainedTokenizerFast) -> StarterProcessor:
    """Return a processor that brings every square image to IMAGE_SIDE."""
    # The bounds are areas, rounded to whole cells; equal ones would let 95.99 fall to 64.
    pixels = {"shortest_edge": (IMAGE_SIDE - 6) ** 2, "longest_edge": (IMAGE_SIDE + 6) ** 2}
    options = {
        "patch_size": PATCH,
        "merge_size": MERGE,
        "temporal_patch_size": 2,
        "size": pixels,
        "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
    }
    processors: Any = Qwen3VLProcessor
    processor: StarterProcessor = processors(
        image_processor=Qwen2VLImageProcessor(**options),
        tokenizer=tokenizer,
        video_processor=Qwen3VLVideoProcessor(**options),
        chat_template=CHAT_TEMPLATE,
    )
    return processor


def build_model(
    tokenizer: PreTrainedTokenizerFast, size: Size, seed: int
) -> Qwen3VLForConditionalGeneration:
    """Return the untrained model in float32."""
    torch.manual_seed(seed)
    make: Callable[..., Qwen3VLForConditionalGeneration] = Qwen3VLForConditionalGeneration
    model = make(_config(tokenizer, size))
    model.float()  # type: ignore[no-untyped-call]
    end, padding = (token_id(tokenizer, token) for token in (END_OF_TURN, PADDING))
    model.generation_config.eos_token_id = [end, padding]
    model.generation_config.pad_token_id = padding
    return model


def _config(tokenizer: PreTrainedTokenizerFast, size: Size) -> Qwen3VLConfig:
    ids = {token: token_id(tokenizer, token) for token in SPECIAL}
    heads = size.width // size.head_width
    text = {
        "vocab_size": -(-len(tokenizer) // 64) * 64,
        "hidden_size": size.width,
        "intermediate_size": size.feed_forward,
        "num_hidden_layers": size.layers,
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "head_dim": size.head_width,
        "max_position_embeddings": 2048,
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": ids[END_OF_TURN],
        "pad_token_id": ids[PADDING],
        # Positions are few: a small theta is what tells one cell of the grid from the next.
        "rope_parameters": {
            "rope_type": "default",
            "mrope_section": [6, 5, 5],
            "mrope_interleaved": True,
            "rope_theta": 20.0,
        },
    }
    vision = {
        "depth": size.vision_layers,
        "hidden_size": size.vision_width,
        "intermediate_size": size.vision_feed_forward,
        "num_heads": size.vision_width // size.head_width,
        "out_hidden_size": size.width,
        "patch_size": PATCH,
        "spatial_merge_size": MERGE,
        "temporal_patch_size": 2,
        "num_position_embeddings": (IMAGE_SIDE // PATCH) ** 2,
        "deepstack_visual_indexes": [0],
    }
    return Qwen3VLConfig(
        text_config=text,
        vision_config=vision,
        tie_word_embeddings=True,
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
    )
