"""Scenes: which images of the neighbour graph show the same thing. Arrays only."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clustering.image_clusters.density import density_scenes
from clustering.image_clusters.graph import Graph, over
from clustering.image_clusters.shared_neighbors import NOISE, shared_neighbor_scenes
from clustering.neighbors import Indices

SceneMethod = Literal["shared_neighbors", "hdbscan"]


@dataclass(frozen=True, slots=True)
class SceneRule:
    """When images are one scene; similarities are those of the links of the graph."""

    method: SceneMethod
    similarity: float
    """Least similarity of links that scenes are made of."""
    overlap: float
    """``shared_neighbors``: least Jaccard index of the neighbourhoods of a link's ends."""
    adoption_floor: float
    """From this similarity on an image left over joins the scene of its nearest neighbour."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """A label for each node, NOISE for none, and how firmly it belongs, 0 to 1."""

    labels: Indices
    strengths: NDArray[np.float64]


def find_scenes(graph: Graph, rule: SceneRule) -> Scenes:
    """Cluster the images of a graph; the same graph gives the same labels.

    An image left over joins the scene of its nearest neighbour with strength 0: one strongly
    edited picture beside many alike shares few neighbours with them, and is just what is looked
    for.
    """
    near = over(graph, rule.similarity)
    if not len(near.first):
        labels, strengths = np.full(graph.nodes, NOISE), np.zeros(graph.nodes)
    elif rule.method == "hdbscan":
        labels, strengths = density_scenes(near, rule.similarity)
    else:
        labels, strengths = shared_neighbor_scenes(near, rule.overlap)
    return Scenes(adopt_noise(over(graph, rule.adoption_floor), labels), strengths)


def adopt_noise(graph: Graph, labels: Indices) -> Indices:
    """Give each noise node the label of its nearest neighbour in a cluster, if it has one."""
    here = np.concatenate([graph.first, graph.second])
    there = np.concatenate([graph.second, graph.first])
    link = np.concatenate([graph.link, graph.link])
    useful = (labels[here] == NOISE) & (labels[there] != NOISE)
    order = np.lexsort((there[useful], -link[useful], here[useful]))
    nodes, nearest = np.unique(here[useful][order], return_index=True)
    adopted = labels.copy()
    adopted[nodes] = labels[there[useful][order][nearest]]
    return adopted
