"""What a planted edit is, and what its planters share."""

import io
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image

from finetune.planted.edit_words import Bilingual
from finetune.planted.stickers import Sticker, paste_stickers
from pairset.decoding import opened

MIN_SIDE = 96
"""Smallest image that stickers are still recognisable on."""

Stickers = tuple[Sticker, ...]


@dataclass(frozen=True, slots=True)
class PlantedEdit:
    """A pair of images and everything a perfect annotator would say about it."""

    kind: str
    """One of `procedural.EDITS`; finer than edit_type (brighten, darken: both brightness)."""
    edit_type: str
    source: Image.Image
    target: Image.Image
    instruction: Bilingual
    inverse: Bilingual
    source_caption: str
    target_caption: str
    preserved: str
    source_stickers: Stickers | None
    target_stickers: Stickers | None
    """None where a whole-image edit may have distorted them."""

    @property
    def is_changed(self) -> bool:
        return self.edit_type != "none"


@dataclass(frozen=True, slots=True)
class Canvas:
    """What a planter works on."""

    rng: random.Random
    photo: Image.Image
    bystanders: Stickers
    """On both images, untouched by local edits."""
    actors: tuple[Sticker, Sticker]
    """The sticker that a local edit is about, and one more, whose cell is a free place."""

    def scene(self) -> Image.Image:
        """Return the photo with its bystanders."""
        return paste_stickers(self.photo, self.bystanders)


def mean_change(source: Image.Image, target: Image.Image) -> float:
    """Mean absolute difference in grey levels of 96-pixel copies: what a small eye would see."""
    size = (MIN_SIDE, MIN_SIDE)
    first, second = (
        np.asarray(image.resize(size, Image.Resampling.BILINEAR), dtype=np.int16)
        for image in (source, target)
    )
    return float(np.abs(first - second).mean())


def recompress(rng: random.Random, image: Image.Image) -> Image.Image:
    """Return the image after a JPEG of quality 80 to 95: noise that is no edit."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=rng.randint(80, 95))
    return opened(buffer.getvalue()).convert("RGB")
