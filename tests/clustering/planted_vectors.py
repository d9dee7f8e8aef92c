"""Unit vectors that lie as CLIP's do, with the scenes they were planted in, and how well found.

All share a cone; within it lie topics, and within these scenes of a few near images. Half the rows
belong to no scene. Directions are drawn with a decaying spectrum, so that topics come near each
other as those of photographs do.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustering.encoders import Vectors
from clustering.encoders.protocol import unit_rows

DIMENSIONS = 512
CONE, TOPIC = 0.4, 0.2
"""Shares of a vector's energy that all images have in common, and those of a topic."""
SCENE_COSINES = (0.8, 0.97)
SCENE_SIZES = np.arange(2, 51)
IMAGES_PER_TOPIC = 500
BACKGROUND = -1
_DECAY = 0.8
_ROWS = 50_000


@dataclass(frozen=True)
class Planted:
    """Vectors and the scene each belongs to, BACKGROUND for none."""

    vectors: Vectors
    scenes: NDArray[np.int64]


def plant(images: int, seed: int = 0) -> Planted:
    """Half the images in scenes of 2 to 50, small ones more often (size^-1.5)."""
    rng = np.random.default_rng(seed)
    odds = SCENE_SIZES**-1.5
    sizes = rng.choice(SCENE_SIZES, size=images, p=odds / odds.sum())
    members = np.repeat(np.arange(images), sizes)[: images // 2]
    scenes = np.full(images, BACKGROUND)
    scenes[: len(members)] = members
    rng.shuffle(scenes)
    vectors = np.empty((images, DIMENSIONS), dtype=np.float32)
    for rows, part in _in_parts(scenes, rng):
        vectors[rows] = part
    return Planted(vectors, scenes)


def _in_parts(
    scenes: NDArray[np.int64], rng: np.random.Generator
) -> Iterator[tuple[slice, Vectors]]:
    topics, count = max(1, len(scenes) // IMAGES_PER_TOPIC), int(scenes.max()) + 1
    cone, topic, scene = (_drawn(rng, rows) for rows in (1, topics, count))
    cosine = rng.uniform(*SCENE_COSINES, size=count).astype(np.float32)
    topic_of = rng.integers(topics, size=count)
    for start in range(0, len(scenes), _ROWS):
        own = scenes[start : start + _ROWS]
        lone = own == BACKGROUND
        energy = np.where(lone, CONE + TOPIC, cosine[own])[:, None].astype(np.float32)
        about = np.where(lone, rng.integers(topics, size=len(own)), topic_of[own])
        rows = np.sqrt(np.float32(CONE)) * unit_rows(cone) + np.sqrt(1 - energy) * _drawn(
            rng, len(own)
        )
        rows += np.sqrt(np.float32(TOPIC)) * topic[about]
        rows += np.sqrt(energy - np.float32(CONE + TOPIC)) * scene[own]
        yield slice(start, start + len(own)), unit_rows(rows)


def _drawn(rng: np.random.Generator, rows: int) -> Vectors:
    """Rows of unit length on average, the energy of dimension i falling as i^-.8."""
    energy = np.arange(1, DIMENSIONS + 1) ** -_DECAY
    spread = np.sqrt(energy / energy.sum()).astype(np.float32)
    return rng.standard_normal((rows, DIMENSIONS), dtype=np.float32) * spread


def pair_f1(labels: NDArray[np.int64], scenes: NDArray[np.int64]) -> float:
    """F1 over all pairs of images: said to be of one scene, planted in one. Below 0 is none."""
    both = (labels >= 0) & (scenes >= 0)
    shared = _pairs(labels[both].astype(np.int64) * (int(scenes.max()) + 1) + scenes[both])
    return 2 * shared / (_pairs(labels[labels >= 0]) + _pairs(scenes[scenes >= 0]))


def _pairs(labels: NDArray[np.int64]) -> float:
    sizes = np.unique(labels, return_counts=True)[1]
    return float((sizes * (sizes - 1) // 2).sum())
