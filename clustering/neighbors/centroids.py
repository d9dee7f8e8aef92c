"""Spherical k-means (Dhillon & Modha 2001) by matrix products, for lists of many thousand images.

faiss does the same, at a seventh of torch's pace on a CPU. Lists need no better centroids than a
few rounds on a sample give.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from clustering.encoders import Vectors

if TYPE_CHECKING:
    import torch

_ROWS = 16_384
"""Looked up at once."""


def spherical_centroids(sample: Vectors, count: int, rounds: int, seed: int = 0) -> "torch.Tensor":
    """Unit centroids (count × dimensions) of unit rows; the same sample and seed give the same.

    A centroid that no row is nearest to moves to one of the rows that are farthest from their own.
    """
    import torch

    rows = torch.from_numpy(sample)
    drawn = np.random.default_rng(seed).permutation(len(rows))[:count]
    centroids = rows[torch.from_numpy(np.sort(drawn))].clone()
    for _ in range(rounds):
        own, cosine = _nearest_one(rows, centroids)
        sums = torch.zeros_like(centroids).index_add_(0, own, rows)
        empty = (torch.bincount(own, minlength=count) == 0).nonzero()[:, 0]
        sums[empty] = rows[cosine.argsort(stable=True)[: len(empty)]]
        centroids = torch.nn.functional.normalize(sums, dim=1)
    return centroids


def nearest_centroids(vectors: Vectors, centroids: "torch.Tensor", count: int) -> np.ndarray:
    """Numbers of the ``count`` nearest centroids of each row, nearest first: int32.

    vectors: rows × dimensions, of float16 or float32, in memory or mapped.
    """
    import torch

    found = np.empty((len(vectors), count), dtype=np.int32)
    for start in range(0, len(vectors), _ROWS):
        part = torch.from_numpy(np.array(vectors[start : start + _ROWS], dtype=np.float32))
        found[start : start + _ROWS] = (part @ centroids.T).topk(count, dim=1).indices.numpy()
    return found


def _nearest_one(
    rows: "torch.Tensor", centroids: "torch.Tensor"
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Of each row the nearest centroid, and the cosine to it."""
    import torch

    cosines, places = zip(*_best(rows, centroids), strict=True)
    return torch.cat(places), torch.cat(cosines)


def _best(
    rows: "torch.Tensor", centroids: "torch.Tensor"
) -> "Iterator[tuple[torch.Tensor, torch.Tensor]]":
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        best = (part @ centroids.T).max(dim=1)
        yield best.values, best.indices
