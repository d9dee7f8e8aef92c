"""Which images perceptual hashes link. Arrays only."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from clustering.neighbors import Indices, Search

HASH_BITS = 64
_PART_BITS = 16
_PAIRS_AT_ONCE = 1 << 22
_CROWD = 4096
"""A quarter that more images have (blank ones, as a rule) tells nothing."""

Bits = NDArray[np.uint8]
"""Images × 8 bytes."""


def nearest_hash_keys(queries: Bits, hashes: Bits, ceiling: int, search: Search) -> Indices:
    """Pairs up to ``ceiling`` bits apart, each query with its nearest, as low × images + high.

    Every query is held against every hash (faiss), at a nanosecond a pair.
    """
    import faiss

    faiss.omp_set_num_threads(search.threads)
    index = faiss.IndexBinaryFlat(HASH_BITS)
    index.add(hashes)
    distances, places = index.search(queries, min(search.per_image + 1, len(hashes)))
    here, column = np.nonzero((distances <= ceiling) & (places >= 0))
    return _keys(here, places[here, column], len(hashes))


def kindred_hash_keys(queries: Bits, hashes: Bits, ceiling: int) -> Indices:
    """Pairs up to ``ceiling`` bits apart of which one quarter agrees but for one bit.

    That holds for every pair up to 7 bits apart (of four quarters one has at most a fourth of
    them; Norouzi et al. 2012), for about half of those 12 apart. The time grows with the pairs
    that agree so far. A quarter shared by more than 4,096 images is passed over.
    """
    asked, held = (np.ascontiguousarray(bits).view(np.uint64).ravel() for bits in (queries, hashes))
    parts = [np.ascontiguousarray(bits).view(np.uint16) for bits in (queries, hashes)]
    flips = [0, *(1 << bit for bit in range(_PART_BITS))]
    keys = [np.empty(0, dtype=np.int64)]
    for part in range(HASH_BITS // _PART_BITS):
        order = np.argsort(parts[1][:, part], kind="stable")
        sorted_parts = parts[1][order, part]
        for flip in flips:
            wanted = parts[0][:, part] ^ np.uint16(flip)
            for here, there in _equal(wanted, sorted_parts, order):
                near = np.bitwise_count(asked[here] ^ held[there]) <= ceiling
                keys.append(_keys(here[near], there[near], len(hashes)))
    return np.unique(np.concatenate(keys))


def _equal(
    wanted: NDArray[np.uint16], sorted_parts: NDArray[np.uint16], order: Indices
) -> Iterator[tuple[Indices, Indices]]:
    """Every pair of places at which a wanted value and a held one are equal, some at a time."""
    begin = np.searchsorted(sorted_parts, wanted, side="left")
    count = np.searchsorted(sorted_parts, wanted, side="right") - begin
    count[count > _CROWD] = 0
    total = np.cumsum(count)
    cuts = np.searchsorted(total, np.arange(_PAIRS_AT_ONCE, int(total[-1]), _PAIRS_AT_ONCE))
    for rows in np.split(np.arange(len(wanted)), np.unique(cuts)):
        here = np.repeat(rows, count[rows])
        offset = np.arange(len(here)) - np.repeat(np.cumsum(count[rows]) - count[rows], count[rows])
        yield here, order[begin[here] + offset]


def _keys(here: Indices, there: Indices, images: int) -> Indices:
    keys = np.minimum(here, there) * images + np.maximum(here, there)
    return np.unique(keys[here != there])
