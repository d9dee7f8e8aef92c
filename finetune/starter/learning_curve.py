"""The learning curve: cheap held-out scores while training goes on.

The truth is fed token by token and the most likely token compared with it: up to the first error
that is what greedy decoding would write, at the price of one forward pass.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from finetune.starter.batches import PairBatch
from finetune.starter.network.forward import BatchForward, patchify
from finetune.starter.network.tokenizer import PADDING, token_id


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Shares of held-out pairs whose instruction would be exact."""

    minutes: float
    pairs: int
    instruction_en: float
    both_instructions: float
    whole_reply: float


@torch.no_grad()
def exact_shares(
    forward: BatchForward, batch: PairBatch, tokenizer: PreTrainedTokenizerFast
) -> tuple[float, float, float]:
    """Return the shares right up to the end of instruction_en, instruction_zh and the reply."""
    tokens, deep = forward.see(patchify(batch.images))
    length = forward.prompt_length
    _, final = forward.read(tokens, deep, batch.replies)
    guessed = forward.logits(final[:, length - 1 : -1]).argmax(dim=-1)
    written = batch.replies.ne(token_id(tokenizer, PADDING))
    wrong = guessed.ne(batch.replies).logical_and(written)
    first_error = torch.where(wrong.any(dim=1), wrong.int().argmax(dim=1), batch.replies.shape[1])
    after_en, after_zh = (
        _place_of(batch.replies, tokenizer, piece)
        for piece in ('","instruction_zh":"', '","inverse_en":"')
    )
    shares = (first_error > after_en, first_error > after_zh, ~wrong.any(dim=1))
    en, both, whole = (share.float().mean().item() for share in shares)
    return en, both, whole


def _place_of(replies: Tensor, tokenizer: PreTrainedTokenizerFast, piece: str) -> Tensor:
    return replies.eq(token_id(tokenizer, piece)).int().argmax(dim=1)


def append_point(path: Path, point: CurvePoint) -> None:
    """Add one line of JSON."""
    with path.open("a") as lines:
        lines.write(json.dumps(asdict(point)) + "\n")
