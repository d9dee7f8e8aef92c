"""An original explains its edits; an edit that lost something explains less of the others."""

import pytest
from PIL import Image as Pillow
from PIL import ImageEnhance, ImageFilter, ImageOps

from clustering.gates.affine import IDENTITY, MIRROR
from clustering.gates.alignment import Alignment, align
from clustering.gates.difference import overlay
from clustering.gates.explanation import Unexplained, frame_edits
from clustering.gates.explanation import unexplained as unexplained_parts
from tests.clustering.conftest import photo, view, with_sticker

SIDE = 256


def darker(image: Pillow.Image) -> Pillow.Image:
    return ImageEnhance.Brightness(image).enhance(0.6)


def clipped(image: Pillow.Image) -> Pillow.Image:
    return ImageEnhance.Brightness(image).enhance(1.8)


def grey(image: Pillow.Image) -> Pillow.Image:
    return ImageOps.grayscale(image).convert("RGB")


def muted(image: Pillow.Image) -> Pillow.Image:
    return ImageEnhance.Color(image).enhance(0.4)


def blurred(image: Pillow.Image) -> Pillow.Image:
    return image.filter(ImageFilter.GaussianBlur(5))


def mosaic(image: Pillow.Image) -> Pillow.Image:
    small = image.resize((16, 16), Pillow.Resampling.BOX)
    return small.resize(image.size, Pillow.Resampling.NEAREST)


def zoomed(image: Pillow.Image) -> Pillow.Image:
    return image.resize(image.size, Pillow.Resampling.BICUBIC, box=(50, 50, 206, 206))


def turned(image: Pillow.Image) -> Pillow.Image:
    return image.transpose(Pillow.Transpose.ROTATE_90)


def framed(image: Pillow.Image) -> Pillow.Image:
    inner = image.crop((14, 14, SIDE - 14, SIDE - 14))
    return ImageOps.expand(inner, 14, "navy")


WHOLE = (darker, clipped, grey, muted, blurred, mosaic, zoomed, turned)
LOSSY = (clipped, grey, blurred, mosaic, zoomed)
LOCAL = (with_sticker, framed)


def explained(source: Pillow.Image, target: Pillow.Image) -> Unexplained:
    here, there = view(source), view(target)
    alignment = align(here, there)
    return unexplained_parts(overlay(here, there, alignment), alignment)


def unexplained(source: Pillow.Image, target: Pillow.Image) -> tuple[float, float]:
    found = explained(source, target)
    return found.forwards, found.backwards


@pytest.fixture(scope="module")
def picture() -> Pillow.Image:
    return photo("chelsea", SIDE)


def test_an_image_explains_itself(picture):
    assert unexplained(picture, picture) == pytest.approx((0, 0), abs=0.001)


@pytest.mark.parametrize("edit", WHOLE)
def test_an_original_explains_each_edit(picture, edit):
    assert unexplained(picture, edit(picture))[0] < 0.2


@pytest.mark.parametrize("edit", LOSSY)
def test_what_lost_something_explains_less_of_the_original(picture, edit):
    forwards, backwards = unexplained(picture, edit(picture))
    assert backwards > forwards + 0.05


@pytest.mark.parametrize("edit", LOCAL)
def test_a_local_edit_costs_the_same_both_ways(picture, edit):
    forwards, backwards = unexplained(picture, edit(picture))
    assert forwards == pytest.approx(backwards, abs=0.03)
    assert forwards < 0.35


@pytest.mark.parametrize("edit", WHOLE)
def test_two_edits_explain_each_other_less_than_the_original_does(picture, edit):
    other = ImageEnhance.Brightness(with_sticker(picture)).enhance(1.3)
    whole = edit(picture)
    assert unexplained(other, whole)[0] > unexplained(picture, whole)[0] + 0.01


@pytest.mark.parametrize("edit", [darker, clipped, grey, muted, blurred])
def test_a_local_edit_under_one_of_the_whole_image_leaves_its_block(picture, edit):
    alone = explained(picture, edit(picture)).leftover
    both = explained(picture, edit(with_sticker(picture))).leftover
    assert both > 2 * alone
    assert both > 10


def test_a_local_edit_leaves_its_block(picture):
    assert explained(picture, with_sticker(picture)).leftover > 40
    assert explained(picture, picture).leftover == 0


def test_mirroring_and_turning_are_two_edits_of_the_frame():
    upside_down = MIRROR.copy()
    upside_down[1] = [0, -1, 1]
    assert frame_edits(Alignment(IDENTITY, 1.0)) == 0
    assert frame_edits(Alignment(upside_down, 1.0)) == 1
    assert frame_edits(align(view(grey_ramp()), view(ImageOps.flip(grey_ramp())))) == 2


def grey_ramp() -> Pillow.Image:
    return photo("astronaut", 128)
