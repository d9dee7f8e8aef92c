"""How much of one image a single edit of another leaves unexplained. Directed; arrays only.

An original predicts its edits: light that clips, colours and sharpness taken away and a zoom into
it can all be computed from it, and none of them back. What two edits of one picture differ by is
two edits, which no single one explains. So the original is the image that explains the others.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from clustering.gates.affine import inverse, magnification, overlap
from clustering.gates.alignment import Alignment
from clustering.gates.difference import Overlay
from clustering.gates.views import Pixels

_SIDE = 64
"""Cells along each side of the small copies that are compared."""
_SMOOTH = 1.0
"""Cells: forgives what alignment and encoding leave at edges."""
_WRONG = 30.0
"""Grey levels: a cell off by so much is not explained at all."""
_EDIT = 0.05
"""What naming an edit costs, as a share of unexplained cells: where nothing is gained by it, the
simpler explanation wins."""
_BLURS = (0.8, 1.2, 1.8, 2.7)
"""Cells: radii of blur that are tried."""
_SHARE_FITTED = 0.67
"""Of the values, those explained best: a local edit or a frame must not bend a fit."""
_ROUNDS = 6
_STEP = 2
"""Fits look at every second cell each way."""
_LEAST_FITTED = 60
"""Values, of three per cell."""
_DARK, _BRIGHT = 8.0, 247.0
"""Grey levels beyond which light may have clipped."""
_MOVED = 0.05
"""Shares of a side."""
_BLOCKS = 16
"""Along each side: what a local edit leaves is looked for in blocks of so many cells."""

Colors = NDArray[np.float32]
"""… × 3: _SIDE × _SIDE cells, or a list of those a fit looks at."""
Mask = NDArray[np.bool_]
"""_SIDE × _SIDE."""
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Unexplained:
    """What no single edit explains."""

    forwards: float
    """Share of the target that the source leaves unexplained, 0 to about 1."""
    backwards: float
    """Share of the source that the target leaves unexplained."""
    leftover: float
    """The block of the target that is farthest from what the best edit of the source makes of it,
    largest channel, 0 to 255: an object that changed under another light is an edit of its own."""


def unexplained(laid: Overlay, alignment: Alignment) -> Unexplained:
    """Explain each image by the best single edit of the other.

    What one image shows and the other does not is unexplained.
    """
    here, there = _small(laid.source), _small(laid.target)
    shown = (_SIDE, _SIDE)
    weight = cv2.resize(laid.seen.astype(np.float32), shown, interpolation=cv2.INTER_AREA)
    inside: Mask = np.asarray(weight >= min(0.99, float(weight.max())))
    moves = frame_edits(alignment)
    covered = overlap(inverse(alignment.matrix), shown), overlap(alignment.matrix, shown)
    best = _best(here, there, inside, moves), _best(there, here, inside, moves)
    forwards, backwards = (
        1 - float(part.mean()) * (1 - error) for part, (error, _) in zip(covered, best, strict=True)
    )
    return Unexplained(forwards, backwards, _leftover(best[0][1] - there, inside))


def frame_edits(alignment: Alignment) -> int:
    """Edits of the frame: mirrored, turned, and zoomed or shifted."""
    matrix = alignment.matrix
    linear, scale = matrix[:, :2], magnification(matrix)
    nearest = np.round(linear / max(scale, 1e-6))
    turned = int(np.abs(nearest - np.eye(2)).max() > 0)
    mirrored = int(np.linalg.det(linear) < 0)
    middle = float(np.abs(linear @ [0.5, 0.5] + matrix[:, 2] - 0.5).max())
    bent = float(np.abs(linear - nearest).max())
    return turned + mirrored + int(max(middle, bent) > _MOVED)


def _best(source: Colors, target: Colors, inside: Mask, moves: int) -> tuple[float, Colors]:
    """The best explanation and its mean error; a moved frame is an edit already."""
    wanted, still = _smooth(target), _smooth(source)
    known = moves * _EDIT + _mean_error(still, wanted, inside), source
    if moves:
        return known
    recolored = [(_smooth(each), each) for each in _recolored(source, target, inside)]
    blurred = ((_smooth(source, radius), source) for radius in _BLURS)
    edited = (
        (_EDIT + _mean_error(smooth, wanted, inside), sharp)
        for smooth, sharp in (*recolored, *blurred)
    )
    return min(known, *edited, key=lambda each: each[0])


def _leftover(off: Colors, inside: Mask) -> float:
    """The largest mean over a block, which neither a blur nor a mosaic of small tiles moves."""
    shown = np.where(inside[..., None], off, np.float32(0))
    blocks = cv2.resize(shown, (_BLOCKS, _BLOCKS), interpolation=cv2.INTER_AREA)
    return float(np.abs(blocks).max())


def _mean_error(predicted: Colors, wanted: Colors, inside: Mask) -> float:
    off = np.abs(predicted - wanted)
    largest = np.maximum(np.maximum(off[..., 0], off[..., 1]), off[..., 2])
    return float(np.minimum(largest / _WRONG, 1)[inside].mean())


Edit = Callable[[Colors], Colors]
Fit = Callable[[Colors, Colors, Colors], Edit]
"""From source, target and the weight of each value to the edit of its family that fits best."""


def _recolored(source: Colors, target: Colors, inside: Mask) -> Iterator[Colors]:
    within = inside[::_STEP, ::_STEP]
    here, there = (each[::_STEP, ::_STEP][within] for each in (source, target))
    usable = (there > _DARK) & (there < _BRIGHT)
    if np.count_nonzero(usable) < _LEAST_FITTED:
        usable[:] = True
    for fit in (_light, _saturation, _white_balance):
        fitted = usable
        edit = fit(here, there, fitted.astype(np.float32))
        for _ in range(_ROUNDS):
            off = np.abs(np.clip(edit(here), 0, 255) - there)
            better = usable & (off <= _quantile(off[usable], _SHARE_FITTED))
            if np.array_equal(better, fitted):
                break
            fitted = better
            edit = fit(here, there, fitted.astype(np.float32))
        yield np.clip(edit(source), 0, 255)


def _quantile(values: NDArray[np.float32], share: float) -> np.float32:
    place = int(share * (len(values) - 1))
    return np.float32(np.partition(values, place)[place])


def _light(source: Colors, target: Colors, weight: Colors) -> Edit:
    """Brightness and contrast: one line for all channels."""
    total = max(float(weight.sum()), 1.0)
    mean, wanted = (float(np.vdot(weight, each)) / total for each in (source, target))
    centred = (source - mean) * weight
    gain = float(np.vdot(centred, target - wanted)) / max(float(np.vdot(centred, centred)), 1e-6)
    return lambda colors: (colors - mean) * gain + wanted


def _saturation(source: Colors, target: Colors, weight: Colors) -> Edit:
    """Every colour nearer to its grey, or farther from it."""
    grey = (source @ _LUMA)[..., None]
    vivid, wanted = (source - grey) * weight, target - grey
    strength = float(np.vdot(vivid, wanted)) / max(float(np.vdot(vivid, vivid)), 1e-6)

    def edit(colors: Colors) -> Colors:
        greys = (colors @ _LUMA)[..., None]
        return np.asarray(greys + strength * (colors - greys))

    return edit


def _white_balance(source: Colors, target: Colors, weight: Colors) -> Edit:
    """A gain for red and one for blue."""
    weighed = source * weight
    parts, wholes = ((weighed * each).sum(axis=0) for each in (target, source))
    gains = parts / np.maximum(wholes, 1e-6)
    return lambda colors: colors * np.array([gains[0], 1.0, gains[2]], dtype=np.float32)


def _small(pixels: Pixels) -> Colors:
    small = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)


def _smooth(colors: Colors, radius: float = 0.0) -> Colors:
    """Smoothed alike for every comparison, after a blur of some radius."""
    both = float(np.hypot(radius, _SMOOTH))
    return np.asarray(cv2.GaussianBlur(colors, (0, 0), both), dtype=np.float32)
