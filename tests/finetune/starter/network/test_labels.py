import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from finetune.planted.edit_words import GRID
from finetune.planted.plant import EDITS, plant
from finetune.planted.planted_edit import PlantedEdit
from finetune.starter.network.labels import (
    CELLS,
    COLOUR_NAMES,
    IGNORED,
    SHAPE_NAMES,
    SLOT_SIZES,
    origin_labels,
    slot_labels,
    sticker_labels,
)
from finetune.starter.training_data import BYSTANDERS, EASY, HARD, HARD_FROM_BATCH, TURNS, lesson_of

Photograph = Callable[[int, int], Image.Image]


def planted(photograph: Photograph, kind: str, bystanders: int = 1) -> PlantedEdit:
    edit = plant(random.Random(3), photograph(3, 192), kind, bystanders)
    assert edit is not None
    return edit


def cell_means(image: Image.Image) -> Any:
    side = image.width // GRID
    cells = np.asarray(image, dtype=np.float64).reshape(GRID, side, GRID, side, 3)
    return cells.mean(axis=(1, 3)).reshape(CELLS, 3)


@pytest.mark.parametrize("kind", EDITS)
def test_slots_are_in_range(photograph: Photograph, kind: str) -> None:
    slots = slot_labels(planted(photograph, kind))
    assert len(slots) == len(SLOT_SIZES)
    assert all(0 <= slot < size for slot, size in zip(slots, SLOT_SIZES, strict=True))
    assert EDITS[slots[0]] == kind


def test_slots_say_what_went_and_what_came(photograph: Photograph) -> None:
    edit = planted(photograph, "recolor")
    _, colour, shape, place, new_colour, new_shape, new_place = slot_labels(edit)
    assert f"{COLOUR_NAMES[colour]} {SHAPE_NAMES[shape]}" in edit.instruction.en
    assert edit.instruction.en.endswith(f"to {COLOUR_NAMES[new_colour]}.")
    assert (shape, place) == (new_shape, new_place)


@pytest.mark.parametrize("kind", TURNS)
def test_origins_are_where_the_pixels_came_from(photograph: Photograph, kind: str) -> None:
    edit = planted(photograph, kind)
    source, target = cell_means(edit.source), cell_means(edit.target)
    np.testing.assert_allclose(target, source[origin_labels(edit)], atol=1e-6)


def test_origins_are_asked_of_turns_only(photograph: Photograph) -> None:
    assert (origin_labels(planted(photograph, "brighten")) == IGNORED).all()


def test_distorted_stickers_are_not_asked_about(photograph: Photograph) -> None:
    edit = planted(photograph, "monochrome")
    assert (sticker_labels(edit.target_stickers) == IGNORED).all()
    assert (sticker_labels(edit.source_stickers) > 0).any()


def test_the_hard_lesson_follows_the_easy_one() -> None:
    assert lesson_of(0) is lesson_of(HARD_FROM_BATCH - 1) is EASY
    assert lesson_of(HARD_FROM_BATCH) is HARD
    assert set(EASY.mix) == set(HARD.mix) == set(EDITS)
    assert EASY.bystanders("rotate_cw") == HARD.bystanders("add") == BYSTANDERS
