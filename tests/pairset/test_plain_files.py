"""A plain file shows everybody what we see in it; any other is none."""

import io

import numpy as np
import pytest
from PIL import Image

from pairset.decoding import decode
from pairset.plain_files import plain_file

BOUND = 100_000


def picture(mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> Image.Image:
    values = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(values).convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noted(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, "Karl was here"
    return exif


@pytest.mark.parametrize(
    ("kind", "options"),
    [("JPEG", {}), ("JPEG", {"progressive": True, "comment": b"Karl was here"}), ("PNG", {})],
)
def test_a_plain_file_shows_what_decoding_gives(kind: str, options: dict[str, object]) -> None:
    content = encoded(picture(), kind, **options)
    plain = plain_file(content, BOUND)

    assert plain is not None
    assert plain.size == (60, 40)
    assert plain.media_type == f"image/{kind.lower()}"
    assert plain.pixels().tobytes() == decode(content).pixels.tobytes()
    assert b"Karl" not in plain.content


def test_what_a_camera_noted_does_not_travel() -> None:
    content = encoded(picture(), "JPEG", exif=noted(), icc_profile=b"profile" * 20)
    plain = plain_file(content, BOUND)

    assert plain is not None
    assert b"Karl" in content
    assert b"Karl" not in plain.content
    assert b"profile" not in plain.content
    assert plain.pixels().tobytes() == decode(content).pixels.tobytes()


@pytest.mark.parametrize(
    "content",
    [
        encoded(picture(), "JPEG", exif=noted(orientation=6)),
        encoded(picture(), "JPEG")[:-400],
        encoded(picture(), "PNG")[:-20],
        encoded(picture(), "PNG", exif=noted(orientation=6)),
        encoded(picture("RGBA"), "PNG"),
        encoded(picture(), "PNG", transparency=(1, 2, 3)),
        encoded(picture("L"), "JPEG"),
        encoded(picture("CMYK"), "JPEG"),
        encoded(picture("P"), "GIF"),
        encoded(picture(), "WEBP"),
        encoded(picture(size=(400, 300)), "JPEG"),
        encoded(picture(size=(40, 8)), "PNG"),
        b"no image",
        b"",
    ],
    ids=[
        *("turned", "cut JPEG", "cut PNG", "turned PNG", "see-through", "one colour see-through"),
        *("grey", "print colours", "GIF", "WebP", "over the bound", "too small", "text", "nothing"),
    ],
)
def test_any_other_file_must_be_looked_at_first(content: bytes) -> None:
    assert plain_file(content, BOUND) is None
