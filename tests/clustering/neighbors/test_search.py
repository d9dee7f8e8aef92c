"""The interface: which method is taken, and what the approximate one gives."""

from dataclasses import replace

import numpy as np
import pytest

from clustering.neighbors import Search, choose, exact_links, find_links
from clustering.neighbors.arithmetic import Arithmetic
from clustering.neighbors.lists import approximate_links
from tests.clustering.planted_vectors import plant

SEARCH = Search(floor=0.76, per_image=8, exact_ceiling=1000, lists_bytes=1 << 30)


def test_size_and_memory_choose_the_method_and_say_why():
    assert choose(1000, 512, SEARCH)[0] == "exact"
    method, why = choose(1001, 512, SEARCH)
    assert method == "approximate"
    assert "more than 1000 images" in why
    method, why = choose(1001, 512, replace(SEARCH, lists_bytes=1000))
    assert method == "exact"
    assert "lists would need" in why


def test_a_method_asked_for_is_taken_at_any_size():
    assert choose(10, 512, replace(SEARCH, method="approximate"))[0] == "approximate"
    assert choose(10**9, 512, replace(SEARCH, method="exact"))[0] == "exact"


def test_the_approximate_search_finds_true_links_and_nearly_all():
    vectors = plant(3000, seed=3).vectors
    exact = exact_links(vectors, SEARCH.floor)
    found = find_links(vectors, replace(SEARCH, per_image=64))
    keys = [links.first * 3000 + links.second for links in (exact, found)]
    assert np.isin(keys[1], keys[0]).all()
    assert np.isin(keys[0], keys[1]).mean() > 0.9
    shared = np.isin(keys[0], keys[1])
    assert np.abs(exact.similarity[shared] - found.similarity).max() < 1e-5
    assert (np.diff(keys[1]) > 0).all()


def test_the_approximate_search_repeats_itself_in_either_arithmetic():
    vectors = plant(2000, seed=3).vectors
    ways = [Arithmetic("cpu", kind) for kind in ("bfloat16", "float32", "bfloat16")]
    found = [approximate_links(vectors, 0.76, 8, arithmetic=way) for way in ways]
    for name in ("first", "second", "similarity"):
        assert len({getattr(links, name).tobytes() for links in found}) == 1


@pytest.mark.parametrize("images", [0, 1, 2, 5, 20])
def test_lists_of_a_handful_of_images_miss_nothing(images):
    vectors = np.repeat(plant(64).vectors[:10], 2, axis=0)[:images]
    exact, found = (way(vectors, 0.75, 8) for way in (exact_links, approximate_links))
    assert found.first.tolist() == exact.first.tolist()
    assert found.second.tolist() == exact.second.tolist()
