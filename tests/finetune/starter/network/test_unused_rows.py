"""Tokens nobody taught can be told apart, and stay as unlikely as they were."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

from finetune.starter.measure import SHIPPED
from finetune.starter.network.tokenizer import taught_tokens
from finetune.starter.network.unused_rows import LENGTH, spread_unused_rows

USED = {0, 3, 4}


@pytest.fixture
def embedding() -> torch.Tensor:
    """Rows of which the unused ones are as good as equal, as training leaves them."""
    torch.manual_seed(0)
    rows = torch.full((50, 64), -0.4) + 0.01 * torch.randn(50, 64)
    rows[list(USED)] = torch.randn(len(USED), 64)
    return rows


def test_rows_that_were_taught_stay(embedding: torch.Tensor) -> None:
    before = embedding.clone()
    spread_unused_rows(embedding, USED)

    assert torch.equal(embedding[list(USED)], before[list(USED)])


def test_unused_rows_get_a_direction_of_their_own_about_what_they_share(
    embedding: torch.Tensor,
) -> None:
    unused = [row for row in range(50) if row not in USED]
    shared = embedding[unused].mean(dim=0)
    spread_unused_rows(embedding, USED)

    own = embedding[unused] - shared
    assert torch.allclose(own.norm(dim=1), torch.tensor(LENGTH), atol=1e-4)
    alike = torch.nn.functional.normalize(own) @ torch.nn.functional.normalize(own).T
    assert alike.fill_diagonal_(0).abs().max() < 0.6


def test_the_same_seed_gives_the_same_rows(embedding: torch.Tensor) -> None:
    again = embedding.clone()
    spread_unused_rows(embedding, USED, seed=1)
    spread_unused_rows(again, USED, seed=1)

    assert torch.equal(embedding, again)


def test_in_the_shipped_weights_no_two_tokens_are_alike() -> None:
    tokenizer = AutoTokenizer.from_pretrained(SHIPPED)
    weights = load_file(SHIPPED / "model.safetensors")
    (rows,) = [tensor.float() for name, tensor in weights.items() if "embed_tokens" in name]
    unused = sorted(set(range(len(rows))) - taught_tokens(tokenizer))

    distances = torch.cdist(rows[unused], rows[unused])
    assert distances.fill_diagonal_(9).min() > 1
