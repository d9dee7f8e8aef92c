"""How the bytes of an image become upright RGB pixels, and why some do not."""

import io
import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from pairset.jpegs import LeastSides, Pixels, decoded_jpeg

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

PIXEL_LIMIT = 100_000_000
"""Largest image that is ever decoded, in pixels."""

SIDE_LIMIT = 16_384
"""Longest side that is ever decoded, in pixels: past it, a strip can hide from PIXEL_LIMIT."""


SMALLEST_SIDE = 16
"""Shortest side that is of use, in pixels."""


_ORIENTATION, _UPRIGHT = 0x0112, 1
"""The EXIF field that says how a picture is turned, and its value where it is not."""


class ImageErrorCode(StrEnum):
    """Why some bytes are no usable image."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    ANIMATED = "animated"
    CHANGED = "changed"


class ImageError(Exception):
    """One image cannot be used; carries the code that its row gets."""

    def __init__(self, code: ImageErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """Upright RGB pixels, as Pillow or numpy have them, and what the file itself was."""

    stored: "PillowImage | Pixels"
    format: str
    mode: str
    size: tuple[int, int]
    """Width and height of the upright whole; pixels of a reduced JPEG have fewer."""

    @property
    def pixels(self) -> "PillowImage":
        """As a picture."""
        from PIL import Image

        return Image.fromarray(self.stored) if isinstance(self.stored, np.ndarray) else self.stored

    @property
    def array(self) -> Pixels:
        """As height × width × 3 numbers of uint8."""
        return self.stored if isinstance(self.stored, np.ndarray) else np.array(self.stored)


_DAMAGE = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, RuntimeError),
    *(ArithmeticError, struct.error, zlib.error),
)
"""What Pillow's readers raise on damaged bytes; each format has its own ways."""

_STILLS_OF_SEVERAL = frozenset({"MPO"})
"""Formats of photos that hold more pictures of the same moment: phones write depth maps so."""


def decode(
    encoded: bytes,
    smallest_side: int = SMALLEST_SIDE,
    pixel_limit: int = PIXEL_LIMIT,
    least_sides: LeastSides | None = None,
) -> DecodedImage:
    """Turn encoded bytes into upright 8-bit RGB pixels.

    EXIF orientation is applied, CMYK and 16-bit are converted, transparency is laid on white.
    The size is checked before any pixel is decoded. Raises ImageError.

    least_sides: JPEGs may be decoded at a part of their size, as long as so much is left.
    """
    from PIL import Image, UnidentifiedImageError

    # Our limit is checked before any pixel is decoded; Pillow's would also warn on the terminal.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            found, mode = image.format or "?", image.mode
            _check_shape(image, smallest_side, pixel_limit)
            whole = image.size
            stored = decoded_jpeg(encoded, image, least_sides) if least_sides else None
            if stored is not None and is_upright(image):
                return DecodedImage(stored, found, mode, whole)
            upright = _turned(image, stored)
            turned = (whole[0] > whole[1]) != (upright.width > upright.height)
            return DecodedImage(_to_rgb(upright), found, mode, whole[::-1] if turned else whole)
    except UnidentifiedImageError as error:
        code = _code_of_unidentified(encoded)
        raise ImageError(code, f"{len(encoded)} bytes are no image Pillow knows") from error
    except Image.DecompressionBombError as error:
        raise ImageError(ImageErrorCode.TOO_LARGE, str(error)) from error
    except _DAMAGE as error:
        raise ImageError(ImageErrorCode.TRUNCATED, f"the image data is damaged: {error}") from error


def is_upright(image: "PillowImage") -> bool:
    """Whether its EXIF says that it is stored as it is to be seen."""
    return bool(image.getexif().get(_ORIENTATION, _UPRIGHT) == _UPRIGHT)


def _turned(image: "PillowImage", pixels: Pixels | None) -> "PillowImage":
    """A picture as its EXIF says; ``pixels`` are its own where they were decoded already."""
    from PIL import Image, ImageOps

    decoded = image
    if pixels is not None:
        decoded = Image.fromarray(pixels)
        decoded.info = dict(image.info)
    decoded.load()
    ImageOps.exif_transpose(decoded, in_place=True)
    return decoded


_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")


def _code_of_unidentified(encoded: bytes) -> ImageErrorCode:
    if encoded.startswith(_MAGIC):
        return ImageErrorCode.TRUNCATED
    return ImageErrorCode.NOT_AN_IMAGE


def _check_shape(image: "PillowImage", smallest_side: int, pixel_limit: int) -> None:
    width, height = image.size
    if max(width, height) > SIDE_LIMIT:
        raise ImageError(
            ImageErrorCode.TOO_LARGE, f"{width} × {height}: a side is over {SIDE_LIMIT} pixels"
        )
    if width * height > pixel_limit:
        raise ImageError(
            ImageErrorCode.TOO_LARGE, f"{width} × {height} pixels are over the limit {pixel_limit}"
        )
    if min(width, height) < smallest_side:
        raise ImageError(
            ImageErrorCode.TOO_SMALL, f"{width} × {height} pixels: a side is under {smallest_side}"
        )
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format not in _STILLS_OF_SEVERAL:
        raise ImageError(ImageErrorCode.ANIMATED, f"{frames} frames")


def _to_rgb(image: "PillowImage") -> "PillowImage":
    from PIL import Image

    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode.startswith(("I", "F")):
        return _scaled_to_8_bits(image).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(ground, image).convert("RGB")
    return image.convert("RGB")


def _scaled_to_8_bits(image: "PillowImage") -> "PillowImage":
    """Keep the high byte of 16-bit greys; Pillow's own conversion would clip them to white."""
    from PIL import Image

    values = np.asarray(image).astype(np.float64)
    white = 1.0 if image.mode == "F" and values.max(initial=0) <= 1 else 65_535.0
    if image.mode == "I" and values.max(initial=0) <= 255:
        white = 255.0
    return Image.fromarray(np.clip(values / white * 255, 0, 255).astype(np.uint8))
