"""The numbers of a difference are those that scikit-image gives, at a fraction of its time."""

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageEnhance, ImageFilter
from skimage import measure, metrics

from clustering.gates.difference import CHANGE_FLOOR, changed_regions, ssim_map
from tests.clustering.conftest import photo, with_sticker


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


def test_changed_regions_are_those_that_scikit_image_labels():
    before, after = (np.asarray(image) for image in (photo("chelsea"), with_sticker(photo("moon"))))
    differs = np.abs(before.astype(int) - after).astype(np.uint8)
    mask, regions = changed_regions(differs, np.ones(differs.shape[:2], dtype=bool))
    labels = measure.label(differs.max(axis=2) > CHANGE_FLOOR, connectivity=2)
    large = [part for part in measure.regionprops(labels) if part.area >= 0.001 * labels.size]
    assert len(large) > 1
    assert sorted(regions) == sorted(part.area for part in large)
    assert mask.sum() == sum(regions)
