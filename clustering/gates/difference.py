"""What differs between two aligned images, in numbers. Arrays in, a record out."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from clustering.gates.affine import overlap, warp
from clustering.gates.alignment import Alignment, drawn_from
from clustering.gates.views import Floats, Grey, Pixels, Size, View, resized

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
_SHARE_FITTED = 0.67
_ROUNDS = 8
_PATCH_SIDE = 7
"""Pixels: the smallest patch in which what encoding adds and takes is even."""
_SSIM_SIDE = 192
_SSIM_WINDOW = 7
_SSIM_CONSTANTS = (0.01 * 255) ** 2, (0.03 * 255) ** 2

_LUMA = np.array([0.299, 0.587, 0.114])

Blocks = NDArray[np.float64]
"""Blocks × 3: mean RGB of each."""
Mask = NDArray[np.bool_]
"""Height × width."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Two images in the source's frame, at the resolution of the smaller."""

    source: Pixels
    target: Pixels
    """The same height × width × 3; what the target does not show repeats its border."""
    seen: Mask
    """Where both images show something."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Every number measured on one overlay."""

    color_difference: float
    """Mean absolute difference, 0 to 255."""
    ssim: float
    tone_shift: float
    """Difference of coarse colours, 95th percentile over blocks, largest channel."""
    background_shift: float
    """The same, median: what a local edit leaves as it was."""
    detail_ratio: float
    """Fine detail of the target over the source's, once that map has made their contrast equal."""
    mask: Mask
    """What changed by more than CHANGE_FLOOR, specks left out."""
    components: int
    largest: float
    """Share of the area that the largest changed region covers, 0 to 1."""
    patch_shift: float
    """Mean of target less source in the patch where it is largest, largest channel, 0 to 255."""
    color_shift: tuple[float, float, float]
    """Mean of target less source, red, green and blue, -255 to 255."""
    chroma_shift: float
    """The same of how far coarse colours are from grey: largest less smallest channel."""
    contrast_ratio: float
    """Spread of the target's coarse light over that of the source."""

    @property
    def change_fraction(self) -> float:
        return float(self.mask.mean())


def overlay(source: View, target: View, alignment: Alignment) -> Overlay:
    """Lay the target over the source, so that resizing alone is no difference."""
    size = _common_size(source.size, target.size)
    colors = target.colors_at(drawn_from(target, alignment.matrix, size))
    seen = overlap(alignment.matrix, size)
    return Overlay(
        source.colors_at(size),
        warp(colors, alignment.matrix, size),
        seen if seen.any() else ~seen,
    )


def compare(laid: Overlay) -> Difference:
    """Measure what differs where both images show something."""
    here, there, seen = laid.source, laid.target, laid.seen
    differs = _absolute(here, there)
    mask, areas = changed_regions(differs, seen)
    blocks = _block_means(here, seen), _block_means(there, seen)
    explained = np.asarray(cv2.transform(here, fit_colors(*blocks).T), dtype=np.uint8)
    alike = seen & (_largest(_absolute(explained, there)) <= CHANGE_FLOOR)
    fair = alike if np.count_nonzero(alike) > np.count_nonzero(seen) / 4 else seen
    shift = np.abs(blocks[0] - blocks[1]).max(axis=1)
    return Difference(
        color_difference=float(np.mean(cv2.mean(differs, mask=seen.view(np.uint8))[:3])),
        ssim=_ssim(here, there, seen),
        tone_shift=float(np.percentile(shift, 95)),
        background_shift=float(np.median(shift)),
        detail_ratio=_detail(there, fair) / _detail(explained, fair),
        mask=mask,
        components=len(areas),
        largest=max(areas, default=0) / mask.size,
        patch_shift=patch_shift(laid),
        color_shift=_color_shift(*blocks),
        chroma_shift=float((np.ptp(blocks[1], axis=1) - np.ptp(blocks[0], axis=1)).mean()),
        contrast_ratio=_spread(blocks[1]) / _spread(blocks[0]),
    )


def same_detail(detail_ratio: float) -> bool:
    """Whether so much fine detail could be what encoding and resizing leave."""
    return DETAIL_FLOOR <= detail_ratio <= 1 / DETAIL_FLOOR


def changed_regions(differs: Pixels, seen: Mask) -> tuple[Mask, list[int]]:
    """Mask of the connected regions that differ by more than CHANGE_FLOOR, and pixels of each.

    differs: absolute differences, height × width × 3.
    """
    strong = seen & (_largest(differs) > CHANGE_FLOOR)
    if np.count_nonzero(strong) < _COMPONENT_FLOOR * strong.size:
        return np.zeros_like(strong), []
    _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        strong.view(np.uint8), 8, cv2.CV_32S, cv2.CCL_BBDT
    )
    areas = stats[:, cv2.CC_STAT_AREA]
    large = areas >= _COMPONENT_FLOOR * strong.size
    large[0] = False
    return np.asarray(large[labels]), areas[large].tolist()


