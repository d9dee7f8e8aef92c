"""The changed area as a picture to lay over the target."""

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pairset.masks import decode_mask
from pairset.records import Pair
from pairset.report.thumbnails import Thumbnail

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image as PillowImage

_COLOR = (255, 45, 126)
_INSIDE_ALPHA, _EDGE_ALPHA = 96, 255
_EDGE_WINDOW_PIXELS = 5
_SAME_FRAME = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def change_overlay(pair: Pair, target: Thumbnail) -> str | None:
    """What changed, tinted and outlined on transparent ground, as a ``data:`` URL.

    The mask lies in the source's frame: it is drawn where the target shows the same place. None
    where nothing was measured, nothing changed, or there is no target to lay it over.
    """
    if not pair.change_mask or not pair.change_mask_size or target.path is None:
        return None
    mask = decode_mask(pair.change_mask, pair.change_mask_size)
    area = _in_target_frame(mask, pair.alignment or _SAME_FRAME, (target.width, target.height))
    return _png_url(_outlined(area)) if area.getbbox() else None


def _in_target_frame(
    mask: "NDArray[np.bool_]", alignment: Sequence[float], size: tuple[int, int]
) -> "PillowImage":
    import numpy as np
    from PIL import Image

    to_target = np.vstack([np.reshape(alignment, (2, 3)), [0.0, 0.0, 1.0]])
    to_source = np.linalg.inv(to_target)[:2]
    height, width = mask.shape
    to_source *= np.array([[width], [height]])  # from the unit square to pixels of the mask …
    to_source[:, :2] /= size  # … and from pixels of the target to its unit square
    area = Image.fromarray(mask.astype(np.uint8) * 255)
    coefficients = tuple(to_source.ravel().tolist())
    drawn = area.transform(size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)
    return drawn.point(lambda value: 255 * (value > 127))


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
