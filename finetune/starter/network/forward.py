"""The model's forward pass for training: same weights and maths, one fixed shape, much faster.

Every training prompt is the same but for its pixels, so positions are looked up once, the images of
a batch go through one attention call instead of one each, and the patch convolution is a product.
"""

from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from finetune.starter.network.model import IMAGE_SIDE, MERGE, PATCH, StarterProcessor
from finetune.starter.network.starter_reply import BRIEF_PROMPT
from finetune.starter.network.tokenizer import IMAGE, token_id

if TYPE_CHECKING:
    from transformers import Qwen3VLForConditionalGeneration
    from transformers.models.qwen3_vl.modeling_qwen3_vl import (
        Qwen3VLTextAttention,
        Qwen3VLVisionAttention,
    )

GRID = IMAGE_SIDE // PATCH
PATCHES = GRID * GRID
CELLS = PATCHES // MERGE**2
COMPARING_LAYERS = 3
"""Language layers after which every cell of image 2 should know how it differs from image 1."""
Rotation = tuple[Tensor, Tensor]


def prompt_text(processor: StarterProcessor) -> str:
    """Return the chat prompt that every pair gets."""
    content = [{"type": "image"}, {"type": "image"}, {"type": "text", "text": BRIEF_PROMPT}]
    messages = [{"role": "user", "content": content}]
    return processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)


def patchify(images: Tensor) -> Tensor:
    """Cut (n, IMAGE_SIDE, IMAGE_SIDE, 3) uint8 images into (n, PATCHES, 3 * PATCH**2) floats.

    The order of patches is the image processor's: cell by cell, row by row inside a cell.
    """
    blocks = GRID // MERGE
    x = images.float() / 127.5 - 1.0
    x = x.view(-1, blocks, MERGE, PATCH, blocks, MERGE, PATCH, 3)
    return x.permute(0, 1, 4, 2, 5, 7, 3, 6).reshape(-1, PATCHES, 3 * PATCH**2)


def _rotate(x: Tensor, rotation: Rotation) -> Tensor:
    cos, sin = rotation
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class BatchForward:
    """Hidden states of a batch of (source, target, reply) under the fixed prompt."""

    def __init__(
        self, model: "Qwen3VLForConditionalGeneration", processor: StarterProcessor
    ) -> None:
        self.visual = model.model.visual
        self.language = model.model.language_model
        self.embedding: Tensor = self.language.embed_tokens.weight
        blank = Image.new("RGB", (IMAGE_SIDE, IMAGE_SIDE))
        inputs = processor(
            text=[prompt_text(processor)], images=[blank, blank], return_tensors="pt"
        )
        self.prompt: Tensor = inputs["input_ids"][0]
        image_id = token_id(processor.tokenizer, IMAGE)
        self.image_places = (self.prompt == image_id).nonzero()[:, 0]
        self._positions = model.model.get_rope_index(
            inputs["input_ids"],
            image_grid_thw=inputs["image_grid_thw"],
            mm_token_type_ids=inputs["mm_token_type_ids"],
        )[0]
        self._vision_rotation = self._vision_positions()

    @property
    def prompt_length(self) -> int:
        return len(self.prompt)

    def _vision_positions(self) -> Rotation:
        blocks = GRID // MERGE
        row, column = torch.meshgrid(torch.arange(GRID), torch.arange(GRID), indexing="ij")
        grid = torch.stack((row, column)).view(2, blocks, MERGE, blocks, MERGE)
        self._patch_order = (row * GRID + column).view(blocks, MERGE, blocks, MERGE)
        self._patch_order = self._patch_order.transpose(1, 2).flatten()
        places = grid.transpose(2, 3).flatten(1).T
        cos, sin = self.visual.rotary_pos_emb(torch.zeros(1), places)
        return cos, sin

    def _text_rotation(self, length: int) -> Rotation:
        """Return cosines and sines for the prompt and what follows it, `length` tokens in all."""
        after = self._positions.max() + 1 + torch.arange(length - self.prompt_length)
        positions = torch.cat((self._positions, after.expand(3, 1, -1)), dim=2)
        cos, sin = self.language.rotary_emb(self.embedding, positions)
        return cos[0], sin[0]

    def see(self, pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Turn (2n, PATCHES, ...) patches into (n, 2 * CELLS, width) tokens and deepstack ones."""
        tower = self.visual
        # An image is two equal frames for the patch convolution: add up its two kernels.
        kernel = tower.patch_embed.proj.weight.sum(dim=2).flatten(1)
        hidden = functional.linear(pixels, kernel, tower.patch_embed.proj.bias)
        hidden = hidden + tower.pos_embed.weight[self._patch_order]
        deep: list[Tensor] = []
        for number, block in enumerate(tower.blocks):
            hidden = hidden + self._look(block.attn, block.norm1(hidden))
            hidden = hidden + block.mlp(block.norm2(hidden))
            if number in tower.deepstack_visual_indexes:
                merger = tower.deepstack_merger_list[len(deep)]
                deep.append(merger(hidden).view(len(hidden) // 2, 2 * CELLS, -1))
        return tower.merger(hidden).view(len(hidden) // 2, 2 * CELLS, -1), deep

    def _look(self, attention: "Qwen3VLVisionAttention", hidden: Tensor) -> Tensor:
        count, length, _ = hidden.shape
        heads = attention.qkv(hidden).view(count, length, 3, attention.num_heads, -1)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        query, key = (_rotate(x, self._vision_rotation) for x in (query, key))
        seen = functional.scaled_dot_product_attention(query, key, value)
        projected: Tensor = attention.proj(seen.transpose(1, 2).flatten(2))
        return projected

    def read(self, seen: Tensor, deep: list[Tensor], replies: Tensor) -> tuple[Tensor, Tensor]:
        """Run the language model over the prompt (with its images) and (n, length) reply ids.

        Returns the hidden states after COMPARING_LAYERS and the final, normalised ones.
        """
        count = len(seen)
        prompt = functional.embedding(self.prompt, self.embedding).expand(count, -1, -1)
        hidden = torch.cat((prompt, functional.embedding(replies, self.embedding)), dim=1)
        hidden = hidden.index_copy(1, self.image_places, seen)
        rotation = self._text_rotation(hidden.shape[1])
        for number, layer in enumerate(self.language.layers):
            hidden = hidden + self._attend(layer.self_attn, layer.input_layernorm(hidden), rotation)
            hidden = hidden + layer.mlp(layer.post_attention_layernorm(hidden))
            if number < len(deep):
                hidden = hidden.index_add(1, self.image_places, deep[number])
            if number + 1 == COMPARING_LAYERS:
                compared = hidden
        return compared, self.language.norm(hidden)

    def _attend(
        self, attention: "Qwen3VLTextAttention", hidden: Tensor, rotation: Rotation
    ) -> Tensor:
        shape = (*hidden.shape[:2], -1, attention.head_dim)
        query = attention.q_norm(attention.q_proj(hidden).view(shape)).transpose(1, 2)
        key = attention.k_norm(attention.k_proj(hidden).view(shape)).transpose(1, 2)
        value = attention.v_proj(hidden).view(shape).transpose(1, 2)
        query, key = _rotate(query, rotation), _rotate(key, rotation)
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        projected: Tensor = attention.o_proj(seen.transpose(1, 2).flatten(2))
        return projected

    def logits(self, hidden: Tensor) -> Tensor:
        """Return next-token logits (the head is tied to the embedding)."""
        return functional.linear(hidden, self.embedding)
