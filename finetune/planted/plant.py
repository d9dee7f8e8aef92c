"""Plant an edit in a photo: a source, a target and the true words that lead from one to the other.

Nothing is learnt here. The starter model trains on these edits and the demo plants some of them,
so that what the pipeline writes can be held against the truth.
"""

import random
from collections.abc import Callable

from PIL import Image

from finetune.planted.borders import add_frame, remove_frame
from finetune.planted.edit_words import GRID, NO_CHANGE, PLAIN_CAPTION
from finetune.planted.local_edits import (
    add_sticker,
    move_sticker,
    recolor_sticker,
    remove_sticker,
    replace_sticker,
)
from finetune.planted.planted_edit import (
    MIN_SIDE,
    Canvas,
    PlantedEdit,
    Stickers,
    mean_change,
    recompress,
)
from finetune.planted.stickers import random_stickers
from finetune.planted.whole_image import WHOLE_EDITS

__all__ = ["EDITS", "MAX_BYSTANDERS", "MIN_SIDE", "PlantedEdit", "plant"]

MAX_BYSTANDERS = GRID * GRID - 2
"""A local edit needs one cell for its sticker and one that is free."""


def plant(
    rng: random.Random, image: Image.Image, kind: str, bystanders: int = 0
) -> PlantedEdit | None:
    """Edit a square RGB photo, or return None where the edit would be hard to see on it.

    image: side of at least MIN_SIDE pixels; stickers and frames scale with it.
    kind: one of EDITS.
    bystanders: stickers on both images that take no part in a local edit, at most MAX_BYSTANDERS.
    """
    if image.width != image.height or image.width < MIN_SIDE:
        raise ValueError(f"need a square of at least {MIN_SIDE} pixels, got {image.size}")
    first, second, *others = random_stickers(rng, bystanders + 2)
    canvas = Canvas(rng, image, tuple(others), (first, second))
    if kind in WHOLE_EDITS:
        return _whole_edit(canvas, kind)
    return _PLANTERS[kind](canvas)


def _whole_edit(canvas: Canvas, kind: str) -> PlantedEdit | None:
    edit = WHOLE_EDITS[kind]
    source = canvas.scene()
    target = edit.operation(canvas.rng, source)
    if mean_change(source, target) < edit.min_change:
        return None
    if edit.edit_type == "rotate" and not _has_an_upside(source, edit.min_change):
        return None
    distorted: Stickers | None = None if canvas.bystanders else ()
    stickers: tuple[Stickers | None, Stickers | None] = canvas.bystanders, distorted
    if edit.backwards:
        source, target = target, source
        stickers = distorted, canvas.bystanders
    return PlantedEdit(
        kind=kind,
        edit_type=edit.edit_type,
        source=source,
        target=target,
        instruction=edit.instruction,
        inverse=edit.inverse,
        source_caption=PLAIN_CAPTION,
        target_caption=PLAIN_CAPTION,
        preserved=edit.preserved,
        source_stickers=stickers[0],
        target_stickers=stickers[1],
    )


def _has_an_upside(image: Image.Image, min_change: float) -> bool:
    """True where a half turn shows; otherwise both quarter turns look the same."""
    return mean_change(image, image.transpose(Image.Transpose.ROTATE_180)) >= min_change


def _no_edit(canvas: Canvas) -> PlantedEdit:
    """Leave the picture alone; two targets in three come from another file of the same picture."""
    source = canvas.scene()
    target = source
    way = canvas.rng.choice(("same", "recompressed", "resized"))
    if way == "resized":
        side = max(MIN_SIDE, round(source.width * canvas.rng.uniform(0.5, 0.9)))
        target = source.resize((side, side), Image.Resampling.LANCZOS)
    if way != "same":
        target = recompress(canvas.rng, target)
    return PlantedEdit(
        kind="none",
        edit_type="none",
        source=source,
        target=target,
        instruction=NO_CHANGE,
        inverse=NO_CHANGE,
        source_caption=PLAIN_CAPTION,
        target_caption=PLAIN_CAPTION,
        preserved="Everything.",
        source_stickers=canvas.bystanders,
        target_stickers=canvas.bystanders,
    )


_PLANTERS: dict[str, Callable[[Canvas], PlantedEdit | None]] = {
    "none": _no_edit,
    "add": add_sticker,
    "remove": remove_sticker,
    "recolor": recolor_sticker,
    "move": move_sticker,
    "replace": replace_sticker,
    "add_frame": add_frame,
    "remove_frame": remove_frame,
}

EDITS: tuple[str, ...] = (*_PLANTERS, *WHOLE_EDITS)
"""Every kind that `plant` knows."""
