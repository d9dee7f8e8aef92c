"""The exact join: every pair of images above a similarity, by half a matrix product in blocks.

The product is taken in the fastest arithmetic there is. Of each group of rows and each column only
the peak is looked at, which costs a twentieth of the product; where a peak might be a link, the
group's products are, and what still might be is computed again in fp32, which alone decides.
"""

from typing import TYPE_CHECKING

import numpy as np

from clustering.encoders import Vectors
from clustering.neighbors.arithmetic import Arithmetic, Operand, fastest_arithmetic, full_sums
from clustering.neighbors.links import Floats, Links, NearestLinks, Places

if TYPE_CHECKING:
    import torch

ROWS, COLUMNS, GROUP = 1024, 8192, 32
"""A tile of the product, 16 MB of bfloat16, and the rows that share a peak."""
_CROWDED = 1 / 16
"""Share of peaks from which on a tile is cheaper multiplied again than picked from."""
_PICKED = 16_384
"""Pairs computed again at once."""


def exact_links(
    vectors: Vectors,
    floor: float,
    per_image: int | None = None,
    threads: int = 1,
    arithmetic: Arithmetic | None = None,
) -> Links:
    """All pairs of unit vectors whose cosine is at least ``floor``.

    vectors: images × dimensions, float32 or float16, in memory or mapped. per_image: keep those
    links only that are among so many nearest of either end. The answer is that of fp32, but for
    pairs within its rounding (1e-6) of the floor, in whatever arithmetic the product runs.
    """
    kept = NearestLinks(len(vectors), floor, per_image)
    if len(vectors) < 2:
        return kept.links()
    with full_sums(threads):
        join = _Join(Operand(vectors, arithmetic or fastest_arithmetic(), GROUP), kept)
        for top in range(0, len(vectors), ROWS):
            for left in range(top, len(vectors), COLUMNS):
                join.add_tile(top, left)
    return kept.links()


_Found = tuple[Places, Places, Floats]


class _Join:
    """The product so far: one tile after the other feeds the links."""

    def __init__(self, operand: Operand, kept: NearestLinks) -> None:
        self._operand = operand
        self._kept = kept
        self._levels = operand.levels(kept.reach)
        self._buffer = operand.block(0, GROUP).new_empty(ROWS * COLUMNS)

    def add_tile(self, top: int, left: int) -> None:
        """Find the links between two runs of rows."""
        import torch

        images = len(self._kept.reach)
        bottom, right = min(top + ROWS, len(self._levels)), min(left + COLUMNS, images)
        rows, columns = self._operand.block(top, bottom), self._operand.block(left, right)
        product = self._buffer[: len(rows) * len(columns)].view(len(rows), len(columns))
        torch.mm(rows, columns.T, out=product)
        found = possible(product, self._levels[top:bottom], self._levels[left:right])
        if found is None:
            links = self._multiplied_again((top, min(bottom, images)), (left, right))
        else:
            links = self._picked(found[0] + top, found[1] + left)
        if self._kept.add(*links):
            self._levels = self._operand.levels(self._kept.reach)

    def _picked(self, first: "torch.Tensor", second: "torch.Tensor") -> _Found:
        """Of possible links those that are, one by one."""
        import torch

        half = (first < second) & (second < len(self._kept.reach))
        first, second = first[half], second[half]
        if not len(first):
            return self._within_reach(first, second, torch.empty(0))
        parts = zip(torch.split(first, _PICKED), torch.split(second, _PICKED), strict=True)
        cosines = [
            (self._operand.taken(one) * self._operand.taken(two)).sum(1) for one, two in parts
        ]
        return self._within_reach(first, second, torch.cat(cosines))

    def _multiplied_again(self, rows: tuple[int, int], columns: tuple[int, int]) -> _Found:
        """All links of a tile with many."""
        import torch

        product = self._operand.exact(*rows) @ self._operand.exact(*columns).T
        reach = torch.from_numpy(self._kept.reach).to(product.device)
        within = torch.minimum(reach[slice(*rows), None], reach[None, slice(*columns)])
        first, second = (product >= within).nonzero(as_tuple=True)
        half = first + rows[0] < second + columns[0]
        first, second = first[half], second[half]
        return self._within_reach(first + rows[0], second + columns[0], product[first, second])

    def _within_reach(
        self, first: "torch.Tensor", second: "torch.Tensor", similarity: "torch.Tensor"
    ) -> _Found:
        here = first.cpu().numpy().astype(np.int32)
        there = second.cpu().numpy().astype(np.int32)
        exact = similarity.cpu().numpy().astype(np.float32)
        near = exact >= np.minimum(self._kept.reach[here], self._kept.reach[there])
        return here[near], there[near], exact[near]


def possible(
    product: "torch.Tensor", row_levels: "torch.Tensor", column_levels: "torch.Tensor"
) -> "tuple[torch.Tensor, torch.Tensor] | None":
    """Rows and columns of products at or over the lower of their two levels; None where many are.

    The rows must come in whole groups.
    """
    import torch

    groups = product.view(-1, GROUP, product.shape[1])
    levels = row_levels.view(-1, GROUP)
    peaks = groups.amax(1)
    hot = peaks >= torch.minimum(levels.amin(1)[:, None], column_levels[None, :])
    group, column = hot.nonzero(as_tuple=True)
    if len(group) > _CROWDED * hot.numel():
        return None
    over = groups[group, :, column] >= torch.minimum(levels[group], column_levels[column][:, None])
    hit, lane = over.nonzero(as_tuple=True)
    return group[hit] * GROUP + lane, column[hit]
