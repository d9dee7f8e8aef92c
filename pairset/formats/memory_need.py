"""How much memory the pixels of an opened image will take until they are RGB."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

_SMALL_MODES = {"1": 1, "L": 1, "P": 1}
_WORD = 4
"""Bytes in which Pillow keeps a pixel of any other mode."""
_DECODERS = {"WEBP": 12, "AVIF": 12, "HEIF": 12, "JXL": 12, "JPEG2000": 16, "TIFF": 8, "ICO": 8}
"""Bytes per pixel that readers hold beside the picture; measured, and rounded up."""
_COEFFICIENT_BYTES = 2
_TILE_WIDTH, _TILE_HEIGHT, _CHANNELS, _BITS = 322, 323, 277, 258


def bytes_needed(image: "PillowImage") -> int:
    """At its peak."""
    stored = _SMALL_MODES.get(image.mode, 2 if image.mode.startswith("I;16") else _WORD)
    rgb = 0 if image.mode == "RGB" else _WORD
    beside = _DECODERS.get(image.format or "", 0)
    if image.info.get("progressive") or image.info.get("progression"):
        beside += _COEFFICIENT_BYTES * len(image.getbands())  # until the last scan
    pixels = image.width * image.height
    return pixels * (stored + rgb + beside) + _tile_bytes(image)


def _tile_bytes(image: "PillowImage") -> int:
    """Of one tile of a TIFF, which may be larger than the picture."""
    tags: Any = getattr(image, "tag_v2", {})
    if _TILE_WIDTH not in tags or _TILE_HEIGHT not in tags:
        return 0
    bits = max(tags.get(_BITS, (1,)))
    width, height = int(tags[_TILE_WIDTH]), int(tags[_TILE_HEIGHT])
    return 2 * width * height * int(tags.get(_CHANNELS, 1)) * int(bits) // 8
