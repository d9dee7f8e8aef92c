"""Edits of the whole image: light, colour, sharpness and geometry, each with its sentences."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from finetune.planted.edit_words import Bilingual

Operation = Callable[[random.Random, Image.Image], Image.Image]
Floats = NDArray[np.float32]

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Rec. 601 weights, the ones PIL uses for mode L."""


@dataclass(frozen=True, slots=True)
class WholeEdit:
    """One kind of edit that changes every pixel."""

    edit_type: str
    instruction: Bilingual
    inverse: Bilingual
    operation: Operation
    min_change: float
    """Smallest mean absolute difference (grey levels, on a 96-pixel copy) still called visible."""
    backwards: bool = False
    """True: the operation makes the source out of the photo, and the photo is the target."""
    preserved: str = "The scene and all objects."


def _floats(image: Image.Image) -> tuple[Floats, Floats]:
    rgb = np.asarray(image, dtype=np.float32)
    return rgb, (rgb @ LUMA)[..., None]


def _image(values: Floats) -> Image.Image:
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def brighten(rng: random.Random, image: Image.Image) -> Image.Image:
    """Scale and lift all levels."""
    rgb, _ = _floats(image)
    return _image(rgb * rng.uniform(1.35, 1.65) + rng.uniform(4, 16))


def darken(rng: random.Random, image: Image.Image) -> Image.Image:
    """Scale all levels down."""
    rgb, _ = _floats(image)
    return _image(rgb * rng.uniform(0.42, 0.68))


def raise_contrast(rng: random.Random, image: Image.Image) -> Image.Image:
    """Spread levels around the mean luma."""
    rgb, luma = _floats(image)
    return _image((rgb - luma.mean()) * rng.uniform(1.5, 2.0) + luma.mean())


def lower_contrast(rng: random.Random, image: Image.Image) -> Image.Image:
    """Draw levels towards the mean luma."""
    rgb, luma = _floats(image)
    return _image((rgb - luma.mean()) * rng.uniform(0.35, 0.6) + luma.mean())


def saturate(rng: random.Random, image: Image.Image) -> Image.Image:
    """Push colours away from grey."""
    rgb, luma = _floats(image)
    return _image((rgb - luma) * rng.uniform(1.8, 2.5) + luma)


def desaturate(rng: random.Random, image: Image.Image) -> Image.Image:
    """Draw colours towards grey."""
    rgb, luma = _floats(image)
    return _image((rgb - luma) * rng.uniform(0.25, 0.5) + luma)


def monochrome(_rng: random.Random, image: Image.Image) -> Image.Image:
    """Keep the luma only."""
    return image.convert("L").convert("RGB")


def warm(rng: random.Random, image: Image.Image) -> Image.Image:
    """More red, less blue."""
    return _tint(image, rng.uniform(0.14, 0.26))


def cool(rng: random.Random, image: Image.Image) -> Image.Image:
    """Less red, more blue."""
    return _tint(image, -rng.uniform(0.14, 0.26))


def _tint(image: Image.Image, strength: float) -> Image.Image:
    rgb, _ = _floats(image)
    return _image(rgb * np.array([1 + strength, 1, 1 - strength], dtype=np.float32))


def blur(rng: random.Random, image: Image.Image) -> Image.Image:
    """Gaussian, about a fiftieth of the side."""
    return image.filter(ImageFilter.GaussianBlur(image.width * rng.uniform(0.016, 0.026)))


def pixelate(rng: random.Random, image: Image.Image) -> Image.Image:
    """Average over 8 or 12 blocks a side; more would pass for blur at 96 pixels."""
    blocks = rng.choice((8, 12))
    small = image.resize((blocks, blocks), Image.Resampling.BOX)
    return small.resize(image.size, Image.Resampling.NEAREST)


def rotate_cw(_rng: random.Random, image: Image.Image) -> Image.Image:
    """A quarter turn to the right."""
    return image.transpose(Image.Transpose.ROTATE_270)


def rotate_ccw(_rng: random.Random, image: Image.Image) -> Image.Image:
    """A quarter turn to the left."""
    return image.transpose(Image.Transpose.ROTATE_90)


