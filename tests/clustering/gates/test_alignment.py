import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageFilter, ImageOps

from clustering.gates.affine import IDENTITY, MIRROR
from clustering.gates.alignment import align
from clustering.gates.views import View
from tests.clustering.conftest import photo, view, with_sticker

TRANSPOSE = Pillow.Transpose


@pytest.fixture(scope="module")
def cat() -> Pillow.Image:
    return photo("chelsea")


def test_an_image_lies_on_itself(cat):
    found = align(view(cat), view(cat))
    assert found.correlation == pytest.approx(1)
    assert found.distance_from(IDENTITY) == 0


@pytest.mark.parametrize("radius", [2, 5])
def test_blur_does_not_move_the_frame(cat, radius):
    found = align(view(cat), view(cat.filter(ImageFilter.GaussianBlur(radius))))
    assert found.correlation > 0.9
    assert found.distance_from(IDENTITY) < 0.02


def test_a_mirrored_image_is_found_mirrored(cat):
    found = align(view(cat), view(ImageOps.mirror(cat)))
    assert found.correlation > 0.95
    assert found.distance_from(MIRROR) < 0.02


def test_a_symmetric_scene_that_was_mirrored_is_found_mirrored(cat):
    symmetric = with_sticker(Pillow.blend(cat, ImageOps.mirror(cat), 0.5))
    found = align(view(symmetric), view(ImageOps.mirror(symmetric)))
    assert found.distance_from(MIRROR) < 0.02


@pytest.mark.parametrize("turn", [TRANSPOSE.ROTATE_90, TRANSPOSE.ROTATE_180, TRANSPOSE.ROTATE_270])
def test_a_turned_image_is_found_turned(cat, turn):
    found = align(view(cat), view(cat.transpose(turn)))
    assert found.correlation > 0.95
    assert np.linalg.det(found.matrix[:, :2]) == pytest.approx(1, abs=0.05)
    assert found.distance_from(IDENTITY) > 0.9


@pytest.mark.parametrize("backwards", [False, True])
def test_a_zoom_is_found_in_either_direction(cat, backwards):
    zoomed = cat.resize(cat.size, Pillow.Resampling.BICUBIC, box=(56, 50, 206, 200))
    first, second = (zoomed, cat) if backwards else (cat, zoomed)
    found = align(view(first), view(second))
    scale = np.sqrt(np.linalg.det(found.matrix[:, :2]))
    assert found.correlation > 0.85
    assert scale == pytest.approx(150 / 256 if backwards else 256 / 150, rel=0.05)


def test_a_turn_by_any_angle_is_found_by_corners(cat):
    turned = cat.rotate(20, Pillow.Resampling.BICUBIC).crop((48, 48, 208, 208))
    found = align(view(cat), view(turned))
    angle = np.degrees(np.arctan2(found.matrix[1, 0], found.matrix[0, 0]))
    assert found.correlation > 0.8
    assert abs(angle) == pytest.approx(20, abs=2)


def test_a_frame_and_a_sticker_leave_structure_to_hold_on_to(cat):
    framed = ImageOps.expand(cat.crop((14, 14, 242, 242)), 14, "red")
    for edited in (framed, with_sticker(cat)):
        assert align(view(cat), view(edited)).correlation > 0.8


def test_unrelated_photographs_do_not_align(cat):
    others = [photo(name) for name in ("coffee", "astronaut", "rocket", "brick", "grass")]
    assert max(align(view(cat), view(other)).correlation for other in others) < 0.45


def test_blank_images_are_alike():
    white = View(np.full((64, 64, 3), 255, dtype=np.uint8))
    assert align(white, white).correlation == 1
