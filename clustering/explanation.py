"""How many edits it takes to explain a difference, on small smooth copies of an aligned pair.

Light, saturation, white balance, sharpness, frame and content can each change alone: that is one
edit. Most of what two edits of the same picture differ by takes two.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from clustering.alignment import Alignment, Pixels

TONE_FLOOR = 4.0
"""Grey levels of coarse colour. JPEG at quality 50 shifts it by 3.3 at most, a brightness of +6
by 6 (docs/mining.md)."""
_SIDE = 64
_SMOOTH = 2.5
"""Pixels of _SIDE: hides what blurring and mosaics do, so that neither looks like content."""
_CONTENT_FLOOR = 30.0
"""Grey levels after smoothing."""
_EXPLAINED = 0.1
"""Share of a shift of colours that an explanation may leave over."""
_MOVED = 0.05
_ROUNDS = 8

Colors = NDArray[np.float64]
"""Pixels × 3."""
_LUMA = np.array([0.299, 0.587, 0.114])


def count_edits(source: Pixels, target: Pixels, seen: NDArray[np.bool_], area_floor: float) -> int:
    """Edits of colour and content that lead from one image to the other, in either direction.

    source, target: aligned, of one size. seen: where both show something.
    """
    here, there = (_smooth(pixels) for pixels in (source, target))
    weight = cv2.resize(seen.astype(np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    inside = weight.ravel() > 0.99
    if not inside.any():
        return 0
    first, second = here[inside], there[inside]
    return min(_edits(first, second, area_floor), _edits(second, first, area_floor))


def frame_edits(alignment: Alignment) -> int:
    """Edits of the frame: mirrored or turned, and zoomed or shifted."""
    matrix = alignment.matrix
    linear, scale = matrix[:, :2], float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    nearest = np.round(linear / max(scale, 1e-6))
    turned = int(np.abs(nearest - np.eye(2)).max() > 0)
    mirrored = int(np.linalg.det(linear) < 0)
    middle = float(np.abs(linear @ [0.5, 0.5] + matrix[:, 2] - 0.5).max())
    bent = float(np.abs(linear - nearest).max())
    return turned + mirrored + int(max(middle, bent) > _MOVED)


def _edits(source: Colors, target: Colors, area_floor: float) -> int:
    usable: NDArray[np.bool_] = np.asarray(((target > 3) & (target < 252)).all(axis=1))
    if usable.sum() < len(usable) // 8:
        usable[:] = True
    affine = _robust(_affine, source, target, usable)
    shift = float(np.percentile(np.abs(affine - source).max(axis=1), 90))
    left = np.abs(np.clip(affine, 0, 255) - target).max(axis=1)
    content = int(float((left > _CONTENT_FLOOR).mean()) >= area_floor)
    if shift < TONE_FLOOR:
        return content
    allowed = max(TONE_FLOOR, _EXPLAINED * shift)
    errors = (
        np.percentile(np.abs(_robust(family, source, target, usable) - affine).max(axis=1), 75)
        for family in (_light, _saturation, _white_balance)
    )
    return content + (1 if min(errors) <= allowed else 2)


Fit = Callable[[Colors, Colors, Colors], Colors]
"""From chosen source and target colours to a prediction for all source colours."""


def _robust(fit: Fit, source: Colors, target: Colors, usable: NDArray[np.bool_]) -> Colors:
    """Fit again and again to the better explained two thirds: a local edit must not bend it."""
    predicted: Colors = source + np.median(target[usable] - source[usable], axis=0)
    error = np.abs(predicted - target).max(axis=1)
    chosen = usable & (error <= np.percentile(error[usable], 67))
    for _ in range(_ROUNDS):
        predicted = fit(source[chosen], target[chosen], source)
        error = np.abs(predicted - target).max(axis=1)
        chosen = usable & (error <= np.percentile(error[usable], 67))
    return np.asarray(predicted)


def _affine(source: Colors, target: Colors, everywhere: Colors) -> Colors:
    """Any affine map of RGB, held to the identity where colours leave it open."""
    rows = np.hstack([source, np.ones((len(source), 1))])
    ridge = np.diag([1.0, 1.0, 1.0, 0.01]) * len(rows)
    identity = np.vstack([np.eye(3), np.zeros(3)])
    fitted = np.linalg.solve(rows.T @ rows + ridge, rows.T @ target + ridge @ identity)
    return np.asarray(everywhere @ fitted[:3] + fitted[3])


def _light(source: Colors, target: Colors, everywhere: Colors) -> Colors:
    """Brightness and contrast: one line for all channels."""
    gain, offset = np.polyfit(source.ravel(), target.ravel(), 1)
    return np.asarray(everywhere * gain + offset)


def _saturation(source: Colors, target: Colors, everywhere: Colors) -> Colors:
    """Every colour nearer to its grey, or farther from it."""
    vivid, wanted = (each - (each @ _LUMA)[:, None] for each in (source, target))
    strength = float((vivid * wanted).sum() / max(float((vivid**2).sum()), 1e-6))
    grey = (everywhere @ _LUMA)[:, None]
    return np.asarray(grey + strength * (everywhere - grey))


def _white_balance(source: Colors, target: Colors, everywhere: Colors) -> Colors:
    """A gain for red and one for blue."""
    gains = (source * target).sum(axis=0) / np.maximum((source**2).sum(axis=0), 1e-6)
    return np.asarray(everywhere * [gains[0], 1.0, gains[2]])


def _smooth(pixels: Pixels) -> Colors:
    small = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small.astype(np.float32), (0, 0), _SMOOTH)
    return np.asarray(blurred.reshape(-1, 3), dtype=np.float64)
