"""Lists are those of spherical k-means."""

import numpy as np

from clustering.encoders.protocol import unit_rows
from clustering.neighbors.centroids import nearest_centroids, spherical_centroids


def bundles(count: int, each: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around so many directions, in no order, and the direction of each."""
    generator = np.random.default_rng(seed)
    own = generator.permutation(np.repeat(np.arange(count), each))
    middles = unit_rows(generator.normal(size=(count, 64)))
    return unit_rows(middles[own] + 0.03 * generator.normal(size=(len(own), 64))), own


def test_directions_that_are_far_apart_get_a_centroid_each() -> None:
    vectors, own = bundles(12, 40)
    centroids = spherical_centroids(vectors, 12, rounds=20)
    found = nearest_centroids(vectors, centroids, 1)[:, 0]
    pairs = set(zip(own.tolist(), found.tolist(), strict=True))

    assert np.allclose(centroids.norm(dim=1), 1, atol=1e-6)
    assert len(pairs) <= 14  # Lloyd's rounds may leave two directions in one list


def test_the_nearest_come_first_as_brute_force_has_them() -> None:
    vectors, _ = bundles(30, 20)
    centroids = spherical_centroids(vectors, 25, rounds=3)
    cosine = vectors @ centroids.numpy().T
    found = nearest_centroids(vectors, centroids, 8)
    ranked = np.take_along_axis(cosine, found.astype(np.int64), axis=1)

    assert (np.diff(ranked, axis=1) <= 1e-6).all()
    assert np.allclose(ranked, -np.sort(-cosine, axis=1)[:, :8], atol=1e-6)


def test_a_crowd_is_shared_out() -> None:
    """Half the rows lie in one direction, loosely: drawn centroids alone would let one take all."""
    crowd, _ = bundles(1, 600, seed=2)
    vectors, _ = bundles(30, 20)
    rows = np.concatenate([crowd, vectors])
    centroids = spherical_centroids(rows, 30, rounds=10)
    sizes = np.bincount(nearest_centroids(rows, centroids, 1)[:, 0], minlength=30)

    assert sizes.max() < 250
    assert (sizes > 0).sum() >= 28


def test_equal_rows_leave_centroids_idle_and_nothing_breaks() -> None:
    same = np.repeat(bundles(1, 1)[0], 50, axis=0)
    centroids = spherical_centroids(same, 5, rounds=6)

    assert np.allclose(centroids.numpy(), same[:5], atol=1e-6)


def test_the_same_sample_gives_the_same_centroids() -> None:
    vectors, _ = bundles(10, 30)

    assert spherical_centroids(vectors, 10, 5).equal(spherical_centroids(vectors, 10, 5))
