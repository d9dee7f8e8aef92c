"""Hash links: the exact search, and the one for corpora too large for it."""

import numpy as np
import pytest

from clustering.image_clusters.hash_links import HASH_BITS, kindred_hash_keys, nearest_hash_keys
from clustering.neighbors import Search

IMAGES = 2000


def hashes_with_pairs(bits_apart: int):
    """Rows 0 to 99 and 1000 to 1099 are so many bits apart, all others strangers."""
    rng = np.random.default_rng(bits_apart)
    hashes = rng.integers(256, size=(IMAGES, HASH_BITS // 8), dtype=np.uint8)
    unpacked = np.unpackbits(hashes[:100], axis=1)
    for row in unpacked:
        row[rng.choice(HASH_BITS, bits_apart, replace=False)] ^= 1
    hashes[1000:1100] = np.packbits(unpacked, axis=1)
    return hashes, np.arange(100) * IMAGES + np.arange(1000, 1100)


@pytest.mark.parametrize("bits_apart", [0, 3, 7, 12])
def test_the_exact_search_finds_every_pair(bits_apart):
    hashes, planted = hashes_with_pairs(bits_apart)
    assert np.isin(planted, nearest_hash_keys(hashes, hashes, 12, Search(0.0, 16))).all()


@pytest.mark.parametrize("bits_apart", [0, 3, 7])
def test_up_to_seven_bits_apart_the_fast_one_finds_every_pair_too(bits_apart):
    hashes, planted = hashes_with_pairs(bits_apart)
    assert np.isin(planted, kindred_hash_keys(hashes, hashes, 12)).all()


def test_further_apart_it_finds_some_and_never_a_pair_over_the_ceiling():
    hashes, planted = hashes_with_pairs(12)
    found = kindred_hash_keys(hashes, hashes, 12)
    assert 0.3 < np.isin(planted, found).mean() < 0.8
    assert np.isin(found, nearest_hash_keys(hashes, hashes, 12, Search(0.0, 16))).all()
    assert not np.isin(planted, kindred_hash_keys(hashes, hashes, 11)).any()


def test_a_crowd_of_equal_hashes_costs_no_square(monkeypatch):
    monkeypatch.setattr("clustering.image_clusters.hash_links._CROWD", 10)
    assert len(kindred_hash_keys(*[np.zeros((IMAGES, 8), dtype=np.uint8)] * 2, 12)) == 0
