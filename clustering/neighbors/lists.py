"""The approximate search: the join within inverted lists (Jégou et al. 2011).

Spherical k-means parts the images; each image is at home in its nearest list and a guest in the
next few. Those at home in a list are multiplied with all that are in it, as in the exact join: a
pair is missed only if neither image is a guest in the other's home.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clustering.encoders import Vectors
from clustering.neighbors.arithmetic import Arithmetic, Operand, fastest_arithmetic, full_sums
from clustering.neighbors.centroids import nearest_centroids, spherical_centroids
from clustering.neighbors.join import COLUMNS, GROUP, ROWS, computed_again, hot_peaks, under_peaks
from clustering.neighbors.links import Indices, Links, NearestLinks

if TYPE_CHECKING:
    import torch

LISTS_PER_IMAGE = 4
_LISTS_PER_ROOT = 4
"""Lists for the root of the number of images: fewer, and what belongs together shares none."""
_TRAINED_PER_LIST = 32
_TRAINING_ROUNDS = 8

ListsOf = NDArray[np.int32]
"""Images × the numbers of their lists, home first."""


def approximate_links(
    vectors: Vectors,
    floor: float,
    per_image: int,
    threads: int = 1,
    arithmetic: Arithmetic | None = None,
) -> Links:
    """Links of cosine at least ``floor`` within lists, each image with its nearest.

    Every link is a true one with its fp32 cosine; some are missed. vectors: images × dimensions,
    unit rows of float32 or float16, in memory or mapped.
    """
    kept = NearestLinks(len(vectors), floor, per_image)
    if len(vectors) < 2:
        return kept.links()
    with full_sums(threads):
        lists = nearest_lists(vectors)
        operand = Operand(vectors, arithmetic or fastest_arithmetic(), GROUP)
        levels = operand.levels(kept.reach)
        buffer = operand.block(0, GROUP).new_empty((ROWS + GROUP) * COLUMNS)
        for block in _blocks(lists):
            first, second = _possible_links(operand, levels, block, buffer)
            first, second = _met_here(lists, first, second)
            if kept.add(*computed_again(operand, kept.reach, first, second)):
                levels = operand.levels(kept.reach)
    return kept.links()


def nearest_lists(vectors: Vectors) -> ListsOf:
    """The nearest lists of each image, nearest first."""
    count = min(len(vectors), round(_LISTS_PER_ROOT * math.sqrt(len(vectors))))
    step = max(1, len(vectors) // (count * _TRAINED_PER_LIST))
    sample = np.array(vectors[::step], dtype=np.float32)
    centroids = spherical_centroids(sample, count, _TRAINING_ROUNDS)
    return nearest_centroids(vectors, centroids, min(LISTS_PER_IMAGE, count))


def _blocks(lists: ListsOf) -> Iterator[tuple[Indices, Indices]]:
    """Of each list some that are at home in it, and some of all that are in it."""
    count = int(lists.max()) + 1
    at_home, inside = _by_list(lists[:, :1], count), _by_list(lists, count)
    for homes, members in zip(at_home, inside, strict=True):
        for top in range(0, len(homes), ROWS):
            for left in range(0, len(members), COLUMNS):
                yield homes[top : top + ROWS], members[left : left + COLUMNS]


def _by_list(lists: ListsOf, count: int) -> list[Indices]:
    """The images of each of so many lists, in their order."""
    order = np.argsort(lists.ravel(), kind="stable")
    sizes = np.bincount(lists.ravel(), minlength=count)
    width = lists.shape[1]
    return np.split(order // width, np.cumsum(sizes)[:-1])


def _possible_links(
    operand: Operand,
    levels: "torch.Tensor",
    block: tuple[Indices, Indices],
    buffer: "torch.Tensor",
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Pairs of one at home and one member that may be links; the buffer takes their product."""
    import torch

    homes, members = (torch.from_numpy(each).to(levels.device) for each in block)
    padded = torch.cat([homes, homes.new_zeros(-len(homes) % GROUP)])
    shape = len(padded), len(members)
    product = buffer[: shape[0] * shape[1]].view(shape)
    torch.mm(operand.gathered(padded), operand.gathered(members).T, out=product)
    product, of_block = product.view(levels.dtype), (levels[padded], levels[members])
    row, column = under_peaks(product, of_block, hot_peaks(product, of_block))
    real = row < len(homes)
    return homes[row[real]], members[column[real]]


def _met_here(
    lists: ListsOf, first: "torch.Tensor", second: "torch.Tensor"
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Each pair once, the lower number first.

    A pair met in both homes counts where the lower number is at home.
    """
    import torch

    here, there = first.cpu().numpy(), second.cpu().numpy()
    met_twice = (lists[here] == lists[there, :1]).any(axis=1)
    counts = torch.from_numpy((here < there) | ((here > there) & ~met_twice)).to(first.device)
    first, second = first[counts], second[counts]
    return torch.minimum(first, second), torch.maximum(first, second)
