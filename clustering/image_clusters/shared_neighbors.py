"""Scenes by shared neighbours: near images are one scene if they know the same others.

The test of Jarvis & Patrick (1973), here the Jaccard index of both neighbourhoods: a chain of
single links between two scenes shares few neighbours and does not join them.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from clustering.image_clusters.graph import Graph
from clustering.neighbors import Indices

NOISE = -1
_LINKS_AT_ONCE = 1 << 18

Shares = NDArray[np.float64]


def shared_neighbor_scenes(graph: Graph, overlap: float) -> tuple[Indices, Shares]:
    """Labels (NOISE for none) and strengths of the images of a graph.

    Linked images are in one scene if their neighbourhoods, each with the image itself, have a
    Jaccard index of ``overlap`` at least; scenes are what such links connect. The strength is the
    largest index that an image has with one of its scene.
    """
    shares = neighborhood_shares(graph.nodes, graph.first, graph.second)
    together = shares >= overlap
    first, second, shares = graph.first[together], graph.second[together], shares[together]
    shape = (graph.nodes, graph.nodes)
    _, part = connected_components(
        coo_matrix((np.ones(len(first)), (first, second)), shape=shape), directed=False
    )
    strengths = np.zeros(graph.nodes)
    for ends in (first, second):
        np.maximum.at(strengths, ends, shares)
    alone = np.bincount(part)[part] == 1
    return np.where(alone, NOISE, part).astype(np.int64), strengths


def neighborhood_shares(nodes: int, first: Indices, second: Indices) -> Shares:
    """Jaccard index of the neighbourhoods of both ends of each link."""
    itself = np.arange(nodes)
    rows = np.concatenate([first, second, itself])
    columns = np.concatenate([second, first, itself])
    near = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(nodes, nodes))
    size = np.diff(near.indptr)
    common = np.empty(len(first))
    for start in range(0, len(first), _LINKS_AT_ONCE):
        part = slice(start, start + _LINKS_AT_ONCE)
        both = near[first[part]].multiply(near[second[part]])
        common[part] = np.asarray(both.sum(axis=1)).ravel()
    return np.asarray(common / (size[first] + size[second] - common))
