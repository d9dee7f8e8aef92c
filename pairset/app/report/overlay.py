"""The changed area as a picture to lay over the target."""

import base64
import io
from typing import TYPE_CHECKING

from pairset.formats.masks import decode_mask, in_target_frame
from pairset.pages.thumbnails import Thumbnail
from pairset.records import Pair

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

_COLOR = (255, 45, 126)
_INSIDE_ALPHA, _EDGE_ALPHA = 96, 255
_EDGE_WINDOW_PIXELS = 5


def change_overlay(pair: Pair, target: Thumbnail) -> str | None:
    """What changed, tinted and outlined on transparent ground, as a ``data:`` URL.

    The mask lies in the source's frame: it is drawn where the target shows the same place. None
    where nothing was measured, nothing changed, or there is no target to lay it over.
    """
    if not pair.change_mask or not pair.change_mask_size or target.path is None:
        return None
    mask = decode_mask(pair.change_mask, pair.change_mask_size)
    area = in_target_frame(mask, pair.alignment, (target.width, target.height))
    return _png_url(_outlined(area)) if area.getbbox() else None


def _outlined(area: "PillowImage") -> "PillowImage":
    """Alpha of the overlay: a veil inside, opaque along the edge."""
    import numpy as np
    from PIL import Image, ImageFilter

    core = np.asarray(area.filter(ImageFilter.MinFilter(_EDGE_WINDOW_PIXELS))) > 0
    inside = np.asarray(area) > 0
    alpha = np.where(core, _INSIDE_ALPHA, np.where(inside, _EDGE_ALPHA, 0))
    return Image.fromarray(alpha.astype(np.uint8))


def _png_url(alpha: "PillowImage") -> str:
    from PIL import Image

    tint = Image.new("RGB", alpha.size, _COLOR)
    tint.putalpha(alpha)
    encoded = io.BytesIO()
    tint.quantize(4).save(encoded, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(encoded.getvalue()).decode()
