"""Where one image shows what another shows: the affine map between their frames.

Small maps of structure are compared, blind to light and colour: first all turns and mirrorings of
the whole frame, then zooms into either image (template matching), then matched ORB corners for
whatever else; the best is refined with ECC (Evangelidis & Psarakis 2008).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Height × width × 3, RGB."""
Grey = NDArray[np.uint8]
"""Height × width."""
Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]
"""2 × 3, from source to target, both spanning 0 to 1 in x and y."""

MAP_SIDE = 64
"""Pixels along the longer side of a structure map."""
FINE_SIDE = 128
"""The same for the map that a searched alignment is checked on."""
_FINE_FLOOR = 0.7
_REFINE_SIDE = 160
_CORNER_SIDE = 320
_CERTAIN = 0.8
_GAIN = 0.01
"""Correlation that a more complicated map must add before it is believed."""
_ZOOMS = (0.9, 0.8, 0.72, 0.64, 0.57, 0.5, 0.45)
_LEAST_CORNERS = 14
_LEAST_OVERLAP = 0.15
_BORDER = 0.1
_FLAT = 0.5
"""Grey levels: a map with less structure has nothing to align."""

_FAINT = 2.0
"""Grey levels: fainter structure is not amplified, it is mostly noise."""

IDENTITY: Matrix = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
MIRROR: Matrix = np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
_CORNERS = np.array([[0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]])


@dataclass(frozen=True, slots=True)
class Alignment:
    """A map from source to target, and how well structure agrees under it."""

    matrix: Matrix
    correlation: float
    """-1 to 1, over the area both images show."""

    def distance_from(self, matrix: Matrix) -> float:
        """How far the frame's corners lie from where another map puts them; 1 is a side."""
        return float(np.abs((self.matrix - matrix) @ _CORNERS).max())


def align(source: Pixels, target: Pixels) -> Alignment:
    """Find the map under which the target shows what the source shows.

    Two images may lie frame on frame as they are. Any other map has been searched for, and by
    search alone unrelated images come to agree on coarse structure: such a map must agree on fine
    structure too.
    """
    here, there = _grey(source), _grey(target)
    if all(float(grey.std()) < _FLAT for grey in (here, there)):
        return Alignment(IDENTITY, 1.0)
    still = _best(here, there, [IDENTITY])
    searched = [still]
    if still.correlation < 1 - _GAIN:  # a symmetric scene lies well on its mirror image
        searched.append(_best(here, there, list(_turns())))
    if max(each.correlation for each in searched) < _CERTAIN:
        searched.append(_best(here, there, list(_zooms(here, there))))
        searched += [Alignment(matrix, 0.0) for matrix in _corner_maps(here, there)]
    searched += [_refined(here, there, each) for each in searched]
    for found in sorted(searched, key=lambda each: -each.correlation):
        gains = found.correlation > still.correlation + _GAIN
        if gains and _correlation(here, there, found.matrix, FINE_SIDE) >= _FINE_FLOOR:
            return found
    return still


def _grey(pixels: Pixels) -> Grey:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _best(source: Grey, target: Grey, matrices: Sequence[Matrix]) -> Alignment:
    found = (Alignment(each, _correlation(source, target, each)) for each in matrices)
    return max(found, key=lambda each: each.correlation)


def warp_to_source(target: Pixels, matrix: Matrix, size: tuple[int, int]) -> Pixels:
    """Draw the target in the source's frame of (width, height); unseen parts repeat the border."""
    return np.asarray(_warp(_shrunk_for(target, matrix, size), matrix, size), dtype=np.uint8)


def overlap(matrix: Matrix, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which pixels of the source's frame of (width, height) the target shows."""
    width, height = size
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    places = matrix @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    inside = ((places > 0) & (places < 1)).all(axis=0)
    return np.asarray(inside.reshape(height, width))


def structure(grey: Grey) -> Floats:
    """Edges and blobs without light or contrast: a band of the spatial frequencies.

    Each neighbourhood is brought to the same energy, so that one hard edge, such as a frame's,
    does not outweigh all the rest.
    """
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.2)
    band = smooth - cv2.GaussianBlur(smooth, (0, 0), 6)
    energy = cv2.GaussianBlur(band * band, (0, 0), 6)
    return np.asarray(band / np.sqrt(energy + _FAINT**2), dtype=np.float32)


def _turns() -> Iterator[Matrix]:
    quarter = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 1.0]])
    for start in (IDENTITY, MIRROR):
        matrix = start
        for _ in range(4):
            yield matrix
            matrix = compose(quarter, matrix)


def compose(outer: Matrix, inner: Matrix) -> Matrix:
    """The map that applies ``inner``, then ``outer``."""
    return np.asarray(outer @ np.vstack([inner, [0.0, 0.0, 1.0]]))


def inverse(matrix: Matrix) -> Matrix:
    """The map from target to source."""
    return np.linalg.inv(np.vstack([matrix, [0.0, 0.0, 1.0]]))[:2]


