"""Training batches: edits planted in varied views of the crops, as tensors."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from torch import Tensor
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerFast

from finetune.planted.photos import Crops
from finetune.planted.plant import plant
from finetune.planted.planted_edit import MIN_SIDE, PlantedEdit, recompress
from finetune.starter.network.labels import origin_labels, slot_labels, sticker_labels
from finetune.starter.network.model import IMAGE_SIDE
from finetune.starter.network.starter_reply import planted_reply
from finetune.starter.network.tokenizer import END_OF_TURN, PADDING, token_id
from finetune.starter.training_data import Lesson, lesson_of


@dataclass(frozen=True, slots=True)
class PairBatch:
    """n pairs; every label is an index, or labels.IGNORED where the truth is unknown."""

    images: Tensor
    """(2n, side, side, 3) uint8: source, target, source, target..."""
    replies: Tensor
    """(n, longest reply) token ids, closed by END_OF_TURN, then PADDING."""
    stickers: Tensor
    """(n, 2 images, CELLS, 2): see `labels.sticker_labels`."""
    origins: Tensor
    """(n, CELLS): see `labels.origin_labels`."""
    slots: Tensor
    """(n, len(SLOT_SIZES)): see `labels.slot_labels`."""


class PlantedBatches(Dataset[PairBatch]):
    """Batch i is a pure function of (seed, i): any process can make it, and resuming is exact."""

    def __init__(
        self, crops: Crops, tokenizer: PreTrainedTokenizerFast, size: int, seed: int
    ) -> None:
        self._crops = crops
        self._tokenizer = tokenizer
        self._size = size
        self._seed = seed

    def __getitem__(self, index: int) -> PairBatch:
        rng = random.Random(self._seed * 1_000_003 + index)
        lesson = lesson_of(index)
        edits = [random_edit(rng, self._crops, lesson) for _ in range(self._size)]
        return collate(edits, self._tokenizer)


def random_edit(rng: random.Random, crops: Crops, lesson: Lesson) -> PlantedEdit:
    """Plant an edit of a random kind in a random view of a random crop."""
    kind = rng.choices(list(lesson.mix), list(lesson.mix.values()))[0]
    counts = lesson.bystanders(kind)
    while True:
        view = random_view(rng, crops[rng.randrange(len(crops))])
        edit = plant(rng, view, kind, bystanders=rng.choice(counts))
        if edit is None:
            continue
        if edit.is_changed and rng.random() < 0.25:
            # Files differ even where pictures do not: JPEG noise must not mean "changed".
            return replace(edit, target=recompress(rng, edit.target))
        return edit


def random_view(rng: random.Random, crop: NDArray[np.uint8]) -> Image.Image:
    """Cut, mirror and tint a crop, so that few photos look like many."""
    side = rng.randint(MIN_SIDE, len(crop))
    top, left = (rng.randint(0, len(crop) - side) for _ in range(2))
    view = Image.fromarray(crop[top : top + side, left : left + side])
    if rng.random() < 0.5:
        view = view.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.5:
        view = _turn_hue(view, rng.randint(-40, 40))
    if rng.random() < 0.5:
        view = ImageEnhance.Brightness(view).enhance(rng.uniform(0.75, 1.2))
    return view


def _turn_hue(image: Image.Image, steps: int) -> Image.Image:
    """Turn the colour circle by `steps` of 256."""
    hue, saturation, value = image.convert("HSV").split()
    hue = hue.point([(level + steps) % 256 for level in range(256)])
    return Image.merge("HSV", (hue, saturation, value)).convert("RGB")


def collate(edits: Sequence[PlantedEdit], tokenizer: PreTrainedTokenizerFast) -> PairBatch:
    """Bring edits to tensors, their images to IMAGE_SIDE as the processor would."""
    end, padding = (token_id(tokenizer, token) for token in (END_OF_TURN, PADDING))
    replies = [[*tokenizer(planted_reply(edit))["input_ids"], end] for edit in edits]
    longest = max(map(len, replies))
    padded = [reply + [padding] * (longest - len(reply)) for reply in replies]
    images = [_small(image) for edit in edits for image in (edit.source, edit.target)]
    stickers = [
        (sticker_labels(edit.source_stickers), sticker_labels(edit.target_stickers))
        for edit in edits
    ]
    return PairBatch(
        images=torch.from_numpy(np.stack(images)),
        replies=torch.tensor(padded),
        stickers=torch.from_numpy(np.array(stickers)),
        origins=torch.from_numpy(np.stack([origin_labels(edit) for edit in edits])),
        slots=torch.tensor([slot_labels(edit) for edit in edits]),
    )


def _small(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image.resize((IMAGE_SIDE, IMAGE_SIDE), Image.Resampling.BICUBIC))
