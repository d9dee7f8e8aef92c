"""JPEGs decoded at a half, a quarter or an eighth of their size, which takes a part of the time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

Pixels = NDArray[np.uint8]
"""Height × width × 3, RGB."""

_PARTS = (1, 2, 4)
"""Eighths of its sides at which a picture may be decoded. At others vectors begin to differ."""


@dataclass(frozen=True, slots=True)
class LeastSides:
    """Pixels that a picture must keep along its sides."""

    shorter: int
    longer: int

    def eighths_of(self, size: tuple[int, int]) -> int:
        """The least part of a picture of this size that is enough; 8 where only the whole is."""
        shorter, longer = min(size), max(size)
        enough = (
            part
            for part in _PARTS
            if shorter * part >= 8 * self.shorter and longer * part >= 8 * self.longer
        )
        return min(enough, default=8)


def decoded_jpeg(encoded: bytes, opened: "PillowImage", least_sides: LeastSides) -> Pixels | None:
    """A JPEG's pixels as small as is enough, not turned; None where Pillow should read it.

    opened: the same bytes as Pillow opened them, its header checked and no pixel decoded. Needs
    the ``mine`` extra. libjpeg-turbo's scaled inverse transforms, through simplejpeg.
    """
    if opened.format != "JPEG" or opened.mode not in ("RGB", "L"):
        return None
    import simplejpeg

    part = least_sides.eighths_of(opened.size)
    width, height = (-(-side * part // 8) for side in opened.size)
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(encoded, "RGB", min_height=height, min_width=width)
    except ValueError:  # what it takes for damage Pillow may bear with, and else names
        return None
    return pixels


def has_no_more(encoded: bytes, size: tuple[int, int]) -> bool:
    """Whether a JPEG's scans hold its pixels and nothing behind them; False where nobody can tell.

    An eighth of the size is decoded: it is the reading of the scans that tells. Needs simplejpeg.
    """
    width, height = (-(-side // 8) for side in size)
    try:
        import simplejpeg

        simplejpeg.decode_jpeg(encoded, "RGB", min_height=height, min_width=width)
    except (ImportError, ValueError):
        return False
    return True
