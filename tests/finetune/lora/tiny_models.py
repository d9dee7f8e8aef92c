"""Small checkpoints of the model families that vLLM serves with LoRA: their own architecture, their
own processor and chat template, random weights, and the starter's tokenizer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer
from transformers import (
    GotOcr2ImageProcessor,
    InternVLConfig,
    InternVLForConditionalGeneration,
    InternVLProcessor,
    InternVLVideoProcessor,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
)

from annotator.weights.models import starter_folder

PADDING, END_OF_TURN = "<|endoftext|>", "<|im_end|>"
HEAD_WIDTH = 32
"""The least that vLLM's CPU attention accepts."""
WIDTH = 2 * HEAD_WIDTH
CONTEXT_TOKENS = 1024
PIXELS = {"shortest_edge": 56 * 56, "longest_edge": 84 * 84}
_GREYS = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
_INTERNVL_TOKENS = {
    "start_image_token": "<img>",
    "end_image_token": "</img>",
    "context_image_token": "<IMG_CONTEXT>",
    "video_token": "<video>",
}
_INTERNVL_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for content in message['content'] %}"
    "{% if content['type'] == 'image' %}{{ '<IMG_CONTEXT>\n' }}"
    "{% elif content['type'] == 'video' %}{{ '<video>\n' }}"
    "{% elif content['type'] == 'text' %}{{ content['text'] }}{% endif %}{% endfor %}{% endif %}"
    "{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def save_tiny_model(family: str, folder: Path) -> Path:
    """Write a checkpoint of this family: ``qwen2_5_vl``, ``qwen3_vl`` or ``internvl3``."""
    torch.manual_seed(3)
    model, processor = FAMILIES[family]()
    tokenizer = processor.tokenizer
    end, padding = tokenizer.convert_tokens_to_ids([END_OF_TURN, PADDING])
    model.generation_config.eos_token_id = [end, padding]
    model.generation_config.pad_token_id = padding
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _qwen2_5_vl() -> tuple[Any, Any]:
    tokenizer = _tokenizer()
    vision = {
        "depth": 2,
        "hidden_size": WIDTH,
        "intermediate_size": 96,
        "num_heads": 2,
        "out_hidden_size": WIDTH,
        "window_size": 56,
        "fullatt_block_indexes": [1],
    }
    config = Qwen2_5_VLConfig(
        text_config=_text(tokenizer, rope_parameters=_rope()),
        vision_config=vision,
        tie_word_embeddings=False,
        **_image_ids(tokenizer),
    )
    options = {"patch_size": 14, "merge_size": 2, "size": PIXELS}
    processor = Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(**options),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(**options),
        chat_template=_starter_template(),
    )
    return Qwen2_5_VLForConditionalGeneration(config), processor


def _qwen3_vl() -> tuple[Any, Any]:
    tokenizer = _tokenizer()
    vision = {
        "depth": 2,
        "hidden_size": WIDTH,
        "intermediate_size": 96,
        "num_heads": 2,
        "out_hidden_size": WIDTH,
        "patch_size": 16,
        "num_position_embeddings": 36,
        "deepstack_visual_indexes": [0],
    }
    config = Qwen3VLConfig(
        text_config=_text(
            tokenizer, head_dim=HEAD_WIDTH, rope_parameters=_rope() | {"mrope_interleaved": True}
        ),
        vision_config=vision,
        tie_word_embeddings=False,
        **_image_ids(tokenizer),
    )
    options = {"patch_size": 16, "merge_size": 2, "size": PIXELS, **_GREYS}
    processor = Qwen3VLProcessor(
        image_processor=Qwen2VLImageProcessor(**options),
        tokenizer=tokenizer,
        video_processor=Qwen3VLVideoProcessor(**options),
        chat_template=_starter_template(),
    )
    return Qwen3VLForConditionalGeneration(config), processor


def _internvl3() -> tuple[Any, Any]:
    tokenizer = _tokenizer(_INTERNVL_TOKENS)
    side = 56
    vision = {
        "hidden_size": WIDTH,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": side,
        "patch_size": 14,
        "attention_bias": True,
    }
    cells = (side // 14 // 2) ** 2
    config = InternVLConfig(
        text_config=_text(tokenizer, model_type="qwen2"),
        vision_config=vision,
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=cells,
        tie_word_embeddings=False,
    )
    size = {"height": side, "width": side}
    processor = InternVLProcessor(
        image_processor=GotOcr2ImageProcessor(size=size, max_patches=3, crop_to_patches=True),
        tokenizer=tokenizer,
        video_processor=InternVLVideoProcessor(size=size),
        image_seq_length=cells,
        chat_template=_INTERNVL_TEMPLATE,
    )
    return InternVLForConditionalGeneration(config), processor


FAMILIES: dict[str, Callable[[], tuple[Any, Any]]] = {
    "qwen2_5_vl": _qwen2_5_vl,
    "qwen3_vl": _qwen3_vl,
    "internvl3": _internvl3,
}


def _text(tokenizer: PreTrainedTokenizerFast, **further: Any) -> dict[str, Any]:
    """A language model of two layers, whose output is loud enough to learn words with LoRA."""
    end, padding = tokenizer.convert_tokens_to_ids([END_OF_TURN, PADDING])
    return {
        "vocab_size": -(-len(tokenizer) // 64) * 64,
        "hidden_size": WIDTH,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": CONTEXT_TOKENS,
        "initializer_range": 0.2,
        "bos_token_id": None,
        "eos_token_id": end,
        "pad_token_id": padding,
        "tie_word_embeddings": False,
        **further,
    }


def _rope() -> dict[str, Any]:
    return {"rope_type": "default", "mrope_section": [6, 5, 5], "rope_theta": 10_000.0}


def _image_ids(tokenizer: PreTrainedTokenizerFast) -> dict[str, int]:
    names = {
        "image_token_id": "<|image_pad|>",
        "video_token_id": "<|video_pad|>",
        "vision_start_token_id": "<|vision_start|>",
        "vision_end_token_id": "<|vision_end|>",
    }
    return {name: tokenizer.convert_tokens_to_ids(token) for name, token in names.items()}


def _tokenizer(named: dict[str, str] | None = None) -> PreTrainedTokenizerFast:
    """The starter's tokenizer, with further special tokens by the names that processors use."""
    bpe = Tokenizer.from_file(str(starter_folder() / "tokenizer.json"))
    bpe.add_special_tokens([AddedToken(token) for token in (named or {}).values()])
    settings = json.loads((starter_folder() / "tokenizer_config.json").read_text())
    special = {"extra_special_tokens": named} if named else {}
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token=END_OF_TURN,
        pad_token=PADDING,
        additional_special_tokens=settings["extra_special_tokens"],
        model_max_length=CONTEXT_TOKENS,
        **special,
    )


def _starter_template() -> str:
    return (starter_folder() / "chat_template.jinja").read_text(encoding="utf-8")
