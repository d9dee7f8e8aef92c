"""Pairs to be sure or unsure of: a mix as the starter was taught, and a hard one."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from benchmarks.confidence.photographs import View
from finetune.planted.further_edits import NEW_EDITS, plant_further
from finetune.planted.plant import EDITS, PlantedEdit, plant
from finetune.planted.whole_image import WHOLE_EDITS
from finetune.starter.held_out_scores import EVALUATION_MIX
from finetune.starter.training_data import BYSTANDERS
from pairset.app.demo.truth import PlantedPair

_ATTEMPTS = 40
_LOCAL = ("add", "remove", "recolor", "move", "replace")
_FORWARD = tuple(kind for kind, edit in WHOLE_EDITS.items() if not edit.backwards)
_CHANGES = tuple(kind for kind in EDITS if kind != "none")


@dataclass(frozen=True, slots=True)
class MixedPair:
    """Two images, what a perfect annotator would say of them, and where they came from."""

    source: Image.Image
    target: Image.Image
    truth: PlantedPair | None
    """File names are left empty; None where nothing leads from one image to the other."""
    origin: str
    """``normal``, or one of the hard ways."""
    scene: str


Views = Iterator[View]
Way = Callable[[random.Random, View, Views], MixedPair | None]
"""Makes a pair of a view, or None where the edit would not show on it."""


def in_domain(seed: int, views: Sequence[View]) -> list[MixedPair]:
    """What the starter was taught, every kind alike, no change about one pair in seven."""
    return _mixed(seed, views, {_normal: 1.0})


def hard(seed: int, views: Sequence[View]) -> list[MixedPair]:
    """Half as taught; the rest reversed, unrelated, unchanged, two edits at once, an untaught type.

    Each of the five is a tenth.
    """
    ways: dict[Way, float] = {_changed: 0.5}
    ways |= dict.fromkeys((_reversed, _unrelated, _unchanged, _twofold, _untaught), 0.1)
    return _mixed(seed, views, ways)


def _mixed(seed: int, views: Sequence[View], ways: dict[Way, float]) -> list[MixedPair]:
    """A pair of each view but those that give none, and those that unrelated pairs use up."""
    rng, coming = random.Random(seed), iter(views)
    found = []
    for view in coming:
        (way,) = rng.choices(list(ways), list(ways.values()))
        attempts = (way(rng, view, coming) for _ in range(_ATTEMPTS))
        pair = next((pair for pair in attempts if pair), None)
        if pair:
            found.append(pair)
    return found


def _normal(rng: random.Random, view: View, _: Views) -> MixedPair | None:
    (kind,) = rng.choices(list(EVALUATION_MIX), list(EVALUATION_MIX.values()))
    return _pair_of(_planted(rng, view, kind), "normal", view.scene)


def _changed(rng: random.Random, view: View, _: Views) -> MixedPair | None:
    return _pair_of(_planted(rng, view, rng.choice(_CHANGES)), "normal", view.scene)


def _unchanged(rng: random.Random, view: View, _: Views) -> MixedPair | None:
    return _pair_of(_planted(rng, view, "none"), "unchanged", view.scene)


def _untaught(rng: random.Random, view: View, _: Views) -> MixedPair | None:
    edit = plant_further(rng, view.pixels, rng.choice(NEW_EDITS))
    return _pair_of(edit, "untaught", view.scene)


def _reversed(rng: random.Random, view: View, _: Views) -> MixedPair | None:
    """From the edited picture to the one before: what is true is the way back."""
    edit = _planted(rng, view, rng.choice(_CHANGES))
    if edit is None:
        return None
    truth = truth_of(edit)
    return MixedPair(edit.target, edit.source, truth and truth.reversed(), "reversed", view.scene)


def _unrelated(rng: random.Random, view: View, views: Views) -> MixedPair | None:
    """Two scenes, the second of them used up."""
    other = next((other for other in views if other.scene != view.scene), None)
    return other and MixedPair(view.pixels, other.pixels, None, "unrelated", view.scene)


def _twofold(rng: random.Random, view: View, _: Views) -> MixedPair | None:
    """A local edit and one of the whole image: neither instruction alone leads there."""
    first = _planted(rng, view, rng.choice(_LOCAL))
    if first is None:
        return None
    second = plant(rng, first.target, rng.choice(_FORWARD))
    if second is None:
        return None
    one, other = truth_of(first), truth_of(second)
    both = PlantedPair(
        source="",
        target="",
        kind="twofold",
        edit_type=one.edit_type,
        instruction_en=f"{one.instruction_en} {other.instruction_en}",
        instruction_zh=one.instruction_zh + other.instruction_zh,
        inverse_en=f"{other.inverse_en} {one.inverse_en}",
        inverse_zh=other.inverse_zh + one.inverse_zh,
    )
    return MixedPair(first.source, second.target, both, "twofold", view.scene)


def _planted(rng: random.Random, view: View, kind: str) -> PlantedEdit | None:
    return plant(rng, view.pixels, kind, bystanders=rng.choice(BYSTANDERS))


def _pair_of(edit: PlantedEdit | None, origin: str, scene: str) -> MixedPair | None:
    return edit and MixedPair(edit.source, edit.target, truth_of(edit), origin, scene)


def truth_of(edit: PlantedEdit) -> PlantedPair:
    """What was planted, without files."""
    return PlantedPair(
        source="",
        target="",
        kind=edit.kind,
        edit_type=edit.edit_type,
        instruction_en=edit.instruction.en,
        instruction_zh=edit.instruction.zh,
        inverse_en=edit.inverse.en,
        inverse_zh=edit.inverse.zh,
    )
