"""Links between near images, and which of them are worth their memory. Arrays only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Floats = NDArray[np.float32]
Places = NDArray[np.int32] | NDArray[np.int64]

_BUFFER = 1 << 20
"""Links gathered before the first count of who has enough."""


@dataclass(frozen=True, slots=True)
class Links:
    """Undirected links, each once, first below second, in that order."""

    first: Indices
    second: Indices
    similarity: Floats
    """Cosine, in fp32."""


class NearestLinks:
    """The links of each image to its nearest, while links stream in, in any order.

    A link stays while it is among the ``per_image`` nearest of either end; of equals the lower
    number is nearer. It holds ``images × per_image`` links and as many again that wait.
    """

    def __init__(self, images: int, floor: float, per_image: int | None) -> None:
        self.reach: Floats = np.full(images, floor, dtype=np.float32)
        """Least similarity that still matters to each image: the floor, later its last place."""
        self._per_image = per_image
        self._parts: list[tuple[Places, Places, Floats]] = []
        self._settled = self._waiting = 0

    def add(self, first: Places, second: Places, similarity: Floats) -> bool:
        """Take links in, first below second; says whether the reach of images has changed."""
        if len(first):
            self._parts.append((first, second, similarity))
            self._waiting += len(first)
        if self._per_image is None or self._waiting <= max(_BUFFER, self._settled):
            return False
        self._settle(self._per_image)
        return True

    def links(self) -> Links:
        """What stayed."""
        if self._per_image is not None:
            self._settle(self._per_image)
        first, second, similarity = self._joined()
        order = np.lexsort((second, first))
        return Links(
            first[order].astype(np.int64), second[order].astype(np.int64), similarity[order]
        )

    def _joined(self) -> tuple[Places, Places, Floats]:
        if not self._parts:
            none = np.empty(0, dtype=np.int32)
            return none, none, np.empty(0, dtype=np.float32)
        first, second, similarity = zip(*self._parts, strict=True)
        return np.concatenate(first), np.concatenate(second), np.concatenate(similarity)

    def _settle(self, per_image: int) -> None:
        first, second, similarity = self._joined()
        stays, self.reach = among_nearest((first, second, similarity), self.reach, per_image)
        self._parts = [(first[stays], second[stays], similarity[stays])]
        self._settled, self._waiting = int(stays.sum()), 0


def among_nearest(
    links: tuple[Places, Places, Floats], reach: Floats, per_image: int
) -> tuple[NDArray[np.bool_], Floats]:
    """Which links (ends and similarities) are among so many nearest of either end.

    With it the similarity of the last place of each image that has enough, else its old reach.
    """
    first, second, similarity = links
    ends = np.concatenate([first, second])
    others = np.concatenate([second, first])
    degree = np.bincount(ends, minlength=len(reach))
    full = np.flatnonzero(degree[ends] >= per_image)
    link = full % max(1, len(first))
    nearness = similarity[link]
    order = np.lexsort((others[full], -nearness, ends[full]))
    rank = _places_in_runs(ends[full][order])
    stays = (degree[first] < per_image) | (degree[second] < per_image)
    stays[link[order[rank < per_image]]] = True
    last = order[rank == per_image - 1]
    raised = reach.copy()
    raised[ends[full][last]] = nearness[last]
    return stays, raised


def _places_in_runs(values: NDArray[np.integer]) -> Indices:
    """Of each value of a sorted row, its place among its equals, from 0."""
    places = np.arange(len(values))
    begins = np.ones(len(values), dtype=bool)
    begins[1:] = values[1:] != values[:-1]
    return np.asarray(places - np.maximum.accumulate(np.where(begins, places, 0)))
