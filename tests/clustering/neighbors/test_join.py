"""The join answers as fp32 brute force does, in every arithmetic and at every size."""

import numpy as np
import pytest

from clustering.encoders import Vectors, device
from clustering.encoders.protocol import unit_rows
from clustering.neighbors import exact_links
from clustering.neighbors import join as join_module
from clustering.neighbors.arithmetic import Arithmetic, Operand, fastest_arithmetic
from tests.clustering.planted_vectors import plant

KINDS = ("bfloat16", "float32")
THRESHOLD = 0.8
ROUNDING = 1e-6


def near_threshold(pairs: int, offset: float, seed: int) -> Vectors:
    """Rows two by two whose cosine lies ``offset`` over the threshold."""
    rng = np.random.default_rng(seed)
    one = unit_rows(rng.standard_normal((pairs, 512))).astype(np.float64)
    other = rng.standard_normal((pairs, 512))
    other -= (other * one).sum(1, keepdims=True) * one
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    cosine = THRESHOLD + offset
    two = cosine * one + np.sqrt(1 - cosine**2) * other
    return unit_rows(np.stack([one, two], axis=1).reshape(2 * pairs, 512))


def on_cpu(kind: str) -> Arithmetic:
    return Arithmetic("cpu", kind)


def pairs_of(links) -> set[tuple[int, int]]:
    return set(zip(links.first.tolist(), links.second.tolist(), strict=True))


def cosines(vectors):
    return np.asarray(vectors, dtype=np.float64) @ np.asarray(vectors, dtype=np.float64).T


def brute_force(vectors, floor: float) -> set[tuple[int, int]]:
    first, second = np.nonzero(np.triu(cosines(vectors) >= floor, 1))
    return set(zip(first.tolist(), second.tolist(), strict=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("images", [2, 31, 33, 1024, 2500])
def test_every_pair_over_the_floor_is_found_and_no_other(kind, images):
    vectors = plant(images).vectors
    links = exact_links(vectors, THRESHOLD, arithmetic=on_cpu(kind))
    at_threshold = np.abs(cosines(vectors) - THRESHOLD) <= ROUNDING
    differing = pairs_of(links) ^ brute_force(vectors, THRESHOLD)
    assert all(at_threshold[pair] for pair in differing)
    assert images < 1024 or len(links.first) > 100
    assert np.abs(links.similarity - cosines(vectors)[links.first, links.second]).max(initial=0) < (
        ROUNDING
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("offset", [2e-6, 1e-5, 1e-3])
def test_pairs_hard_by_the_threshold_fall_on_their_own_side(kind, offset):
    """bfloat16 alone is off by a thousand times as much."""
    over = near_threshold(600, offset, seed=1)
    under = near_threshold(600, -offset, seed=2)
    links = exact_links(np.concatenate([over, under]), THRESHOLD, arithmetic=on_cpu(kind))
    assert pairs_of(links) == {(row, row + 1) for row in range(0, 1200, 2)}


def test_the_margin_covers_the_worst_that_rounding_does():
    """Every component half a step of bfloat16 off, and all to the same side."""
    worst = np.full((64, 1024), (1 + 2**-8 - 2**-14) / 32, dtype=np.float32)
    operand = Operand(worst, on_cpu("bfloat16"), group=32)
    rounded = operand.block(0, 64).double().numpy()
    off = np.abs(rounded @ rounded.T - cosines(worst)).max()
    assert 2**-7 * 0.98 < off <= operand.margin()


def test_both_arithmetics_give_the_same_bytes():
    vectors = plant(3000).vectors
    in_bfloat16, in_fp32 = (exact_links(vectors, 0.76, 8, arithmetic=on_cpu(k)) for k in KINDS)
    for name in ("first", "second", "similarity"):
        assert getattr(in_bfloat16, name).tobytes() == getattr(in_fp32, name).tobytes()


@pytest.mark.parametrize("floor", [-1.0, 0.45, 0.76])
@pytest.mark.parametrize("buffer", [500, 1 << 20])
def test_links_are_capped_to_the_nearest_of_either_end(floor, buffer, monkeypatch):
    """A small buffer makes the reach of images grow while tiles are still to come."""
    monkeypatch.setattr("clustering.neighbors.links._BUFFER", buffer)
    monkeypatch.setattr(join_module, "ROWS", 64)
    monkeypatch.setattr(join_module, "COLUMNS", 256)
    vectors = plant(700).vectors
    near = cosines(vectors)
    np.fill_diagonal(near, -2)
    nearest = np.argsort(-near, axis=1)[:, :5]
    here = np.repeat(np.arange(700), 5)
    over = near[here, nearest.ravel()] >= floor
    ends = np.sort(np.stack([here, nearest.ravel()], axis=1)[over], axis=1)
    assert pairs_of(exact_links(vectors, floor, 5)) == set(map(tuple, ends.tolist()))


def test_mapped_vectors_are_read_by_block_with_the_same_answer(tmp_path, monkeypatch):
    vectors = plant(1500).vectors.astype(np.float16)
    mapped = np.memmap(tmp_path / "vectors", dtype=np.float16, mode="w+", shape=vectors.shape)
    mapped[:] = vectors
    held = exact_links(vectors, THRESHOLD)
    monkeypatch.setattr("clustering.neighbors.arithmetic._HELD_BYTES", 0)
    by_block = exact_links(mapped, THRESHOLD)
    assert pairs_of(held) == pairs_of(by_block) != set()


def test_crowds_and_equal_vectors_are_linked():
    same = np.repeat(plant(8).vectors[:1], 40, axis=0)
    assert len(exact_links(same, 0.99).first) == 40 * 39 // 2


def test_fewer_than_two_images_have_no_links():
    assert len(exact_links(plant(8).vectors[:1], THRESHOLD).first) == 0
    assert len(exact_links(plant(8).vectors[:0], THRESHOLD).first) == 0


@pytest.mark.parametrize(
    ("capabilities", "seconds", "kind"),
    [
        ({}, {"bfloat16": 1, "float32": 2}, "float32"),
        ({"amx_bf16": True}, {"bfloat16": 1, "float32": 2}, "bfloat16"),
        ({"avx512_bf16": True}, {"bfloat16": 2, "float32": 1}, "float32"),
    ],
    ids=["no units", "fast units", "slow units"],
)
def test_the_product_runs_in_what_is_faster_here(monkeypatch, capabilities, seconds, kind):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    monkeypatch.setattr(device, "_seconds", lambda number: seconds[str(number).split(".")[1]])
    fastest_arithmetic.cache_clear()
    device.is_bfloat16_faster.cache_clear()
    assert fastest_arithmetic().kind == kind
    device.is_bfloat16_faster.cache_clear()
    fastest_arithmetic.cache_clear()
