"""Any bytes become upright RGB pixels, or an error with a code; never anything else."""

import io
import os
import random
import tarfile
import zlib
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image, PngImagePlugin

from pairset.decoding import ImageError, ImageErrorCode, decode
from pairset.files.uris import file_uri
from pairset.formats.jpegs import LeastSides
from pairset.images import open_image, open_known_image, read_bytes, read_image
from pairset.records.image import image_id_of
from pairset.sources.parquet import row_uri
from pairset.sources.tar import member_uri

DAMAGED_COPIES = 300
"""Of each format; among so few there are some for every way in which Pillow's readers fail."""


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def plain(mode: str = "RGB", size: tuple[int, int] = (40, 20), color: object = 0) -> Image.Image:
    return Image.new(mode, size, color)  # type: ignore[arg-type]


def code_of(content: bytes) -> ImageErrorCode:
    with pytest.raises(ImageError) as failure:
        decode(content)
    return failure.value.code


def noise_jpeg() -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (80, 80, 3), dtype=np.uint8)
    return encoded(Image.fromarray(noise), "JPEG")


def png_that_claims(width: int, height: int) -> bytes:
    """A small file whose header promises a huge picture."""
    content = bytearray(encoded(plain()))
    content[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


def test_exif_orientation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    decoded = decode(encoded(plain(size=(40, 20)), "JPEG", exif=exif))

    assert decoded.pixels.size == (20, 40)


@pytest.mark.parametrize(
    ("least", "kept"), [(300, 400), (200, 200), (100, 100), (1, 50), (999, 400)]
)
def test_a_jpeg_is_decoded_as_small_as_is_enough(least: int, kept: int) -> None:
    content = encoded(plain(size=(400, 600), color=(9, 80, 200)), "JPEG")

    decoded = decode(content, least_sides=LeastSides(least, least))

    assert decoded.pixels.size == (kept, kept * 3 // 2)
    assert decoded.size == (400, 600)
    assert decoded.pixels.getpixel((5, 5)) == decode(content).pixels.getpixel((5, 5))


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("part", [1, 2, 4, 8])
def test_a_reduced_jpeg_is_what_pillow_makes_of_it(mode: str, part: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((601, 403)).convert(mode)
    content = encoded(picture, "JPEG", quality=90)
    with Image.open(io.BytesIO(content)) as theirs:
        theirs.draft(None, (601 // part, 403 // part))
        expected = np.asarray(theirs.convert("RGB"), dtype=np.int16)

    ours = decode(content, least_sides=LeastSides(400 // part, 600 // part))

    assert ours.pixels.size == expected.shape[1::-1]
    assert np.abs(np.asarray(ours.pixels, dtype=np.int16) - expected).max() <= 1


def test_a_jpeg_that_ends_early_is_damaged_however_small_it_is_wanted() -> None:
    content = encoded(plain(size=(400, 200)), "JPEG")
    with pytest.raises(ImageError) as failure:
        decode(content[: len(content) * 2 // 3], least_sides=LeastSides(10, 10))
    assert failure.value.code is ImageErrorCode.TRUNCATED


def test_a_reduced_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    decoded = decode(
        encoded(plain(size=(400, 200)), "JPEG", exif=exif), least_sides=LeastSides(100, 100)
    )

    assert decoded.pixels.size == (100, 200)
    assert decoded.size == (200, 400)


def test_only_jpegs_are_reduced_and_bombs_stay_too_large() -> None:
    decoded = decode(encoded(plain(size=(400, 200))), least_sides=LeastSides(10, 10))
    assert decoded.pixels.size == (400, 200)
    with pytest.raises(ImageError) as failure:
        decode(encoded(plain("L", size=(16_400, 20)), "JPEG"), least_sides=LeastSides(1, 1))
    assert failure.value.code is ImageErrorCode.TOO_LARGE


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA", "RGBA", "YCbCr"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    form = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"

    assert decode(encoded(plain(mode), form)).pixels.mode == "RGB"


def test_sixteen_bit_greys_keep_their_brightness() -> None:
    grey = Image.fromarray(np.full((20, 40), 32_768, dtype=np.uint16))

    assert decode(encoded(grey)).pixels.getpixel((0, 0)) == (127, 127, 127)


def test_transparency_is_laid_on_white() -> None:
    clear = plain("RGBA", color=(255, 0, 0, 0))

    assert decode(encoded(clear)).pixels.getpixel((5, 5)) == (255, 255, 255)


def test_the_format_is_that_of_the_bytes() -> None:
    decoded = decode(encoded(plain("CMYK"), "JPEG"))

    assert (decoded.format, decoded.mode) == ("JPEG", "CMYK")


def test_half_a_jpeg_is_truncated() -> None:
    content = noise_jpeg()

    assert code_of(content[: len(content) // 2]) is ImageErrorCode.TRUNCATED
    assert code_of(content[:12]) is ImageErrorCode.TRUNCATED


def test_half_a_png_is_truncated() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (80, 80, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise))

    assert code_of(content[: len(content) // 2]) is ImageErrorCode.TRUNCATED


def test_text_is_not_an_image() -> None:
    assert code_of(b"hello, I am called photo.jpg") is ImageErrorCode.NOT_AN_IMAGE


@pytest.mark.parametrize("size", [(60_000, 60_000), (12_000, 12_000), (20_000, 100)])
def test_a_bomb_is_too_large_before_it_is_decoded(size: tuple[int, int]) -> None:
    assert code_of(png_that_claims(*size)) is ImageErrorCode.TOO_LARGE


def test_a_picture_under_our_limit_is_decoded_without_a_warning() -> None:
    content = encoded(plain("1", size=(9_600, 9_600)))

    assert decode(content).pixels.size == (9_600, 9_600)


def test_one_pixel_is_too_small() -> None:
    assert code_of(encoded(plain(size=(1, 1)))) is ImageErrorCode.TOO_SMALL


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_no_photo(form: str) -> None:
    frames = [plain(color=(shade, 0, 0)) for shade in (10, 120, 250)]
    content = encoded(frames[0], form, save_all=True, append_images=frames[1:])

    assert code_of(content) is ImageErrorCode.ANIMATED


def test_a_photo_that_carries_a_second_picture_is_a_photo() -> None:
    depth = plain("L", color=9).convert("RGB")
    content = encoded(plain(color=(250, 0, 0)), "MPO", save_all=True, append_images=[depth])

    assert decode(content).pixels.getpixel((5, 5))[0] > 200


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize(
    "form", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "JPEG2000", "TGA", "PPM", "MPO"]
)
def test_damage_of_any_kind_is_an_error_with_a_code(form: str) -> None:
    whole = encoded(plain(color=(200, 90, 30)), form)
    chance = random.Random(form)
    codes = set()
    for _ in range(DAMAGED_COPIES):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 2, 16])):
            damaged[chance.randrange(min(len(whole), 300))] = chance.choice([0, 255, 65])
        try:
            decode(bytes(damaged))
        except ImageError as error:
            codes.add(error.code)
    assert codes


def test_a_bomb_of_compressed_text_is_left_out() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("comment", "x" * 3_000_000, zip=True)

    decoded = decode(encoded(plain(color=(7, 8, 9)), pnginfo=words))

    assert decoded.pixels.getpixel((0, 0)) == (7, 8, 9)
    assert not decoded.pixels.info


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ImageError) as failure:
        read_bytes(str(tmp_path / "none.jpg"))
    assert failure.value.code is ImageErrorCode.MISSING


def test_a_broken_link_is_missing(tmp_path: Path) -> None:
    link = tmp_path / "link.jpg"
    link.symlink_to(tmp_path / "gone.jpg")

    with pytest.raises(ImageError) as failure:
        read_bytes(str(link))
    assert failure.value.code is ImageErrorCode.MISSING


def test_a_folder_called_jpg_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(ImageError) as failure:
        read_bytes(str(tmp_path))
    assert failure.value.code is ImageErrorCode.UNREADABLE


def test_an_empty_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()

    with pytest.raises(ImageError) as failure:
        read_bytes(str(tmp_path / "empty.jpg"))
    assert failure.value.code is ImageErrorCode.EMPTY


@pytest.mark.parametrize(
    "name",
    [
        *(b"plain.png", b"a#b.png", b"50%25.png", b"a::b.png", b"[x] *?.png", b"two\nlines.png"),
        *(b"caf\xe9.png", "图.png".encode()),
    ],
)
def test_any_file_name_can_be_read_through_its_uri(tmp_path: Path, name: bytes) -> None:
    path = bytes(tmp_path) + b"/" + name
    with open(path, "wb") as file:
        file.write(encoded(plain(color=(9, 9, 9))))

    uri = file_uri(path)

    assert uri.isprintable()
    assert open_image(uri).getpixel((0, 0)) == (9, 9, 9)


def test_an_image_is_read_through_any_filesystem() -> None:
    with fsspec.open("memory://photos/one.png", "wb") as file:
        file.write(encoded(plain(color=(1, 2, 3))))

    assert open_image("memory://photos/one.png").getpixel((0, 0)) == (1, 2, 3)


@pytest.mark.parametrize("name", [b"shard.tar", b"a#b.tar", b"50%25.tar", b"caf\xe9.tar"])
def test_a_tar_member_is_read_without_walking_the_archive(tmp_path: Path, name: bytes) -> None:
    content = encoded(plain(color=(1, 2, 3)))
    path = tmp_path / os.fsdecode(name)
    with tarfile.open(path, "w") as archive:
        for image in ("a.png", "b & c.png"):
            member = tarfile.TarInfo(image)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    with tarfile.open(path) as archive:
        member = archive.getmember("b & c.png")
        uri = member_uri(file_uri(bytes(path)), member.name, member.offset_data, member.size)

    assert read_bytes(uri) == content


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_parquet_row_is_read_from_its_row_group(tmp_path: Path, wrapped: bool) -> None:
    contents = [f"image {index}".encode() for index in range(10)]
    cells = [{"bytes": cell, "path": None} for cell in contents] if wrapped else contents
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"image": cells}), path, row_group_size=3)

    assert read_bytes(row_uri(str(path), 7, "image")) == b"image 7"


def test_a_file_that_is_no_parquet_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"not parquet at all")

    with pytest.raises(ImageError) as failure:
        read_bytes(row_uri(str(path), 0, "image"))
    assert failure.value.code is ImageErrorCode.UNREADABLE


def test_of_several_places_the_one_that_still_holds_the_image_is_read(tmp_path: Path) -> None:
    wanted, other = encoded(plain(color=(1, 2, 3))), encoded(plain(color=(9, 9, 9)))
    (tmp_path / "overwritten.png").write_bytes(other)
    (tmp_path / "moved-here.png").write_bytes(wanted)
    names = ("deleted.png", "overwritten.png", "moved-here.png")
    places = [file_uri(os.fsencode(tmp_path / name)) for name in names]

    assert read_image(image_id_of(wanted), places) == wanted
    assert open_known_image(image_id_of(wanted), places).getpixel((0, 0)) == (1, 2, 3)


def test_other_bytes_under_the_name_of_an_image_are_not_it(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(plain(color=(9, 9, 9))))
    places = [file_uri(os.fsencode(tmp_path / name)) for name in ("deleted.png", "a.png")]

    with pytest.raises(ImageError) as failure:
        read_image(image_id_of(encoded(plain())), places)

    assert failure.value.code is ImageErrorCode.CHANGED
    assert "a.png" in str(failure.value)


def test_an_image_without_a_living_place_is_missing(tmp_path: Path) -> None:
    gone = file_uri(os.fsencode(tmp_path / "gone.png"))
    for places in ([], [gone]):
        with pytest.raises(ImageError) as failure:
            read_image(image_id_of(b"x"), places)
        assert failure.value.code is ImageErrorCode.MISSING
