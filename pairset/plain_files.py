"""Image files that can be sent as they are: whoever reads them sees the pixels that we would.

Decoding a picture to encode it again costs a client as much as a small model takes to answer.
"""

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pairset.decoding import ImageError, decode, opened
from pairset.formats import jpeg_segments, png_chunks
from pairset.formats.colors import shows_srgb
from pairset.formats.jpegs import has_no_more
from pairset.formats.orientation import UPRIGHT, orientation_of

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """A whole JPEG or PNG: upright, 8-bit RGB without transparency, stripped of metadata."""

    content: bytes
    media_type: str
    size: tuple[int, int]
    """Width and height."""

    def pixels(self) -> "PillowImage":
        """What it shows. Raises ImageError."""
        return decode(self.content).pixels


def plain_file(encoded: bytes, max_pixels: int) -> EncodedImage | None:
    """The file, where it can be sent as it is; None where its pixels must be looked at first.

    What is no picture in it is left out: notes, thumbnails, and whatever lies behind the picture
    or between its scans. Where that cannot be told apart, the file is no plain one, as a cut one
    is.
    """
    try:
        with opened(encoded) as image:
            is_rgb = image.mode == "RGB" and not image.has_transparency_data
            is_seen_so = shows_srgb(image) and orientation_of(image) == UPRIGHT
            size, kind = image.size, image.format
        if size[0] * size[1] > max_pixels or not (is_rgb and is_seen_so):
            return None
        if kind in ("JPEG", "MPO"):
            alone = jpeg_segments.picture_alone(encoded)
            return EncodedImage(alone, "image/jpeg", size) if has_no_more(alone, size) else None
        if kind == "PNG":
            return EncodedImage(png_chunks.picture_alone(encoded), "image/png", size)
    except (ImageError, ValueError, zlib.error):
        return None  # whoever decodes it will say what is wrong
    return None
