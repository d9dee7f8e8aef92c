"""Throw-away heads: small linear questions that make the model look before it learns to write.

They are asked of three places: the vision tokens (what is here?), the cells of image 2 half-way
through the language model (how does this cell differ from image 1?) and the last prompt token
(what is the edit?). None of them is exported.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from finetune.planted.edit_words import GRID
from finetune.starter.batches import PairBatch
from finetune.starter.network.labels import (
    CELLS,
    COLOUR_NAMES,
    IGNORED,
    SHAPE_NAMES,
    SLOT_SIZES,
)

LOOK = len(COLOUR_NAMES) + len(SHAPE_NAMES)
STATISTICS = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """Hidden states the heads read: (n, 2, CELLS, w), (n, CELLS, w) and (n, w)."""

    vision: Tensor
    second_image: Tensor
    last: Tensor


class ThrowAwayHeads(nn.Module):
    """Linear probes with their loss."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.look = nn.Linear(width, LOOK + STATISTICS)
        self.looks_of_both = nn.Linear(width, 2 * LOOK + STATISTICS)
        self.origin = nn.Linear(width, CELLS)
        self.slots = nn.Linear(width, sum(SLOT_SIZES))

    def forward(self, seen: Seen, batch: PairBatch) -> dict[str, Tensor]:
        """Return the losses by name; their sum is what training adds to the text loss."""
        statistics = cell_statistics(batch.images).view(-1, 2, CELLS, STATISTICS)
        look, here = self.look(_normal(seen.vision)).tensor_split((LOOK,), dim=-1)
        second = _normal(seen.second_image)
        before, after, change = self.looks_of_both(second).tensor_split((LOOK, 2 * LOOK), dim=-1)
        slots = self.slots(_normal(seen.last)).split(SLOT_SIZES, dim=-1)
        slot_losses = [_cross(s, batch.slots[:, i]) for i, s in enumerate(slots)]
        return {
            "look": _look_loss(look, batch.stickers),
            "statistics": functional.smooth_l1_loss(here, statistics),
            "before": _look_loss(before, batch.stickers[:, 0]),
            "after": 0.5 * _look_loss(after, batch.stickers[:, 1]),
            "change": 2 * functional.smooth_l1_loss(change, statistics[:, 1] - statistics[:, 0]),
            "origin": 2 * _cross(self.origin(second), batch.origins),
            "kind": 2 * slot_losses[0],
            "slots": torch.stack(slot_losses[1:]).sum(),
        }


def cell_statistics(images: Tensor) -> Tensor:
    """Return (n, CELLS, STATISTICS): mean colour, log edge energy, chroma; about unit scale."""
    x = images.float() / 255
    grey = x.mean(dim=3)
    edges = torch.zeros_like(grey)
    edges[:, 1:] += grey.diff(dim=1).abs()
    edges[:, :, 1:] += grey.diff(dim=2).abs()
    chroma = x.amax(dim=3) - x.amin(dim=3)
    planes = torch.cat((x, edges[..., None], chroma[..., None]), dim=3).permute(0, 3, 1, 2)
    means = functional.adaptive_avg_pool2d(planes, GRID).flatten(2).transpose(1, 2)
    colour, edge, saturation = means.tensor_split((3, 4), dim=2)
    scaled = (3 * (colour - 0.45), 0.8 * ((edge + 0.003).log() + 3.3), 4 * (saturation - 0.25))
    return torch.cat(scaled, dim=2)


def _normal(x: Tensor) -> Tensor:
    return functional.layer_norm(x, x.shape[-1:])


def _cross(logits: Tensor, labels: Tensor) -> Tensor:
    """Average over the known labels; zero where there are none."""
    flat, known = labels.flatten(), labels.ne(IGNORED).sum().clamp(min=1)
    losses = functional.cross_entropy(
        logits.flatten(0, -2), flat, ignore_index=IGNORED, reduction="sum"
    )
    return losses / known


def _look_loss(logits: Tensor, labels: Tensor) -> Tensor:
    colour, shape = logits.tensor_split((len(COLOUR_NAMES),), dim=-1)
    return _cross(colour, labels[..., 0]) + _cross(shape, labels[..., 1])
