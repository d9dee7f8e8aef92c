"""One image as the gates look at it: colours, greys and maps of structure at the sizes they need.

An image is in many pairs. What was computed of it is kept with it, within bounds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Height × width × 3, RGB."""
Grey = NDArray[np.uint8]
"""Height × width."""
Floats = NDArray[np.float32]
Size = tuple[int, int]
"""Width and height in pixels."""

BORDER = 0.1
"""Share of the shorter side: outside it a frame may lie, which is an edit too."""
_LEAST_OVERLAP = 0.15
_FLAT = 0.5
"""Norm of two maps, multiplied: below it there is nothing to correlate."""
_FAINT = 2.0
"""Grey levels: fainter structure is not amplified, it is mostly noise."""
_CORNER_SIDE = 320
_MOST_CORNERS = 600
_ROOM = 1.5
"""Times a size: from so much more, averaging down leaves no trace of how it was got."""
_SMALLEST_OCTAVE = 64
_MOST_KEPT = 32
_LITTLE = 1.5
"""Times a size: shrinking by less, the four nearest pixels are about all there is to average."""


T = TypeVar("T")
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Structure:
    """Maps of structure of a whole picture, and of its middle alone."""

    whole: Floats
    middle: Floats

    def turned(self, quarters: int, mirrored: bool) -> "Structure":
        """The same of the picture turned clockwise, then mirrored."""
        parts = (np.rot90(part, -quarters) for part in (self.whole, self.middle))
        whole, middle = (np.fliplr(part) if mirrored else part for part in parts)
        return Structure(whole, middle)

    def agreement(self, other: "Structure", seen: NDArray[np.bool_] | None = None) -> float:
        """Correlation of two pictures of one size, whole or in the middle, whichever is higher.

        seen: where both show something; everywhere, if not given.
        """
        within = (None, None) if seen is None or seen.all() else (seen, middle_of(seen))
        parts = (self.whole, other.whole), (self.middle, other.middle)
        return max(_correlation(*part, inside) for part, inside in zip(parts, within, strict=True))


@dataclass(frozen=True, slots=True)
class Corners:
    """ORB corners (Rublee et al. 2011): where they are, and what they look like."""

    places: Floats
    """Corners × 2, pixel centres of a grey picture of ``size``."""
    words: NDArray[np.uint8]
    """Corners × 32 bytes."""
    size: Size


@dataclass(frozen=True, eq=False)
class View:
    """Pixels of one image and what is made of them, each size once."""

    pixels: Pixels
    _colors: dict[Size, Pixels] = field(default_factory=dict, repr=False)
    _maps: dict[Size, Floats] = field(default_factory=dict, repr=False)
    _structures: dict[Size, Structure] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> Size:
        return size_of(self.pixels)

    @cached_property
    def grey(self) -> Grey:
        return np.asarray(cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)

    @cached_property
    def contrast(self) -> float:
        """Standard deviation of the grey levels."""
        return float(cv2.meanStdDev(self.grey)[1][0, 0])

    @cached_property
    def corners(self) -> Corners | None:
        """None where nothing stands out."""
        grey = self.grey_at(fitting(self.size, _CORNER_SIDE))
        detector: Any = cv2.ORB.create(_MOST_CORNERS)
        found, words = detector.detectAndCompute(grey, None)
        if words is None:
            return None
        places = np.array([corner.pt for corner in found], dtype=np.float32)
        return Corners(places, np.asarray(words, dtype=np.uint8), size_of(grey))

    def colors_at(self, size: Size) -> Pixels:
        """The whole picture at one size, averaged down; the last one is kept."""
        if size not in self._colors:
            self._colors.clear()
            self._colors[size] = resized(self.pixels, size)
        return self._colors[size]

    def grey_at(self, size: Size) -> Grey:
        """The same in grey, from the smallest of its halves that is large enough."""
        for octave in reversed(self._octaves):
            if min(size_of(octave)[0] / size[0], size_of(octave)[1] / size[1]) >= _ROOM:
                return resized(octave, size)
        return resized(self.grey, size)

    def map_at(self, size: Size) -> Floats:
        """Map of structure of the whole picture at one size; some sizes are kept."""
        return _kept(self._maps, size, lambda: structure(self.grey_at(size)))

    def structure_at(self, size: Size) -> Structure:
        """The same, and the map of the middle alone."""

        def both() -> Structure:
            return Structure(self.map_at(size), structure(middle_of(self.grey_at(size))))

        return _kept(self._structures, size, both)

    @cached_property
    def _octaves(self) -> list[Grey]:
        """The grey picture and its halves: halving is by far the fastest way to shrink."""
        octaves = [self.grey]
        while min(size_of(octaves[-1])) >= 2 * _SMALLEST_OCTAVE:
            width, height = size_of(octaves[-1])
            octaves.append(resized(octaves[-1], (width // 2, height // 2)))
        return octaves


def _kept(made: dict[Size, T], size: Size, make: Callable[[], T]) -> T:
    if size not in made:
        if len(made) == _MOST_KEPT:
            made.clear()
        made[size] = make()
    return made[size]


def structure_of(grey: Grey) -> Structure:
    """Maps of the whole and of the middle; each blurs up to its own edge, blind to the rest."""
    return Structure(structure(grey), structure(middle_of(grey)))


def structure(grey: Grey) -> Floats:
    """Edges and blobs without light or contrast: a band of the spatial frequencies.

    Each neighbourhood is brought to the same energy, so that one hard edge, such as a frame's,
    does not outweigh all the rest.
    """
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.2)
    band = smooth - cv2.GaussianBlur(smooth, (0, 0), 6)
    energy = cv2.GaussianBlur(band * band, (0, 0), 6)
    return np.asarray(band / np.sqrt(energy + np.float32(_FAINT**2)), dtype=np.float32)


def middle_of(picture: NDArray[Number]) -> NDArray[Number]:
    """A picture without its border."""
    height, width = picture.shape[:2]
    inset = round(BORDER * min(height, width))
    return picture[inset : height - inset, inset : width - inset]


def _correlation(first: Floats, second: Floats, seen: NDArray[np.bool_] | None) -> float:
    if seen is not None:
        if seen.mean() < _LEAST_OVERLAP:
            return -1.0
        first, second = first[seen], second[seen]
    here, there = (part.ravel() - part.mean() for part in (first, second))
    scale = float(np.sqrt(float(here @ here) * float(there @ there)))
    return float(here @ there) / scale if scale > _FLAT else 0.0


def fitting(size: Size, side: int) -> Size:
    """The size of the same shape whose longer side is ``side``; never a larger one."""
    scale = side / max(size)
    if scale >= 1:
        return size
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def resized(picture: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Averaged down to a size, or drawn up to it."""
    now = size_of(picture)
    if now == size:
        return picture
    little = max(now[0] / size[0], now[1] / size[1]) <= _LITTLE
    how = cv2.INTER_LINEAR if little else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, size, interpolation=how), dtype=np.uint8)


def size_of(picture: NDArray[np.generic]) -> Size:
    """Width and height."""
    return picture.shape[1], picture.shape[0]