def rotate_180(_rng: random.Random, image: Image.Image) -> Image.Image:
    """A half turn."""
    return image.transpose(Image.Transpose.ROTATE_180)


def zoom_in(rng: random.Random, image: Image.Image) -> Image.Image:
    """Enlarge the middle half to two thirds of the side."""
    margin = image.width * (1 - rng.uniform(0.5, 0.66)) / 2
    box = (margin, margin, image.width - margin, image.height - margin)
    return image.resize(image.size, Image.Resampling.BICUBIC, box=box)


_BRIGHTER = Bilingual("Make the image brighter.", "把画面调亮。")
_DARKER = Bilingual("Make the image darker.", "把画面调暗。")
_MORE_CONTRAST = Bilingual("Increase the contrast.", "提高对比度。")
_LESS_CONTRAST = Bilingual("Reduce the contrast.", "降低对比度。")
_VIVID = Bilingual("Make the colors more vivid.", "让颜色更鲜艳。")
_MUTED = Bilingual("Mute the colors.", "让颜色更柔和。")
_GREY = Bilingual("Turn the image black and white.", "把画面变成黑白。")
_COLOURED = Bilingual("Colorize the image.", "给画面上色。")
_WARMER = Bilingual("Make the image warmer.", "让色调更暖。")
_COOLER = Bilingual("Make the image cooler.", "让色调更冷。")
_BLURRED = Bilingual("Blur the image.", "让画面变模糊。")
_SHARP = Bilingual("Sharpen the image.", "让画面变清晰。")
_BLOCKS = Bilingual("Pixelate the image.", "给画面打马赛克。")
_NO_BLOCKS = Bilingual("Remove the pixelation.", "去掉马赛克。")
_CLOCKWISE = Bilingual("Rotate the image 90 degrees clockwise.", "把画面顺时针旋转九十度。")
_COUNTER = Bilingual("Rotate the image 90 degrees counterclockwise.", "把画面逆时针旋转九十度。")
_HALF_TURN = Bilingual("Rotate the image 180 degrees.", "把画面旋转一百八十度。")
_CLOSER = Bilingual("Zoom in on the center.", "放大画面中央。")
_FARTHER = Bilingual("Zoom out.", "缩小画面。")

WHOLE_EDITS: dict[str, WholeEdit] = {
    "brighten": WholeEdit("brightness", _BRIGHTER, _DARKER, brighten, 16),
    "darken": WholeEdit("brightness", _DARKER, _BRIGHTER, darken, 16),
    "raise_contrast": WholeEdit("contrast", _MORE_CONTRAST, _LESS_CONTRAST, raise_contrast, 9),
    "lower_contrast": WholeEdit("contrast", _LESS_CONTRAST, _MORE_CONTRAST, lower_contrast, 9),
    "saturate": WholeEdit("saturation", _VIVID, _MUTED, saturate, 9),
    "desaturate": WholeEdit("saturation", _MUTED, _VIVID, desaturate, 8),
    "monochrome": WholeEdit("monochrome", _GREY, _COLOURED, monochrome, 9),
    "colorize": WholeEdit("monochrome", _COLOURED, _GREY, monochrome, 9, backwards=True),
    "warm": WholeEdit("color_cast", _WARMER, _COOLER, warm, 8),
    "cool": WholeEdit("color_cast", _COOLER, _WARMER, cool, 8),
    "blur": WholeEdit("sharpness", _BLURRED, _SHARP, blur, 4.5),
    "sharpen": WholeEdit("sharpness", _SHARP, _BLURRED, blur, 4.5, backwards=True),
    "pixelate": WholeEdit("pixelate", _BLOCKS, _NO_BLOCKS, pixelate, 5),
    "rotate_cw": WholeEdit("rotate", _CLOCKWISE, _COUNTER, rotate_cw, 16),
    "rotate_ccw": WholeEdit("rotate", _COUNTER, _CLOCKWISE, rotate_ccw, 16),
    "rotate_180": WholeEdit("rotate", _HALF_TURN, _HALF_TURN, rotate_180, 16),
    "zoom_in": WholeEdit("zoom", _CLOSER, _FARTHER, zoom_in, 12, preserved="The center."),
}
