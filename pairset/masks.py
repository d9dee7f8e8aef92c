"""Masks as run lengths in COCO order: column by column, zeros first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
