"""Edits that the starter was never taught: what review and LoRA are to teach it.

Planted beside the taught ones in the corpora of `make loop`, and in the one that the shipped
adapter was trained on.
"""

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from finetune.edit_words import PLACES, Bilingual, add_sentence
from finetune.planted_edit import Canvas, PlantedEdit, mean_change
from finetune.stickers import paste_stickers, random_stickers

_SEPIA = np.array(
    [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]], dtype=np.float32
)
"""The matrix that the CSS filter `sepia(1)` is defined by (W3C, Filter Effects Module 1)."""
_SMALLEST_CHANGE = 5.0
_ROOM_TO_GROW = 1.45
Planter = Callable[[Canvas], PlantedEdit | None]


def plant_further(rng: random.Random, image: Image.Image, kind: str) -> PlantedEdit | None:
    """Plant one of FURTHER_EDITS, or return None where it would be hard to see."""
    first, second = random_stickers(rng, 2)
    return FURTHER_EDITS[kind](Canvas(rng, image, (), (first, second)))


def sepia(canvas: Canvas) -> PlantedEdit | None:
    """Old-photo brown."""
    rgb = np.asarray(canvas.photo, dtype=np.float32)
    return _whole(
        canvas,
        ("sepia", "monochrome"),
        _clipped(rgb @ _SEPIA.T),
        Bilingual("Give the image a sepia tone.", "把画面变成棕褐色调。"),
        Bilingual("Remove the sepia tone.", "去掉棕褐色调。"),
    )


def vignette(canvas: Canvas) -> PlantedEdit | None:
    """Corners fall off into the dark."""
    rgb = np.asarray(canvas.photo, dtype=np.float32)
    side = np.linspace(-1, 1, len(rgb), dtype=np.float32)
    distance = np.sqrt(side[:, None] ** 2 + side[None, :] ** 2)
    strength = canvas.rng.uniform(0.75, 0.95)
    fall = 1 - strength * np.clip((distance - 0.45) / 0.85, 0, 1)
    return _whole(
        canvas,
        ("vignette", "lighting"),
        _clipped(rgb * fall[..., None]),
        Bilingual("Darken the corners.", "把四角调暗。"),
        Bilingual("Brighten the corners.", "把四角调亮。"),
    )


def grain(canvas: Canvas) -> PlantedEdit | None:
    """Film grain."""
    rgb = np.asarray(canvas.photo, dtype=np.float32)
    cells = np.random.default_rng(canvas.rng.getrandbits(32)).normal(0, 1, (96, 96))
    noise = Image.fromarray(cells.astype(np.float32)).resize(canvas.photo.size)
    strength = np.float32(canvas.rng.uniform(30, 42))
    return _whole(
        canvas,
        ("grain", "style"),
        _clipped(rgb + strength * np.asarray(noise, dtype=np.float32)[..., None]),
        Bilingual("Add film grain.", "添加胶片颗粒。"),
        Bilingual("Remove the film grain.", "去掉胶片颗粒。"),
    )


def tilt(canvas: Canvas) -> PlantedEdit | None:
    """A slight turn to either side, with black corners."""
    is_left = canvas.rng.random() < 0.5
    degrees = canvas.rng.uniform(12, 18) * (1 if is_left else -1)
    turned = canvas.photo.rotate(degrees, Image.Resampling.BICUBIC)
    left = Bilingual("Tilt the image to the left.", "把画面向左倾斜。")
    right = Bilingual("Tilt the image to the right.", "把画面向右倾斜。")
    words = (left, right) if is_left else (right, left)
    return _whole(canvas, ("tilt", "rotate"), turned, *words)


def resize_sticker(canvas: Canvas) -> PlantedEdit:
    """A sticker grows or shrinks."""
    small = replace(canvas.actors[0], offset=(0.0, 0.0), radius=0.075)
    large = replace(small, radius=small.radius * _ROOM_TO_GROW)
    name = small.name
    grow = Bilingual(f"Make the {name.en} larger.", f"把{name.zh}变大。")
    shrink = Bilingual(f"Make the {name.en} smaller.", f"把{name.zh}变小。")
    grows = canvas.rng.random() < 0.5
    before, after = (small, large) if grows else (large, small)
    words = (grow, shrink) if grows else (shrink, grow)
    caption = f"A photo with a {name.en}."
    return PlantedEdit(
        kind="resize_sticker",
        edit_type="resize",
        source=paste_stickers(canvas.photo, (before,)),
        target=paste_stickers(canvas.photo, (after,)),
        instruction=words[0],
        inverse=words[1],
        source_caption=caption,
        target_caption=caption,
        preserved="Everything else.",
        source_stickers=(before,),
        target_stickers=(after,),
    )


def add_two(canvas: Canvas) -> PlantedEdit:
    """Two stickers at once, named from the top left on."""
    first, second = sorted(canvas.actors, key=lambda sticker: sticker.cell)
    one, two = (add_sentence(item.name, PLACES[item.cell]) for item in (first, second))
    both = Bilingual(
        f"{one.en.removesuffix('.')} and {two.en.removeprefix('Add ')}",
        f"{one.zh.removesuffix('。')}，{two.zh}",
    )
    gone = Bilingual(
        f"Remove the {first.name.en} and the {second.name.en}.",
        f"移除{first.name.zh}和{second.name.zh}。",
    )
    return PlantedEdit(
        kind="add_two",
        edit_type="composite",
        source=canvas.photo,
        target=paste_stickers(canvas.photo, (first, second)),
        instruction=both,
        inverse=gone,
        source_caption="A photo.",
        target_caption=f"A photo with a {first.name.en} and a {second.name.en}.",
        preserved="Everything else.",
        source_stickers=(),
        target_stickers=(first, second),
    )


FURTHER_EDITS: dict[str, Planter] = {
    "sepia": sepia,
    "vignette": vignette,
    "grain": grain,
    "tilt": tilt,
    "resize_sticker": resize_sticker,
    "add_two": add_two,
}

FURTHER_WHOLE_EDITS = tuple(kind for kind in FURTHER_EDITS if kind != "resize_sticker")
"""Those whose source is the bare picture."""


def _whole(
    canvas: Canvas, names: tuple[str, str], target: Image.Image, words: Bilingual, back: Bilingual
) -> PlantedEdit | None:
    """An edit of the whole image; names are its kind and its edit type."""
    if mean_change(canvas.photo, target) < _SMALLEST_CHANGE:
        return None
    return PlantedEdit(
        kind=names[0],
        edit_type=names[1],
        source=canvas.photo,
        target=target,
        instruction=words,
        inverse=back,
        source_caption="A photo.",
        target_caption="A photo.",
        preserved="The scene and all objects.",
        source_stickers=None,
        target_stickers=None,
    )


def _clipped(values: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
