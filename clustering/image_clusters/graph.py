"""The neighbour graph: who lies near whom, by embedding and by perceptual hash. Arrays only.

A perceptual hash is 64 signs of a picture's lowest frequencies; the share of signs that differ
estimates the angle between two pictures (Charikar 2002). It holds where embeddings let go (blur,
mosaic) and lets go where they hold (turns, zooms), so the nearer of the two links a pair.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustering.encoders import Vectors
from clustering.image_clusters.hash_links import (
    HASH_BITS,
    Bits,
    kindred_hash_keys,
    nearest_hash_keys,
)
from clustering.neighbors import Floats, Indices, Links, Search, choose, find_links
from clustering.neighbors.links import among_nearest

_PAIRS_AT_ONCE = 16_384
_DECIMALS = 4
"""Similarities are rounded, so that the last bits of a sum never decide an order."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Undirected edges between images, each once, first below second."""

    nodes: int
    first: Indices
    second: Indices
    similarity: Floats
    """Cosine of the embeddings."""
    link: Floats
    """The larger of that and what the hashes say."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """When two images are neighbours."""

    search: Search
    phash_ceiling: int


def hash_bits(hashes: Sequence[str]) -> Bits:
    """Perceptual hashes of 16 hexadecimal digits as rows of 8 bytes."""
    joined = bytes.fromhex("".join(hashes))
    return np.frombuffer(joined, dtype=np.uint8).reshape(len(hashes), HASH_BITS // 8)


def hamming(first: Bits, second: Bits) -> NDArray[np.int64]:
    """Bits that differ, row by row."""
    return np.asarray(np.unpackbits(first ^ second, axis=1).sum(axis=1), dtype=np.int64)


def over(graph: Graph, floor: float) -> Graph:
    """The links of a graph from a similarity on."""
    near = graph.link >= floor
    ends = graph.first[near], graph.second[near]
    return Graph(graph.nodes, *ends, graph.similarity[near], graph.link[near])


def nearest_of_label(graph: Graph, labels: Indices, per_image: int) -> Graph:
    """Links within labels from 0 on, while among the nearest of either end that have its label."""
    within = (labels[graph.first] == labels[graph.second]) & (labels[graph.first] >= 0)
    links = graph.first[within], graph.second[within], graph.link[within]
    stays, _ = among_nearest(links, np.zeros(graph.nodes, dtype=np.float32), per_image)
    places = np.flatnonzero(within)[stays]
    ends = graph.first[places], graph.second[places]
    return Graph(graph.nodes, *ends, graph.similarity[places], graph.link[places])


def neighbor_graph(vectors: Vectors, plain: Bits, mirrored: Bits, near: Nearness) -> Graph:
    """Link each image to its nearest by embedding, by hash, and by hash of the mirrored image."""
    method = choose(len(vectors), vectors.shape[1], near.search)[0]
    links = find_links(vectors, near.search)
    both = _joined(vectors, links, _hash_keys(plain, mirrored, near, method))
    first, second, similarity = both.first, both.second, np.round(both.similarity, _DECIMALS)
    bits = np.minimum(hamming(plain[first], plain[second]), hamming(mirrored[first], plain[second]))
    by_hash = np.where(bits <= near.phash_ceiling, np.cos(np.pi * bits / HASH_BITS), -1.0)
    similarity = np.clip(similarity, -1, 1)
    link = np.maximum(similarity, np.round(by_hash, _DECIMALS)).astype(np.float32)
    kept = link >= near.search.floor
    return Graph(len(vectors), first[kept], second[kept], similarity[kept], link[kept])


def _hash_keys(plain: Bits, mirrored: Bits, near: Nearness, method: str) -> Indices:
    """Pairs that their hashes link, as first × images + second, sorted."""
    if method == "approximate":
        found = [kindred_hash_keys(each, plain, near.phash_ceiling) for each in (plain, mirrored)]
    else:
        found = [
            nearest_hash_keys(each, plain, near.phash_ceiling, near.search)
            for each in (plain, mirrored)
        ]
    return np.unique(np.concatenate(found))


def _joined(vectors: Vectors, links: Links, hash_keys: Indices) -> Links:
    """The links and those pairs besides, with their cosine."""
    images = len(vectors)
    keys = links.first * images + links.second
    besides = np.setdiff1d(hash_keys, keys, assume_unique=True)
    first, second = np.divmod(besides, images)
    cosine = np.empty(len(besides), dtype=np.float32)
    for start in range(0, len(besides), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        cosine[part] = np.einsum("ij,ij->i", vectors[first[part]], vectors[second[part]])
    order = np.argsort(np.concatenate([keys, besides]), kind="stable")
    return Links(
        np.concatenate([links.first, first])[order],
        np.concatenate([links.second, second])[order],
        np.concatenate([links.similarity, cosine])[order],
    )
