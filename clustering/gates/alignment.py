"""Where one image shows what another shows: the affine map between their frames.

Small maps of structure are compared, blind to light and colour: first all turns and mirrorings of
the whole frame, then what matched ORB corners agree on, then zooms into either image (template
matching); the best is refined with ECC (Evangelidis & Psarakis 2008). A step is taken only where
none before it found anything certain: each costs more than the last.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from clustering.gates.affine import (
    IDENTITY,
    MIRROR,
    QUARTER,
    Matrix,
    compose,
    from_pixels,
    inverse,
    magnification,
    overlap,
    to_pixels,
    warp,
)
from clustering.gates.views import Size, View, fitting, size_of, structure_of

MAP_SIDE = 64
"""Pixels along the longer side of a structure map."""
FINE_SIDE = 128
"""The same for the map that a searched alignment is checked on."""
_FINE_FLOOR = 0.7
_REFINE_SIDE = 128
_CERTAIN = 0.8
_GAIN = 0.01
"""Correlation that a more complicated map must add before it is believed."""
_WITHIN_REACH = 0.2
"""Correlation below which refining leads nowhere."""
_ZOOMS = (0.9, 0.8, 0.72, 0.64, 0.57, 0.5, 0.45)
_ZOOMS_COMPARED = 3
"""Of the zooms, those whose template matched best."""
_LEAST_CORNERS = 14
_FLAT = 0.5
"""Grey levels: an image with less contrast has nothing to align."""

_CORNERS = np.array([[0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]])


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """A map from source to target, and how well structure agrees under it."""

    matrix: Matrix
    correlation: float
    """-1 to 1, over the area both images show."""

    def distance_from(self, matrix: Matrix) -> float:
        """How far the frame's corners lie from where another map puts them; 1 is a side."""
        return float(np.abs((self.matrix - matrix) @ _CORNERS).max())


def align(source: View, target: View) -> Alignment:
    """Find the map under which the target shows what the source shows.

    Two images may lie frame on frame as they are. Any other map has been searched for, and by
    search alone unrelated images come to agree on coarse structure: such a map must agree on fine
    structure too.
    """
    if max(source.contrast, target.contrast) < _FLAT:
        return Alignment(IDENTITY, 1.0)
    still, *turned = _turned(source, target)
    if still.correlation >= 1 - _GAIN:
        return still
    found = [still, max(turned, key=_by_correlation)]  # a symmetric scene lies well on its mirror
    for search in (_corner_maps, _zooms):
        if max(map(_by_correlation, found)) < _CERTAIN:
            maps = search(source, target)
            found += [Alignment(each, _correlation(source, target, each)) for each in maps]
    best = max(found, key=_by_correlation)
    least_gain = _GAIN if best in found[:2] else 0.0
    found.append(_refined(source, target, best, least_gain))
    for each in sorted(found, key=_by_correlation, reverse=True):
        gains = each.correlation > still.correlation + _GAIN
        if gains and _correlation(source, target, each.matrix, FINE_SIDE) >= _FINE_FLOOR:
            return each
    return still


def _by_correlation(alignment: Alignment) -> float:
    return alignment.correlation


def _turned(source: View, target: View) -> Iterator[Alignment]:
    """The whole frame on the whole frame: as it is, then every turn and mirroring."""
    width, height = size = fitting(source.size, MAP_SIDE)
    here = source.structure_at(size)
    for start in (IDENTITY, MIRROR):
        matrix = start
        for quarters in range(4):
            there = target.structure_at((height, width) if quarters % 2 else size)
            turned = there.turned(quarters, mirrored=start is MIRROR)
            yield Alignment(matrix, here.agreement(turned))
            matrix = compose(QUARTER, matrix)


def _corner_maps(source: View, target: View) -> Iterator[Matrix]:
    """At most one map: the similarity transform that matched ORB corners agree on."""
    here, there = source.corners, target.corners
    if here is None or there is None:
        return
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(here.words, there.words)
    if len(matches) < _LEAST_CORNERS:
        return
    first = here.places[[match.queryIdx for match in matches]]
    second = there.places[[match.trainIdx for match in matches]]
    cv2.setRNGSeed(0)
    matrix, agreeing = cv2.estimateAffinePartial2D(first, second, ransacReprojThreshold=3)
    if matrix is not None and int(agreeing.sum()) >= _LEAST_CORNERS:
        yield from_pixels(np.asarray(matrix, dtype=np.float64), here.size, there.size)


def _zooms(source: View, target: View) -> Iterator[Matrix]:
    """Where the whole of one image lies inside the other, at the scales that fit best."""
    placed = []
    for scale in _ZOOMS:
        score, matrix = _placed(source, target, scale)
        placed.append((score, inverse(matrix)))
        placed.append(_placed(target, source, scale))
    best = sorted(placed, key=lambda each: -each[0])[:_ZOOMS_COMPARED]
    yield from (matrix for _, matrix in best)


def _placed(whole: View, part: View, scale: float) -> tuple[float, Matrix]:
    """The map from ``part`` to its best place inside ``whole``, and how well it matches there."""
    board = whole.map_at(fitting(whole.size, MAP_SIDE))
    sides = size_of(board)
    width, height = (max(8, round(side * scale)) for side in sides)
    piece = part.map_at((width, height))
    scores = cv2.matchTemplate(board, piece, cv2.TM_CCOEFF_NORMED)
    _, score, _, (left, top) = cv2.minMaxLoc(scores)
    matrix = np.array(
        [[width / sides[0], 0, left / sides[0]], [0, height / sides[1], top / sides[1]]]
    )
    return score, matrix


def _refined(source: View, target: View, start: Alignment, least_gain: float) -> Alignment:
    """Follow the correlation uphill; keep the start where that gains too little."""
    if not _WITHIN_REACH <= start.correlation < 1 - least_gain:
        return start
    sizes = fitting(source.size, _REFINE_SIDE), fitting(target.size, _REFINE_SIDE)
    here, there = source.map_at(sizes[0]), target.map_at(sizes[1])
    pixels = to_pixels(start.matrix, *sizes).astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)
    try:
        _, moved = cv2.findTransformECC(here, there, pixels, cv2.MOTION_AFFINE, stop)
    except cv2.error:  # it did not converge: these images have no better map nearby
        return start
    matrix = from_pixels(np.asarray(moved, dtype=np.float64), *sizes)
    found = Alignment(matrix, _correlation(source, target, matrix))
    return found if found.correlation > start.correlation + least_gain else start


def _correlation(source: View, target: View, matrix: Matrix, side: int = MAP_SIDE) -> float:
    """Correlation of the two structure maps where both images show something.

    The whole frame or its middle, whichever agrees better: a border is an edit too.
    """
    size = fitting(source.size, side)
    here = source.structure_at(size)
    there = structure_of(warp(target.grey_at(drawn_from(target, matrix, size)), matrix, size))
    return here.agreement(there, overlap(matrix, size))


def drawn_from(target: View, matrix: Matrix, size: Size) -> Size:
    """The size to average a target down to before it is drawn, so that warping never aliases."""
    side = max(size) / max(magnification(matrix), 0.05)
    return fitting(target.size, max(8, round(side)))
