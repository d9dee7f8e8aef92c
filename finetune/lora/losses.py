"""What training minimises, from the logits of the last positions of each row. Pure tensors."""

import torch
from torch import Tensor
from torch.nn import functional

from finetune.lora.collate import IGNORED


def supervised_loss(logits: Tensor, labels: Tensor, tokens_in_step: Tensor | int | None) -> Tensor:
    """Mean negative log-likelihood of the replies' tokens.

    logits: (rows, columns, vocabulary); labels: (rows, columns), IGNORED outside of replies.
    tokens_in_step: such tokens of all forward passes of one optimizer step, so that passes with
    few tokens weigh little; None takes those of this pass.
    """
    total = functional.cross_entropy(
        logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    count = (labels != IGNORED).sum() if tokens_in_step is None else tokens_in_step
    return total / count


def reply_logprobs(logits: Tensor, labels: Tensor) -> Tensor:
    """Log-probability of each row's reply: (rows,)."""
    losses = functional.cross_entropy(
        logits.float().transpose(1, 2), labels, ignore_index=IGNORED, reduction="none"
    )
    return -losses.sum(dim=1)


def preference_loss(
    policy: Tensor, reference: Tensor, weights: Tensor, beta: float
) -> tuple[Tensor, Tensor]:
    """Direct preference optimisation (Rafailov et al. 2023, eq. 7), each pair with a weight.

    policy, reference: (2n,) log-probabilities of n chosen and then n rejected replies, under the
    model that learns and the one it began from. Returns the loss and the (n,) reward margins.
    """
    ratios = policy - reference
    chosen, rejected = ratios.chunk(2)
    margins = beta * (chosen - rejected)
    loss = -(weights * functional.logsigmoid(margins)).sum() / weights.sum()
    return loss, margins.detach()


def is_finite(loss: Tensor) -> bool:
    """Whether training can go on from here."""
    return bool(torch.isfinite(loss).all())
