"""What the model that preference training begins from thinks of either reply."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from finetune.lora.collate import Collator, ItemKey, TrainingItem
from finetune.lora.losses import reply_logprobs
from finetune.lora.preparation import PairItems
from finetune.lora.vision import forward_inputs
from pairset.running.progress import progress

if TYPE_CHECKING:
    from peft import PeftModel


def reference_logprobs(
    model: "PeftModel", items: PairItems, collator: Collator, batch_size: int
) -> dict[ItemKey, tuple[float, float]]:
    """Log-probabilities of the chosen and the rejected reply of each corrected example.

    Computed once, before the first step, so that training needs no second copy of the model.
    """
    found: dict[ItemKey, tuple[float, float]] = {}
    starts = range(0, items.variants, batch_size)
    for start in progress(starts, "reference", total=len(starts), unit="batch"):
        stretch = range(start, min(start + batch_size, items.variants))
        batch = [item for item in map(items.__getitem__, stretch) if item.rejected is not None]
        if not batch:
            continue
        chosen, rejected = _logprobs(model, batch, collator)
        for item, pair in zip(batch, zip(chosen, rejected, strict=True), strict=True):
            found[item.key] = pair
    return found


@torch.no_grad()
def _logprobs(
    model: "PeftModel", batch: Sequence[TrainingItem], collator: Collator
) -> tuple[list[float], list[float]]:
    was_training = model.training
    model.eval()
    tensors = collator(batch)
    inputs = {name: tensor.to(model.device) for name, tensor in tensors["inputs"].items()}
    logits = model(**forward_inputs(inputs), logits_to_keep=tensors["window"]).logits[:, :-1]
    values = reply_logprobs(logits, tensors["labels"].to(logits.device)).tolist()
    model.train(was_training)
    return values[: len(batch)], values[len(batch) :]
