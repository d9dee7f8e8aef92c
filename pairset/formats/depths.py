"""Pixels of any depth become 8 bits deep, strip by strip: a copy of the whole costs memory."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

_STRIP_PIXELS = 1 << 20
_WHITES_OF_INTEGERS = (255.0, 65_535.0)
_WHITES_OF_FLOATS = (1.0, 255.0, 65_535.0)
_LEAST_LIGHT = 0.25
"""Share of its white that a picture of floats reaches, else it was meant for another white."""
_UNSIGNED, _SAMPLE_FORMAT = 1, 339
"""Of a TIFF."""

Numbers = NDArray[Any]


def by_strips(
    image: "PillowImage", convert: "Callable[[PillowImage], PillowImage]"
) -> "PillowImage":
    """RGB of the whole image, of which ``convert`` gives a part at a time."""
    from PIL import Image

    if image.width * image.height <= _STRIP_PIXELS:
        return convert(image)
    whole = Image.new("RGB", image.size)
    for top, strip in _strips(image):
        whole.paste(convert(strip), (0, top))
    return whole


def _strips(image: "PillowImage") -> "Iterator[tuple[int, PillowImage]]":
    width, height = image.size
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield top, image.crop((0, top, width, min(height, top + rows)))


def scaling_of(image: "PillowImage") -> "Callable[[PillowImage], PillowImage]":
    """What turns strips of an image with more than 8 bits, mode I or F, into greys of 8.

    Pillow's own conversion would clip them to white. 16 bits keep their high byte. Others are
    scaled by the white that their numbers suit: 255, 65535 and for floats 1, else by their range.
    What is no number is black.
    """
    from PIL import Image

    if image.mode.startswith("I;16"):
        return lambda strip: Image.fromarray(_high_bytes()[np.asarray(strip)])
    kind: type[np.generic] | None = np.uint32 if _is_unsigned(image) else None
    dark, light = _range_of(image, kind)
    span = light - dark or 1.0

    def scaled(strip: "PillowImage") -> "PillowImage":
        share = (_numbers(strip, kind).astype(np.float64) - dark) / span
        known = np.nan_to_num(share * 255, nan=0.0, posinf=255.0, neginf=0.0)
        return Image.fromarray(np.clip(known, 0, 255).astype(np.uint8))

    return scaled


@lru_cache(maxsize=1)
def _high_bytes() -> NDArray[np.uint8]:
    return (np.arange(65_536) / 65_535.0 * 255).astype(np.uint8)


def _is_unsigned(image: "PillowImage") -> bool:
    """Whether a TIFF says that its 32 bits have no sign; Pillow holds them as if they had."""
    tags: Any = getattr(image, "tag_v2", {})
    return image.mode == "I" and tags.get(_SAMPLE_FORMAT, (0,))[0] == _UNSIGNED


def _numbers(strip: "PillowImage", kind: type[np.generic] | None) -> Numbers:
    values = np.asarray(strip)
    return values.view(kind) if kind else values


def _range_of(image: "PillowImage", kind: type[np.generic] | None) -> tuple[float, float]:
    """What is black and what is white in an image of mode I or F."""
    least, most = 0.0, 0.0
    for _, strip in _strips(image):
        values = _numbers(strip, kind)
        finite = values[np.isfinite(values)]
        if finite.size:
            least, most = min(least, float(finite.min())), max(most, float(finite.max()))
    if least < 0:
        return least, most
    if image.mode == "F":
        suiting = (white for white in _WHITES_OF_FLOATS if _LEAST_LIGHT * white <= most <= white)
    else:
        suiting = (white for white in _WHITES_OF_INTEGERS if most <= white)
    return 0.0, next(suiting, most)
