import numpy as np

from clustering.graph import Nearness, hash_bits, neighbor_graph
from clustering.neighbors import Search
from clustering.scenes import NOISE, find_scenes

NEAR = Nearness(Search(floor=0.6, per_image=4, exact_ceiling=10_000), phash_ceiling=12)


def planted(scenes: int, size: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((scenes, 64))
    members = np.repeat(centres, size, axis=0) + 0.35 * rng.standard_normal((scenes * size, 64))
    vectors = (members / np.linalg.norm(members, axis=1, keepdims=True)).astype(np.float32)
    hashes = [f"{int(value):016x}" for value in rng.integers(0, 2**63, 2 * len(vectors))]
    return vectors, hash_bits(hashes[::2]), hash_bits(hashes[1::2])


def test_planted_scenes_are_found():
    graph = neighbor_graph(*planted(scenes=20, size=4), NEAR)
    labels = find_scenes(graph, 0.85).labels.reshape(20, 4)
    assert (labels == labels[:, :1]).all()
    assert len(np.unique(labels)) == 20


def test_a_corpus_may_be_one_scene():
    labels = find_scenes(neighbor_graph(*planted(1, 5), NEAR), 0.85).labels
    assert len(set(labels.tolist()) - {NOISE}) == 1
    assert NOISE not in labels


def test_images_without_neighbours_are_noise():
    labels = find_scenes(neighbor_graph(*planted(5, 1), NEAR), 0.85).labels
    assert set(labels.tolist()) == {NOISE}


def test_images_without_neighbours_are_noise_beside_scenes_too():
    scenes, lone = planted(3, 4, seed=1), planted(8, 1, seed=2)
    both = [np.concatenate(parts) for parts in zip(scenes, lone, strict=True)]
    labels = find_scenes(neighbor_graph(*both, NEAR), 0.85).labels
    assert set(labels[12:].tolist()) == {NOISE}
    assert NOISE not in labels[:12]


def test_equal_hashes_link_what_embeddings_do_not():
    vectors, plain, mirrored = planted(2, 1)
    same = np.repeat(plain[:1], 2, axis=0)
    assert len(neighbor_graph(vectors, plain, mirrored, NEAR).first) == 0
    assert len(neighbor_graph(vectors, same, mirrored, NEAR).first) == 1
