"""Which formats are read, and how large a picture is where Pillow would decode it to find out."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import PurePosixPath

FORMATS = (
    *("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF", "PPM", "AVIF", "JPEG2000", "ICO", "TGA"),
)
"""By Pillow's names. The rest is left closed: some start other programs, some decode unasked."""
EXTRA = "formats"
"""The extra that brings the readers of HEIC and JPEG XL."""
IMAGE_SUFFIXES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".webp",
        ".bmp",
        ".dib",
        ".tif",
        ".tiff",
        ".gif",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
        ".avif",
        ".jp2",
        ".tga",
        ".ico",
    ]
)
"""Names under which files are taken for images; READER_BY_SUFFIX has those that need a package."""
READER_BY_SUFFIX = {
    ".heic": "pillow_heif",
    ".heif": "pillow_heif",
    ".hif": "pillow_heif",
    ".jxl": "pillow_jxl",
}
"""Packages that read what Pillow alone does not."""

Size = tuple[int, int]
"""Width and height."""

_HEIF_BRANDS = frozenset(
    [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1"]
)
_JXL_STREAM, _JXL_BOXES = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
_JXL_BITS = (9, 13, 18, 30)
_JXL_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_PNG, _ICON = b"\x89PNG\r\n\x1a\n", b"\0\0\1\0"
_HEAD_BYTES = 64


def has_reader(suffix: str) -> bool:
    """Whether files of such a name can be read here."""
    return suffix not in READER_BY_SUFFIX or find_spec(READER_BY_SUFFIX[suffix]) is not None


def is_image_name(name: str) -> bool:
    """Whether files of that name are taken for images, and can be read here."""
    suffix = PurePosixPath(name.lower()).suffix
    return suffix in IMAGE_SUFFIXES or (suffix in READER_BY_SUFFIX and has_reader(suffix))


def formats_for(encoded: bytes) -> tuple[str, ...]:
    """The formats that these bytes may be in. Raises ImportError where a reader is missing."""
    if encoded.startswith((_JXL_STREAM, _JXL_BOXES)):
        import pillow_jxl  # noqa: F401, by its import Pillow knows it

        return ("JXL",)
    if encoded[4:8] != b"ftyp" or encoded[8:12] not in _HEIF_BRANDS:
        return FORMATS
    brands = encoded[8 : min(int.from_bytes(encoded[:4]), 256)]
    if b"avif" in brands:
        return ("AVIF",)
    import pillow_heif

    pillow_heif.register_heif_opener()
    return ("HEIF",)


def sizes_claimed(encoded: bytes) -> Iterator[Size]:
    """How large the pictures inside say they are, of formats that Pillow decodes as it opens them.

    Raises IndexError or ValueError where bytes are missing.
    """
    if encoded.startswith(b"RIFF") and encoded[8:12] == b"WEBP":
        yield _webp_size(encoded[:_HEAD_BYTES])
    elif encoded.startswith(_ICON):
        yield from _icon_sizes(encoded)
    elif encoded.startswith((_JXL_STREAM, _JXL_BOXES)):
        yield _jxl_size(_jxl_head(encoded))
    elif encoded.startswith((b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")):
        yield from _jpeg2000_sizes(encoded)


def _webp_size(head: bytes) -> Size:
    def number(place: int, size: int) -> int:
        return int.from_bytes(head[place : place + size], "little")

    if head[12:16] == b"VP8X":
        return number(24, 3) + 1, number(27, 3) + 1
    if head[12:16] == b"VP8L":
        both = number(21, 4)
        return (both & 0x3FFF) + 1, (both >> 14 & 0x3FFF) + 1
    return number(26, 2) & 0x3FFF, number(28, 2) & 0x3FFF


def _icon_sizes(encoded: bytes) -> Iterator[Size]:
    for entry in range(int.from_bytes(encoded[4:6], "little")):
        offset = int.from_bytes(encoded[18 + 16 * entry : 22 + 16 * entry], "little")
        head = encoded[offset : offset + 24]
        if head.startswith(_PNG):
            yield int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
        else:
            width, height = head[4:8], head[8:12]
            yield (
                abs(int.from_bytes(width, "little", signed=True)),
                abs(int.from_bytes(height, "little", signed=True)) // 2,
            )


def _jpeg2000_sizes(encoded: bytes) -> Iterator[Size]:
    """Of the picture and of its largest tile: each is decoded whole."""
    place = encoded.find(b"\xff\x4f\xff\x51")
    if place < 0:
        return
    fields = [
        int.from_bytes(encoded[start : start + 4]) for start in range(place + 8, place + 40, 4)
    ]
    right, bottom, left, top, tile_width, tile_height = fields[:6]
    components = int.from_bytes(encoded[place + 40 : place + 42])
    if components > 4:
        raise ValueError(f"{components} channels")
    yield right - left, bottom - top
    yield min(tile_width, right), min(tile_height, bottom)


def _jxl_head(encoded: bytes) -> bytes:
    """The first bytes of the code stream."""
    if encoded.startswith(_JXL_STREAM):
        return encoded[2:_HEAD_BYTES]
    place = 0
    while place + 16 <= len(encoded):
        size, kind = int.from_bytes(encoded[place : place + 4]), encoded[place + 4 : place + 8]
        content = place + 8
        if size == 1:
            size, content = int.from_bytes(encoded[content : content + 8]), content + 8
        if kind in (b"jxlc", b"jxlp"):
            content += 4 if kind == b"jxlp" else 0
            return encoded[content + 2 : content + _HEAD_BYTES]
        if size < 8:
            break
        place += size
    raise ValueError("a JPEG XL without a code stream")


def _jxl_size(head: bytes) -> Size:
    bits, place = int.from_bytes(head, "little"), 0

    def take(count: int) -> int:
        nonlocal place
        place += count
        return bits >> (place - count) & ((1 << count) - 1)

    is_small = take(1)

    def side() -> int:
        return 8 * (take(5) + 1) if is_small else take(_JXL_BITS[take(2)]) + 1

    height = side()
    ratio = take(3)
    if not ratio:
        return side(), height
    across, down = _JXL_RATIOS[ratio - 1]
    return height * across // down, height
