"""The gates as one would write them with scikit-image and imagehash, after their documentation.

The whole frame first, as it is, turned or mirrored; else ORB corners and RANSAC. Then the target is
warped, what differs is labelled, and SSIM is taken. The rules that make a verdict of the numbers
are ours.
"""

from collections.abc import Iterator

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageOps
from scipy import ndimage
from skimage import color, feature, filters, measure, metrics, transform

from clustering.gates.affine import (
    IDENTITY,
    MIRROR,
    QUARTER,
    compose,
    from_pixels,
    overlap,
    to_pixels,
)
from clustering.gates.alignment import Alignment
from clustering.gates.difference import CHANGE_FLOOR, COMPARE_SIDE, Difference
from clustering.gates.rules import ALIGNED, COMPARED, Compared, first_no
from clustering.gates.views import Size, size_of
from clustering.settings import MineSettings
from pairset.records.pair import PairStatus

Floats = NDArray[np.float64]
_MAP_SIDE = 64
_CERTAIN = 0.8
_LEAST_CORNERS = 14
_BLOCKS = 16
_COMPONENT_FLOOR = 0.001
_PATCH_SIDE = 7


def plain_ssim(source: Pillow.Image, target: Pillow.Image) -> float:
    """SSIM of the greys, as they are."""
    first, second = (np.asarray(image.convert("L")) for image in (source, target))
    return float(metrics.structural_similarity(first, second))


def plain_verdict(source: Pillow.Image, target: Pillow.Image, settings: MineSettings) -> PairStatus:
    """Hashes, plain and mirrored, then alignment, warp, mask, SSIM, colour and detail."""
    plain = [imagehash.phash(image) for image in (source, target)]
    for image in (source, target):
        imagehash.phash(ImageOps.mirror(image))
    here, there = _comparable(source, target)
    alignment = _aligned(here, there)
    warped = _warped(there, alignment.matrix, size_of(here))
    seen = overlap(alignment.matrix, size_of(here))
    difference = _difference(here, warped, seen)
    status = first_no(ALIGNED, alignment, settings)
    if status != PairStatus.KEPT:
        return status
    compared = Compared(alignment, difference, int(plain[0] - plain[1]))
    return first_no(COMPARED, compared, settings)


def _comparable(source: Pillow.Image, target: Pillow.Image) -> tuple[Floats, Floats]:
    """Both at the resolution of the smaller, 0 to 255."""
    side = min(COMPARE_SIDE, max(source.size), max(target.size))
    first, second = (_resized(np.asarray(image) / 255.0, side) for image in (source, target))
    return first * 255, second * 255


def _resized(picture: Floats, side: int) -> Floats:
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    shape = (round(height * scale), round(width * scale), *picture.shape[2:])
    return np.asarray(transform.resize(picture, shape, anti_aliasing=True))


def _aligned(here: Floats, there: Floats) -> Alignment:
    greys = [color.rgb2gray(picture / 255) * 255 for picture in (here, there)]
    whole = [Alignment(matrix, _agreement(*greys, matrix)) for matrix in _turns()]
    still, best = whole[0], max(whole, key=lambda each: each.correlation)
    if best.correlation < _CERTAIN:
        found = (Alignment(matrix, _agreement(*greys, matrix)) for matrix in _by_corners(*greys))
        best = max([best, *found], key=lambda each: each.correlation)
    return best if best.correlation > still.correlation + 0.01 else still


def _turns() -> Iterator[Floats]:
    for start in (IDENTITY, MIRROR):
        matrix = start
        for _ in range(4):
            yield matrix
            matrix = compose(QUARTER, matrix)


def _by_corners(here: Floats, there: Floats) -> Iterator[Floats]:
    found = []
    for grey in (here, there):
        detector = feature.ORB(n_keypoints=600)
        try:
            detector.detect_and_extract(grey / 255)
        except RuntimeError:  # no corners at all
            return
        found.append((detector.keypoints[:, ::-1], detector.descriptors))
    (first, words), (second, other_words) = found
    matches = feature.match_descriptors(words, other_words, cross_check=True)
    if len(matches) < _LEAST_CORNERS:
        return
    model, agreeing = measure.ransac(
        (first[matches[:, 0]], second[matches[:, 1]]),
        transform.SimilarityTransform,
        min_samples=3,
        residual_threshold=3,
        max_trials=500,
        rng=0,
    )
    if model is not None and agreeing is not None and agreeing.sum() >= _LEAST_CORNERS:
        yield from_pixels(model.params[:2], size_of(here), size_of(there))


