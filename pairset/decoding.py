"""How the bytes of an image become upright RGB pixels, and why some do not."""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from pairset.formats import jpeg_segments, png_chunks
from pairset.formats.colors import shows_srgb, to_rgb
from pairset.formats.image_formats import EXTRA, Size, formats_for, sizes_claimed
from pairset.formats.jpegs import LeastSides, Pixels, decoded_jpeg
from pairset.formats.memory_need import bytes_needed
from pairset.formats.orientation import UPRIGHT, is_on_its_side, orientation_of, turned_upright

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

PIXEL_LIMIT = 100_000_000
"""Largest image that is ever decoded, in pixels."""

SIDE_LIMIT = 16_384
"""Longest side that is ever decoded, in pixels: past it, a strip can hide from PIXEL_LIMIT."""

MEMORY_LIMIT_BYTES = 1_250_000_000
"""Most memory that decoding may take: some formats need four times that of others."""

ENCODED_LIMIT_BYTES = 256 << 20
"""Largest encoded image that is ever read out of a container."""

SMALLEST_SIDE = 16
"""Shortest side that is of use, in pixels."""


class ImageErrorCode(StrEnum):
    """Why some bytes are no usable image."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED = "unsupported"
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
    *(ArithmeticError, AttributeError, AssertionError, struct.error, zlib.error),
)
"""What Pillow's readers raise on damaged bytes; each format has its own ways."""

_PERHAPS_ONLY_NOTES = (ImageErrorCode.TRUNCATED, ImageErrorCode.NOT_AN_IMAGE)

_STILLS_OF_SEVERAL = frozenset({"MPO", "HEIF"})
"""Formats of photos that hold more pictures of the same moment: phones write depth maps so."""


def decode(
    encoded: bytes,
    smallest_side: int = SMALLEST_SIDE,
    pixel_limit: int = PIXEL_LIMIT,
    least_sides: LeastSides | None = None,
) -> DecodedImage:
    """Turn encoded bytes into upright 8-bit sRGB pixels.

    EXIF orientation and colour profiles are applied, CMYK, 16-bit and floats are converted,
    transparency is laid on white. Size and memory are checked before any pixel is decoded. Broken
    or large metadata is passed over. Nothing of the metadata stays. Raises ImageError.

    least_sides: JPEGs may be decoded at a part of their size, as long as so much is left.
    """
    try:
        return _decoded(encoded, smallest_side, pixel_limit, least_sides)
    except ImageError as error:
        bare = _with_few_notes(encoded) if error.code in _PERHAPS_ONLY_NOTES else None
        if bare is None:
            raise
        return _decoded(bare, smallest_side, pixel_limit, least_sides)


def _decoded(
    encoded: bytes, smallest_side: int, pixel_limit: int, least_sides: LeastSides | None
) -> DecodedImage:
    from PIL import Image

    with opened(encoded, smallest_side, pixel_limit) as image:
        found, mode, (width, height) = image.format or "?", image.mode, image.size
        try:
            turn = orientation_of(image)
            stored = decoded_jpeg(encoded, image, least_sides) if least_sides else None
            whole = (height, width) if is_on_its_side(turn) else (width, height)
            if stored is not None and turn == UPRIGHT and shows_srgb(image):
                return DecodedImage(stored, found, mode, whole)
            picture = image
            if stored is not None:
                picture = Image.fromarray(stored[..., 0] if mode == "L" else stored)
                picture.info = dict(image.info)
            picture.load()
            upright = turned_upright(to_rgb(picture), turn)
        except _DAMAGE as error:
            raise _damaged(error) from error
    upright.info = {}  # Pillow would write comments and profiles into files made of it
    return DecodedImage(upright, found, mode, whole)


def opened(
    encoded: bytes, smallest_side: int = SMALLEST_SIDE, pixel_limit: int = PIXEL_LIMIT
) -> "PillowImage":
    """An image of which only the header was read, and measured. Nothing else opens any.

    Its formats are a list, for Pillow knows some that start programs. Raises ImageError.
    """
    from PIL import Image, UnidentifiedImageError

    _prepare_pillow()
    try:
        for size in sizes_claimed(encoded):
            _check_size(size, 0, pixel_limit)
        if encoded.startswith(_JPEG):
            jpeg_segments.check_effort(encoded)
        if encoded.startswith(png_chunks.SIGNATURE) and png_chunks.has_many_notes(encoded):
            encoded = png_chunks.with_few_notes(encoded)
        image = Image.open(io.BytesIO(encoded), formats=formats_for(encoded))
        _check_shape(image, smallest_side, pixel_limit)
    except UnidentifiedImageError as error:
        code = _code_of_unidentified(encoded)
        raise ImageError(code, f"{len(encoded)} bytes are no image of a known format") from error
    except ImportError as error:
        message = f"this format needs: pip install 'pairset[{EXTRA}]' ({error})"
        raise ImageError(ImageErrorCode.UNSUPPORTED, message) from error
    except Image.DecompressionBombError as error:
        raise ImageError(ImageErrorCode.TOO_LARGE, str(error)) from error
    except _DAMAGE as error:
        raise _damaged(error) from error
    return image


@lru_cache(maxsize=1)
def _prepare_pillow() -> None:
    from PIL import Image

    # Our limits are checked before any pixel is decoded; Pillow's would also warn on the terminal,
    # as it does of broken metadata.
    Image.MAX_IMAGE_PIXELS = None
    warnings.filterwarnings("ignore", module="PIL")


def _damaged(error: Exception) -> ImageError:
    return ImageError(ImageErrorCode.TRUNCATED, f"the image data is damaged: {error}")


def _with_few_notes(encoded: bytes) -> bytes | None:
    """The file without what may be broken in it and is no picture; None where that is nothing."""
    try:
        if encoded.startswith(_JPEG):
            bare = jpeg_segments.with_few_notes(encoded)
        elif encoded.startswith(png_chunks.SIGNATURE):
            bare = png_chunks.with_few_notes(encoded)
        else:
            return None
    except ValueError:
        return None
    return bare if bare != encoded else None


_JPEG = b"\xff\xd8\xff"
_MAGIC = (_JPEG, b"\x89PNG", b"RIFF", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")


def _code_of_unidentified(encoded: bytes) -> ImageErrorCode:
    if encoded.startswith(_MAGIC):
        return ImageErrorCode.TRUNCATED
    return ImageErrorCode.NOT_AN_IMAGE


def _check_shape(image: "PillowImage", smallest_side: int, pixel_limit: int) -> None:
    _check_size(image.size, smallest_side, pixel_limit)
    needed = bytes_needed(image)
    if needed > MEMORY_LIMIT_BYTES:
        raise ImageError(
            ImageErrorCode.TOO_LARGE,
            f"decoding {image.width} × {image.height} pixels of {image.format} would take "
            f"{needed / 1e9:.1f} GB of memory; the limit is {MEMORY_LIMIT_BYTES / 1e9:.2f}",
        )
    # How many there are is not asked: of a TIFF that would mean to read them all.
    if getattr(image, "is_animated", False) and image.format not in _STILLS_OF_SEVERAL:
        raise ImageError(ImageErrorCode.ANIMATED, "more than one frame")


def _check_size(size: Size, smallest_side: int, pixel_limit: int) -> None:
    width, height = size
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
