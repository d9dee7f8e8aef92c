import re
from pathlib import Path

import pytest
from PIL import Image as Pillow
from PIL import ImageEnhance, ImageFilter, ImageOps

from clustering.gates.alignment import align
from clustering.gates.difference import compare, overlay
from clustering.gates.rules import ALIGNED, CHOSEN, COMPARED, OPENED, PROPOSED, Compared, first_no
from clustering.settings import MineSettings
from pairset.decoding import decode
from pairset.records.pair import GATES, PairStatus
from tests.clustering.conftest import encoded, photo, view, with_sticker

MINING_PAGE = Path(__file__).parents[3] / "docs" / "mining.md"
RULES = (*PROPOSED, *OPENED, *ALIGNED, *COMPARED, *CHOSEN)
SETTINGS = MineSettings(set_url="set", corpus=["photos"])


@pytest.fixture(scope="module", params=["chelsea", "coffee"])
def picture(request) -> Pillow.Image:
    return photo(request.param)


def verdict(source, target, phash_distance=0, settings=SETTINGS):
    here, there = view(source), view(target)
    alignment = align(here, there)
    status = first_no(ALIGNED, alignment, settings)
    if status != PairStatus.KEPT:
        return status
    difference = compare(overlay(here, there, alignment))
    return first_no(COMPARED, Compared(alignment, difference, phash_distance), settings)


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
    keep = SETTINGS.model_copy(update={"keep_mirrored": True})
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


def test_rules_and_gates_are_the_same_in_the_same_order():
    before_pixels = (*PROPOSED, *OPENED)
    assert [(rule.status, rule not in before_pixels) for rule in RULES] == list(GATES)


def test_every_status_but_kept_and_pending_is_that_of_a_gate():
    others = {PairStatus.KEPT, PairStatus.PENDING}
    assert {gate.status for gate in GATES} == set(PairStatus) - others


def test_the_table_of_gates_in_the_docs_is_that_of_the_rules():
    row = re.compile(r"^\| `(\w+)` \| [^|]+ \|([^|]*)\|[^|]*\|$", re.MULTILINE)
    section = MINING_PAGE.read_text(encoding="utf-8").split("## The gates")[1].split("\n## ")[0]
    written = [(status, re.findall(r"--([\w-]+)", flags)) for status, flags in row.findall(section)]
    assert written == [
        (rule.status, [name.replace("_", "-") for name in rule.settings]) for rule in RULES
    ]
