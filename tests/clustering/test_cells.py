"""Cells: images near a border are on both sides of it."""

import numpy as np

from clustering.cells import nearest_cells, spherical_kmeans
from clustering.neighbors import exact_links
from tests.clustering.planted_vectors import plant

CENTROIDS = np.eye(3, dtype=np.float32)


def test_an_image_is_in_all_cells_nearly_as_near_as_its_nearest():
    vectors = np.array([[0.9, 0.1, 0.0], [0.6, 0.65, 0.1], [0.6, 0.6, 0.58]], dtype=np.float32)
    assert nearest_cells(vectors, CENTROIDS, 3, 0.06) == [[0], [1, 0], [0, 1, 2]]
    assert nearest_cells(vectors, CENTROIDS, 2, 0.06) == [[0], [1, 0], [0, 1]]


def test_borders_cut_few_links():
    vectors = plant(6000, seed=3).vectors
    centroids = spherical_kmeans(vectors[:2000], 4, seed=0)
    cells = nearest_cells(vectors, centroids, 4, 0.06)
    links = exact_links(vectors, 0.8)
    ends = zip(links.first.tolist(), links.second.tolist(), strict=True)
    together = [bool(set(cells[first]) & set(cells[second])) for first, second in ends]
    assert np.mean(together) > 0.98
    assert np.mean([len(each) for each in cells]) < 3