def _zooms(source: Grey, target: Grey) -> Iterator[Matrix]:
    """Where the whole of one image lies inside the other, at each scale."""
    for scale in _ZOOMS:
        yield inverse(_placed(source, target, scale))
        yield _placed(target, source, scale)


def _placed(whole: Grey, part: Grey, scale: float) -> Matrix:
    """The map from ``part`` to its best place inside ``whole``."""
    board = structure(_shrunk(whole, MAP_SIDE))
    width, height = (max(8, round(side * scale)) for side in board.shape[::-1])
    shrunk = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    piece = structure(np.asarray(shrunk, dtype=np.uint8))
    scores = cv2.matchTemplate(board, piece, cv2.TM_CCOEFF_NORMED)
    _, _, _, (left, top) = cv2.minMaxLoc(scores)
    sides = board.shape[::-1]
    return np.array(
        [[width / sides[0], 0, left / sides[0]], [0, height / sides[1], top / sides[1]]]
    )


def _corner_maps(source: Grey, target: Grey) -> Iterator[Matrix]:
    """At most one map: the similarity transform that matched ORB corners agree on."""
    shrunk = [_shrunk(grey, _CORNER_SIDE) for grey in (source, target)]
    detector: Any = cv2.ORB.create(600)
    (points, words), (target_points, target_words) = (
        detector.detectAndCompute(grey, None) for grey in shrunk
    )
    if words is None or target_words is None:
        return
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(words, target_words)
    if len(matches) < _LEAST_CORNERS:
        return
    here = np.array([points[match.queryIdx].pt for match in matches], dtype=np.float32)
    there = np.array([target_points[match.trainIdx].pt for match in matches], dtype=np.float32)
    cv2.setRNGSeed(0)
    matrix, agreeing = cv2.estimateAffinePartial2D(here, there, ransacReprojThreshold=3)
    if matrix is not None and int(agreeing.sum()) >= _LEAST_CORNERS:
        yield _from_pixels(np.asarray(matrix, dtype=np.float64), _size(shrunk[0]), _size(shrunk[1]))


def _refined(source: Grey, target: Grey, start: Alignment) -> Alignment:
    """Follow the correlation uphill; keep the start where that gains next to nothing."""
    if start.correlation > 1 - _GAIN:
        return start
    here, there = (structure(_shrunk(grey, _REFINE_SIDE)) for grey in (source, target))
    pixels = _to_pixels(start.matrix, _size(here), _size(there)).astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)
    try:
        _, moved = cv2.findTransformECC(here, there, pixels, cv2.MOTION_AFFINE, stop)
    except cv2.error:  # it did not converge: these images have no better map nearby
        return start
    matrix = _from_pixels(np.asarray(moved, dtype=np.float64), _size(here), _size(there))
    found = Alignment(matrix, _correlation(source, target, matrix))
    return found if found.correlation > start.correlation + _GAIN else start


def _correlation(source: Grey, target: Grey, matrix: Matrix, side: int = MAP_SIDE) -> float:
    """Correlation of the two structure maps where both images show something.

    The whole frame or its middle, whichever agrees better: a border is an edit too.
    """
    here = _shrunk(source, side)
    size = _size(here)
    seen = overlap(matrix, size)
    there = _warp(_shrunk_for(target, matrix, size), matrix, size)
    inset = round(_BORDER * min(size))
    middle = slice(inset, size[1] - inset), slice(inset, size[0] - inset)
    return max(_agreement(here, there, seen), _agreement(here[middle], there[middle], seen[middle]))


def _agreement(source: Grey, target: Grey, seen: NDArray[np.bool_]) -> float:
    if seen.mean() < _LEAST_OVERLAP:
        return -1.0
    first, second = structure(source)[seen], structure(target)[seen]
    first, second = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum() / scale) if scale > _FLAT else 0.0


def _warp(pixels: Pixels, matrix: Matrix, size: tuple[int, int]) -> Pixels:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    to_pixels = _to_pixels(matrix, size, _size(pixels))
    warped = cv2.warpAffine(pixels, to_pixels, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.uint8)


def _shrunk_for(target: Pixels, matrix: Matrix, size: tuple[int, int]) -> Pixels:
    """Average the target down to the scale it will be drawn at, so that warping never aliases."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    side = max(size) / max(scale, 0.05)
    return _shrunk(target, max(8, round(side)))


def _shrunk(pixels: Pixels, side: int) -> Pixels:
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _size(pixels: NDArray[np.generic]) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def _span(size: tuple[int, int]) -> Matrix:
    """From 0…1 to pixel centres."""
    return np.array([[size[0], 0, -0.5], [0, size[1], -0.5]], dtype=np.float64)


def _to_pixels(matrix: Matrix, source: tuple[int, int], target: tuple[int, int]) -> Matrix:
    return compose(compose(_span(target), matrix), inverse(_span(source)))


def _from_pixels(matrix: Matrix, source: tuple[int, int], target: tuple[int, int]) -> Matrix:
    return compose(compose(inverse(_span(target)), matrix), _span(source))
