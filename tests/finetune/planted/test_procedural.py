import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from finetune.planted.edit_words import GRID, PLACES
from finetune.planted.plant import EDITS, MAX_BYSTANDERS, plant
from finetune.planted.planted_edit import PlantedEdit, mean_change

Photograph = Callable[[int, int], Image.Image]

LOCAL = ("add", "remove", "move", "recolor", "replace")


def planted(photograph: Photograph, kind: str, seed: int = 0, side: int = 192) -> PlantedEdit:
    edit = plant(random.Random(seed), photograph(seed, side), kind, bystanders=seed % 3)
    assert edit is not None
    return edit


def changed_cells(edit: PlantedEdit) -> set[int]:
    """Cells of the board whose pixels differ clearly."""
    source, target = (np.asarray(image, dtype=np.int16) for image in (edit.source, edit.target))
    third = len(source) // GRID
    change = np.abs(source - target).mean(axis=2)[: third * GRID, : third * GRID]
    cells = change.reshape(GRID, third, GRID, third).mean(axis=(1, 3)).flatten()
    return {int(cell) for cell in np.flatnonzero(cells > 4)}


@pytest.mark.parametrize("kind", EDITS)
@pytest.mark.parametrize("side", [96, 200, 384])
def test_every_kind_works_at_any_side(photograph: Photograph, kind: str, side: int) -> None:
    edit = planted(photograph, kind, side=side)
    assert edit.kind == kind
    assert edit.source.size == (side, side)
    assert edit.source.mode == edit.target.mode == "RGB"
    if kind == "none":
        assert mean_change(edit.source, edit.target) < 4
        assert not edit.is_changed
    else:
        assert edit.target.size == (side, side)
        assert mean_change(edit.source, edit.target) > 1.5
        assert edit.is_changed


@pytest.mark.parametrize("kind", EDITS)
def test_the_seed_decides_everything(photograph: Photograph, kind: str) -> None:
    first, again = (planted(photograph, kind, seed=4) for _ in range(2))
    assert first.source.tobytes() == again.source.tobytes()
    assert first.target.tobytes() == again.target.tobytes()
    blank = Image.new("RGB", (1, 1))
    assert replace(first, source=blank, target=blank) == replace(again, source=blank, target=blank)


@pytest.mark.parametrize("kind", ["add", "remove"])
@pytest.mark.parametrize("seed", range(6))
def test_the_named_place_is_where_it_happens(photograph: Photograph, kind: str, seed: int) -> None:
    edit = planted(photograph, kind, seed)
    (cell,) = changed_cells(edit)
    place = PLACES[cell]
    assert edit.instruction.en.endswith(f" at the {place.en}.")
    assert edit.inverse.en.endswith(f" at the {place.en}.")
    assert place.zh in edit.instruction.zh
    assert place.zh in edit.inverse.zh


@pytest.mark.parametrize("seed", range(6))
def test_a_move_names_where_to_and_its_inverse_where_from(
    photograph: Photograph, seed: int
) -> None:
    edit = planted(photograph, "move", seed)
    places = {PLACES[cell].en for cell in changed_cells(edit)}
    assert {
        said.en.split(" to the ")[1].rstrip(".") for said in (edit.instruction, edit.inverse)
    } == (places)


@pytest.mark.parametrize("kind", ["recolor", "replace"])
def test_a_change_in_place_touches_one_cell(photograph: Photograph, kind: str) -> None:
    assert len(changed_cells(planted(photograph, kind, seed=2))) == 1


@pytest.mark.parametrize("kind", LOCAL)
def test_captions_name_the_sticker_on_its_side(photograph: Photograph, kind: str) -> None:
    edit = planted(photograph, kind, seed=3)
    assert (edit.source_caption == "A photo.") == (kind == "add")
    assert (edit.target_caption == "A photo.") == (kind == "remove")


@pytest.mark.parametrize(
    ("kind", "opposite"), [("brighten", "darken"), ("warm", "cool"), ("rotate_cw", "rotate_ccw")]
)
def test_an_inverse_is_the_opposite_kinds_instruction(
    photograph: Photograph, kind: str, opposite: str
) -> None:
    assert planted(photograph, kind).inverse == planted(photograph, opposite).instruction


def test_turning_back_restores_the_source(photograph: Photograph) -> None:
    edit = planted(photograph, "rotate_cw")
    back = edit.target.transpose(Image.Transpose.ROTATE_90)
    assert back.tobytes() == edit.source.tobytes()


def test_sharpening_ends_at_the_photo_and_blurring_starts_there(photograph: Photograph) -> None:
    photo = photograph(0, 192)
    assert planted(photograph, "sharpen").target.tobytes() == photo.tobytes()
    assert planted(photograph, "blur").source.tobytes() == photo.tobytes()


@pytest.mark.parametrize("kind", ["monochrome", "saturate", "blur", "rotate_180", "zoom_in"])
def test_edits_that_would_not_show_are_declined(kind: str) -> None:
    assert plant(random.Random(0), Image.new("RGB", (128, 128), (90, 90, 90)), kind) is None


def test_bystanders_stay(photograph: Photograph) -> None:
    edit = plant(random.Random(1), photograph(1, 192), "add", bystanders=MAX_BYSTANDERS)
    assert edit is not None
    assert edit.source_stickers is not None
    assert edit.target_stickers is not None
    assert len(edit.source_stickers) == MAX_BYSTANDERS
    assert set(edit.source_stickers) < set(edit.target_stickers)
    assert len(changed_cells(edit)) == 1


@pytest.mark.parametrize("size", [(95, 95), (200, 100)])
def test_only_squares_of_some_size_are_taken(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="square"):
        plant(random.Random(0), Image.new("RGB", size), "add")