def _agreement(here: Floats, there: Floats, matrix: Floats) -> float:
    """Correlation of structure, whole or in the middle, as ours but with scikit-image's filters."""
    small, other = _resized(here, _MAP_SIDE), _resized(there, _MAP_SIDE)
    drawn = _warped(other, matrix, size_of(small))
    seen = overlap(matrix, size_of(small))
    inset = round(0.1 * min(small.shape))
    inner = slice(inset, small.shape[0] - inset), slice(inset, small.shape[1] - inset)
    parts = (small, drawn, seen), (small[inner], drawn[inner], seen[inner])
    return max(_correlation(*part) for part in parts)


def _correlation(first: Floats, second: Floats, seen: NDArray[np.bool_]) -> float:
    if seen.mean() < 0.15:
        return -1.0
    pair = [_structure(each)[seen] for each in (first, second)]
    if min(each.std() for each in pair) == 0:
        return 1.0 if all(each.std() == 0 for each in pair) else 0.0
    return float(np.corrcoef(*pair)[0, 1])


def _structure(grey: Floats) -> Floats:
    smooth = filters.gaussian(grey, 1.2, mode="reflect")
    band = smooth - filters.gaussian(smooth, 6, mode="reflect")
    return np.asarray(band / np.sqrt(filters.gaussian(band**2, 6, mode="reflect") + 4))


def _warped(target: Floats, matrix: Floats, size: Size) -> Floats:
    pixels = np.vstack([to_pixels(matrix, size, size_of(target)), [0, 0, 1]])
    shape = (size[1], size[0], *target.shape[2:])
    return np.asarray(transform.warp(target, pixels, output_shape=shape, mode="edge"))


def _difference(here: Floats, there: Floats, seen: NDArray[np.bool_]) -> Difference:
    differs = np.abs(here - there)
    labels = measure.label((differs.max(axis=2) > CHANGE_FLOOR) & seen, connectivity=2)
    regions = measure.regionprops(labels)
    large = [part for part in regions if part.area >= _COMPONENT_FLOOR * labels.size]
    greys = [color.rgb2gray(picture / 255) * 255 for picture in (here, there)]
    _, local = metrics.structural_similarity(*greys, data_range=255, full=True)
    shift = np.abs(_block_colors(here, seen) - _block_colors(there, seen)).max(axis=2)
    gains = [np.polyfit(here[..., each][seen], there[..., each][seen], 1) for each in range(3)]
    explained = np.stack([np.polyval(gain, here[..., each]) for each, gain in enumerate(gains)], 2)
    details = [_detail(np.clip(picture, 0, 255), seen) for picture in (there, explained)]
    coarse = [_block_colors(picture, seen).reshape(-1, 3) for picture in (here, there)]
    light = [max(1.0, float((blocks @ [0.299, 0.587, 0.114]).std())) for blocks in coarse]
    red, green, blue = (coarse[1] - coarse[0]).mean(axis=0).tolist()
    return Difference(
        color_difference=float(differs[seen].mean()),
        ssim=float(local[seen].mean()),
        tone_shift=float(np.percentile(shift, 95)),
        background_shift=float(np.median(shift)),
        detail_ratio=details[0] / details[1],
        mask=np.isin(labels, [part.label for part in large]),
        components=len(large),
        largest=max((float(part.area) for part in large), default=0.0) / labels.size,
        patch_shift=float(np.abs(_patch_means(there - here))[seen].max()),
        color_shift=(red, green, blue),
        chroma_shift=float((np.ptp(coarse[1], axis=1) - np.ptp(coarse[0], axis=1)).mean()),
        contrast_ratio=light[1] / light[0],
    )


def _patch_means(picture: Floats) -> Floats:
    return np.asarray(ndimage.uniform_filter(picture, (_PATCH_SIDE, _PATCH_SIDE, 0)))


def _block_colors(picture: Floats, seen: NDArray[np.bool_]) -> Floats:
    blocks = transform.resize(picture * seen[..., None], (_BLOCKS, _BLOCKS, 3), anti_aliasing=True)
    weight = transform.resize(seen.astype(float), (_BLOCKS, _BLOCKS), anti_aliasing=True)
    return np.asarray(blocks / np.maximum(weight, 0.5)[..., None])


def _detail(picture: Floats, seen: NDArray[np.bool_]) -> float:
    grey = color.rgb2gray(picture / 255) * 255
    fine = grey - filters.gaussian(grey, 1.5)
    return max(0.5, float(np.sqrt((fine[seen] ** 2).mean())))
