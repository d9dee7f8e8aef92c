"""Spherical k-means (Dhillon & Modha 2001) by matrix products, for lists of many thousand images.

faiss does the same, at a seventh of torch's pace on a CPU. Lists need no better centroids than a
few rounds on a sample give, but they must not differ much in size: what is joined within them grows
with the square.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clustering.encoders import Vectors

if TYPE_CHECKING:
    import torch

_ROWS = 16_384
"""Looked up at once."""
_SETTLING = 3
"""Last rounds, in which only centroids without any row move away."""
_CROWDED = 3
"""Times the mean from which on a list has too many rows; below its inverse it has too few."""


def spherical_centroids(sample: Vectors, count: int, rounds: int, seed: int = 0) -> "torch.Tensor":
    """Unit centroids (count × dimensions) of unit rows; the same sample and seed give the same.

    Until the last rounds, those with hardly a row move in among those with the most, as faiss moves
    the empty ones.
    """
    import torch

    rows, generator = torch.from_numpy(sample), np.random.default_rng(seed)
    drawn = np.sort(generator.permutation(len(rows))[:count])
    centroids = rows[torch.from_numpy(drawn)].clone()
    for left in range(rounds, 0, -1):
        own = _nearest_one(rows, centroids)
        sums = torch.zeros_like(centroids).index_add_(0, torch.from_numpy(own), rows)
        idle = torch.from_numpy(np.bincount(own, minlength=count) == 0)
        sums[idle] = centroids[idle]
        moved, to = _moves(own, count, generator, is_settling=left <= _SETTLING)
        sums[torch.from_numpy(moved)] = rows[torch.from_numpy(to)]
        centroids = torch.nn.functional.normalize(sums, dim=1)
    return centroids


def _moves(
    own: NDArray[np.int64], count: int, generator: np.random.Generator, is_settling: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Centroids that move, and the rows that they move to."""
    sizes = np.bincount(own, minlength=count)
    crowd = np.flatnonzero(sizes[own] > _CROWDED * sizes.mean())
    few = sizes == 0 if is_settling else sizes < sizes.mean() / _CROWDED
    moved = np.flatnonzero(few)[: len(crowd)]
    return moved, generator.choice(crowd, len(moved), replace=False)


def nearest_centroids(vectors: Vectors, centroids: "torch.Tensor", count: int) -> NDArray[np.int32]:
    """Numbers of the ``count`` nearest centroids of each row, nearest first.

    vectors: rows × dimensions, of float16 or float32, in memory or mapped.
    """
    import torch

    found = np.empty((len(vectors), count), dtype=np.int32)
    for start in range(0, len(vectors), _ROWS):
        part = torch.from_numpy(np.array(vectors[start : start + _ROWS], dtype=np.float32))
        found[start : start + _ROWS] = (part @ centroids.T).topk(count, dim=1).indices.numpy()
    return found


def _nearest_one(rows: "torch.Tensor", centroids: "torch.Tensor") -> NDArray[np.int64]:
    parts = (rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS))
    return np.concatenate([(part @ centroids.T).argmax(dim=1).numpy() for part in parts])
