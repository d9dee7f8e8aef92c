"""What an encoder is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

    from pairset.decoding import DecodedImage

Vectors = NDArray[np.float32]
"""Images × dimensions; rows of unit length."""
Prepared = tuple["torch.Tensor", ...]
"""What a model is fed for one image: one tensor of 3 × height × width per view of it."""


class Encoder(Protocol):
    """Turns images into vectors whose cosine says how related they are."""

    @property
    def side(self) -> int:
        """Pixels that the model looks at along the shorter side of an image."""
        ...

    def prepare(self, image: "DecodedImage") -> Prepared:
        """Resize and normalise one image. Safe to call from another thread."""
        ...

    def encode(self, batch: Sequence[Prepared]) -> Vectors:
        """Unit vectors of prepared images, in one forward pass."""
        ...


class TextEncoder(Encoder, Protocol):
    """Turns texts into vectors of the same space, too."""

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts, in one forward pass; longer ones than it can read are cut."""
        ...


def unit_rows(vectors: NDArray[np.floating]) -> Vectors:
    """The same rows at unit length; a row of zeros stays one."""
    rows = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)
