"""Masks survive their run lengths, in COCO order."""

import numpy as np
import pytest

from pairset.formats.masks import decode_mask, encode_mask


def test_runs_go_down_the_columns_and_begin_with_zeros() -> None:
    mask = np.array([[False, True], [False, True], [True, False]])

    assert encode_mask(mask) == [2, 3, 1]


def test_a_mask_that_begins_with_ones_has_no_zeros_first() -> None:
    assert encode_mask(np.ones((2, 2), dtype=bool)) == [0, 4]


@pytest.mark.parametrize("size", [(1, 1), (3, 7), (7, 3), (64, 48)])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_mask_comes_back_as_it_was(size: tuple[int, int], share: float) -> None:
    mask = np.random.default_rng(0).random(size) < share

    assert np.array_equal(decode_mask(encode_mask(mask), size), mask)


def test_runs_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="cover 4 pixels, not 3 × 3"):
        decode_mask([1, 3], (3, 3))
