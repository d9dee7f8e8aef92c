"""How much each token of a reply counts in the text loss."""

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from finetune.planted.edit_words import FRAME_COLOURS, PLACES, SHAPES
from finetune.starter.network.tokenizer import PADDING, SCAFFOLD, token_id

SLOT_WEIGHT = 3.0
SCAFFOLD_WEIGHT = 0.2

_DIRECTIONS = ("clockwise", "counterclockwise", "brighter", "darker", "warmer", "cooler")


def token_weights(tokenizer: PreTrainedTokenizerFast, vocabulary: int) -> Tensor:
    """Slot words carry the information, the scaffold hardly any, padding none at all."""
    weights = torch.ones(vocabulary)
    for word in _slot_words():
        ids = tokenizer(word)["input_ids"]
        if len(ids) == 1:
            weights[ids[0]] = SLOT_WEIGHT
    for piece in SCAFFOLD:
        weights[token_id(tokenizer, piece)] = SCAFFOLD_WEIGHT
    weights[token_id(tokenizer, PADDING)] = 0.0
    return weights


def _slot_words() -> list[str]:
    english = [
        *(colour.name.en for colour in FRAME_COLOURS),
        *(shape.en for shape in SHAPES),
        *(word for place in PLACES for word in place.en.split()),
        *_DIRECTIONS,
    ]
    chinese = [
        *(colour.name.zh for colour in FRAME_COLOURS),
        *(text.zh for text in (*SHAPES, *PLACES)),
    ]
    return [*english, *(f" {word}" for word in english), *chinese]
