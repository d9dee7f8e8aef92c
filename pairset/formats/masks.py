"""Masks as run lengths in COCO order: column by column, zeros first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image as PillowImage

SAME_FRAME = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
"""The alignment of two images that show the same frame."""


def encode_mask(mask: "NDArray[np.bool_]") -> list[int]:
    """Run lengths of a mask of height × width, of zeros, ones, zeros, … in turn."""
    import numpy as np

    values = mask.astype(bool).ravel(order="F")
    if not values.size:
        return []
    borders = np.flatnonzero(values[1:] != values[:-1]) + 1
    runs = np.diff(np.concatenate(([0], borders, [values.size])))
    return [0, *runs.tolist()] if values[0] else list(runs.tolist())


def decode_mask(counts: Sequence[int], size: Sequence[int]) -> "NDArray[np.bool_]":
    """The mask of (height, width) behind its run lengths.

    Raises ValueError where the run lengths do not add up to that size.
    """
    import numpy as np

    height, width = size
    values = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    if values.size != height * width:
        raise ValueError(f"run lengths cover {values.size} pixels, not {height} × {width}")
    return values.reshape((height, width), order="F")


def in_target_frame(
    mask: "NDArray[np.bool_]", alignment: Sequence[float] | None, size: tuple[int, int]
) -> "PillowImage":
    """A mask of the source as a grey picture (0 and 255) of the target's (width, height).

    It is drawn where the target shows the same place; ``alignment`` is that of a ``Pair``.
    """
    import numpy as np
    from PIL import Image

    to_target = np.vstack([np.reshape(alignment or SAME_FRAME, (2, 3)), [0.0, 0.0, 1.0]])
    to_source = np.linalg.inv(to_target)[:2]
    height, width = mask.shape
    to_source *= np.array([[width], [height]])  # from the unit square to pixels of the mask …
    to_source[:, :2] /= size  # … and from pixels of the target to its unit square
    area = Image.fromarray(mask.astype(np.uint8) * 255)
    coefficients = tuple(to_source.ravel().tolist())
    drawn = area.transform(size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)
    return drawn.point(lambda value: 255 * (value > 127))
