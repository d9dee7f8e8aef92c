"""The numbers of a difference are those that scikit-image gives, at a fraction of its time."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageEnhance, ImageFilter
from skimage import measure, metrics

from clustering.gates.affine import IDENTITY
from clustering.gates.alignment import Alignment
from clustering.gates.difference import CHANGE_FLOOR, changed_regions, compare, overlay, ssim_map
from finetune.examples.unchanged import PATCH_FLOOR
from tests.clustering.conftest import encoded, photo, view, with_sticker

SCENES = ("astronaut", "chelsea", "coffee", "rocket")


def patch_of(before: Pillow.Image, after: Pillow.Image) -> float:
    laid = overlay(view(before), view(after), Alignment(IDENTITY, 1.0))
    return compare(laid).patch_shift


def copied(image: Pillow.Image, kind: str, quality: int) -> Pillow.Image:
    return Pillow.open(io.BytesIO(encoded(image, kind, quality))).convert("RGB")


def necklace(draw: ImageDraw.ImageDraw) -> None:
    draw.arc((150, 150, 180, 170), 0, 180, fill=(70, 120, 250), width=2)


def ski(draw: ImageDraw.ImageDraw) -> None:
    draw.line((60, 300, 78, 293), fill=(240, 30, 120), width=3)


def button(draw: ImageDraw.ImageDraw) -> None:
    draw.ellipse((200, 200, 206, 206), fill=(30, 230, 60))


def grey(image: Pillow.Image) -> np.ndarray:
    return np.asarray(image.convert("L"))


@pytest.mark.parametrize("side", [8, 100, 192])
@pytest.mark.parametrize(
    "edit",
    [
        with_sticker,
        lambda image: image.filter(ImageFilter.GaussianBlur(3)),
        lambda image: ImageEnhance.Brightness(image).enhance(0.3),
        lambda image: photo("coffee"),
    ],
    ids=["sticker", "blur", "dark", "another"],
)
def test_structural_similarity_is_that_of_scikit_image(edit, side):
    picture = photo("chelsea")
    first, second = (grey(each.resize((side, side))) for each in (picture, edit(picture)))
    _, theirs = metrics.structural_similarity(first, second, data_range=255, full=True)
    assert np.abs(ssim_map(first, second) - theirs).max() < 1e-3


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("quality", [60, 75, 85, 95])
def test_encoding_shifts_no_patch_as_a_whole(kind, quality):
    for scene in SCENES:
        picture = photo(scene, 384)
        assert patch_of(picture, copied(picture, kind, quality)) < PATCH_FLOOR


@pytest.mark.parametrize("paint", [necklace, ski, button])
@pytest.mark.parametrize("quality", [60, 85])
def test_an_edit_smaller_than_a_region_shifts_a_patch(paint, quality):
    for scene in SCENES:
        edited = photo(scene, 384)
        paint(ImageDraw.Draw(edited))
        painted = np.any(np.asarray(edited) != np.asarray(photo(scene, 384)), axis=2)
        assert painted.mean() < 0.001
        assert patch_of(photo(scene, 384), copied(edited, "JPEG", quality)) >= PATCH_FLOOR


def test_changed_regions_are_those_that_scikit_image_labels():
    before, after = (np.asarray(image) for image in (photo("chelsea"), with_sticker(photo("moon"))))
    differs = np.abs(before.astype(int) - after).astype(np.uint8)
    mask, regions = changed_regions(differs, np.ones(differs.shape[:2], dtype=bool))
    labels = measure.label(differs.max(axis=2) > CHANGE_FLOOR, connectivity=2)
    large = [part for part in measure.regionprops(labels) if part.area >= 0.001 * labels.size]
    assert len(large) > 1
    assert sorted(regions) == sorted(part.area for part in large)
    assert mask.sum() == sum(regions)
