"""Scenes by density: HDBSCAN over the neighbour graph (Campello et al. 2013)."""

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from clustering.image_clusters.graph import Graph
from clustering.image_clusters.shared_neighbors import NOISE
from clustering.neighbors import Indices

_FAR = 2.0
"""Distance between parts of the graph that nothing links: that of opposite vectors."""
_NEAREST = 1e-3
"""A sparse matrix takes zero for no edge."""


def density_scenes(graph: Graph, never_split: float) -> tuple[Indices, NDArray[np.float64]]:
    """Labels (NOISE for none) and strengths of the images of a graph.

    Two images make a scene, and scenes closer than the similarity ``never_split`` stay whole (the
    selection epsilon of Malzer & Baum 2020). The distance to an image's nearest neighbour is its
    core distance, so that all of them are in the graph and mutual reachability is exact.
    """
    from hdbscan import HDBSCAN

    model = HDBSCAN(
        min_cluster_size=2,
        min_samples=1,
        metric="precomputed",
        cluster_selection_epsilon=float(1 - never_split),
        max_dist=_FAR,
    )
    with warnings.catch_warnings():  # the package lags behind scikit-learn's argument names
        warnings.simplefilter("ignore", FutureWarning)
        model.fit(joined(graph))
    labels = np.asarray(model.labels_[: graph.nodes], dtype=np.int64)
    labels[labels == model.labels_[graph.nodes]] = NOISE  # images hung on the extra nodes only
    strengths = np.nan_to_num(np.asarray(model.probabilities_[: graph.nodes]))
    return labels, np.where(labels == NOISE, 0.0, strengths)


def joined(graph: Graph) -> csr_matrix:
    """Distances of the graph as one connected sparse matrix.

    Its parts hang far off on two extra nodes, the last, which are close to each other: HDBSCAN
    takes connected graphs only, and never calls the whole of a graph a cluster, though a corpus
    may well be one scene. The extra two are the other cluster that it needs.
    """
    distance = np.clip(1 - graph.link.astype(np.float64), _NEAREST, _FAR)
    shape = (graph.nodes, graph.nodes)
    links = coo_matrix((distance, (graph.first, graph.second)), shape=shape)
    _, part = connected_components(links, directed=False)
    anchors = np.unique(part, return_index=True)[1]
    extra = np.full(len(anchors), graph.nodes)
    twins = np.array([graph.nodes, graph.nodes + 1])
    rows = np.concatenate([graph.first, graph.second, anchors, extra, twins])
    columns = np.concatenate([graph.second, graph.first, extra, anchors, twins[::-1]])
    far = np.full(2 * len(anchors), _FAR)
    values = np.concatenate([distance, distance, far, np.full(2, _NEAREST)])
    return csr_matrix((values, (rows, columns)), shape=(graph.nodes + 2, graph.nodes + 2))
