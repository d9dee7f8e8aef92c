"""What the starter was never taught: gentler edits under the same words, and new ones."""

import random

import numpy as np
import pytest

from finetune.planted.further_edits import FURTHER_EDITS, GENTLE_EDITS, NEW_EDITS, plant_further
from finetune.planted.plant import plant
from finetune.planted.planted_edit import mean_change
from finetune.planted.whole_image import WHOLE_EDITS
from tests.finetune.conftest import Photograph

SIDE = 160


@pytest.mark.parametrize("kind", FURTHER_EDITS)
def test_an_edit_shows_and_says_what_it_is(kind: str, photograph: Photograph) -> None:
    edit = plant_further(random.Random(0), photograph(1, SIDE), kind)

    assert edit is not None
    assert edit.is_changed
    assert edit.source.size == edit.target.size == (SIDE, SIDE)
    assert mean_change(edit.source, edit.target) >= 3
    assert edit.instruction != edit.inverse


@pytest.mark.parametrize("kind", GENTLE_EDITS)
def test_a_gentle_edit_is_weaker_than_the_taught_one_of_the_same_words(
    kind: str, photograph: Photograph
) -> None:
    strong = kind.removeprefix("gently_")
    gentle = plant_further(random.Random(3), photograph(2, SIDE), kind)
    taught = plant(random.Random(3), photograph(2, SIDE), strong)

    assert gentle is not None
    assert taught is not None
    assert gentle.instruction == taught.instruction == WHOLE_EDITS[strong].instruction
    weaker = mean_change(gentle.source, gentle.target)
    assert weaker < 0.75 * mean_change(taught.source, taught.target)


def test_new_edits_have_words_of_their_own() -> None:
    known = {edit.instruction.en for edit in WHOLE_EDITS.values()}
    image = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    from PIL import Image

    said = [plant_further(random.Random(0), Image.fromarray(image), kind) for kind in NEW_EDITS]
    assert not known & {edit.instruction.en for edit in said if edit}


def test_what_would_not_show_is_not_planted() -> None:
    from PIL import Image

    grey = Image.new("RGB", (SIDE, SIDE), (128, 128, 128))
    assert plant_further(random.Random(0), grey, "gently_saturate") is None


def test_the_same_seed_plants_the_same_edit(photograph: Photograph) -> None:
    first, again = (
        plant_further(random.Random(5), photograph(1, SIDE), "vignette") for _ in range(2)
    )

    assert first is not None
    assert again is not None
    assert first.target.tobytes() == again.target.tobytes()
