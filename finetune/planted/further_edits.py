"""Edits that the starter was never taught: gentler ones than it knows, and two of new kinds.

Planted beside the taught ones in the corpora of `make loop`: what review and LoRA are to teach it.
"""

import random
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from finetune.planted.edit_words import Bilingual
from finetune.planted.planted_edit import PlantedEdit, mean_change
from finetune.planted.whole_image import LUMA, WHOLE_EDITS

Floats = NDArray[np.float32]
Operation = Callable[[random.Random, Floats, Floats], Floats]
"""Takes RGB of shape (height, width, 3) and its luma (height, width, 1), 0 to 255; gives RGB."""

_SMALLEST_CHANGE = 3.0
_SEPIA = np.array(
    [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]], dtype=np.float32
)
"""The matrix that the CSS filter `sepia(1)` is defined by (W3C, Filter Effects Module 1)."""


def _scaled(low: float, high: float) -> Operation:
    return lambda rng, rgb, _: rgb * np.float32(rng.uniform(low, high))


def _spread(low: float, high: float) -> Operation:
    def operation(rng: random.Random, rgb: Floats, luma: Floats) -> Floats:
        mean = np.float32(luma.mean())
        return np.asarray((rgb - mean) * np.float32(rng.uniform(low, high)) + mean)

    return operation


def _vivid(low: float, high: float) -> Operation:
    return lambda rng, rgb, luma: (rgb - luma) * np.float32(rng.uniform(low, high)) + luma


def _tinted(low: float, high: float) -> Operation:
    def operation(rng: random.Random, rgb: Floats, _: Floats) -> Floats:
        strength = rng.uniform(low, high)
        return rgb * np.array([1 + strength, 1, 1 - strength], dtype=np.float32)

    return operation


def _sepia(_rng: random.Random, rgb: Floats, _luma: Floats) -> Floats:
    return np.asarray(rgb @ _SEPIA.T, dtype=np.float32)


def _vignette(rng: random.Random, rgb: Floats, _luma: Floats) -> Floats:
    side = np.linspace(-1, 1, len(rgb), dtype=np.float32)
    distance = np.sqrt(side[:, None] ** 2 + side[None, :] ** 2)
    strength = np.float32(rng.uniform(0.75, 0.95))
    fall = 1 - strength * np.clip((distance - 0.45) / 0.85, 0, 1)
    return np.asarray(rgb * fall[..., None], dtype=np.float32)


_GENTLE: dict[str, Operation] = {
    "brighten": _scaled(1.14, 1.22),
    "darken": _scaled(0.78, 0.86),
    "raise_contrast": _spread(1.2, 1.32),
    "lower_contrast": _spread(0.7, 0.8),
    "saturate": _vivid(1.3, 1.5),
    "desaturate": _vivid(0.6, 0.75),
    "warm": _tinted(0.06, 0.1),
    "cool": _tinted(-0.1, -0.06),
}
"""About a third as strong as the edits of the same names that the starter was taught."""

GENTLE_EDITS = tuple(f"gently_{kind}" for kind in _GENTLE)
NEW_EDITS = ("sepia", "vignette")
FURTHER_EDITS = (*GENTLE_EDITS, *NEW_EDITS)

_NEW: dict[str, tuple[str, Bilingual, Bilingual, Operation]] = {
    "sepia": (
        "monochrome",
        Bilingual("Give the image a sepia tone.", "把画面变成棕褐色调。"),
        Bilingual("Remove the sepia tone.", "去掉棕褐色调。"),
        _sepia,
    ),
    "vignette": (
        "lighting",
        Bilingual("Darken the corners.", "把四角调暗。"),
        Bilingual("Brighten the corners.", "把四角调亮。"),
        _vignette,
    ),
}


def plant_further(rng: random.Random, image: Image.Image, kind: str) -> PlantedEdit | None:
    """Plant one of FURTHER_EDITS in a square RGB photo, or return None where it would not show."""
    edit_type, instruction, inverse, operation = _edit(kind)
    rgb = np.asarray(image, dtype=np.float32)
    edited = operation(rng, rgb, (rgb @ LUMA)[..., None])
    target = Image.fromarray(np.clip(edited, 0, 255).astype(np.uint8))
    if mean_change(image, target) < _SMALLEST_CHANGE:
        return None
    return PlantedEdit(
        kind=kind,
        edit_type=edit_type,
        source=image,
        target=target,
        instruction=instruction,
        inverse=inverse,
        source_caption="A photo.",
        target_caption="A photo.",
        preserved="The scene and all objects.",
        source_stickers=None,
        target_stickers=None,
    )


def _edit(kind: str) -> tuple[str, Bilingual, Bilingual, Operation]:
    """Edit type, words there and back, and what is done; a gentle edit has its strong one's."""
    if kind in _NEW:
        return _NEW[kind]
    strong = kind.removeprefix("gently_")
    taught = WHOLE_EDITS[strong]
    return taught.edit_type, taught.instruction, taught.inverse, _GENTLE[strong]
