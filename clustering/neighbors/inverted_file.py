"""The approximate search: faiss's inverted file over k-means lists (Jégou et al. 2011)."""

import math
from typing import TYPE_CHECKING

import numpy as np

from clustering.encoders import Vectors
from clustering.neighbors.links import Links

if TYPE_CHECKING:
    import faiss

PROBED_LISTS = 4
_TRAINED_PER_LIST = 64
_ASKED = 8192
"""Images looked up at once."""


def approximate_links(vectors: Vectors, floor: float, per_image: int, threads: int = 1) -> Links:
    """Links of cosine at least ``floor`` to the nearest that lie in the nearest few lists.

    Every link is a true one with its fp32 cosine; some are missed. The index holds all vectors in
    fp32. vectors: images × dimensions, unit rows.
    """
    index = _index(vectors, threads)
    keys, cosines = [], []
    for start in range(0, len(vectors), _ASKED):
        asked = np.asarray(vectors[start : start + _ASKED], dtype=np.float32)
        similarity, found = index.search(asked, min(per_image + 1, len(vectors)))
        here = np.repeat(np.arange(start, start + len(asked)), found.shape[1])
        there = found.ravel()
        near = (there >= 0) & (there != here) & (similarity.ravel() >= floor)
        low, high = np.minimum(here, there)[near], np.maximum(here, there)[near]
        keys.append(low * len(vectors) + high)
        cosines.append(similarity.ravel()[near])
    key, place = np.unique(np.concatenate(keys), return_index=True)
    first, second = np.divmod(key, len(vectors))
    return Links(first, second, np.concatenate(cosines)[place].astype(np.float32))


def _index(vectors: Vectors, threads: int) -> "faiss.IndexIVFFlat":
    import faiss

    faiss.omp_set_num_threads(threads)
    dimensions = vectors.shape[1]
    lists = max(1, round(math.sqrt(len(vectors))))
    quantizer = faiss.IndexFlatIP(dimensions)
    index = faiss.IndexIVFFlat(quantizer, dimensions, lists, faiss.METRIC_INNER_PRODUCT)
    step = max(1, len(vectors) // (lists * _TRAINED_PER_LIST))
    index.train(np.ascontiguousarray(vectors[::step], dtype=np.float32))
    for start in range(0, len(vectors), _ASKED):
        index.add(np.asarray(vectors[start : start + _ASKED], dtype=np.float32))
    index.nprobe = PROBED_LISTS
    return index
