from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from clustering.candidates import scene_rule
from clustering.image_clusters.find import SceneRule, Scenes, find_scenes
from clustering.image_clusters.graph import (
    Graph,
    Nearness,
    hash_bits,
    nearest_of_label,
    neighbor_graph,
)
from clustering.image_clusters.shared_neighbors import NOISE
from clustering.neighbors import Search, exact_links
from clustering.settings import MineSettings
from tests.clustering.planted_vectors import pair_f1, plant

NEAR = Nearness(Search(floor=0.6, per_image=4, exact_ceiling=10_000), phash_ceiling=12)
RULES = [SceneRule(method, 0.75, 0.4, 0.6) for method in ("shared_neighbors", "hdbscan")]

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.method)


def planted(scenes: int, size: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((scenes, 64))
    members = np.repeat(centres, size, axis=0) + 0.35 * rng.standard_normal((scenes * size, 64))
    vectors = (members / np.linalg.norm(members, axis=1, keepdims=True)).astype(np.float32)
    hashes = [f"{int(value):016x}" for value in rng.integers(0, 2**63, 2 * len(vectors))]
    return vectors, hash_bits(hashes[::2]), hash_bits(hashes[1::2])


@every_rule
def test_planted_scenes_are_found(rule):
    graph = neighbor_graph(*planted(scenes=20, size=4), NEAR)
    labels = find_scenes(graph, rule).labels.reshape(20, 4)
    assert (labels == labels[:, :1]).all()
    assert len(np.unique(labels)) == 20


@every_rule
def test_a_corpus_may_be_one_scene(rule):
    labels = find_scenes(neighbor_graph(*planted(1, 5), NEAR), rule).labels
    assert len(set(labels.tolist()) - {NOISE}) == 1
    assert NOISE not in labels


@every_rule
def test_images_without_neighbours_are_noise(rule):
    labels = find_scenes(neighbor_graph(*planted(5, 1), NEAR), rule).labels
    assert set(labels.tolist()) == {NOISE}


@every_rule
def test_images_without_neighbours_are_noise_beside_scenes_too(rule):
    scenes, lone = planted(3, 4, seed=1), planted(8, 1, seed=2)
    both = [np.concatenate(parts) for parts in zip(scenes, lone, strict=True)]
    labels = find_scenes(neighbor_graph(*both, NEAR), rule).labels
    assert set(labels[12:].tolist()) == {NOISE}
    assert NOISE not in labels[:12]


def test_equal_hashes_link_what_embeddings_do_not():
    vectors, plain, mirrored = planted(2, 1)
    same = np.repeat(plain[:1], 2, axis=0)
    assert len(neighbor_graph(vectors, plain, mirrored, NEAR).first) == 0
    assert len(neighbor_graph(vectors, same, mirrored, NEAR).first) == 1


def chain_of_two_scenes() -> Graph:
    """Two scenes of four, all linked, and one link between them."""
    inside = [pair for four in (range(4), range(4, 8)) for pair in combinations(four, 2)]
    first, second = np.array([*inside, (3, 4)]).T
    link = np.full(len(first), 0.9, dtype=np.float32)
    return Graph(8, first, second, link, link)


def test_one_link_does_not_join_scenes_whose_images_know_others():
    labels = find_scenes(chain_of_two_scenes(), RULES[0]).labels
    assert labels.tolist() == [labels[0]] * 4 + [labels[4]] * 4
    assert labels[0] != labels[4]


def test_strengths_say_how_many_neighbours_are_shared():
    strengths = find_scenes(chain_of_two_scenes(), RULES[0]).strengths
    assert strengths[:3].tolist() == [1, 1, 1]
    assert strengths[3] == 0.8


def test_an_image_left_over_is_adopted_by_its_nearest_from_the_adoption_floor_on():
    graph = Graph(
        3, np.array([0, 1]), np.array([1, 2]), *2 * (np.array([0.9, 0.65], dtype=np.float32),)
    )
    adopted = find_scenes(graph, replace(RULES[0], adoption_floor=0.6))
    assert adopted.labels.tolist() == [0, 0, 0]
    assert adopted.strengths.tolist() == [1, 1, 0]
    alone = find_scenes(graph, replace(RULES[0], adoption_floor=0.7))
    assert alone.labels.tolist() == [0, 0, NOISE]


@pytest.fixture(scope="module")
def planted_5000():
    return plant(5000, seed=3)


def scenes_of(vectors, rule) -> Scenes:
    links = exact_links(vectors, 0.75, 64)
    ends = links.first, links.second
    return find_scenes(Graph(len(vectors), *ends, links.similarity, links.similarity), rule)


@pytest.mark.parametrize(("method", "floor"), [("shared_neighbors", 0.985), ("hdbscan", 0.97)])
def test_scenes_of_vectors_like_clips_are_found(planted_5000, method, floor):
    settings = MineSettings(set_url="set", corpus=["photos"], scene_method=method)
    rule = scene_rule(settings)
    assert pair_f1(scenes_of(planted_5000.vectors, rule).labels, planted_5000.scenes) >= floor


@every_rule
def test_the_same_vectors_give_the_same_bytes(planted_5000, rule):
    once, again = (scenes_of(planted_5000.vectors, rule) for _ in range(2))
    assert once.labels.tobytes() == again.labels.tobytes()
    assert once.strengths.tobytes() == again.strengths.tobytes()


def test_each_image_is_paired_with_the_nearest_of_its_scene_only():
    labels = np.array([0, 0, 0, 0, 1, 1, 1, NOISE])
    paired = nearest_of_label(chain_of_two_scenes(), labels, 1)
    assert list(zip(paired.first.tolist(), paired.second.tolist(), strict=True)) == [
        (0, 1), (0, 2), (0, 3), (4, 5), (4, 6),
    ]  # fmt: skip
