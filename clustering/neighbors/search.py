"""One interface to both ways of finding neighbours, and the choice between them."""

from dataclasses import dataclass
from typing import Literal

from clustering.encoders import Vectors
from clustering.neighbors.arithmetic import fastest_arithmetic
from clustering.neighbors.join import exact_links
from clustering.neighbors.links import Links
from clustering.neighbors.lists import approximate_links

Method = Literal["auto", "exact", "approximate"]
_HELD_BYTES = 2


@dataclass(frozen=True, slots=True)
class Search:
    """Which neighbours are looked for, and how."""

    floor: float
    """Least cosine."""
    per_image: int
    """Links are kept while they are among so many nearest of either end."""
    threads: int = 1
    method: Method = "auto"
    exact_ceiling: int = 0
    """``auto``: most images searched exactly."""
    lists_bytes: int = 0
    """``auto``: most memory that the vectors of an approximate search may take."""


def find_links(vectors: Vectors, search: Search) -> Links:
    """Links between unit vectors (images × dimensions), by the method that ``choose`` names."""
    if choose(len(vectors), vectors.shape[1], search)[0] == "exact":
        return exact_links(vectors, search.floor, search.per_image, search.threads)
    return approximate_links(vectors, search.floor, search.per_image, search.threads)


def choose(
    images: int, dimensions: int, search: Search
) -> tuple[Literal["exact", "approximate"], str]:
    """The method for so many images, and why, in words.

    The exact join reads vectors by block and grows with the square of the images; the join within
    lists grows slower, misses some links, and holds all vectors in memory.
    """
    arithmetic = fastest_arithmetic()
    exactly = f"exact join in {arithmetic.kind} on {arithmetic.device}"
    if search.method == "exact":
        return "exact", f"{exactly}, as asked for"
    if search.method == "approximate":
        return "approximate", "join within k-means lists, as asked for"
    if images <= search.exact_ceiling:
        return "exact", f"{exactly}: no more than {search.exact_ceiling} images"
    if images * dimensions * _HELD_BYTES > search.lists_bytes:
        return "exact", f"{exactly}: lists would need over {search.lists_bytes >> 20} MiB"
    return "approximate", f"join within k-means lists: more than {search.exact_ceiling} images"
