"""What differs between two aligned images, in numbers. Arrays in, a record out."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from clustering.alignment import Alignment, Pixels, overlap, warp_to_source
from clustering.prediction import unexplained

COMPARE_SIDE = 384
"""Longest side, in pixels, at which images are compared."""
CHANGE_FLOOR = 40
"""Grey levels; NHR-Edit calls a pixel changed above it (Kuprashevich et al. 2025)."""
DETAIL_FLOOR = 0.6
"""Share of fine detail kept. Resizing to half keeps .68 at least, a visible blur under .5."""
_COMPONENT_FLOOR = 0.001
"""Share of the area below which a changed region is noise along edges."""
_BLOCKS = 16
"""Coarse colours are the means of so many blocks along each side."""
_ROUNDS = 8
_SSIM_SIDE = 192

Blocks = NDArray[np.float64]
"""Blocks × 3: mean RGB of each."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Every number measured on one aligned pair."""

    color_difference: float
    """Mean absolute difference, 0 to 255."""
    ssim: float
    tone_shift: float
    """Difference of coarse colours, 95th percentile over blocks, largest channel."""
    detail_ratio: float
    """Fine detail of the target over the source's, once that map has made their contrast equal."""
    mask: NDArray[np.bool_]
    """Height × width: what changed by more than CHANGE_FLOOR, specks left out."""
    components: int
    unexplained: float
    """Share of the target that no single edit of the source explains, 0 to about 1."""
    unexplained_backwards: float
    """The same of the source, from the target."""

    @property
    def change_fraction(self) -> float:
        return float(self.mask.mean())


def compare(source: Pixels, target: Pixels, alignment: Alignment) -> Difference:
    """Measure what differs where both images show something.

    Both are compared at the resolution of the smaller, so that resizing alone is no difference.
    """
    size = _common_size(source, target)
    here = np.asarray(cv2.resize(source, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    there = warp_to_source(target, alignment.matrix, size)
    seen = overlap(alignment.matrix, size)
    if not seen.any():
        seen = np.ones_like(seen)
    mask, components = changed_regions(here, there, seen)
    blocks = _block_means(here, seen), _block_means(there, seen)
    color_map = fit_colors(*blocks)
    explained = _apply(color_map, here)
    alike = seen & (cv2.absdiff(explained, there).max(axis=2) <= CHANGE_FLOOR)
    fair = alike if alike.sum() > seen.sum() / 4 else seen
    forwards, backwards = unexplained(here, there, seen, alignment)
    shift = np.abs(blocks[0] - blocks[1]).max(axis=1)
    return Difference(
        color_difference=float(cv2.absdiff(here, there)[seen].mean()),
        ssim=_ssim(here, there, seen),
        tone_shift=float(np.percentile(shift, 95)),
        detail_ratio=_detail(there, fair) / _detail(explained, fair),
        mask=mask,
        components=components,
        unexplained=forwards,
        unexplained_backwards=backwards,
    )


def same_detail(detail_ratio: float) -> bool:
    """Whether so much fine detail could be what encoding and resizing leave."""
    return DETAIL_FLOOR <= detail_ratio <= 1 / DETAIL_FLOOR


def changed_regions(
    source: Pixels, target: Pixels, seen: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], int]:
    """Mask of the connected regions that differ by more than CHANGE_FLOOR, and their number."""
    differs = (cv2.absdiff(source, target).max(axis=2) > CHANGE_FLOOR) & seen
    _, labels, stats, _ = cv2.connectedComponentsWithStats(differs.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA] / differs.size
    large = areas >= _COMPONENT_FLOOR
    large[0] = False
    return np.asarray(large[labels]), int(large.sum())


def fit_colors(source: Blocks, target: Blocks) -> NDArray[np.float64]:
    """The affine map of RGB, 4 × 3, that turns the source's coarse colours into the target's.

    Fitted to the two thirds it explains best: a local edit or a frame does not bend it.
    """
    rows = np.hstack([source, np.ones((len(source), 1))])
    ridge = np.diag([1.0, 1.0, 1.0, 0.0]) * len(rows)
    identity = np.vstack([np.eye(3), np.zeros(3)])
    fitted = identity
    error = np.abs(target - source - np.median(target - source, axis=0)).max(axis=1)
    for _ in range(_ROUNDS):
        chosen = error <= np.percentile(error, 67)
        kept = rows[chosen]
        fitted = np.linalg.solve(kept.T @ kept + ridge, kept.T @ target[chosen] + ridge @ identity)
        error = np.abs(rows @ fitted - target).max(axis=1)
    return np.asarray(fitted)


def _apply(color_map: NDArray[np.float64], pixels: Pixels) -> Pixels:
    mapped = pixels.astype(np.float32) @ color_map[:3].astype(np.float32) + color_map[3]
    return np.asarray(np.clip(mapped, 0, 255).astype(np.uint8))


def _common_size(source: Pixels, target: Pixels) -> tuple[int, int]:
    """Width and height of the source's shape at the smaller image's resolution."""
    height, width = source.shape[:2]
    side = min(COMPARE_SIDE, max(source.shape[:2]), max(target.shape[:2]))
    scale = side / max(height, width)
    return max(_BLOCKS, round(width * scale)), max(_BLOCKS, round(height * scale))


def _block_means(pixels: Pixels, seen: NDArray[np.bool_]) -> Blocks:
    """Means over the seen part of each block; blocks mostly unseen are left out."""
    size = (_BLOCKS, _BLOCKS)
    weight = cv2.resize(seen.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    shown = pixels.astype(np.float32) * seen[..., None]
    sums = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    enough = weight >= min(0.5, float(weight.max()))
    return np.asarray(sums[enough] / weight[enough][:, None], dtype=np.float64)


def _detail(pixels: Pixels, seen: NDArray[np.bool_]) -> float:
    """Root mean square of what a small blur takes away, in grey levels; at least half a level."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 1.5)
    return max(0.5, float(np.sqrt((fine[seen] ** 2).mean())))


def _ssim(source: Pixels, target: Pixels, seen: NDArray[np.bool_]) -> float:
    """Structural similarity of the greys (Wang et al. 2004), averaged over what both show."""
    from skimage import metrics

    scale = min(1.0, _SSIM_SIDE / max(seen.shape))
    size = tuple(max(8, round(side * scale)) for side in seen.shape[::-1])
    first, second = (
        cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
        for pixels in (source, target)
    )
    similarity: Any = metrics.structural_similarity
    _, local = similarity(first, second, data_range=255, full=True)
    weight = cv2.resize(seen.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return float((local * weight).sum() / max(float(weight.sum()), 1e-6))
