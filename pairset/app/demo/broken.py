"""Files that no corpus is without: damaged, empty, lying about what they are."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from pairset.decoding import ImageErrorCode


@dataclass(frozen=True, slots=True)
class BrokenFile:
    """Bytes that are no usable image, and the code their row should get."""

    suffix: str
    code: ImageErrorCode
    content: Callable[[bytes], bytes]
    """Makes the bytes out of those of a good JPEG."""


def _tiny(_good: bytes) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (1, 1), "white").save(buffer, "PNG")
    return buffer.getvalue()


def _animation(_good: bytes) -> bytes:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "green", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=80)
    return buffer.getvalue()


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def _bomb(_good: bytes) -> bytes:
    """A PNG of a few hundred bytes that claims 20,000 × 20,000 pixels."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(20_000 * 3))
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", pixels)
        + _chunk(b"IEND", b"")
    )


BROKEN_FILES = (
    BrokenFile(".jpg", ImageErrorCode.TRUNCATED, lambda good: good[: len(good) // 2]),
    BrokenFile(".jpg", ImageErrorCode.TRUNCATED, lambda good: good[:300]),
    BrokenFile(".jpg", ImageErrorCode.EMPTY, lambda good: b""),
    BrokenFile(".jpg", ImageErrorCode.NOT_AN_IMAGE, lambda good: b"<html>404 Not Found</html>\n"),
    BrokenFile(".png", ImageErrorCode.TOO_SMALL, _tiny),
    BrokenFile(".png", ImageErrorCode.TOO_LARGE, _bomb),
    BrokenFile(".gif", ImageErrorCode.ANIMATED, _animation),
)
