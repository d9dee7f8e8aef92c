"""Stickers: flat coloured shapes with a white rim, the things that local edits add and move."""

import math
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw

from finetune.planted.edit_words import (
    GRID,
    SHAPES,
    STICKER_COLOURS,
    WHITE,
    Bilingual,
    Colour,
    Rgb,
    thing,
)

SUPERSAMPLING = 3
RIM = 0.016
Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Sticker:
    """One sticker on the board; lengths are fractions of the image side."""

    colour: Colour
    shape: Bilingual
    cell: int
    radius: float
    offset: tuple[float, float]

    @property
    def name(self) -> Bilingual:
        """What sentences call it: "red circle"."""
        return thing(self.colour, self.shape)


def random_stickers(rng: random.Random, count: int) -> tuple[Sticker, ...]:
    """Return `count` stickers in distinct cells, no two of the same colour and shape."""
    cells = rng.sample(range(GRID * GRID), count)
    looks = rng.sample([(c, s) for c in STICKER_COLOURS for s in SHAPES], count)
    return tuple(
        Sticker(
            colour=colour,
            shape=shape,
            cell=cell,
            radius=rng.uniform(0.095, 0.125),
            offset=(rng.uniform(-0.02, 0.02), rng.uniform(-0.02, 0.02)),
        )
        for cell, (colour, shape) in zip(cells, looks, strict=True)
    )


def paste_stickers(image: Image.Image, stickers: tuple[Sticker, ...]) -> Image.Image:
    """Return a copy of a square image with the stickers on it."""
    out = image.copy()
    for sticker in stickers:
        _paste(out, sticker)
    return out


def _paste(image: Image.Image, sticker: Sticker) -> None:
    side = image.width
    x = ((sticker.cell % GRID + 0.5) / GRID + sticker.offset[0]) * side
    y = ((sticker.cell // GRID + 0.5) / GRID + sticker.offset[1]) * side
    half = math.ceil((sticker.radius * 1.15 + RIM) * side) + 1
    left, top = round(x) - half, round(y) - half
    centre = (x - left, y - top)
    for radius, rgb in (
        (sticker.radius + RIM, WHITE.rgb),
        (sticker.radius, sticker.colour.rgb),
    ):
        mask = _mask(sticker.shape.en, centre, radius * side, 2 * half)
        image.paste(_flat(rgb, 2 * half), (left, top), mask)


def _flat(rgb: Rgb, side: int) -> Image.Image:
    return Image.new("RGB", (side, side), rgb)


def _mask(shape: str, centre: tuple[float, float], radius: float, side: int) -> Image.Image:
    """Draw a smooth-edged mask: drawn larger, then averaged down."""
    big = Image.new("L", (side * SUPERSAMPLING, side * SUPERSAMPLING))
    draw = ImageDraw.Draw(big)
    x, y, r = (SUPERSAMPLING * v for v in (*centre, radius))
    if shape == "circle":
        draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
    elif shape == "square":
        draw.rectangle((x - 0.88 * r, y - 0.88 * r, x + 0.88 * r, y + 0.88 * r), fill=255)
    else:
        draw.polygon(_triangle(x, y, r) if shape == "triangle" else _star(x, y, r), fill=255)
    return big.reduce(SUPERSAMPLING)


def _triangle(x: float, y: float, r: float) -> Points:
    return [(x, y - r), (x - r, y + 0.85 * r), (x + r, y + 0.85 * r)]


def _star(x: float, y: float, r: float) -> Points:
    radii = (1.12 * r, 0.5 * r)
    return [
        (
            x + radii[corner % 2] * math.sin(corner * math.pi / 5),
            y - radii[corner % 2] * math.cos(corner * math.pi / 5),
        )
        for corner in range(10)
    ]
