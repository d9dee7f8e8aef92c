"""Conversations side by side: padded on the left, replies ending together."""

import subprocess
import sys
from dataclasses import replace

import torch

from finetune.lora.collate import IGNORED, Collator, TrainingItem
from finetune.lora.conversations import Conversation
from finetune.lora.order import ByLength

PADDING = 99


def conversation(prompt: list[int], reply: list[int], pixels: int) -> Conversation:
    ids = torch.tensor([prompt])
    inputs = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "mm_token_type_ids": torch.tensor([[1] * len(prompt)]),
        "pixel_values": torch.full((pixels, 2), float(pixels)),
    }
    return Conversation(inputs, reply)


SHORT = TrainingItem("short", conversation([1, 2], [7], pixels=3))
LONG = TrainingItem("long", conversation([3, 4, 5], [8, 9], pixels=1), weight=2.0)


def test_tokens_are_padded_on_the_left_and_pixels_laid_end_to_end() -> None:
    inputs = Collator(PADDING)([SHORT, LONG])["inputs"]

    assert inputs["input_ids"].tolist() == [[PADDING, PADDING, 1, 2, 7], [3, 4, 5, 8, 9]]
    assert inputs["attention_mask"].tolist() == [[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]]
    assert inputs["mm_token_type_ids"].tolist() == [[0, 0, 1, 1, 0], [1, 1, 1, 0, 0]]
    assert inputs["pixel_values"][:, 0].tolist() == [3, 3, 3, 1]


def test_labels_are_the_replies_and_nothing_else() -> None:
    batch = Collator(PADDING)([SHORT, LONG])

    assert batch["labels"].tolist() == [[IGNORED, 7], [8, 9]]
    assert batch["window"] == 3
    assert batch["weights"].tolist() == [1, 2]


def test_rejected_replies_stand_below_the_chosen_ones() -> None:
    rejected = conversation([1, 2], [6, 6, 6], pixels=3)

    batch = Collator(PADDING)([LONG, replace(SHORT, rejected=rejected)])
    assert batch["labels"].tolist() == [[IGNORED, 8, 9], [IGNORED, IGNORED, 7], [6, 6, 6]]
    assert batch["example_ids"] == ["long", "short"]
    assert batch["is_preferred"].tolist() == [False, True]


def test_padding_is_counted() -> None:
    collator = Collator(PADDING)
    collator([SHORT, LONG])

    assert (collator.padding.tokens, collator.padding.padding) == (10, 2)
    assert collator.padding.share == 0.2


def test_an_epochs_order_depends_on_seed_and_epoch_alone() -> None:
    lengths = [number % 17 for number in range(100)]
    first, again, other = ByLength(lengths, 8, 1), ByLength(lengths, 8, 1), ByLength(lengths, 8, 2)

    assert list(first) == list(again) != list(other)
    again.set_epoch(1)
    assert list(first) != list(again)
    assert sorted(again) == list(range(100))


def test_examples_of_like_length_share_a_batch() -> None:
    lengths = [10 * (number % 10) for number in range(320)]
    order = list(ByLength(lengths, 8, 0))
    spread = [
        max(lengths[n] for n in order[start : start + 8])
        - min(lengths[n] for n in order[start : start + 8])
        for start in range(0, 320, 8)
    ]

    assert sum(spread) / len(spread) < 40


READ_IN_ANOTHER_PROCESS = """
import torch
from torch.utils.data import DataLoader
from finetune.lora.collate import Collator
from tests.finetune.lora.test_batches import items_of
batches = DataLoader(items_of(64), batch_size=32, num_workers=1, collate_fn=Collator(0))
for batch in batches:
    assert batch["inputs"]["input_ids"].shape[0] == 32
    assert not any(tensor.is_shared() for tensor in batch["inputs"].values())
print("read")
"""


def items_of(count: int) -> list[TrainingItem]:
    prompt = {"input_ids": torch.zeros((1, 2_000), dtype=torch.long)}
    return [TrainingItem(str(number), Conversation(prompt, [1, 2])) for number in range(count)]


def test_batches_of_another_process_take_no_shared_memory() -> None:
    """Where that is small they would never arrive, and training would wait for ever."""
    command = [sys.executable, "-c", READ_IN_ANOTHER_PROCESS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout == "read\n", done.stderr