def patch_shift(laid: Overlay) -> float:
    """By how much the patch changed that changed most.

    What encoding adds in one pixel it takes in the next; a small object is of one colour.
    """
    signed = cv2.subtract(laid.target, laid.source, dtype=cv2.CV_32F)
    patches = np.abs(cv2.blur(signed, (_PATCH_SIDE, _PATCH_SIDE)))
    return float(patches[laid.seen].max())


def _absolute(first: Pixels, second: Pixels) -> Pixels:
    return np.asarray(cv2.absdiff(first, second), dtype=np.uint8)


def _largest(colors: Pixels) -> Grey:
    """The largest channel of each pixel."""
    red, green, blue = cv2.split(colors)
    return np.asarray(cv2.max(cv2.max(red, green), blue), dtype=np.uint8)


def fit_colors(source: Blocks, target: Blocks) -> NDArray[np.float64]:
    """The affine map of RGB, 4 × 3, that turns the source's coarse colours into the target's.

    Fitted to the two thirds it explains best: a local edit or a frame does not bend it.
    """
    rows = np.hstack([source, np.ones((len(source), 1))])
    ridge = np.diag([1.0, 1.0, 1.0, 0.0]) * len(rows)
    prior = ridge @ np.vstack([np.eye(3), np.zeros(3)])
    most = max(0, round(_SHARE_FITTED * len(rows)) - 1)
    error = np.abs(target - source - np.median(target - source, axis=0)).max(axis=1)
    chosen = np.zeros(len(rows), dtype=bool)
    for _ in range(_ROUNDS):
        better = error <= np.partition(error, most)[most]
        if np.array_equal(better, chosen):
            break
        chosen = better
        kept = rows[chosen]
        fitted = np.linalg.solve(kept.T @ kept + ridge, kept.T @ target[chosen] + prior)
        error = np.abs(rows @ fitted - target).max(axis=1)
    return np.asarray(fitted)


def _common_size(source: Size, target: Size) -> Size:
    """Width and height of the source's shape at the smaller image's resolution."""
    scale = min(COMPARE_SIDE, max(source), max(target)) / max(source)
    return max(_BLOCKS, round(source[0] * scale)), max(_BLOCKS, round(source[1] * scale))


def _block_means(pixels: Pixels, seen: Mask) -> Blocks:
    """Means over the seen part of each block; blocks mostly unseen are left out."""
    size = (_BLOCKS, _BLOCKS)
    weight = cv2.resize(seen.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    shown = pixels.astype(np.float32)
    if float(weight.min()) < 1:
        shown[~seen] = 0
    sums = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    enough = weight >= min(0.5, float(weight.max()))
    return np.asarray(sums[enough] / weight[enough][:, None], dtype=np.float64)


def _color_shift(source: Blocks, target: Blocks) -> tuple[float, float, float]:
    red, green, blue = (target - source).mean(axis=0).tolist()
    return red, green, blue


def _spread(blocks: Blocks) -> float:
    """Standard deviation of light in grey levels; at least one level."""
    return max(1.0, float((blocks @ _LUMA).std()))


def _detail(pixels: Pixels, seen: Mask) -> float:
    """Root mean square of what a small blur takes away, in grey levels; at least half a level."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 1.5)
    energy = cv2.norm(fine, cv2.NORM_L2SQR, seen.view(np.uint8)) / max(
        1, int(np.count_nonzero(seen))
    )
    return max(0.5, float(np.sqrt(energy)))


def _ssim(source: Pixels, target: Pixels, seen: Mask) -> float:
    """Structural similarity of the greys (Wang et al. 2004), averaged over what both show."""
    scale = min(1.0, _SSIM_SIDE / max(seen.shape))
    size = max(8, round(seen.shape[1] * scale)), max(8, round(seen.shape[0] * scale))
    first, second = (
        resized(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)), size)
        for pixels in (source, target)
    )
    weight = cv2.resize(seen.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    local = ssim_map(first, second)
    return float((local * weight).sum() / max(float(weight.sum()), 1e-6))


def ssim_map(first: Grey, second: Grey) -> Floats:
    """SSIM at every pixel, over even windows of 7 × 7, as scikit-image's ``full`` map is."""

    def mean(values: Floats) -> Floats:
        window = _SSIM_WINDOW, _SSIM_WINDOW
        return np.asarray(cv2.blur(values, window, borderType=cv2.BORDER_REFLECT), np.float32)

    here, there = (grey.astype(np.float32) for grey in (first, second))
    sample = _SSIM_WINDOW**2 / (_SSIM_WINDOW**2 - 1)
    mean_here, mean_there = mean(here), mean(there)
    product, squares = mean_here * mean_there, mean_here**2 + mean_there**2
    together = sample * (mean(here * there) - product)
    apart = sample * (mean(here * here + there * there) - squares)
    light, contrast = _SSIM_CONSTANTS
    return np.asarray(
        (2 * product + light)
        * (2 * together + contrast)
        / ((squares + light) * (apart + contrast)),
        dtype=np.float32,
    )
