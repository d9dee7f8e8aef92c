"""How much of one image a single edit of another leaves unexplained. Directed; arrays only.

An original predicts its edits: light that clips, colours and sharpness taken away and a zoom into
it can all be computed from it, and none of them back. What two edits of one picture differ by is
two edits, which no single one explains. So the original is the image that explains the others.
"""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from clustering.alignment import Alignment, Pixels, inverse, overlap

_SIDE = 128
"""Cells along each side of the small copies that are compared."""
_SMOOTH = 2.0
"""Cells: forgives what alignment and encoding leave at edges."""
_WRONG = 30.0
"""Grey levels: a cell off by so much is not explained at all."""
_EDIT = 0.05
"""What naming an edit costs, as a share of unexplained cells: where nothing is gained by it, the
simpler explanation wins."""
_BLURS = (1.6, 2.4, 3.6, 5.4)
"""Cells: radii of blur that are tried."""
_SHARE_FITTED = 0.67
"""Of the cells, those explained best: a local edit or a frame must not bend a fit."""
_ROUNDS = 6
_STEP = 2
"""Fits look at every second cell each way."""
_LEAST_FITTED = 60
"""Values, of three per cell."""
_DARK, _BRIGHT = 8.0, 247.0
"""Grey levels beyond which light may have clipped."""
_MOVED = 0.05
"""Shares of a side."""

Colors = NDArray[np.float32]
"""_SIDE × _SIDE × 3."""
Mask = NDArray[np.bool_]
"""_SIDE × _SIDE."""
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def unexplained(
    source: Pixels, target: Pixels, seen: NDArray[np.bool_], alignment: Alignment
) -> tuple[float, float]:
    """Shares of the target that the source leaves unexplained, and of the source the target.

    source, target: aligned, of one size. seen: where both show something. What one image shows
    and the other does not is unexplained. 0 to about 1.
    """
    here, there = _small(source), _small(target)
    weight = cv2.resize(seen.astype(np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    inside: Mask = np.asarray(weight >= min(0.99, float(weight.max())))
    shown = (_SIDE, _SIDE)
    moves = frame_edits(alignment)
    covered = overlap(inverse(alignment.matrix), shown), overlap(alignment.matrix, shown)
    errors = _error(here, there, inside, moves), _error(there, here, inside, moves)
    first, second = (
        1 - float(part.mean()) * (1 - error) for part, error in zip(covered, errors, strict=True)
    )
    return first, second


def frame_edits(alignment: Alignment) -> int:
    """Edits of the frame: mirrored, turned, and zoomed or shifted."""
    matrix = alignment.matrix
    linear, scale = matrix[:, :2], float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    nearest = np.round(linear / max(scale, 1e-6))
    turned = int(np.abs(nearest - np.eye(2)).max() > 0)
    mirrored = int(np.linalg.det(linear) < 0)
    middle = float(np.abs(linear @ [0.5, 0.5] + matrix[:, 2] - 0.5).max())
    bent = float(np.abs(linear - nearest).max())
    return turned + mirrored + int(max(middle, bent) > _MOVED)


def _error(source: Colors, target: Colors, inside: Mask, moves: int) -> float:
    """Mean error of the best explanation; a moved frame is an edit already."""
    wanted = _smooth(target)
    still = moves * _EDIT + _mean_error(_smooth(source), wanted, inside)
    if moves:
        return still
    predictions = (*_recolored(source, target, inside), *_blurred(source))
    errors = (_mean_error(_smooth(each), wanted, inside) for each in predictions)
    return min(still, _EDIT + min(errors))


def _mean_error(predicted: Colors, wanted: Colors, inside: Mask) -> float:
    off = np.abs(predicted - wanted).max(axis=2)[inside]
    return float(np.minimum(off / _WRONG, 1).mean())


def _blurred(source: Colors) -> Iterator[Colors]:
    for radius in _BLURS:
        yield np.asarray(cv2.GaussianBlur(source, (0, 0), radius), dtype=np.float32)


Edit = Callable[[Colors], Colors]
Fit = Callable[[Colors, Colors, Mask], Edit]
"""From source and target, where the mask says so, to the edit of its family that fits best."""


def _recolored(source: Colors, target: Colors, inside: Mask) -> Iterator[Colors]:
    here, there = (each[::_STEP, ::_STEP] for each in (source, target))
    within = inside[::_STEP, ::_STEP, None]
    usable = within & (there > _DARK) & (there < _BRIGHT)
    if usable.sum() < _LEAST_FITTED:
        usable = np.repeat(within, 3, axis=2)
    for fit in (_light, _saturation, _white_balance):
        edit = fit(here, there, usable)
        for _ in range(_ROUNDS):
            off = np.abs(np.clip(edit(here), 0, 255) - there)
            edit = fit(here, there, usable & (off <= np.quantile(off[usable], _SHARE_FITTED)))
        yield np.clip(edit(source), 0, 255)


def _light(source: Colors, target: Colors, chosen: Mask) -> Edit:
    """Brightness and contrast: one line for all channels."""
    mean, wanted = float(source[chosen].mean()), float(target[chosen].mean())
    centred = source[chosen] - mean
    gain = float((centred * (target[chosen] - wanted)).sum() / max((centred**2).sum(), 1e-6))
    return lambda colors: (colors - mean) * gain + wanted


def _saturation(source: Colors, target: Colors, chosen: Mask) -> Edit:
    """Every colour nearer to its grey, or farther from it."""
    grey = (source @ _LUMA)[..., None]
    vivid, wanted = (source - grey)[chosen], (target - grey)[chosen]
    strength = float((vivid * wanted).sum() / max((vivid**2).sum(), 1e-6))

    def edit(colors: Colors) -> Colors:
        greys = (colors @ _LUMA)[..., None]
        return np.asarray(greys + strength * (colors - greys))

    return edit


def _white_balance(source: Colors, target: Colors, chosen: Mask) -> Edit:
    """A gain for red and one for blue."""
    parts, wholes = source * target * chosen, source**2 * chosen
    gains = parts.sum(axis=(0, 1)) / np.maximum(wholes.sum(axis=(0, 1)), 1e-6)
    return lambda colors: colors * np.array([gains[0], 1.0, gains[2]], dtype=np.float32)


def _small(pixels: Pixels) -> Colors:
    small = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)


def _smooth(colors: Colors) -> Colors:
    return np.asarray(cv2.GaussianBlur(colors, (0, 0), _SMOOTH), dtype=np.float32)
