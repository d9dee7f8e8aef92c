"""What the throw-away heads are asked about a planted edit, as class indices."""

import numpy as np
from numpy.typing import NDArray

from finetune.planted.edit_words import FRAME_COLOURS, GRID, PLACES, SHAPES
from finetune.planted.plant import EDITS
from finetune.planted.planted_edit import PlantedEdit, Stickers
from finetune.planted.stickers import Sticker

Labels = NDArray[np.int64]

IGNORED = -100
"""Truth unknown: what torch's cross-entropy skips."""

CELLS = len(PLACES)
COLOUR_NAMES = ("", *(colour.name.en for colour in FRAME_COLOURS))
SHAPE_NAMES = ("", *(shape.en for shape in SHAPES))
"""Index 0 stands for no sticker."""

SLOT_SIZES = (
    len(EDITS),
    *(len(COLOUR_NAMES), len(SHAPE_NAMES), CELLS + 1),
    *(len(COLOUR_NAMES), len(SHAPE_NAMES), CELLS + 1),
)
"""Kind; then colour, shape and place of what leaves the source, and of what enters the target."""

_BOARD = np.arange(CELLS).reshape(GRID, GRID)
_TURNED: dict[str, Labels] = {
    "rotate_cw": np.rot90(_BOARD, -1).flatten(),
    "rotate_ccw": np.rot90(_BOARD, 1).flatten(),
    "rotate_180": np.rot90(_BOARD, 2).flatten(),
}


def origin_labels(edit: PlantedEdit) -> Labels:
    """Return (CELLS,): the source cell that each target cell shows, asked of turned pictures only.

    Among all the others, where every cell shows itself, the few that turned would not be heard.
    """
    return _TURNED.get(edit.kind, np.full(CELLS, IGNORED))


def sticker_labels(stickers: Stickers | None) -> Labels:
    """Return (CELLS, 2): colour and shape in each cell."""
    if stickers is None:
        return np.full((CELLS, 2), IGNORED)
    labels = np.zeros((CELLS, 2), dtype=np.int64)
    for sticker in stickers:
        labels[sticker.cell] = _look(sticker)
    return labels


def slot_labels(edit: PlantedEdit) -> list[int]:
    """Return one label per SLOT_SIZES: the kind and, for local edits, what went and what came."""
    kind = EDITS.index(edit.kind)
    if edit.edit_type == "frame":
        words = (edit.source_caption + edit.target_caption).replace(".", " ").split()
        colour = next(COLOUR_NAMES.index(word) for word in words if word in COLOUR_NAMES)
        framed, plain = [colour, 0, 0], [0, 0, 0]
        return [kind, *(plain + framed if edit.kind == "add_frame" else framed + plain)]
    if edit.source_stickers is None or edit.target_stickers is None:
        return [kind] + [0] * 6
    before, after = set(edit.source_stickers), set(edit.target_stickers)
    return [kind, *_look_and_place(before - after), *_look_and_place(after - before)]


def _look(sticker: Sticker) -> tuple[int, int]:
    colour = COLOUR_NAMES.index(sticker.colour.name.en)
    return colour, SHAPE_NAMES.index(sticker.shape.en)


def _look_and_place(stickers: set[Sticker]) -> list[int]:
    for sticker in stickers:
        return [*_look(sticker), sticker.cell + 1]
    return [0, 0, 0]
