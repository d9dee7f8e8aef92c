import pytest
from PIL import Image as Pillow
from PIL import ImageEnhance, ImageFilter, ImageOps

from clustering.gates.alignment import align
from clustering.gates.difference import compare, overlay
from clustering.gates.rules import Thresholds, judge
from pairset.decoding import decode
from pairset.records.pair import PairStatus
from tests.clustering.conftest import encoded, photo, view, with_sticker

THRESHOLDS = Thresholds(
    alignment_floor=0.5, change_area_floor=0.005, phash_copy_ceiling=10, keep_mirrored=False
)


@pytest.fixture(scope="module", params=["chelsea", "coffee"])
def picture(request) -> Pillow.Image:
    return photo(request.param)


def verdict(source, target, phash_distance=0, thresholds=THRESHOLDS):
    here, there = view(source), view(target)
    alignment = align(here, there)
    difference = compare(overlay(here, there, alignment))
    return judge(alignment, difference, phash_distance, thresholds)


@pytest.mark.parametrize(("kind", "quality"), [("JPEG", 50), ("JPEG", 80), ("WEBP", 50)])
def test_a_re_encoded_picture_is_a_copy(picture, kind, quality):
    copy = decode(encoded(picture, kind, quality)).pixels
    assert verdict(picture, copy) == PairStatus.RE_ENCODED


@pytest.mark.parametrize("side", [128, 180, 400])
def test_a_resized_picture_is_a_copy(picture, side):
    copy = picture.resize((side, side), Pillow.Resampling.BILINEAR)
    assert verdict(picture, copy) == PairStatus.RE_ENCODED
    assert verdict(copy, picture) == PairStatus.RE_ENCODED


def test_a_picture_cropped_at_its_border_is_a_near_duplicate(picture):
    cropped = picture.crop((5, 5, 251, 251))
    assert verdict(picture, cropped) == PairStatus.NEAR_DUPLICATE


def test_a_mirrored_copy_is_a_copy(picture):
    assert verdict(picture, ImageOps.mirror(picture), 30) == PairStatus.MIRRORED_COPY


def test_a_mirrored_copy_is_kept_where_the_settings_say_so(picture):
    keep = Thresholds(0.5, 0.005, 10, keep_mirrored=True)
    assert verdict(picture, ImageOps.mirror(picture), 30, keep) == PairStatus.KEPT


def test_an_unchanged_pair_that_no_hash_proposed_is_unchanged(picture):
    assert verdict(picture, picture, phash_distance=20) == PairStatus.UNCHANGED


@pytest.mark.parametrize(
    "edit",
    [
        lambda image: image.point(lambda value: value + 8),
        lambda image: ImageEnhance.Brightness(image).enhance(1.1),
        lambda image: ImageEnhance.Contrast(image).enhance(0.85),
        lambda image: ImageEnhance.Color(image).enhance(0.6),
        lambda image: image.filter(ImageFilter.GaussianBlur(2)),
        with_sticker,
        lambda image: image.transpose(Pillow.Transpose.ROTATE_180),
        lambda image: image.resize(image.size, box=(50, 50, 200, 200)),
    ],
    ids=["+8", "brighter", "less contrast", "muted", "blurred", "sticker", "turned", "zoomed"],
)
def test_an_edit_is_kept_however_alike_the_hashes(picture, edit):
    assert verdict(picture, edit(picture)) == PairStatus.KEPT


def test_a_picture_of_something_else_is_unrelated(picture):
    assert verdict(picture, photo("astronaut")) == PairStatus.UNRELATED
