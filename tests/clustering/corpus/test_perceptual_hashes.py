"""Hashes are imagehash's, bit for bit, at less than half of its time."""

import imagehash
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageFilter, ImageOps

from clustering.corpus.perceptual_hashes import perceptual_hashes
from tests.clustering.conftest import photo, with_sticker


def theirs(picture: Pillow.Image) -> tuple[str, str]:
    return str(imagehash.phash(picture)), str(imagehash.phash(ImageOps.mirror(picture)))


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket", "brick", "page"])
@pytest.mark.parametrize("side", [33, 200, 512])
def test_photographs_have_the_hashes_of_imagehash(name, side):
    picture = photo(name, side)
    for each in (picture, with_sticker(picture), picture.filter(ImageFilter.GaussianBlur(3))):
        wide = each.resize((side, side * 2 // 3))
        assert perceptual_hashes(wide) == theirs(wide)


@pytest.mark.parametrize("color", ["black", "white", "navy"])
def test_so_have_flat_pictures(color):
    flat = Pillow.new("RGB", (64, 64), color)
    assert perceptual_hashes(flat) == theirs(flat)


def test_a_symmetric_picture_is_its_own_mirror_image():
    half = np.random.default_rng(0).integers(0, 255, (32, 16, 3), dtype=np.uint8)
    whole = Pillow.fromarray(np.hstack([half, half[:, ::-1]]))
    plain, mirrored = perceptual_hashes(whole)
    assert plain == mirrored
