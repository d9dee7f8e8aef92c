"""Conversations side by side: padded on the left, so that all replies end together."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.reduction import ForkingPickler
from typing import TypedDict

import torch
from torch import Tensor
from torch.utils.data import get_worker_info

from finetune.lora.conversations import Conversation

IGNORED = -100
"""Label of a position that the loss does not look at."""


@dataclass(frozen=True, slots=True)
class TrainingItem:
    """What one step of training learns from one example."""

    example_id: str
    conversation: Conversation
    rejected: Conversation | None = None
    """The reply that the other one is preferred to, about the same pair; None where there is no
    worse one."""
    weight: float = 1.0
    exemplars: int = 0
    """How many are shown in its prompt."""

    @property
    def key(self) -> "ItemKey":
        return self.example_id, self.exemplars


ItemKey = tuple[str, int]
"""Names an item: one example may be learnt with exemplars and without."""


class Batch(TypedDict):
    """The tensors of one forward pass, and what the loss needs beside them."""

    example_ids: list[str]
    keys: list[ItemKey]
    weights: Tensor
    """(items,)"""
    is_preferred: Tensor
    """(items,), of bool: whether the item has a rejected reply."""
    labels: Tensor
    """(rows, window - 1)"""
    window: int
    """Positions at the end of a row that need logits."""
    inputs: dict[str, Tensor]


@dataclass(slots=True)
class PaddingCount:
    """How much of what was computed was padding."""

    tokens: int = 0
    padding: int = 0

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.padding / self.tokens if self.tokens else 0.0


@dataclass(slots=True)
class Collator:
    """Turns items into the tensors of one forward pass.

    Rows are the items' conversations in order, then those of their rejected replies. ``labels``
    has one column less than ``window`` and stands for the last positions only: nothing else needs
    logits, which for a large vocabulary cost more memory than the rest together.
    """

    padding_token: int
    padding: PaddingCount = field(default_factory=PaddingCount)

    def __call__(self, items: Sequence[TrainingItem]) -> Batch:
        if get_worker_info() is not None:
            send_tensors_as_bytes()
        rows = [item.conversation for item in items]
        rows += [item.rejected for item in items if item.rejected is not None]
        length = max(row.length for row in rows)
        self.padding.tokens += length * len(rows)
        self.padding.padding += sum(length - row.length for row in rows)
        batch = _stack(rows, length, self.padding_token)
        window = max(len(row.reply) for row in rows) + 1
        return {
            "example_ids": [item.example_id for item in items],
            "keys": [item.key for item in items],
            "weights": torch.tensor([item.weight for item in items]),
            "is_preferred": torch.tensor([item.rejected is not None for item in items]),
            "labels": torch.stack([_labels(row, window - 1) for row in rows]),
            "window": window,
            "inputs": batch,
        }


@cache
def send_tensors_as_bytes() -> None:
    """Let tensors leave this process through a pipe, and not through shared memory.

    Where that is small, as in most containers, they would not arrive, and training would wait for
    them for ever.
    """
    ForkingPickler.register(Tensor, lambda tensor: (pickle.loads, (pickle.dumps(tensor),)))


def _stack(rows: Sequence[Conversation], length: int, padding_token: int) -> dict[str, Tensor]:
    """What follows the tokens one by one is padded; everything else (pixels) is laid end to end."""
    stacked: dict[str, Tensor] = {}
    prompt_shape = rows[0].prompt["input_ids"].shape
    for name, first in rows[0].prompt.items():
        if first.shape != prompt_shape:
            stacked[name] = torch.cat([row.prompt[name] for row in rows])
            continue
        filler = padding_token if name == "input_ids" else 0
        lines = torch.full((len(rows), length), filler, dtype=first.dtype)
        for line, row in zip(lines, rows, strict=True):
            line[length - row.length :] = torch.cat((row.prompt[name][0], _tail(name, row, first)))
        stacked[name] = lines
    return stacked


def _tail(name: str, row: Conversation, like: Tensor) -> Tensor:
    """What stands under the reply's tokens: themselves, attention, or the type of plain text."""
    if name == "input_ids":
        return torch.tensor(row.reply, dtype=like.dtype)
    return torch.full((len(row.reply),), int(name == "attention_mask"), dtype=like.dtype)


def _labels(row: Conversation, columns: int) -> Tensor:
    labels = torch.full((columns,), IGNORED)
    labels[columns - len(row.reply) :] = torch.tensor(row.reply)
    return labels
