"""The exact join: every pair of images above a similarity, by half a matrix product in blocks.

The product is taken in the fastest arithmetic there is. Of each group of rows and each column only
the peak is looked at, which costs a small part of the product; where a peak might be a link, the
group's products are, and what still might be is computed again in fp32, which alone decides.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from clustering.encoders import Vectors
from clustering.neighbors.arithmetic import Arithmetic, Operand, fastest_arithmetic, full_sums
from clustering.neighbors.links import Floats, Links, NearestLinks, Places

if TYPE_CHECKING:
    import torch

ROWS, COLUMNS, GROUP = 4096, 1024, 32
"""A tile of the product, 8 MB of bfloat16, and the rows that share a peak."""
_CROWDED = 1 / 16
"""Share of peaks from which on a tile is cheaper multiplied again than picked from."""
_SUMMED = 128
"""Products added up before the next run of dimensions."""
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
        for rows, columns in half_tiles(len(vectors)):
            join.add_tile(rows, columns)
    return kept.links()


Run = tuple[int, int]
"""Rows from the first number up to, not with, the second."""


def half_tiles(images: int) -> Iterator[tuple[Run, Run]]:
    """Rows and columns of the tiles that hold each pair of images, some of the diagonal twice."""
    for top in range(0, images, ROWS):
        for left in range(top, images, COLUMNS):
            right = min(left + COLUMNS, images)
            yield (top, min(top + ROWS, right)), (left, right)


Found = tuple[Places, Places, Floats]
Levels = tuple["torch.Tensor", "torch.Tensor"]


class _Join:
    """The product so far: one tile after the other feeds the links."""

    def __init__(self, operand: Operand, kept: NearestLinks) -> None:
        self._operand = operand
        self._kept = kept
        self._levels = operand.levels(kept.reach)
        self._buffer = operand.block(0, GROUP).new_empty(ROWS * COLUMNS)

    def add_tile(self, of_rows: Run, of_columns: Run) -> None:
        """Find the links between two runs of rows."""
        import torch

        (top, bottom), (left, right) = of_rows, of_columns
        padded = -(-bottom // GROUP) * GROUP
        rows, columns = self._operand.block(top, padded), self._operand.block(left, right)
        product = self._buffer[: len(rows) * len(columns)].view(len(rows), len(columns))
        torch.mm(rows, columns.T, out=product)
        levels = self._levels[top:padded], self._levels[left:right]
        product = product.view(self._levels.dtype)
        peaks = hot_peaks(product, levels)
        if len(peaks[0]) > _CROWDED * product.numel() / GROUP:
            links = self._multiplied_again(of_rows, of_columns)
        else:
            row, column = under_peaks(product, levels, peaks)
            links = self._picked(row + top, column + left)
        if self._kept.add(*links):
            self._levels = self._operand.levels(self._kept.reach)

    def _picked(self, first: "torch.Tensor", second: "torch.Tensor") -> Found:
        half = (first < second) & (second < len(self._kept.reach))
        return computed_again(self._operand, self._kept.reach, first[half], second[half])

    def _multiplied_again(self, rows: Run, columns: Run) -> Found:
        """All links of a tile with many."""
        import torch

        product = _full_product(self._operand.exact(*rows), self._operand.exact(*columns))
        reach = torch.from_numpy(self._kept.reach).to(product.device)
        least = torch.minimum(reach[slice(*rows), None], reach[None, slice(*columns)])
        first, second = (product >= least).nonzero(as_tuple=True)
        half = first + rows[0] < second + columns[0]
        first, second = first[half], second[half]
        return within(
            self._kept.reach, first + rows[0], second + columns[0], product[first, second]
        )


def _full_product(rows: "torch.Tensor", columns: "torch.Tensor") -> "torch.Tensor":
    """In fp32, summed in short runs: some kernels add up one after the other and err by 1e-6."""
    product = rows[:, :_SUMMED] @ columns[:, :_SUMMED].T
    for start in range(_SUMMED, rows.shape[1], _SUMMED):
        run = slice(start, start + _SUMMED)
        product += rows[:, run] @ columns[:, run].T
    return product


def computed_again(
    operand: Operand, reach: Floats, first: "torch.Tensor", second: "torch.Tensor"
) -> Found:
    """Of possible links those within the reach of either end, by their cosine in fp32."""
    import torch

    if not len(first):
        return within(reach, first, second, torch.empty(0))
    parts = zip(torch.split(first, _PICKED), torch.split(second, _PICKED), strict=True)
    cosines = [(operand.taken(one) * operand.taken(two)).sum(1) for one, two in parts]
    return within(reach, first, second, torch.cat(cosines))


def within(
    reach: Floats, first: "torch.Tensor", second: "torch.Tensor", similarity: "torch.Tensor"
) -> Found:
    """Of links with their cosine those within the reach of either end."""
    here = first.cpu().numpy().astype(np.int32)
    there = second.cpu().numpy().astype(np.int32)
    exact = similarity.cpu().numpy().astype(np.float32)
    near = exact >= np.minimum(reach[here], reach[there])
    return here[near], there[near], exact[near]


def hot_peaks(product: "torch.Tensor", levels: Levels) -> "tuple[torch.Tensor, torch.Tensor]":
    """Groups of rows and columns whose largest product is at or over the lower of their levels.

    product: whole groups of rows × columns; levels: of its rows, and of its columns.
    """
    import torch

    rows, columns = levels
    peaks = product.view(-1, GROUP, product.shape[1]).amax(1)
    least = torch.minimum(rows.view(-1, GROUP).amin(1)[:, None], columns[None, :])
    hot = torch.ge(peaks, least, out=peaks)  # into booleans it takes ten times as long
    group, column = hot.nonzero(as_tuple=True)
    return group, column


def under_peaks(
    product: "torch.Tensor", levels: Levels, peaks: "tuple[torch.Tensor, torch.Tensor]"
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Rows and columns of the single products under hot peaks that are over a level themselves."""
    import torch

    group, column = peaks
    values = product.view(-1, GROUP, product.shape[1])[group, :, column]
    rows, columns = levels[0].view(-1, GROUP)[group], levels[1][column][:, None]
    hit, lane = (values >= torch.minimum(rows, columns)).nonzero(as_tuple=True)
    return group[hit] * GROUP + lane, column[hit]
