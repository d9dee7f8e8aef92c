"""Affine maps between the frames of two images, and pictures drawn through them. Arrays only."""

import cv2
import numpy as np
from numpy.typing import NDArray

from clustering.gates.views import Size, size_of

Matrix = NDArray[np.float64]
"""2 × 3, from source to target, both spanning 0 to 1 in x and y."""

IDENTITY: Matrix = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
MIRROR: Matrix = np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
QUARTER: Matrix = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 1.0]])
"""A quarter turn."""


def compose(outer: Matrix, inner: Matrix) -> Matrix:
    """The map that applies ``inner``, then ``outer``."""
    linear, shift = outer[:, :2], outer[:, 2]
    return np.column_stack([linear @ inner[:, :2], linear @ inner[:, 2] + shift])


def inverse(matrix: Matrix) -> Matrix:
    """The map from target to source."""
    linear = np.linalg.inv(matrix[:, :2])
    return np.column_stack([linear, -linear @ matrix[:, 2]])


def magnification(matrix: Matrix) -> float:
    """How much longer a line is in the target's frame than in the source's."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))


def to_pixels(matrix: Matrix, source: Size, target: Size) -> Matrix:
    """The map from pixel centres of one picture to those of another."""
    return compose(compose(_span(target), matrix), inverse(_span(source)))


def from_pixels(matrix: Matrix, source: Size, target: Size) -> Matrix:
    """The map between the unit squares, from one between pixel centres."""
    return compose(compose(inverse(_span(target)), matrix), _span(source))


def _span(size: Size) -> Matrix:
    """From 0…1 to pixel centres."""
    return np.array([[size[0], 0, -0.5], [0, size[1], -0.5]], dtype=np.float64)


def warp(target: NDArray[np.uint8], matrix: Matrix, size: Size) -> NDArray[np.uint8]:
    """Draw the target in the source's frame of ``size``; unseen parts repeat the border."""
    if size_of(target) == size and np.array_equal(matrix, IDENTITY):
        return target
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    pixels = to_pixels(matrix, size, size_of(target))
    warped = cv2.warpAffine(target, pixels, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.uint8)


def overlap(matrix: Matrix, size: Size) -> NDArray[np.bool_]:
    """Which pixels of the source's frame of ``size`` the target shows, height × width."""
    x, y = ((np.arange(side) + 0.5) / side for side in size)
    inside = np.ones(size[::-1], dtype=bool)
    corners = matrix @ [[x[0], x[-1], x[0], x[-1]], [y[0], y[0], y[-1], y[-1]], [1, 1, 1, 1]]
    if corners.min() > 0 and corners.max() < 1:
        return inside
    for across, down, shift in matrix:
        place = (across * x + shift)[None, :] + (down * y)[:, None]
        inside &= (place > 0) & (place < 1)
    return inside
