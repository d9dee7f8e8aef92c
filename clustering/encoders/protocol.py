"""What an encoder is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

Vectors = NDArray[np.float32]
"""Images × dimensions; rows of unit length."""


class Encoder(Protocol):
    """Turns images into vectors whose cosine says how related they are."""

    def encode(self, images: Sequence["Image"]) -> Vectors:
        """Unit vectors of upright RGB images, in one forward pass."""
        ...


def unit_rows(vectors: NDArray[np.floating]) -> Vectors:
    """The same rows at unit length; a row of zeros stays one."""
    rows = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)
