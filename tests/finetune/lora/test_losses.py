"""Losses against values worked out by hand."""

import math

import pytest
import torch

from finetune.lora.collate import IGNORED
from finetune.lora.losses import preference_loss, reply_logprobs, supervised_loss

HALF = math.log(2)
LOGITS = torch.zeros(2, 3, 2)
"""Two rows, three places, two words: each is a toss of a coin."""


def test_the_supervised_loss_is_a_mean_over_the_tokens_of_replies() -> None:
    labels = torch.tensor([[IGNORED, 0, 1], [IGNORED, IGNORED, 1]])

    assert supervised_loss(LOGITS, labels, None).item() == pytest.approx(HALF)


def test_passes_of_one_step_add_up_to_the_mean_over_the_step() -> None:
    labels = torch.tensor([[IGNORED, 0, 1], [IGNORED, IGNORED, 1]])
    parts = [supervised_loss(LOGITS[:1], labels[n : n + 1], 3).item() for n in (0, 1)]

    assert sum(parts) == pytest.approx(supervised_loss(LOGITS, labels, None).item())


def test_a_replys_probability_is_that_of_its_tokens_alone() -> None:
    labels = torch.tensor([[IGNORED, 0, 1], [IGNORED, IGNORED, 1]])

    assert reply_logprobs(LOGITS, labels).tolist() == pytest.approx([-2 * HALF, -HALF])


def test_without_any_preference_the_loss_is_that_of_a_coin() -> None:
    same = torch.tensor([-3.0, -4.0, -5.0, -6.0])

    loss, margins = preference_loss(same, same, torch.ones(2), beta=0.1)
    assert loss.item() == pytest.approx(HALF)
    assert margins.tolist() == [0, 0]


def test_preferring_the_chosen_reply_lowers_the_loss_as_the_paper_says() -> None:
    policy, reference = torch.tensor([-1.0, -9.0]), torch.tensor([-3.0, -4.0])

    loss, margins = preference_loss(policy, reference, torch.ones(1), beta=0.5)
    assert margins.item() == pytest.approx(0.5 * (2 + 5))
    assert loss.item() == pytest.approx(-math.log(1 / (1 + math.exp(-3.5))))


def test_a_heavier_error_counts_more() -> None:
    policy, reference = torch.tensor([-1.0, -5.0, -5.0, -1.0]), torch.full((4,), -3.0)
    good, bad = (
        preference_loss(policy, reference, torch.tensor(weights), beta=1.0)[0].item()
        for weights in ([3.0, 1.0], [1.0, 3.0])
    )

    assert good < bad
