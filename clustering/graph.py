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

HASH_BITS = 64
_DECIMALS = 4
"""Similarities are rounded, so that the last bits of a sum never decide an order."""

Bits = NDArray[np.uint8]
"""Images × 8 bytes."""
Indices = NDArray[np.int64]
Floats = NDArray[np.float32]


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

    neighbors: int
    similarity_floor: float
    phash_ceiling: int
    threads: int = 1


def hash_bits(hashes: Sequence[str]) -> Bits:
    """Perceptual hashes of 16 hexadecimal digits as rows of 8 bytes."""
    joined = bytes.fromhex("".join(hashes))
    return np.frombuffer(joined, dtype=np.uint8).reshape(len(hashes), HASH_BITS // 8)


def hamming(first: Bits, second: Bits) -> NDArray[np.int64]:
    """Bits that differ, row by row."""
    return np.asarray(np.unpackbits(first ^ second, axis=1).sum(axis=1), dtype=np.int64)


def neighbor_graph(vectors: Vectors, plain: Bits, mirrored: Bits, near: Nearness) -> Graph:
    """Link each image to its nearest by embedding, by hash, and by hash of the mirrored image."""
    import faiss

    faiss.omp_set_num_threads(near.threads)
    nodes = len(vectors)
    count = min(near.neighbors + 1, nodes)
    by_vector = faiss.IndexFlatIP(vectors.shape[1])
    by_vector.add(vectors)
    by_hash = faiss.IndexBinaryFlat(HASH_BITS)
    by_hash.add(plain)
    found = [by_vector.search(vectors, count)[1]]
    for queries in (plain, mirrored):
        distances, places = by_hash.search(queries, count)
        found.append(np.where(distances <= near.phash_ceiling, places, -1))
    first, second = _edges(np.hstack(found).astype(np.int64))
    return _weighed(vectors, plain, mirrored, (first, second), near)


def _edges(found: Indices) -> tuple[Indices, Indices]:
    """Distinct undirected edges from each row to the places it found; -1 is none."""
    here = np.repeat(np.arange(len(found)), found.shape[1])
    there = found.ravel()
    real = (there >= 0) & (there != here)
    ends = np.stack([np.minimum(here, there)[real], np.maximum(here, there)[real]], axis=1)
    distinct = np.unique(ends, axis=0)
    return distinct[:, 0], distinct[:, 1]


def _weighed(
    vectors: Vectors,
    plain: Bits,
    mirrored: Bits,
    edges: tuple[Indices, Indices],
    near: Nearness,
) -> Graph:
    first, second = edges
    cosine = np.empty(len(first), dtype=np.float32)
    for start in range(0, len(first), 65_536):
        part = slice(start, start + 65_536)
        cosine[part] = np.einsum("ij,ij->i", vectors[first[part]], vectors[second[part]])
    similarity = np.clip(np.round(cosine, _DECIMALS), -1, 1)
    bits = np.minimum(hamming(plain[first], plain[second]), hamming(mirrored[first], plain[second]))
    by_hash = np.where(bits <= near.phash_ceiling, np.cos(np.pi * bits / HASH_BITS), -1.0)
    link = np.maximum(similarity, np.round(by_hash, _DECIMALS)).astype(np.float32)
    kept = link >= near.similarity_floor
    return Graph(len(vectors), first[kept], second[kept], similarity[kept], link[kept])
