import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from finetune.planted.photo_sources import HELD_OUT, SOURCES
from finetune.planted.photos import (
    CROP_SIDE,
    cut_crops,
    held_out_photos,
    is_lively,
    training_photos,
)


def test_training_and_evaluation_share_no_photo() -> None:
    held_out = {Path(name).name for names in HELD_OUT.values() for name in names}
    assert not held_out & {Path(name).name for source in SOURCES for name in source.files}


def test_every_source_states_its_licence() -> None:
    assert all(source.licence and source.files for source in SOURCES)


def test_training_photos_come_from_the_cache(tmp_path: Path) -> None:
    for source in SOURCES:
        (tmp_path / source.package).mkdir()
    photos = list(training_photos(tmp_path))
    assert len(photos) == len(set(photos)) == sum(len(source.files) for source in SOURCES)


def test_held_out_photos_are_installed() -> None:
    pytest.importorskip("skimage")
    pytest.importorskip("sklearn")
    assert all(photo.is_file() for photo in held_out_photos())


def test_crops_are_lively_squares(
    photograph: Callable[[int, int], Image.Image], tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    photograph(0, 400).save(photo)
    crops = cut_crops(random.Random(0), photo, 5)
    assert [crop.size for crop in crops] == [(CROP_SIDE, CROP_SIDE)] * 5
    again = cut_crops(random.Random(0), photo, 5)
    assert all(np.array_equal(a, b) for a, b in zip(crops, again, strict=True))


def test_a_flat_photo_gives_no_crops(tmp_path: Path) -> None:
    flat = Image.new("RGB", (300, 300), (120, 90, 60))
    flat.save(tmp_path / "flat.png")
    assert not is_lively(flat)
    assert cut_crops(random.Random(0), tmp_path / "flat.png", 3) == []
