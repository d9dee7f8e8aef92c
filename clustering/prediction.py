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
"""Of the cells, those explained best: a local edit or a frame must not bend a fit."""
_ROUNDS = 6
_DARK, _BRIGHT = 3.0, 252.0
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
    moved = is_moved(alignment)
    shown = (_SIDE, _SIDE)
    covered = (
        float(overlap(inverse(alignment.matrix), shown).mean()),
        float(overlap(alignment.matrix, shown).mean()),
    )
    errors = _error(here, there, inside, moved), _error(there, here, inside, moved)
    return (
        1 - covered[0] * (1 - errors[0]) + moved * _EDIT,
        1 - covered[1] * (1 - errors[1]) + moved * _EDIT,
    )


def is_moved(alignment: Alignment) -> bool:
    """Whether the frame was turned, mirrored, zoomed or shifted."""
    return alignment.distance_from(_STILL) > _MOVED


_STILL = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def _error(source: Colors, target: Colors, inside: Mask, moved: bool) -> float:
    """Mean error of the best explanation; a moved frame is an edit already."""
    wanted = _smooth(target)
    found = [_mean_error(_smooth(source), wanted, inside)]
    if not moved:
        predictions = (*_recolored(source, target, inside), *_blurred(source))
        found += [_EDIT + _mean_error(_smooth(each), wanted, inside) for each in predictions]
    return min(found)


def _mean_error(predicted: Colors, wanted: Colors, inside: Mask) -> float:
    off = np.abs(predicted - wanted).max(axis=2)[inside]
    return float(np.minimum(off / _WRONG, 1).mean())


def _blurred(source: Colors) -> Iterator[Colors]:
    for radius in _BLURS:
        yield np.asarray(cv2.GaussianBlur(source, (0, 0), radius), dtype=np.float32)


Fit = Callable[[Colors, Colors, Colors], Colors]
"""From some source and target colours to a prediction for all source colours."""


def _recolored(source: Colors, target: Colors, inside: Mask) -> Iterator[Colors]:
    here, there = _smooth(source), _smooth(target)
    usable = inside & ((there > _DARK) & (there < _BRIGHT)).all(axis=2)
    if usable.sum() < inside.sum() / 8:
        usable = inside
    for fit in (_light, _saturation, _white_balance):
        chosen = _best_fitted(here + np.median(there[usable] - here[usable], axis=0), there, usable)
        for _ in range(_ROUNDS):
            chosen = _best_fitted(fit(here[chosen], there[chosen], here), there, usable)
        yield np.clip(fit(here[chosen], there[chosen], source), 0, 255)


def _best_fitted(predicted: Colors, wanted: Colors, usable: Mask) -> Mask:
    off = np.abs(predicted - wanted).max(axis=2)
    return np.asarray(usable & (off <= np.quantile(off[usable], _SHARE_FITTED)))


def _light(source: Colors, target: Colors, everywhere: Colors) -> Colors:
    """Brightness and contrast: one line for all channels."""
    mean, wanted = float(source.mean()), float(target.mean())
    spread = float(((source - mean) ** 2).sum())
    gain = float(((source - mean) * (target - wanted)).sum()) / max(spread, 1e-6)
    return np.asarray((everywhere - mean) * gain + wanted, dtype=np.float32)


def _saturation(source: Colors, target: Colors, everywhere: Colors) -> Colors:
    """Every colour nearer to its grey, or farther from it."""
    vivid, wanted = (each - (each @ _LUMA)[..., None] for each in (source, target))
    strength = float((vivid * wanted).sum()) / max(float((vivid**2).sum()), 1e-6)
    grey = (everywhere @ _LUMA)[..., None]
    return np.asarray(grey + strength * (everywhere - grey), dtype=np.float32)


def _white_balance(source: Colors, target: Colors, everywhere: Colors) -> Colors:
    """A gain for red and one for blue."""
    gains = (source * target).sum(axis=0) / np.maximum((source**2).sum(axis=0), 1e-6)
    return np.asarray(everywhere * np.array([gains[0], 1.0, gains[2]], dtype=np.float32))


def _small(pixels: Pixels) -> Colors:
    small = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)


def _smooth(colors: Colors) -> Colors:
    return np.asarray(cv2.GaussianBlur(colors, (0, 0), _SMOOTH), dtype=np.float32)
