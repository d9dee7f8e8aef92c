"""Pictures are opened in one place, by a list of formats, and measured before they are decoded."""

import ast
import contextlib
import io
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from pairset.decoding import ImageError, ImageErrorCode, decode
from pairset.formats.colors import shows_srgb
from pairset.plain_files import plain_file

ROOT = Path(__file__).parents[3]
PACKAGES = ("annotator", "clustering", "finetune", "pairset", "review")


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def noise(size: tuple[int, int] = (80, 64)) -> Image.Image:
    values = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(values)


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png_of(width: int, height: int) -> bytes:
    """A header alone: what is inside is never asked for."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b""))


def code_of(content: bytes) -> ImageErrorCode:
    with pytest.raises(ImageError) as failure:
        decode(content)
    return failure.value.code


def test_one_function_opens_pictures() -> None:
    opening = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
                if name in ("Image.open", "PIL.Image.open", "cv2.imdecode", "cv2.imread"):
                    opening.append(path.relative_to(ROOT).as_posix())
    assert opening == ["pairset/decoding.py"]


@pytest.mark.parametrize("form", ["EPS", "ICNS", "PCX", "SGI", "DDS", "MSP"])
def test_formats_that_are_not_listed_are_not_read(form: str) -> None:
    picture = noise((64, 64)).convert("1" if form == "MSP" else "RGB")

    assert code_of(encoded(picture, form)) is ImageErrorCode.NOT_AN_IMAGE


@pytest.mark.parametrize("inside", [png_of(60_000, 40_000), png_of(12_000, 12_000)])
def test_an_icon_is_measured_by_the_picture_inside(inside: bytes) -> None:
    entry = struct.pack("<BBBBHHII", 32, 32, 0, 0, 1, 32, len(inside), 22)

    assert code_of(struct.pack("<HHH", 0, 1, 1) + entry + inside) is ImageErrorCode.TOO_LARGE


def test_an_icon_is_read() -> None:
    assert decode(encoded(noise((64, 64)), "ICO")).size == (64, 64)


def test_a_webp_that_would_take_too_much_memory_is_too_large() -> None:
    header = b"VP8X" + struct.pack("<II", 10, 0)
    canvas = (16_382).to_bytes(3, "little") + (5_999).to_bytes(3, "little")
    claims = b"RIFF" + struct.pack("<I", 22) + b"WEBP" + header + canvas

    assert code_of(claims) in (ImageErrorCode.TOO_LARGE, ImageErrorCode.TRUNCATED)


def test_pages_of_a_tiff_are_not_counted() -> None:
    pages = [noise((32, 32))] * 400
    content = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    start = time.perf_counter()

    assert code_of(content) is ImageErrorCode.ANIMATED
    assert time.perf_counter() - start < 0.1


@pytest.mark.parametrize(
    "junk", [b"\xff" * 5_000_000, b"\xff\xfe\0\2" * 500_000, b"\0" * 5_000_000]
)
def test_a_jpeg_of_filling_costs_no_time(junk: bytes) -> None:
    content = encoded(noise(), "JPEG")
    start = time.perf_counter()

    with contextlib.suppress(ImageError):
        decode(content[:2] + junk + content[2:])
    assert time.perf_counter() - start < 1.5


@pytest.mark.parametrize(
    "note",
    [
        chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(20_000_000))),
        chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(20_000_000))),
        chunk(b"tEXt", b"a\0b")[:-1] + b"x",
        chunk(b"tEXt", b"a\0b") * 100_000,
        chunk(b"eXIf", b"MM\0*\0\0\0\x08\xff\xffzz"),
        chunk(b"iCCP", b"a\0\0" + zlib.compress(b"no profile" * 50)),
    ],
    ids=["profile bomb", "text bomb", "wrong sum", "many texts", "bad EXIF", "no profile"],
)
@pytest.mark.parametrize("place", [33, -12], ids=["before", "behind"])
def test_notes_are_no_reason_to_reject_a_png(note: bytes, place: int) -> None:
    content = encoded(noise())

    decoded = decode(content[:place] + note + content[place:])

    assert decoded.pixels.tobytes() == noise().tobytes()


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_broken_exif_is_no_reason_to_reject_a_jpeg(exif: bytes) -> None:
    content = encoded(noise(), "JPEG", exif=exif)

    assert decode(content).pixels.tobytes() == decode(encoded(noise(), "JPEG")).pixels.tobytes()


@pytest.mark.parametrize(
    ("values", "level"),
    [(100.0, 100), (0.5, 127), (1.0, 255), (2.0, 255), (1e6, 255), (np.inf, 255), (np.nan, 0)],
)
def test_floats_are_scaled_by_what_they_suit(values: float, level: int) -> None:
    content = encoded(Image.fromarray(np.full((40, 40), values, dtype="f4")), "TIFF")

    assert decode(content).pixels.getpixel((0, 0)) == (level,) * 3


def test_numbers_with_a_sign_are_scaled_by_their_range() -> None:
    ramp = np.linspace(-1, 1, 1600, dtype="f4").reshape(40, 40)
    for numbers in (ramp, (ramp * 30_000).astype("i4")):
        pixels = np.asarray(decode(encoded(Image.fromarray(numbers), "TIFF")).pixels)
        assert (pixels.min(), pixels.max()) == (0, 255)
        assert 120 < pixels.mean() < 135


def test_a_grey_profile_is_applied_and_srgb_stays() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encoded(noise(), icc_profile=srgb)

    assert decode(content).pixels.tobytes() == noise().tobytes()
    assert shows_srgb(Image.open(io.BytesIO(content)))
    assert decode(encoded(noise(), icc_profile=b"x" * 500)).pixels.tobytes() == noise().tobytes()


@pytest.mark.parametrize("form", ["HEIF", "AVIF", "JXL"])
def test_newer_formats_are_read(form: str) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    pytest.importorskip("pillow_jxl")

    decoded = decode(encoded(Image.new("RGB", (64, 48), (200, 30, 30)), form))

    assert decoded.size == (64, 48)
    assert np.abs(np.subtract(decoded.pixels.getpixel((9, 9)), (200, 30, 30))).max() < 8


def test_a_picture_made_of_another_carries_none_of_its_notes() -> None:
    again = encoded(decode(encoded(noise(), "JPEG", comment=b"SECRET")).pixels, "JPEG")

    assert b"SECRET" not in again


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_lies_behind_or_inside_a_file_is_not_sent(kind: str) -> None:
    whole = encoded(noise(), kind)
    end = -2 if kind == "JPEG" else -12
    text = b"\xff\xfe\0\x08SECRET" if kind == "JPEG" else chunk(b"tEXt", b"a\0SECRET")
    for content in (whole + b"SECRET", whole[:end] + text + whole[end:]):
        sent = plain_file(content, 100_000)
        assert sent is not None
        assert b"SECRET" not in sent.content
        assert sent.pixels().tobytes() == decode(whole).pixels.tobytes()


def test_what_lies_behind_the_last_scan_makes_a_file_no_plain_one() -> None:
    whole = encoded(noise(), "JPEG")

    assert plain_file(whole[:-2] + b"SECRET" * 20 + whole[-2:], 100_000) is None
