"""Tokens that training never showed get a direction of their own, so that LoRA can teach words.

A row of the embedding that no reply ever used is only ever pushed away, and all such rows end up
as good as equal: no adapter could tell one new word from another. Their common part stays, which
keeps them unlikely until somebody teaches them.
"""

from collections.abc import Collection

import torch
from torch import Tensor

LENGTH = 1.4
"""Of what each row gets of its own; about that of the rows that were taught."""


@torch.no_grad()
def spread_unused_rows(embedding: Tensor, used: Collection[int], seed: int = 0) -> None:
    """Change the (vocabulary, width) embedding in place; rows of ``used`` tokens stay."""
    unused = torch.ones(len(embedding), dtype=torch.bool)
    unused[list(used)] = False
    generator = torch.Generator().manual_seed(seed)
    own = torch.randn(int(unused.sum()), embedding.shape[1], generator=generator)
    own *= LENGTH / own.norm(dim=1, keepdim=True)
    embedding[unused] = embedding[unused].mean(dim=0) + own.to(embedding.dtype)
