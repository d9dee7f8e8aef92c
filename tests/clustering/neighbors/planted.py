"""Unit vectors in a cone, in scenes of few, with pairs right at the threshold among them."""

import numpy as np

from clustering.encoders import Vectors
from clustering.encoders.protocol import unit_rows

THRESHOLD = 0.8


def planted_vectors(images: int, dimensions: int = 512, seed: int = 0) -> Vectors:
    """Half the rows in scenes of four with cosines .75 to .97, half alone."""
    rng = np.random.default_rng(seed)
    scenes = images // 8
    directions = unit_rows(rng.standard_normal((1 + scenes, dimensions)))
    cosine = np.repeat(rng.uniform(0.75, 0.97, scenes), 4)[:, None]
    rest = unit_rows(rng.standard_normal((images, dimensions)))
    rows = np.sqrt(0.5) * directions[0] + np.sqrt(0.5) * rest
    of_scene = np.repeat(directions[1:], 4, axis=0)
    members = len(of_scene)
    rows[:members] = (
        np.sqrt(0.5) * directions[0]
        + np.sqrt(cosine - 0.5) * of_scene
        + np.sqrt(1 - cosine) * rest[:members]
    )
    return unit_rows(rows[rng.permutation(images)])


def near_threshold(pairs: int, offset: float, dimensions: int = 512, seed: int = 1) -> Vectors:
    """Rows two by two whose cosine lies ``offset`` over the threshold."""
    rng = np.random.default_rng(seed)
    one = unit_rows(rng.standard_normal((pairs, dimensions))).astype(np.float64)
    other = rng.standard_normal((pairs, dimensions))
    other -= (other * one).sum(1, keepdims=True) * one
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    cosine = THRESHOLD + offset
    two = cosine * one + np.sqrt(1 - cosine**2) * other
    return unit_rows(np.stack([one, two], axis=1).reshape(2 * pairs, dimensions))
