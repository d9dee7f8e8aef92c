"""Image files that can be sent as they are: whoever reads them sees the pixels that we would.

Decoding a picture to encode it again costs a client as much as a small model takes to answer.
"""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pairset.decoding import SIDE_LIMIT, SMALLEST_SIDE, decode, is_upright

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

_JPEG_START, _JPEG_END, _PNG_END = b"\xff\xd8", b"\xff\xd9", b"IEND\xaeB`\x82"
_MARKER, _START_OF_SCAN = 0xFF, 0xDA
_METADATA = frozenset([*range(0xE1, 0xEE), 0xEF, 0xFE])
"""EXIF, XMP, profiles, comments. APP0 (JFIF) and APP14 (Adobe) tell how colours are stored."""
_BIT_DEPTH = 24
"""Offset in a PNG."""


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

    Only the header is read, and that the end is there: a cut file is no plain one.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(encoded)) as image:
            width, height = image.size
            is_bounded = (
                min(image.size) >= SMALLEST_SIDE
                and max(image.size) <= SIDE_LIMIT
                and width * height <= max_pixels
            )
            is_rgb = image.mode == "RGB" and not image.has_transparency_data
            if not (is_bounded and is_rgb and is_upright(image)):
                return None
            if image.format == "JPEG" and encoded.endswith(_JPEG_END):
                return EncodedImage(_without_metadata(encoded), "image/jpeg", image.size)
            is_png = image.format == "PNG" and encoded.endswith(_PNG_END)
            if is_png and encoded[_BIT_DEPTH] == 8 and set(image.info) <= {"dpi", "gamma", "srgb"}:
                return EncodedImage(encoded, "image/png", image.size)
    except (*(OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError), RuntimeError):
        return None  # whoever decodes it will say what is wrong
    return None


def _without_metadata(jpeg: bytes) -> bytes:
    """The same picture without what was noted about it: a place or a name need not travel."""
    parts, place = [_JPEG_START], len(_JPEG_START)
    while jpeg[place + 1] != _START_OF_SCAN:
        if jpeg[place] != _MARKER:
            raise ValueError("no marker where a segment should begin")
        after = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4])
        if jpeg[place + 1] not in _METADATA:
            parts.append(jpeg[place:after])
        place = after
    return b"".join([*parts, jpeg[place:]])
