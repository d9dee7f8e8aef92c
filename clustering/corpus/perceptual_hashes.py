"""Perceptual hashes of an image and of its mirror image, bit for bit those of imagehash.

pHash (Zauner 2010): which of the 64 lowest frequencies of a 32 × 32 grey picture lie above their
median. Mirroring turns the sign of every second frequency across, so that one transform gives both.
"""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

_SIDE = 32
_FREQUENCIES = 8
_DIGITS = 6
"""Decimals beyond which a frequency is rounding noise: flat pictures have only zeros."""


def perceptual_hashes(pixels: "PillowImage") -> tuple[str, str]:
    """PHash of an image and of its mirror image, 16 hexadecimal digits each."""
    from PIL.Image import Resampling

    grey = pixels.convert("L").resize((_SIDE, _SIDE), Resampling.LANCZOS)
    basis = _cosines()
    low = np.round(basis @ np.asarray(grey, dtype=np.float64) @ basis.T, _DIGITS)
    return _digits(low), _digits(low * (-1.0) ** np.arange(_FREQUENCIES))


@cache
def _cosines() -> NDArray[np.float64]:
    """Rows of the cosine transform (DCT-II), frequencies × samples."""
    place = (np.arange(_SIDE) + 0.5) / _SIDE
    return np.asarray(2 * np.cos(np.pi * np.outer(np.arange(_FREQUENCIES), place)))


def _digits(frequencies: NDArray[np.float64]) -> str:
    bits = frequencies > np.median(frequencies)
    return np.packbits(bits).tobytes().hex()
