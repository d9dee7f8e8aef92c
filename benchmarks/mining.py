"""How fast the neighbour graph and HDBSCAN are on planted vectors, and whether they find scenes.

    python benchmarks/mining.py 20000

Vectors lie as CLIP's do: in a narrow cone, round topics, within them scenes of a few near images;
half the rows are background that belongs to no scene.
"""

import sys
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustering.candidates import scene_rule
from clustering.encoders import Vectors, parse_encoder
from clustering.encoders.protocol import unit_rows
from clustering.graph import HASH_BITS, Nearness, neighbor_graph
from clustering.neighbors import Search
from clustering.scenes import find_scenes
from clustering.settings import MineSettings
from clustering.shared_neighbors import NOISE

DIMENSIONS = 512
CONE, TOPIC = 0.4, 0.2
"""Shares of a vector's energy that all images have in common, and those of a topic."""
SCENE_COSINES = (0.8, 0.97)
SCENE_SIZES = np.arange(2, 51)
IMAGES_PER_TOPIC = 500
BACKGROUND = -1


@dataclass(frozen=True)
class Planted:
    """Vectors and the scene each belongs to, BACKGROUND for none."""

    vectors: Vectors
    scenes: NDArray[np.int64]


def plant(images: int, seed: int) -> Planted:
    """Half the images in scenes, small scenes more often than large."""
    rng = np.random.default_rng(seed)
    odds = SCENE_SIZES**-1.5
    sizes = rng.choice(SCENE_SIZES, size=images, p=odds / odds.sum())
    scenes = np.repeat(np.arange(images), sizes)[: images // 2]
    count = int(scenes.max()) + 1
    topics = max(1, images // IMAGES_PER_TOPIC)
    lone = images - len(scenes)
    topic = np.concatenate(
        [rng.integers(topics, size=count)[scenes], rng.integers(topics, size=lone)]
    )
    cosine = rng.uniform(*SCENE_COSINES, size=count)[scenes]
    own = np.concatenate([cosine - CONE - TOPIC, np.zeros(lone)])
    rest = 1 - CONE - TOPIC - own
    directions = unit_rows(rng.standard_normal((1 + topics + count, DIMENSIONS), dtype=np.float32))
    of_scene = np.concatenate([directions[1 + topics + scenes], np.zeros((lone, DIMENSIONS))])
    noise = unit_rows(rng.standard_normal((images, DIMENSIONS), dtype=np.float32))
    vectors = (
        np.sqrt(CONE) * directions[0]
        + np.sqrt(TOPIC) * directions[1 + topic]
        + np.sqrt(own)[:, None] * of_scene
        + np.sqrt(rest)[:, None] * noise
    )
    labels = np.concatenate([scenes, np.full(lone, BACKGROUND)])
    order = rng.permutation(images)
    return Planted(unit_rows(vectors[order].astype(np.float32)), labels[order])


def main(images: int) -> None:
    planted = plant(images, seed=0)
    encoder = parse_encoder("open_clip:any/any")
    shape = (2, images, HASH_BITS // 8)
    plain, mirrored = np.random.default_rng(1).integers(256, size=shape, dtype=np.uint8)
    defaults = {name: field.default for name, field in MineSettings.model_fields.items()}
    search = Search(encoder.similarity_floor, defaults["neighbors"], method="exact")
    near = Nearness(search, defaults["phash_link_ceiling"])

    start = time.perf_counter()
    graph = neighbor_graph(planted.vectors, plain, mirrored, near)
    graph_seconds = time.perf_counter() - start
    start = time.perf_counter()
    labels = find_scenes(graph, scene_rule(MineSettings(set_url="", corpus=[""]))).labels
    scene_seconds = time.perf_counter() - start

    first, second = planted.scenes[graph.first], planted.scenes[graph.second]
    same = (first == second) & (first != BACKGROUND)
    together = (labels[graph.first] == labels[graph.second]) & (labels[graph.first] != NOISE)
    print(f"{images} images, {len(graph.first)} links, {same.sum()} of them within a planted scene")
    print(f"graph     {graph_seconds:7.1f} s  {images / graph_seconds:9.0f} images/s")
    print(f"HDBSCAN   {scene_seconds:7.1f} s  {images / scene_seconds:9.0f} images/s")
    print(f"links within a scene that became candidates: {together[same].mean():.3f}")
    print(f"candidates that lie within a scene:          {same[together].mean():.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
