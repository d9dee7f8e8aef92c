"""What the model and the miner said of a pair, laid on the page for a person to correct."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pairset.formats.masks import SAME_FRAME, decode_mask, in_target_frame
from pairset.records import Annotation, Pair
from review.form import names
from review.form.brush import brush_rle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

Region = dict[str, object]

_THINNEST_LINE = 2
_LINE_SHARE = 0.006
"""Width of the line round what changed, in pixels and as a share of the longer side."""
_WHOLE_IMAGE_SHARE = 0.5
"""A mask of more than this share points at nothing, and would veil what the reviewer looks at."""


@dataclass(frozen=True, slots=True)
class ShownTarget:
    """Sizes that a place in a pair is worked out from, each (width, height) in pixels."""

    source_size: tuple[int, int]
    """The source image, whose pixels ``Pair.change_box`` counts."""
    shown_size: tuple[int, int]
    """The target image as the page shows it, whose pixels the mask must have."""


def prediction_results(
    pair: Pair, annotation: Annotation, target: ShownTarget, with_mask: bool = True
) -> list[Region]:
    """The ``result`` of a prediction: texts, edit type, change box and mask.

    What was not measured or not written is left out. A mask takes several kilobytes of each task.
    """
    regions = [_text(control, getattr(annotation, control)) for control in names.TEXT_CONTROLS]
    if annotation.edit_type:
        regions.append(_choice(names.EDIT_TYPE, [annotation.edit_type]))
    regions.append(_box(pair, target))
    if with_mask:
        regions.append(_mask(pair, target))
    return [region for region in regions if region]


def _text(control: str, text: str | None) -> Region | None:
    return _region(control, "textarea", {"text": [text]}) if text else None


def _choice(control: str, choices: Sequence[str]) -> Region:
    return _region(control, "choices", {"choices": list(choices)})


def _box(pair: Pair, target: ShownTarget) -> Region | None:
    if not pair.change_box:
        return None
    left, top, right, bottom = _box_in_target(pair, target.source_size)
    if right <= left or bottom <= top:
        return None
    value = {
        "x": 100 * left,
        "y": 100 * top,
        "width": 100 * (right - left),
        "height": 100 * (bottom - top),
        "rotation": 0,
        "rectanglelabels": [names.BOX_LABEL],
    }
    return _region(names.CHANGE_BOX, "rectanglelabels", value) | _drawn_on(target)


def _box_in_target(pair: Pair, source_size: tuple[int, int]) -> tuple[float, ...]:
    """The change box on the target, its sides from 0 to 1."""
    import numpy as np

    left, top, right, bottom = pair.change_box or (0, 0, 0, 0)
    corners = np.array([(left, top), (right, top), (left, bottom), (right, bottom)]) / source_size
    alignment = np.reshape(pair.alignment or SAME_FRAME, (2, 3))
    placed = np.clip(corners @ alignment[:, :2].T + alignment[:, 2], 0, 1)
    return tuple(float(side) for side in (*placed.min(axis=0), *placed.max(axis=0)))


def _mask(pair: Pair, target: ShownTarget) -> Region | None:
    if not pair.change_mask or not pair.change_mask_size:
        return None
    mask = decode_mask(pair.change_mask, pair.change_mask_size)
    picture = in_target_frame(mask, pair.alignment, target.shown_size)
    if not 0 < _to_array(picture).mean() <= _WHOLE_IMAGE_SHARE:
        return None
    value: Region = {
        "format": "rle",
        "rle": brush_rle(_outline(picture)),
        "brushlabels": [names.MASK_LABEL],
    }
    return _region(names.CHANGE_MASK, "brushlabels", value) | _drawn_on(target)


def _outline(picture: "Image") -> "NDArray[np.bool_]":
    """A line round what changed, and nothing on it: that is what has to be judged."""
    from PIL import ImageFilter

    reach = max(_THINNEST_LINE, round(max(picture.size) * _LINE_SHARE))
    grown = picture.convert("L").filter(ImageFilter.MaxFilter(2 * reach + 1))
    changed = _to_array(picture)
    line = _to_array(grown) & ~changed
    return line if line.any() else changed


def _to_array(picture: object) -> "NDArray[np.bool_]":
    import numpy as np

    return np.asarray(picture) > 0


def _drawn_on(target: ShownTarget) -> Region:
    width, height = target.shown_size
    return {"original_width": width, "original_height": height, "image_rotation": 0}


def _region(control: str, kind: str, value: Region) -> Region:
    return {
        "id": control,
        "from_name": control,
        "to_name": names.TARGET_IMAGE,
        "type": kind,
        "value": value,
    }
